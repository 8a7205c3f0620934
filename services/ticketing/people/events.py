"""Ends of passes as the event that tells of them: every field by its name."""

from datetime import datetime
from uuid import UUID

from shared.events.ticketing import PassesEnded


def passes_ended(subject_id: UUID, version: int, now: datetime) -> PassesEnded:
    """Of a person, phone or session: what was issued before now opens nothing any more."""
    return PassesEnded(version=version, occurred_at=now, recorded_at=now, subject_id=subject_id, not_before=now)
