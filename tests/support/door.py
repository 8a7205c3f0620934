"""The one door in front of a test's system: Caddy, with the Caddyfile that everybody has."""

from collections.abc import Mapping
from pathlib import Path

from deploy.local.caddy import CADDYFILE
from deploy.local.paths import ROOT
from deploy.local.process import Program
from deploy.local.service import HttpPart
from deploy.local.system import caddy_program

DOOR = "caddy"


def door(folder: Path, port: int, found: Mapping[str, str]) -> HttpPart:
    """The door on this port, its log in the folder; found: by `*_UPSTREAM`, where those are who answer."""
    env = {
        **found,
        "PROFILE": "demo",
        "SITE_ADDRESS": f"http://:{port}",
        "MOT_CHAM_BIND": "127.0.0.1",
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    command = [str(caddy_program()), "run", "--adapter", "caddyfile", "--config", str(CADDYFILE)]
    program = Program(DOOR, command, folder / "log" / f"{DOOR}.log", folder / f"{DOOR}.pid", folder=ROOT, env=env)
    return HttpPart(program, port, "/health/live")
