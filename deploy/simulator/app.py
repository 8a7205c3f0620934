"""Builds the simulated bank's page, top to bottom; this file is its map."""

import asyncio
import contextlib
from pathlib import Path

from fastapi import FastAPI

from deploy.simulator.bank import Bank
from deploy.simulator.page import OPENINGS, Counter, router
from deploy.simulator.settings import Settings
from shared.clock import utc_now
from shared.kafka.connection import first_broker
from shared.web.app import create_app
from shared.web.pages import Pages

HERE = Path(__file__).parent
WEBS = [HERE / "web"]
_ASK_LIMIT_S = 2.0


def build(settings: Settings, bank: Bank) -> FastAPI:
    """The application; whoever made the bank closes it."""
    pages = Pages(WEBS, "simulator", home="/bank", demo=True, openings=OPENINGS)

    async def ready() -> tuple[bool, dict[str, object]]:
        kafka = await answers(settings.kafka_bootstrap)
        return kafka, {"ready": kafka, "kafka": kafka}

    app = create_app("simulated bank", [router], ready, doors=None, pages=pages)
    app.state.counter = Counter(bank, pages, utc_now)
    return app


async def answers(kafka_address: str) -> bool:
    """Whether something listens where the first broker should be."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_ASK_LIMIT_S):
            _, writer = await asyncio.open_connection(*first_broker(kafka_address))
        writer.close()
        return True
    return False
