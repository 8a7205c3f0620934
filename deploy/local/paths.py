"""Where the one-machine runtime keeps things; all of it below one git-ignored folder."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
DOWNLOADS = LOCAL / "downloads"
LOGS = LOCAL / "log"
RUNNING = LOCAL / "run"
SECRETS = LOCAL / "secrets"
DEMO_SIGN_INS = LOCAL / "demo-sign-ins.txt"
