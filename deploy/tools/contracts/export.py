"""Writes what is derived from the event contracts: schemas, AsyncAPI, docs/events.md, and the OpenAPI of each service.

`python -m deploy.tools.contracts.export` writes, `--check` compares, `--release` accepts the present schemas as the
last released contract and refuses an incompatible one. Examples in contracts/examples are written by hand and never
changed.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.tools.contracts.catalogue import async_api, events_page
from deploy.tools.contracts.compatibility import breaks, schema_of
from deploy.tools.contracts.open_api import open_apis
from shared.events import BY_TYPE

ROOT = Path(__file__).resolve().parents[3]
CONTRACTS = ROOT / "contracts"
SCHEMAS = CONTRACTS / "schemas"
RELEASED = CONTRACTS / "released"
EXAMPLES = CONTRACTS / "examples"
CHECKSUMS = CONTRACTS / "examples.sha256"


def main(arguments: list[str]) -> int:
    """0 if all is written, or fresh with --check."""
    match arguments:
        case []:
            for path, text in derived().items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            for path in left_over():
                path.unlink()
            return 0
        case ["--check"]:
            return _tell([f"stale: {path.relative_to(ROOT)}" for path in stale()])
        case ["--release"]:
            return _release()
        case _:
            return _tell(["usage: python -m deploy.tools.contracts.export [--check | --release]"])


def derived() -> Mapping[Path, str]:
    """Every derived file with the text it must have."""
    files = {SCHEMAS / f"{kind}.json": _json(schema_of(event)) for kind, event in BY_TYPE.items()}
    files[ROOT / "docs" / "asyncapi.json"] = _json(async_api(ROOT))
    files[ROOT / "docs" / "events.md"] = events_page(ROOT)
    for service, document in open_apis().items():
        files[ROOT / "docs" / "openapi" / f"{service}.json"] = _json(document)
    return files


def stale() -> list[Path]:
    """Derived files that are missing, differ from what they must be, or have lost their source."""
    differing = [
        path for path, text in derived().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    return sorted([*differing, *left_over()])


def left_over() -> list[Path]:
    """Schemas whose event is no longer in the contracts."""
    return [path for path in sorted(SCHEMAS.glob("*.json")) if path.stem not in BY_TYPE]


def incompatible() -> list[str]:
    """What breaks the last released contract, a line each."""
    found: list[str] = []
    for path in sorted(RELEASED.glob("*.json")):
        event = BY_TYPE.get(path.stem)
        if event is None:
            found.append(f"{path.stem}: is gone")
            continue
        released = json.loads(path.read_text(encoding="utf-8"))
        found += [f"{path.stem}: {line}" for line in breaks(released, schema_of(event))]
    return found


def changed_examples() -> list[str]:
    """Examples that were released and are gone or differ from what they were."""
    known = CHECKSUMS.read_text(encoding="utf-8").splitlines() if CHECKSUMS.exists() else []
    return sorted(set(known) - set(_checksums()))


def _checksums() -> list[str]:
    return [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(CONTRACTS)}"
        for path in sorted(EXAMPLES.glob("*/*.json"))
    ]


def _release() -> int:
    if found := [*incompatible(), *changed_examples()]:
        return _tell(found)
    RELEASED.mkdir(parents=True, exist_ok=True)
    for kind, event in BY_TYPE.items():
        (RELEASED / f"{kind}.json").write_text(_json(schema_of(event)), encoding="utf-8")
    CHECKSUMS.write_text("\n".join(_checksums()) + "\n", encoding="utf-8")
    return 0


def _tell(lines: list[str]) -> int:
    sys.stderr.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
