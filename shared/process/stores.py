"""Which of the two stores is away, where it was looked for, and which setting names another place."""

import asyncio
from urllib.parse import urlsplit

from shared.kafka.connection import first_broker, hosts_of, why_refused
from shared.settings import DATABASE_SERVER, DATABASE_URLS, KAFKA_BOOTSTRAP_SERVERS, Settings
from shared.storage.db import Pool, answers

_LIMIT_S = 2.0


async def who_is_away(pool: Pool, settings: Settings, error: BaseException) -> str:
    """A line for each store that does not answer, or one that says what was the matter a moment ago."""
    what = f"{type(error).__name__} {error}".strip()
    postgres, kafka = address_of(settings.database_url), hosts_of(settings.kafka_bootstrap)
    lines: list[str] = []
    if not await answers(pool, _LIMIT_S):
        lines.append(_line("PostgreSQL", postgres, what, DATABASE_SERVER.name, DATABASE_URLS[settings.service].name))
    if not await _listens(settings.kafka_bootstrap):
        lines.append(_line("Kafka", kafka, what, KAFKA_BOOTSTRAP_SERVERS.name))
    elif (refused := await why_refused(settings.kafka_bootstrap)) is not None:
        lines.append(refused)
    return "\n".join(lines) or f"PostgreSQL at {postgres} or Kafka at {kafka} was away for a moment: {what}"


def address_of(url: str) -> str:
    """Host and port of a database's address, without its password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 5432}"


def _line(who: str, where: str, what: str, *settings: str) -> str:
    return f"{who} does not answer at {where} ({what}); {' or '.join(settings)} names another place"


async def _listens(address: str) -> bool:
    try:
        async with asyncio.timeout(_LIMIT_S):
            _, writer = await asyncio.open_connection(*first_broker(address))
    except (OSError, TimeoutError, ValueError):
        return False
    writer.close()
    return True
