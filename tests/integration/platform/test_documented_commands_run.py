"""Every command block of the pages does what it says, on a system that the commands find by themselves."""

import os
import random
import re
import subprocess
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.running import told_to_commands
from deploy.local.secrets import ensure_secrets
from shared.settings import BY_NAME, SERVICES
from tests.architecture.sources import ROOT
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.documented import PAGES, Step, blocks
from tests.support.scope import IS_LONG, SLICE
from tests.support.topics import own_topics

RUN = [block for page in PAGES for block in blocks(page) if block.language == "sh" and not block.skip]
PAGES_RUN = sorted({block.page for block in RUN})
# Each command is a process that imports a service; with each slice another half of the pages.
NOW = PAGES_RUN if IS_LONG else random.Random(SLICE).sample(PAGES_RUN, (len(PAGES_RUN) + 1) // 2)


@pytest.fixture
async def data(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Path]:
    """The data folder of a system whose stores run, as `./run up` leaves word of it."""
    prefix = f"pages_{uuid4().hex[:8]}."
    cluster.keep_kafka_passwords(tmp_path / "secrets")
    ensure_secrets(tmp_path / "secrets")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(own_topics(cluster.kafka_bootstrap, prefix))
        await cluster.make_kafka_users(prefix)
        given = {
            "KAFKA_BOOTSTRAP_SERVERS": cluster.kafka.hosts,
            "TOPIC_PREFIX": prefix,
            "SECRETS_DIR": str(tmp_path / "secrets"),
            "DEMO_SIGN_INS": str(tmp_path / "demo-sign-ins.txt"),
            "PROFILE": "demo",
            "LOG_LEVEL": "ERROR",
        }
        for service in SERVICES:
            database = cluster.database(f"pages_{service}", MIGRATIONS[service])
            given[f"{service.upper()}_DATABASE_URL"] = await stack.enter_async_context(database)
        stack.enter_context(told_to_commands(given, tmp_path / "run"))
        yield tmp_path


def test_the_commands_of_the_pages_end_well_and_answer_as_they_say(data: Path) -> None:
    assert len(RUN) >= 4
    with ThreadPoolExecutor(2) as pool:
        wrong = list(pool.map(partial(_run, data), NOW))
    assert [line for lines in wrong for line in lines] == []


def _run(data: Path, page: Path) -> list[str]:
    """What is wrong with a page's commands, one after the other as a reader types them."""
    steps = [step for block in RUN if block.page == page for step in block.steps]
    return [f"{page}: {step.typed}: {what}" for step in steps if (what := _what_is_wrong(step, data))]


def _what_is_wrong(step: Step, data: Path) -> str:
    own = {name: value for name, value in os.environ.items() if name not in BY_NAME}
    done = subprocess.run(
        ["sh", "-c", step.typed],
        cwd=ROOT,
        env=own | {"MOT_CHAM_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout.splitlines()
    if done.returncode != 0:
        return f"exit {done.returncode} {done.stderr[-500:]}"
    missing = [answer for answer in step.answers if not any(_is_meant(answer, line) for line in said)]
    return f"said {said}, not {missing}" if missing else ""


def _is_meant(answer: str, line: str) -> bool:
    return re.fullmatch(re.escape(answer).replace("…", ".*"), line) is not None
