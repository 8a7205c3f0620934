"""The OpenAPI document of each service, from its routers alone: nothing is started and no setting is read."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from fastapi import APIRouter, FastAPI

from shared.events.topics import SERVICES


def open_apis(root: Path) -> Mapping[str, dict[str, object]]:
    """Documents by service; a service without an api has none."""
    documents: dict[str, dict[str, object]] = {}
    for service in SERVICES:
        folder = root / "services" / service
        if not ((folder / "api.py").exists() or (folder / "api" / "__init__.py").exists()):
            continue
        app = FastAPI(title=f"Một Chạm {service}", version="1")
        for router in _routers(f"services.{service}.api"):
            app.include_router(router)
        documents[service] = dict(app.openapi())
    return documents


def _routers(name: str) -> Iterator[APIRouter]:
    package = importlib.import_module(name)
    for module in (package, *_modules_in(package)):
        router = getattr(module, "router", None)
        if isinstance(router, APIRouter):
            yield router


def _modules_in(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(getattr(package, "__path__", [])):
        yield importlib.import_module(f"{package.__name__}.{found.name}")
