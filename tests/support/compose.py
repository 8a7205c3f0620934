"""What docker-compose.yml gives each container; no parser of YAML is among our packages."""

import re

from deploy.local.paths import ROOT
from shared.settings import SERVICES

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def blocks(section: str) -> dict[str, str]:
    """The named blocks of a top-level section."""
    (body,) = re.findall(rf"^{section}:.*\n((?:(?: .*|#.*)?\n)+)", TEXT, re.MULTILINE)
    parts = re.split(r"^  ([\w-]+):", body, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def given() -> dict[str, set[str]]:
    """Each container with the files of its secrets, its own or what all of ours have."""
    (app,) = re.findall(r"^x-app:.*\n((?:  .*\n)+)", TEXT, re.MULTILINE)
    kinds = {re.findall(r"&([\w-]+)", block)[0]: _files_in(block) for block in blocks("x-secrets").values()}
    containers: dict[str, set[str]] = {}
    for container, block in blocks("services").items():
        named = re.findall(r"^    secrets: \*([\w-]+)$", block, re.MULTILINE)
        own = kinds[named[0]] if named else _files_in(block)
        containers[container] = own or (_files_in(app) if "<<: *app" in block else own)
    return containers


def roles() -> dict[str, tuple[str, str]]:
    """Each container that runs one role of one of our services, with both."""
    named = {container: container.partition("-") for container in given()}
    return {container: (service, role) for container, (service, _, role) in named.items() if service in SERVICES}


def _files_in(block: str) -> set[str]:
    """The names under which the listed secrets stand in the container."""
    listed = re.findall(
        r"- \{source: [\w-]+, target: ([\w.-]+)\}|- ([\w-]+)$|secrets: \[([\w-]+)\]", block, re.MULTILINE
    )
    return {name for names in listed for name in names if name}
