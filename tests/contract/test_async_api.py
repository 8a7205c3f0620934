"""The AsyncAPI document: whole in itself, and of one mind with the contracts and the topics."""

import json
from collections.abc import Iterator
from typing import Any, cast

from deploy.tools.contracts import export
from shared.events import BY_TYPE

DOCUMENT: dict[str, Any] = json.loads((export.ROOT / "docs" / "asyncapi.json").read_text(encoding="utf-8"))


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in cast("dict[str, object]", part).items():
            if name == "$ref":
                yield str(value)
            else:
                yield from _references(value)
    elif isinstance(part, list):
        for item in cast("list[object]", part):
            yield from _references(item)


def _resolves(reference: str) -> bool:
    part: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        if step not in part:
            return False
        part = part[step]
    return True


def test_every_reference_in_the_document_leads_somewhere() -> None:
    assert [reference for reference in _references(DOCUMENT) if not _resolves(reference)] == []


def test_the_document_speaks_of_every_event() -> None:
    in_channels = {kind for channel in DOCUMENT["channels"].values() for kind in channel["messages"]}
    assert in_channels == set(DOCUMENT["components"]["messages"]) == set(BY_TYPE)


def test_every_event_is_sent_by_exactly_one_service() -> None:
    sent = [
        message["$ref"].rpartition("/")[2]
        for operation in DOCUMENT["operations"].values()
        if operation["action"] == "send"
        for message in operation["messages"]
    ]
    assert sorted(sent) == sorted(BY_TYPE)


def test_topics_of_events_are_kept_for_ever() -> None:
    kept = {
        channel["bindings"]["kafka"]["topicConfiguration"]["retention.ms"] for channel in DOCUMENT["channels"].values()
    }
    assert kept == {-1}
