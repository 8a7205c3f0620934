"""`./run types`: pyright beside mypy. `./run test` asks mypy alone, because one of them is enough while one works."""

from deploy.tools.checks import TOOLS, Check, run_checks


def main(_arguments: list[str]) -> int:
    return run_checks([Check("types (pyright)", (str(TOOLS / "pyright"), "--warnings"))])
