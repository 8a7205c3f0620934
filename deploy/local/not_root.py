"""How root starts a program that refuses to run as root, and who then owns its data."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from deploy.console import Problem

NOBODY = 65534
# In a user namespace the process is uid 1 to itself and root to the files, which stay as they are.
NAMESPACE = "unshare --user --map-user=1 --map-group=1 --"
# Containers often forbid namespaces. There it is `nobody`, still able to enter folders under root's home; the
# securebits let the capability count in access(2) as well, by which initdb looks for postgres.
OTHER_USER = (
    f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --securebits=+no_setuid_fixup"
    " --inh-caps=+dac_override --ambient-caps=+dac_override --"
)


@cache
def as_other_user() -> tuple[str, ...]:
    """What to put before the program's command; nothing when we are not root."""
    if os.geteuid() != 0:
        return ()
    for prefix in (NAMESPACE.split(), OTHER_USER.split()):
        if shutil.which(prefix[0]):
            tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
            if tried.returncode == 0:
                return tuple(prefix)
    raise Problem("PostgreSQL refuses to run as root, and this machine allows no other way: run as an ordinary user")


def hand_over(folder: Path) -> None:
    """As root, make the folder belong to the user that the program will run as."""
    prefix = as_other_user()
    if not prefix:
        return
    owner = 0 if prefix[0] == "unshare" else NOBODY
    if folder.stat().st_uid != owner:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)
