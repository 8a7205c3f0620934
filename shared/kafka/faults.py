"""Why a message cannot be handled: the one place that tells a data fault from a broken contract and an own mistake."""

from dataclasses import dataclass

from shared.errors import DataFault, DomainError, Poison
from shared.storage.db import UNFIT


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a message is put aside. is_broken: a broken contract or our own mistake, which a breaker counts."""

    reason: str
    detail: str
    is_broken: bool

    @property
    def is_mistake(self) -> bool:
        """Nobody foresaw it, so that it may be another the next time."""
        return self.reason == "unexpected"


def fault_of(error: Exception) -> Fault:
    """The fault behind what a handler raised; never for what passes by itself."""
    name = type(error).__name__
    if isinstance(error, Poison):
        return Fault(error.reason, error.detail, is_broken=not isinstance(error, DataFault))
    if isinstance(error, DomainError):
        return Fault(error.code, "", is_broken=False)
    if isinstance(error, UNFIT):
        return Fault("broken_contract", f"the database cannot hold it: {name}", is_broken=True)
    return Fault("unexpected", name, is_broken=True)
