"""The one place that turns errors into answers: RFC 9457 problem+json, or a page for people, in their language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlencode

from asyncpg import CharacterNotInRepertoireError
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from shared.errors import DomainError
from shared.observe import trace
from shared.observe.log import Log
from shared.storage.db import PASSES
from shared.web import i18n
from shared.web.pages import Pages, language_of
from shared.web.texts import Texts

log = Log(__name__)
# The forms behind the doors take this much.
_LONGEST_WAY_BACK = 200
_HTTP_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, safe to tell."""

    code: str
    status: int
    fields: Mapping[str, object] = field(default_factory=dict[str, object])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def problem_of(error: BaseException) -> Problem:
    """What a caller may know of an error. Input is never echoed: it may hold a name or a number."""
    match error:
        case DomainError():
            wait_s = error.fields.get("retry_after_s")
            headers = {} if wait_s is None else {"Retry-After": str(wait_s)}
            return Problem(error.code, error.status, error.fields, headers)
        case RequestValidationError() | CharacterNotInRepertoireError():
            # The latter is PostgreSQL's word for a NUL, as in a link that ends in %00.
            faults = error.errors() if isinstance(error, RequestValidationError) else ()
            return Problem("validation", 422, {"errors": _faults(faults)})
        case HTTPException():
            if isinstance(error.__cause__, DomainError):
                return problem_of(error.__cause__)
            code = _HTTP_CODES.get(error.status_code, f"http_{error.status_code}")
            return Problem(code, error.status_code, headers=error.headers or {})
        case _ if isinstance(error, PASSES):
            return Problem("service_unavailable", 503, headers={"Retry-After": "2"})
        case _:
            return Problem("internal", 500)


def _faults(errors: Sequence[Mapping[str, object]]) -> list[dict[str, str]]:
    faults: list[dict[str, str]] = []
    for fault in errors:
        place = cast("tuple[str | int, ...]", fault["loc"])
        faults.append({"at": ".".join(str(part) for part in place), "rule": str(fault["type"])})
    return faults


def wants_page(request: Request) -> bool:
    """Whether a person reads the answer: Accept names text/html, and before any JSON."""
    accept = request.headers.get("accept", "")
    page, data = accept.find("text/html"), accept.find("json")
    return page >= 0 and (data < 0 or page < data)


class Problems:
    """Answers requests that failed, also by what no handler expected."""

    def __init__(self, texts: Texts, pages: Pages | None) -> None:
        self._texts = texts
        self._pages = pages

    def note(self, error: Exception) -> None:
        """Says in the log what somebody should look at."""
        if isinstance(error, PASSES):
            log.warning("request_lost_database", error=type(error).__name__)
        elif not isinstance(error, (DomainError, RequestValidationError, CharacterNotInRepertoireError)):
            log.error("unexpected", with_trace=True, error=type(error).__name__)

    async def answer(self, request: Request, error: Exception) -> Response:
        """Async although it awaits nothing: FastAPI sends plain functions through a thread."""
        return respond(request, error, self._texts, self._pages)


def respond(request: Request, error: BaseException, texts: Texts, pages: Pages | None) -> Response:
    """The answer for an error: a redirect to the door, a page, or problem+json."""
    problem = problem_of(error)
    if wants_page(request):
        sign_in = problem.fields.get("sign_in")
        if sign_in and request.method == "GET":
            return RedirectResponse(f"{sign_in}?{_way_back(request)}", 303, {"Cache-Control": "no-store"})
        if pages is not None:
            page = pages.problem(request, problem.code, problem.status, problem.fields)
            page.headers.update(problem.headers)
            return page
    body = {**problem.fields, "code": problem.code, "status": problem.status, "trace_id": trace.current()}
    body["title"] = _text(texts, request, problem, "") or problem.code
    if advice := _text(texts, request, problem, ".do"):
        body["detail"] = advice
    headers = {"Cache-Control": "no-store", **problem.headers}
    return JSONResponse(body, problem.status, headers, media_type="application/problem+json")


def _way_back(request: Request) -> str:
    """The query for a door: where to go from there, with all that was asked for, and the language if that was too."""
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    here = f"{path}?{query}" if query and len(path) + len(query) < _LONGEST_WAY_BACK else path
    asked = request.query_params.get("lang")
    return urlencode({"next": here} | ({"lang": asked} if i18n.is_language(asked) else {}), safe="/")


def _text(texts: Texts, request: Request, problem: Problem, part: str) -> str:
    key = f"errors.{problem.code}{part}"
    try:
        return texts.translate(key, language_of(request), **problem.fields)
    except KeyError:
        return ""
