"""Static files of a service and of `shared`: their addresses with a content hash, and how they are served."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs

from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

SHARED_STATIC = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
# A module imported by another one has no hash in its address, so browsers ask each time and mostly hear "not modified".
ASK_FIRST = "no-cache"

# The machine's own table differs between systems and often lacks two of these.
_MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
}


class StaticAddresses:
    """Addresses like /static/shared/css/base.css?v=1f3a9c02b7, by the file's content."""

    def __init__(self, folders: Mapping[str, Sequence[Path]]) -> None:
        """folders: by owner, the rooms' static folders; a path stands in one of them."""
        self._folders = folders
        self._hashes: dict[Path, tuple[int, str]] = {}

    def address(self, name: str) -> str:
        """Address of "<owner>/<path below its static folder>"; raises FileNotFoundError."""
        owner, _, path = name.partition("/")
        return f"/static/{name}?v={self.content_hash(self._find(owner, path))}"

    def _find(self, owner: str, path: str) -> Path:
        for folder in self._folders[owner]:
            if (folder / path).is_file():
                return folder / path
        raise FileNotFoundError(f"{owner}/{path}")

    def content_hash(self, path: Path) -> str:
        changed_at = path.stat().st_mtime_ns
        known = self._hashes.get(path)
        if known is None or known[0] != changed_at:
            known = changed_at, hashlib.sha256(path.read_bytes()).hexdigest()[:10]
            self._hashes[path] = known
        return known[1]

    def routes(self) -> list[BaseRoute]:
        """One mount for each owner, and the icon that browsers ask for unbidden."""
        mounts = [
            Mount(f"/static/{owner}", _HashedFiles(folders, self))
            for owner, folders in self._folders.items()
            if folders
        ]
        return [*mounts, Route("/favicon.ico", _favicon)]


class _HashedFiles(StaticFiles):
    def __init__(self, folders: Sequence[Path], addresses: StaticAddresses) -> None:
        super().__init__(directory=folders[0], check_dir=False)
        self.all_directories = list(folders)
        self._addresses = addresses

    def file_response(
        self,
        full_path: "str | os.PathLike[str]",
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        path = Path(full_path)
        if isinstance(response, FileResponse) and path.suffix in _MEDIA_TYPES:
            response.headers["Content-Type"] = _MEDIA_TYPES[path.suffix]
        # An old page may ask for an old hash and gets the new file: that answer must not be kept.
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("v", [""])[0]
        is_exact = asked == self._addresses.content_hash(path)
        response.headers["Cache-Control"] = FOREVER if is_exact else ASK_FIRST
        return response


async def _favicon(_request: object) -> Response:
    return FileResponse(
        SHARED_STATIC / "favicon.ico", media_type="image/x-icon", headers={"Cache-Control": "max-age=86400"}
    )
