"""The OpenAPI document of each service, from its routers alone: nothing is started and no setting is read."""

from collections.abc import Mapping, Sequence
from importlib import import_module

from fastapi import APIRouter, FastAPI

from shared.settings import SERVICES


def open_apis() -> Mapping[str, dict[str, object]]:
    """Documents by service, of what its app.py lists in ROUTERS."""
    documents: dict[str, dict[str, object]] = {}
    for service in SERVICES:
        app = FastAPI(title=f"Một Chạm {service}", version="1")
        routers: Sequence[APIRouter] = import_module(f"services.{service}.app").ROUTERS
        for router in routers:
            app.include_router(router)
        documents[service] = dict(app.openapi())
    return documents
