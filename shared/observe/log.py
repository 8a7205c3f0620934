"""Structured logs: one JSON object a line, a constant name and fields, never a sentence and never a person's data."""

import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from shared.observe import trace

_encode = msgspec.json.Encoder(enc_hook=str).encode
Field = str | int | float | bool | None


class _JsonLines(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "service": self._service,
            "event": record.getMessage(),
        }
        if trace.current():
            line["trace_id"] = trace.current()
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _encode(line).decode()


class Log:
    """`log.info("hold_expired", held_s=900)`: the name is a constant, everything else is a field."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, **fields: Field) -> None:
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, *, with_trace: bool = False, **fields: Field) -> None:
        self._logger.warning(event, extra={"fields": fields}, exc_info=with_trace)

    def error(self, event: str, *, with_trace: bool = False, **fields: Field) -> None:
        self._logger.error(event, extra={"fields": fields}, exc_info=with_trace)


def configure(service: str, level: str = "INFO", stream: TextIO = sys.stdout) -> None:
    """Sends every log line of the process there; aiokafka speaks only when it warns."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonLines(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # None of our lines says in which thread and process it was written, so nobody need find it out.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    for name in ("aiokafka", "uvicorn", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # While a broker starts or is away these print an error for each retry; what holds the consumer or producer says it
    # once, and health and lag tell the rest.
    for name in ("aiokafka.conn", "aiokafka.consumer.group_coordinator"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
