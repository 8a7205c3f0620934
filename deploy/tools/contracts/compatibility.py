"""JSON Schema of an event, and whether a newer schema still keeps an older one's promise. Touches no file."""

from collections.abc import Mapping
from typing import cast

import msgspec

from shared.events.common import Event

Schema = Mapping[str, object]
# Words for people; readers do not depend on them.
_WORDS = frozenset({"title", "description", "$id", "$schema", "$defs"})


def schema_of(event: type[Event]) -> dict[str, object]:
    """The JSON Schema (2020-12) of an event's body."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:mot-cham:{event.TYPE}",
        **msgspec.json.schema(event),
    }


def breaks(released: Schema, current: Schema) -> list[str]:
    """What readers of the released contract would stumble over; adding or dropping an optional field is nothing."""
    return _breaks("body", _plain(released, released), _plain(current, current))


def _plain(part: object, root: Schema) -> object:
    """The same with references replaced by what they mean, and without words for people."""
    if isinstance(part, list):
        return [_plain(item, root) for item in cast("list[object]", part)]
    if not isinstance(part, dict):
        return part
    schema = cast("Schema", part)
    reference = schema.get("$ref")
    if isinstance(reference, str):
        definitions = cast("Mapping[str, object]", root["$defs"])
        return _plain(definitions[reference.rpartition("/")[2]], root)
    properties = cast("Schema", schema.get("properties", {}))
    plain = {name: _plain(value, root) for name, value in schema.items() if name not in {*_WORDS, "properties"}}
    if properties:
        # Fields may be called title or description, so they are walked by name.
        plain["properties"] = {name: _plain(value, root) for name, value in properties.items()}
    return plain


def _breaks(where: str, old: object, new: object) -> list[str]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return [] if old == new else [f"{where} changed"]
    old_schema, new_schema = cast("Schema", old), cast("Schema", new)
    if "properties" in old_schema and "properties" in new_schema:
        return _breaks_of_fields(where, old_schema, new_schema)
    found: list[str] = []
    for word in sorted({*old_schema, *new_schema}):
        if (word in old_schema) != (word in new_schema):
            found.append(f"{where} changed its {word}")
        else:
            found += _breaks(f"{where} {word}", old_schema[word], new_schema[word])
    return found


def _breaks_of_fields(where: str, old: Schema, new: Schema) -> list[str]:
    found: list[str] = []
    old_fields, new_fields = cast("Schema", old["properties"]), cast("Schema", new["properties"])
    old_needs, new_needs = (set(cast("list[str]", schema.get("required", []))) for schema in (old, new))
    found += [f"{where}.{name} is dropped but was required" for name in sorted(old_needs - new_fields.keys())]
    found += [f"{where}.{name} became required" for name in sorted(new_needs - old_needs)]
    found += [f"{where}.{name} became optional" for name in sorted((old_needs - new_needs) & new_fields.keys())]
    for name in sorted(old_fields.keys() & new_fields.keys()):
        found += _breaks(f"{where}.{name}", old_fields[name], new_fields[name])
    for word in sorted({*old, *new} - {"properties", "required"}):
        if old.get(word) != new.get(word):
            found.append(f"{where} changed its {word}")
    return found
