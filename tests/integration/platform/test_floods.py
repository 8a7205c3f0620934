"""Floods at a real process: whatever strangers send, its memory stays what it was."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.secrets import ensure_secrets
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.ports import free_ports
from tests.support.waiting import PATIENCE_S, until

# What one flood may leave behind; each of them left ten times as much, of the 384 MB that compose gives.
MOST_LEFT_BYTES = 16 << 20
# Bodies come 256 kB at a time from the network, and many at once before the first is answered.
MOST_AT_ONCE_BYTES = 80 << 20
LONG_COOKIES, LONG_COOKIE_BYTES = 10_000, 12_000
BODIES, BODY_BYTES = 300, 990_000


@dataclass(frozen=True, slots=True)
class Door:
    """payments as a process that serves, without Caddy before it."""

    process: Process
    port: int

    @property
    def memory_bytes(self) -> int:
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS:"))

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def is_up(self) -> bool:
        try:
            reader, writer = await self.connect()
            writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
        except OSError:
            return False
        writer.close()
        return b" 200 " in answer


@pytest.fixture
async def door(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Door]:
    ensure_secrets(tmp_path)
    (port,) = free_ports(1)
    async with cluster.database("floods", MIGRATIONS["payments"]) as url:
        environment = {
            "PAYMENTS_DATABASE_URL": url,
            "PAYMENTS_PORT": str(port),
            "KAFKA_BOOTSTRAP_SERVERS": cluster.kafka_bootstrap,
            "TOPIC_PREFIX": f"floods{uuid4().hex[:8]}.",
            "SECRETS_DIR": str(tmp_path),
            "LOG_LEVEL": "ERROR",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.payments", "serve", env=environment, stdout=DEVNULL
        )
        opened = Door(process, port)
        try:
            await until(opened.is_up)
            yield opened
        finally:
            process.terminate()
            async with asyncio.timeout(PATIENCE_S):
                await process.wait()


@pytest.mark.slow
async def test_ten_thousand_long_cookies_are_all_forgotten(door: Door) -> None:
    await _send_cookies(door, 500)
    before = door.memory_bytes
    await _send_cookies(door, LONG_COOKIES)
    assert door.memory_bytes - before < MOST_LEFT_BYTES


@pytest.mark.parametrize("kilobytes", [17, 900])
async def test_a_head_of_more_than_16_kb_is_refused(door: Door, kilobytes: int) -> None:
    reader, writer = await door.connect()
    try:
        head = b"GET /owner HTTP/1.1\r\nHost: x\r\nAccept-Language: vi\r\nAccept: text/html\r\nCookie: a="
        writer.write(head + b"x" * (kilobytes << 10) + b"\r\n\r\n")
        answer = await reader.readuntil(b"\r\n")
    finally:
        writer.close()
    assert b" 431 " in answer


async def test_a_head_without_an_end_is_not_read_to_its_end(door: Door) -> None:
    before = door.memory_bytes
    _, writer = await door.connect()
    try:
        writer.write(b"GET /owner HTTP/1.1\r\nHost: x\r\nCookie: a=")
        with pytest.raises(ConnectionError):
            await _write(writer, 200_000_000)
    finally:
        writer.close()
    assert door.memory_bytes - before < MOST_LEFT_BYTES


async def test_a_body_is_not_read_before_its_pass(door: Door) -> None:
    await _send_bodies(door, 20)
    before = door.memory_bytes
    most, answers = await _send_bodies(door, BODIES)
    assert most - before < MOST_AT_ONCE_BYTES
    assert all(b" 401 " in answer for answer in answers)


async def _write(writer: asyncio.StreamWriter, count: int) -> None:
    for _ in range(0, count, 100_000):
        writer.write(b"x" * 100_000)
        await writer.drain()


async def _send_cookies(door: Door, count: int) -> None:
    """So many requests by eight connections, each with a cookie that was never seen before."""
    numbers = iter(range(count))

    async def send_some() -> None:
        reader, writer = await door.connect()
        for _ in numbers:
            cookie = f"{uuid4().hex}.".encode().ljust(LONG_COOKIE_BYTES, b"A")
            writer.write(b"GET /api/owner/live HTTP/1.1\r\nHost: x\r\nCookie: __Host-owner=" + cookie + b"\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 401 " in head.splitlines()[0]
            length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
        writer.close()

    await asyncio.gather(*(send_some() for _ in range(8)))


async def _send_bodies(door: Door, count: int) -> tuple[int, list[bytes]]:
    """The most memory while so many hold out the most of a body that never ends, and how each was answered."""
    head = b"POST /owner/charges HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    head += b"Content-Length: %d\r\n\r\n" % (BODY_BYTES + 10_000)
    most = 0
    connections = [await door.connect() for _ in range(count)]

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        nonlocal most
        writer.write(head + b"x" * BODY_BYTES)
        answer = await reader.readuntil(b"\r\n")
        most = max(most, door.memory_bytes)
        return answer

    try:
        answers = await asyncio.gather(*(send(reader, writer) for reader, writer in connections))
        return max(most, door.memory_bytes), list(answers)
    finally:
        for _, writer in connections:
            writer.transport.abort()
