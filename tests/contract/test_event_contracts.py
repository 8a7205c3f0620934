"""The event contracts: what is derived is fresh, old examples are read for ever, the released promise is kept."""

import copy
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from deploy.tools.contracts import export
from deploy.tools.contracts.compatibility import breaks, schema_of
from shared.events import BY_TYPE
from shared.events.ticketing import OrderPlaced

EXAMPLES = sorted(export.EXAMPLES.glob("*/*.json"))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_every_derived_file_is_as_the_sources_say() -> None:
    stale = [str(path.relative_to(export.ROOT)) for path in export.stale()]
    assert stale == [], "run: python -m deploy.tools.contracts.export"


def test_the_present_contracts_keep_the_released_promise() -> None:
    assert export.incompatible() == []


def test_released_examples_are_neither_changed_nor_removed() -> None:
    assert len(export.CHECKSUMS.read_text(encoding="utf-8").splitlines()) >= len(BY_TYPE)
    assert export.changed_examples() == []


def test_every_event_type_has_a_released_contract() -> None:
    released = {path.stem for path in export.RELEASED.glob("*.json")}
    assert released == set(BY_TYPE), "run: python -m deploy.tools.contracts.export --release"


@pytest.mark.parametrize("kind", BY_TYPE)
def test_every_event_type_has_an_example(kind: str) -> None:
    assert list((export.EXAMPLES / kind).glob("*.json"))


def test_examples_belong_to_known_event_types() -> None:
    assert {path.parent.name for path in EXAMPLES} <= set(BY_TYPE)


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_an_example_is_read_for_ever(example: Path) -> None:
    event = msgspec.json.decode(example.read_bytes(), type=BY_TYPE[example.parent.name])
    again = msgspec.json.decode(msgspec.json.encode(event), type=type(event))
    assert again == event


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_an_example_is_valid_under_the_exported_schema(example: Path) -> None:
    schema = json.loads((export.SCHEMAS / f"{example.parent.name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    assert [error.message for error in validator.iter_errors(json.loads(example.read_bytes()))] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_what_we_send_is_valid_under_the_exported_schema(example: Path) -> None:
    event = msgspec.json.decode(example.read_bytes(), type=BY_TYPE[example.parent.name])
    Draft202012Validator(schema_of(type(event))).validate(json.loads(msgspec.json.encode(event)))


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_a_reader_ignores_fields_it_does_not_know(example: Path) -> None:
    body = json.loads(example.read_bytes())
    event = BY_TYPE[example.parent.name]
    newer = json.dumps({**body, "a_field_of_next_year": {"x": 1}}).encode()
    assert msgspec.json.decode(newer, type=event) == msgspec.json.decode(example.read_bytes(), type=event)


def _order_placed() -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema, and a copy of it to change, with the order's own part."""
    return schema_of(OrderPlaced), copy.deepcopy(schema_of(OrderPlaced))


def test_adding_and_dropping_an_optional_field_is_compatible() -> None:
    old, new = _order_placed()
    fields = new["$defs"]["OrderPlaced"]["properties"]
    fields["note"] = {"type": "string", "default": ""}
    assert breaks(old, new) == []
    assert breaks(new, old) == []


def test_dropping_a_required_field_is_incompatible() -> None:
    old, new = _order_placed()
    part = new["$defs"]["OrderPlaced"]
    del part["properties"]["total_vnd"]
    part["required"].remove("total_vnd")
    assert breaks(old, new) == ["body.total_vnd is dropped but was required"]


def test_adding_a_required_field_is_incompatible() -> None:
    old, new = _order_placed()
    part = new["$defs"]["OrderPlaced"]
    part["properties"]["note"] = {"type": "string"}
    part["required"].append("note")
    assert breaks(old, new) == ["body.note became required"]


def test_an_optional_field_that_becomes_required_is_incompatible() -> None:
    old, new = _order_placed()
    new["$defs"]["OrderPlaced"]["required"].append("nights")
    assert breaks(old, new) == ["body.nights became required"]
    assert breaks(new, old) == ["body.nights became optional"]


@pytest.mark.parametrize(
    ("owner", "field", "schema"),
    [
        ("OrderPlaced", "total_vnd", {"type": "string"}),
        ("OrderPlaced", "status", {"enum": ["placed"]}),
        ("OrderPlaced", "group_size", {"type": "integer", "minimum": 1, "maximum": 1_000_000}),
        ("Line", "count", {"type": "number"}),
        ("Place", "old_district_code", {"type": "integer"}),
    ],
)
def test_a_field_that_means_something_else_is_incompatible(owner: str, field: str, schema: dict[str, Any]) -> None:
    old, new = _order_placed()
    new["$defs"][owner]["properties"][field] = schema
    assert breaks(old, new)


def test_other_words_for_people_are_compatible() -> None:
    old, new = _order_placed()
    new["$defs"]["OrderPlaced"]["description"] = "Said better."
    assert breaks(old, new) == []


def test_no_event_carries_who_paid() -> None:
    forbidden = ("payer", "phone", "memo", "email", "visitor_name")
    named = [
        f"{kind}.{field}"
        for kind, event in BY_TYPE.items()
        for field in event.__struct_fields__
        if any(word in field for word in forbidden)
    ]
    assert named == []
