"""Thin doors: the few that are asked most, called by Entrance itself instead of by FastAPI's machinery.

They are declared on routers like all others, so the doors table, rules, limits, problems and logs are the same; FastAPI
then only describes them. What it does around a call (its own error layer, exit stacks, solving dependencies, checking
answers) cost more than the orders and scans behind these doors.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from shared.web.bodies import BODY

Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[Response]])
Thin = Callable[[Request, Mapping[str, str]], Awaitable[Response]]
_MARK = "mot_cham_thin"


def thin(endpoint: Endpoint) -> Endpoint:
    """Marks an endpoint that takes the request, its path's parameters as text and at most a `body`, a pydantic model.

    It returns a finished response, and is given nothing else: no dependency of its route is asked but the rule. Stands
    below the router's decorator.
    """
    setattr(endpoint, _MARK, True)
    return endpoint


def thin_of(route: APIRoute) -> Thin | None:
    """How a route is called if its endpoint is marked."""
    endpoint = route.endpoint
    if not getattr(endpoint, _MARK, False):
        return None
    parameters = dict(inspect.signature(endpoint, eval_str=True).parameters)
    assert parameters.pop("request").annotation is Request, f"{route.path} takes no request"
    body = parameters.pop("body", None)
    odd = [name for name in parameters if name not in route.param_convertors or parameters[name].annotation is not str]
    assert not odd, f"{route.path} is thin and takes {odd}"
    if body is None:
        return lambda request, path: endpoint(request, **path)
    model = body.annotation
    assert issubclass(model, BaseModel)
    return lambda request, path: endpoint(request, **path, body=_read(request, model))


def _read(request: Request, model: type[BaseModel]) -> Any:
    """The body as its model; raises what FastAPI would."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Without this any page of another site could send it as a form does, and a browser would not ask us first.
    if content_type != "application/json" and not content_type.endswith("+json"):
        raise RequestValidationError([{"loc": ("body",), "type": "content_type"}])
    try:
        return model.model_validate_json(request.scope[BODY])
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in faults]) from None


def as_json(answer: object, status: int = 200) -> Response:
    """A dataclass or Struct as an answer that no cache keeps."""
    body = msgspec.json.encode(answer)
    return Response(body, status, {"Cache-Control": "no-store"}, media_type="application/json")
