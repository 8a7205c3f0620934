"""Where the one-machine runtime keeps things; all of it below one git-ignored folder."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Another folder makes a second system on the same machine possible (with other ports), as the tests do.
LOCAL = Path(os.environ.get("MOT_CHAM_DATA") or ROOT / ".local").resolve()
DOWNLOADS = ROOT / ".local" / "downloads"
LOGS = LOCAL / "log"
RUNNING = LOCAL / "run"
SECRETS = LOCAL / "secrets"
DEMO_SIGN_INS = LOCAL / "demo-sign-ins.txt"
