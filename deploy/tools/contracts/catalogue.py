"""The events as one table and as an AsyncAPI document; who reads what is read from the services' sources as text."""

import ast
from collections.abc import Mapping
from pathlib import Path

import msgspec

from shared.events import BY_TYPE
from shared.events.common import Event
from shared.events.topics import ALL, Topic
from shared.settings import SERVICES

# Where a service says which events it reads: a Kafka door of use-cases, or the facts of a stream.
_READING = ("consumer.py", "stream/facts.py")
_HEAD = """# Events

Made by `python -m deploy.tools.contracts.export` from `shared/events/`; do not edit. Bodies: `contracts/schemas/`,
examples: `contracts/examples/`, as AsyncAPI: `docs/asyncapi.json`.

| event | aggregate | key | version | topic | readers |
|---|---|---|---|---|---|
"""
_TAIL = """
An event carries the whole public state of its aggregate and the aggregate's `version`; a version not newer than the
known one is ignored. A new optional field keeps the event's version, anything else is a new version beside the old.

`bank.transfers` is a restricted raw feed outside this table: `bank.sepay_transfer.v1` is the provider's JSON as
received, keyed by the receiving account, and only payments reads it.
"""
_HEADERS = {
    "ce_id": "UUIDv7 of the event; the same event sent twice has the same",
    "ce_source": "the service that says it",
    "ce_specversion": "1.0",
    "ce_type": "name of the event with its version",
    "ce_time": "when it was recorded",
    "ce_subject": "identifier of the aggregate",
    "content-type": "application/json",
    "traceparent": "W3C trace context, from the click to the last consumer",
}


def topic_of(event: type[Event]) -> Topic:
    name = f"{event.TYPE.partition('.')[0]}.events"
    return next(topic for topic in ALL if topic.name == name)


def key_of(event: type[Event], root: Path) -> str:
    """The field that is the Kafka key, found by an example, as the key is a property of the Struct."""
    example = min((root / "contracts" / "examples" / event.TYPE).glob("*.json"))
    told = msgspec.json.decode(example.read_bytes(), type=event)
    names = [name for name in event.__struct_fields__ if name.endswith("_id") and str(getattr(told, name)) == told.key]
    assert len(names) == 1, f"{example}: ids must differ, so that the key can be told: {names}"
    return names[0]


def readers(root: Path) -> Mapping[str, list[str]]:
    """Services by the event type that they read."""
    found: dict[str, list[str]] = {kind: [] for kind in BY_TYPE}
    by_class = {event.__name__: kind for kind, event in BY_TYPE.items()}
    for service in SERVICES:
        named: set[str] = set()
        for file in _READING:
            path = root / "services" / service / file
            if path.exists():
                named |= _named(ast.parse(path.read_text(encoding="utf-8")))
        for name in named & by_class.keys():
            found[by_class[name]].append(service)
    return found


def _named(tree: ast.AST) -> set[str]:
    """Class names in `Name.TYPE` and in `case Name():`."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr="TYPE") | ast.MatchClass(cls=ast.Name(id=name)):
                names.add(name)
            case _:
                pass
    return names


def events_page(root: Path) -> str:
    """docs/events.md."""
    reading = readers(root)
    rows = [
        f"| `{event.TYPE.rpartition('.')[0]}` | {event.AGGREGATE} | `{key_of(event, root)}`"
        f" | {event.TYPE.rpartition('.')[2]} | `{topic_of(event).name}` | {', '.join(reading[kind]) or '(none)'} |"
        for kind, event in BY_TYPE.items()
    ]
    return _HEAD + "\n".join(rows) + "\n" + _TAIL


def async_api(root: Path) -> dict[str, object]:
    """The AsyncAPI 3.0 document: a channel a topic, a message an event, and who sends and receives them."""
    reading = readers(root)
    topics = {topic_of(event).name: topic_of(event) for event in BY_TYPE.values()}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Một Chạm events", "version": "1.0.0"},
        "defaultContentType": "application/json",
        "channels": {name: _channel(topic) for name, topic in topics.items()},
        "operations": _operations(reading),
        "components": {
            "messages": {kind: _message(event, root) for kind, event in BY_TYPE.items()},
            "messageTraits": {
                "cloudevent": {
                    "headers": {
                        "type": "object",
                        "properties": {
                            name: {"type": "string", "description": text} for name, text in _HEADERS.items()
                        },
                    }
                }
            },
            "schemas": _schemas(),
        },
    }


def _channel(topic: Topic) -> dict[str, object]:
    kinds = [kind for kind, event in BY_TYPE.items() if topic_of(event) == topic]
    return {
        "address": topic.name,
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {"retention.ms": topic.retention_ms},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message(event: type[Event], root: Path) -> dict[str, object]:
    key = key_of(event, root)
    return {
        "name": event.TYPE,
        "summary": (event.__doc__ or "").strip().split("\n", maxsplit=1)[0],
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": f"the body's {key}"}, "bindingVersion": "0.5.0"}
        },
    }


def _operations(reading: Mapping[str, list[str]]) -> dict[str, object]:
    messages: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for kind, event in BY_TYPE.items():
        channel = topic_of(event).name
        doings = [(kind.partition(".")[0], "send"), *((reader, "receive") for reader in reading[kind])]
        for service, action in doings:
            told = {"$ref": f"#/channels/{channel}/messages/{kind}"}
            messages.setdefault((service, action, channel), []).append(told)
    return {
        f"{service}.{action}.{channel}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{channel}"},
            "messages": told,
        }
        for (service, action, channel), told in messages.items()
    }


def _schemas() -> dict[str, object]:
    _, schemas = msgspec.json.schema_components(BY_TYPE.values(), ref_template="#/components/schemas/{name}")
    return dict(sorted(schemas.items()))
