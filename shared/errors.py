"""The error tree. Each expected failure is a subclass, declared in the file that raises it.

DomainError       a rule says no; the caller can do something about it (4xx)
  Unauthenticated   nobody is signed in (401)
  Forbidden         signed in, but may not (403)
  NotFound          there is no such thing, or not for you (404)
  Conflict          it was asked differently before, or is already done (409)
Poison            an event that can never be handled: to the dead letters, never retried
  DataFault         well made, but it does not fit what we know: people decide, and it never stops a consumer

Titles and advice for people stand under the code in web/messages of the room that raises it.
"""

from typing import ClassVar


class DomainError(Exception):
    """A rule says no. `code` is stable; `fields` go to the caller and must hold nothing secret."""

    code: ClassVar[str] = "bad_request"
    status: ClassVar[int] = 422

    def __init__(self, **fields: str | int | None) -> None:
        super().__init__(self.code, fields)
        self.fields = fields


class Unauthenticated(DomainError):
    code, status = "not_signed_in", 401


class Forbidden(DomainError):
    code, status = "forbidden", 403


class NotFound(DomainError):
    code, status = "not_found", 404


class Conflict(DomainError):
    code, status = "conflict", 409


class Poison(Exception):
    """An event that no retry can help: broken contract, or a rule that can never hold."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class DataFault(Poison):
    """A well-made event that does not fit what we know, as a transfer to nobody's account: kept for people to decide.

    However many come, they say nothing against our code or the sender's, so no breaker counts them.
    """
