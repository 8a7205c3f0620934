"""What `./run up` and its parts write is their owner's alone (L6)."""

import os
from pathlib import Path

from deploy.local.process import Program, wait_until
from deploy.local.up import close_to_others


def test_logs_and_data_of_a_system_are_closed_to_other_users_of_the_machine(tmp_path: Path) -> None:
    folder = tmp_path / "local"
    folder.mkdir(mode=0o755)
    before = os.umask(0o022)
    try:
        close_to_others(folder)
        part = Program(
            "part", ["sh", "-c", "echo told; touch data"], folder / "log" / "p.log", folder / "p.pid", folder
        )
        part.start()
        wait_until((folder / "data").exists, 30, "the part wrote")
        part.stop()
    finally:
        os.umask(before)

    assert folder.stat().st_mode & 0o777 == 0o700
    for path in (folder / "log", folder / "log" / "p.log", folder / "data"):
        assert path.stat().st_mode & 0o077 == 0
