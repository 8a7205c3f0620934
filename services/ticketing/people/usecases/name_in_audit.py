"""Who and what the lines of the trail name, as it is called today, though the line is old."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from services.ticketing.catalogue.store import read_catalogue
from services.ticketing.people.store.audit import people_and_phones
from shared.storage.db import Connection
from shared.unit.audit import Noted
from shared.web.audit import AskNames, Named


async def name_in_audit(connection: Connection, asked: AskNames) -> Mapping[str, Named]:
    """By id; who is not there any more has none."""
    ids = {found for line in asked.lines for found in _ids_in(line)}
    names = {str(one.id): Named(one.what, one.name, one.kind) for one in await people_and_phones(connection, list(ids))}
    venues = (await read_catalogue(connection)).venues.values()
    return names | {venue.venue_id: Named("venue", venue.name(asked.language)) for venue in venues}


def _ids_in(line: Noted) -> Iterator[UUID]:
    if line.actor_id is not None:
        yield line.actor_id
    if line.subject_kind in ("person", "device"):
        try:
            yield UUID(line.subject_ids[0])
        except ValueError:
            return  # written by somebody else than us
