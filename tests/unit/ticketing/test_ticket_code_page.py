"""docs/ticket-code.md says what the code does: a stranger writes a scanner from that page alone."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from services.ticketing.codes import base45, ticket_code
from services.ticketing.codes.short_code import ShortCode, UnreadableShortCode, short_code_hash
from services.ticketing.gate.domain.rule import VerdictKind
from tests.support.ticket_vectors import CODES, PUBLIC_KEYS, UNREADABLE, name_of

PAGE = (Path(__file__).parents[3] / "docs/ticket-code.md").read_text(encoding="utf-8")


def test_the_worked_example_is_the_first_vector_byte_by_byte() -> None:
    code = CODES["valid"][0]["code"]
    assert f"    {code}\n" in PAGE
    data = base45.decode(code[4:])
    hexadecimal = re.search(r"signed +([0-9a-f ]+)\n +public key ([0-9a-f]+)\n +signature +([0-9a-f\s]+)\n\n", PAGE)
    assert hexadecimal is not None
    signed, public_key, signature = (bytes.fromhex(found) for found in hexadecimal.groups())
    assert signed == b"HG1." + data[:28]
    assert signature == data[28:]
    PUBLIC_KEYS[1].verify(signature, signed)
    assert public_key == PUBLIC_KEYS[1].public_bytes_raw()
    fields = re.findall(
        r"^\| `(?:format|key_id|ticket_id|venue_number|product_number|first_day)` \| `(\w+)` \|", PAGE, re.MULTILINE
    )
    assert bytes.fromhex("".join(fields)) == data[:24]


def _example() -> Callable[[str, dict[int, bytes]], bytes]:
    """`claims_of` of the page, as someone would copy it."""
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(source, "ticket-code.md", "exec"), names)
    return cast(Callable[[str, dict[int, bytes]], bytes], names["claims_of"])


def test_the_example_in_python_reads_every_genuine_code() -> None:
    claims_of = _example()
    keys = {key_id: key.public_bytes_raw() for key_id, key in PUBLIC_KEYS.items()}
    for vector in CODES["valid"]:
        assert claims_of(vector["code"], keys) == base45.decode(vector["code"][4:])[:28]


@pytest.mark.parametrize("vector", CODES["invalid"], ids=name_of)
def test_the_example_in_python_refuses_every_other_text(vector: dict[str, Any]) -> None:
    keys = {key_id: key.public_bytes_raw() for key_id, key in PUBLIC_KEYS.items()}
    with pytest.raises(Exception):  # noqa: B017, PT011  the page promises no more than an exception
        _example()(vector["code"], keys)


def test_every_error_and_every_verdict_stands_in_a_table_of_the_page() -> None:
    cells = set(re.findall(r"(?<=\| )`([a-z_]+)`(?= \|)", PAGE))
    assert cells >= {kind.code for kind in UnreadableShortCode.__subclasses__()}
    assert cells >= set(UNREADABLE)
    assert cells >= set(VerdictKind)


def test_the_claims_in_the_table_are_those_that_are_written() -> None:
    table = re.findall(r"^\| \d+ \| \d+ \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert table == list(ticket_code.verify(CODES["valid"][0]["code"], PUBLIC_KEYS).as_json())


def test_the_manifest_entry_of_the_page_has_the_hash_of_its_code() -> None:
    (entry,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    listed = json.loads(entry)
    salt = (listed["venue_number"], date.fromisoformat(listed["first_day"]))
    assert listed["short_code_hash"] == short_code_hash(ShortCode("4K7P2M9ABR"), *salt)
