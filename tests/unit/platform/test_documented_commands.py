"""The pages show no command, option, module or setting that does not exist, and say why of what no test runs."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.support.documented import PAGES, blocks, blocks_of, spans, unknown_words

ALL_BLOCKS = [block for page in PAGES for block in blocks(page)]


def test_every_command_of_a_block_exists_also_where_it_is_not_run() -> None:
    wrong = [
        (str(block.page), word)
        for block in ALL_BLOCKS
        if block.language == "sh"
        for step in block.steps
        for word in unknown_words(step.typed)
    ]
    assert wrong == []


def test_every_command_within_a_sentence_exists() -> None:
    assert [(str(page), word) for page in PAGES for span in spans(page) for word in unknown_words(span)] == []


def test_commands_stand_in_one_form_only() -> None:
    """In a fence `sh`, without a prompt, so that the test that runs them finds them all."""
    strange = [
        (str(block.page), step.typed)
        for block in ALL_BLOCKS
        for step in block.steps
        if step.typed.startswith(("$ ", "> ") if block.language == "sh" else ("$ ", "./run", "python "))
    ]
    assert strange == []


def test_a_block_that_is_not_run_says_why() -> None:
    text = "```sh skip: docker\n./run up\n```\n\n```sh\n./run demo\n#> answer\n```\n"
    skipped, run = blocks_of(Path("page.md"), text)
    assert (skipped.skip, run.skip) == ("docker", "")
    assert run.steps[0].answers == ("answer",)
    assert [block for block in ALL_BLOCKS if block.skip and len(block.skip) < 4] == []


@pytest.mark.parametrize(
    "typed",
    [
        *("./run fly", "./run up --fast", "./run payments fly", "./run simulate --speed 3", "./run bank rob"),
        *("echo x | ./run ticketing codes", "NO_SUCH=1 ./run up", "python -m services.payments fly"),
        *(".venv/bin/python -m deploy.nothing", "docker compose exec -T x python -m services.nobody verify"),
        "for name in a b; do ./run payments verify $name; done",
    ],
)
def test_a_command_that_does_not_exist_is_found(typed: str) -> None:
    assert unknown_words(typed) != []


@pytest.mark.parametrize(
    "typed",
    [
        *("./run", "./run payments …", "./run ticketing tickets revoke 01936f2a sold twice", "./run reset --yes"),
        *("MOT_CHAM_PORT=9 ./run up  # here", "./run simulate --rate 5 --minutes 1", "./run test tests/unit -q"),
        *("echo 'a | ./run fly' | ./run payments qr", "python -m services.ticketing serve", "ls -l | wc"),
    ],
)
def test_a_command_that_exists_is_left_alone(typed: str) -> None:
    assert unknown_words(typed) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.parts[0] == "services"], ids=str)
def test_a_services_page_names_no_file_that_is_not_there(page: Path) -> None:
    named = re.findall(r"`([\w/.]+\.(?:py|sql|toml|html|js)|(?:\w+/)+)`", (ROOT / page).read_text(encoding="utf-8"))
    homes = (ROOT / page.parent, ROOT)
    assert [name for name in named if not any((home / name).exists() for home in homes)] == []
