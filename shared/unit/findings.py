"""What `verify` says of a service: one finding for each rule that must hold at any moment."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant, whether it holds now, and the figures behind it, or why it could not be looked at."""

    invariant: str
    ok: bool
    detail: Mapping[str, int | str]
