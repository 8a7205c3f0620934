"""Addresses of our own pages, made of what a visitor asked for."""

from urllib.parse import quote


def own_path(path: str) -> str:
    """A path as it stands in a link: always on this site, whatever slashes, backslashes or blanks it begins with."""
    return "/" + quote(path, safe="/:@!$&'()*+,;=~").lstrip("/")
