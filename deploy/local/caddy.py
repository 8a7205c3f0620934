"""Caddy as one of our parts: the one address that people open, in front of everything."""

from pathlib import Path

from deploy.local.members import upstreams
from deploy.local.paths import LOCAL, LOGS, ROOT, RUNNING
from deploy.local.process import Program
from deploy.local.service import HttpPart
from deploy.local.settings import Settings
from shared.settings import SIMULATOR

CADDYFILE = ROOT / "deploy" / "Caddyfile"


def caddy_part(settings: Settings, program: Path) -> HttpPart:
    """Caddy on the public port, with the Caddyfile that compose uses too."""
    env = upstreams(settings.member_ports) | {
        "PROFILE": settings.profile,
        "BANK_UPSTREAM": f"127.0.0.1:{settings.http_ports[SIMULATOR]}",
        "SITE_ADDRESS": f"http://:{settings.public_port}",
        "MOT_CHAM_BIND": settings.bind,
        # Caddy keeps its own state here rather than in the home of whoever started it.
        "XDG_DATA_HOME": str(LOCAL / "caddy"),
        "XDG_CONFIG_HOME": str(LOCAL / "caddy"),
    }
    command = [str(program), "run", "--adapter", "caddyfile", "--config", str(CADDYFILE)]
    return HttpPart(
        Program("Caddy", command, log=LOGS / "caddy.log", pid_file=RUNNING / "caddy.pid", folder=ROOT, env=env),
        port=settings.public_port,
        ready_path="/health/live",
    )
