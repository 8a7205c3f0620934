"""Instants that a door takes: those that a clock can show, so that every zone, sum and table holds them."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _shown_by_a_clock(instant: datetime) -> datetime:
    if not _FIRST <= instant < _LAST:
        raise ValueError("no clock shows this time")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_shown_by_a_clock)]
