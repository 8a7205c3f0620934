"""Typed words are held against the forms of a command, so that nothing begins on a word that nobody knows."""

import pytest

from deploy.local.commands import COMMANDS
from shared.process.usage import asks_for_help, fits


@pytest.mark.parametrize(
    ("form", "typed"),
    [
        ("", ""),
        *(
            ("[--yes]", ""),
            ("[--yes]", "--yes"),
            ("[<folder>]", "a/b"),
            ("[<part>...]", ""),
            ("[<part>...]", "kafka caddy"),
        ),
        *(("dead-letters replay <ce_id>...", "dead-letters replay a b"), ("...", "tests/unit -k word"), ("...", "")),
        *(("outbox resend --since <time>", "outbox resend --since 2026-02-17"), ("tickets <id of one>", "tickets 1")),
    ],
)
def test_words_of_a_form_fit_it(form: str, typed: str) -> None:
    assert fits(form, typed.split())


@pytest.mark.parametrize(
    ("form", "typed"),
    [
        *(
            ("", "now"),
            ("[--yes]", "--no"),
            ("[--yes]", "--yes --yes"),
            ("[<folder>]", "a b"),
            ("[<folder>]", "--force"),
        ),
        *(("dead-letters replay <ce_id>...", "dead-letters replay"), ("verify", "verify twice"), ("verify", "ver ify")),
        *(("outbox resend --since <time>", "outbox resend 2026"), ("<a> <b>", "a")),
    ],
)
def test_other_words_do_not_fit_it(form: str, typed: str) -> None:
    assert not fits(form, typed.split())


@pytest.mark.parametrize("typed", ["--help", "-h", "help", "dead-letters --help"])
def test_help_is_asked_for_by_an_option_anywhere_or_by_the_word_alone(typed: str) -> None:
    assert asks_for_help(typed.split())
    assert not asks_for_help(["tickets", "revoke", "1", "help", "was", "asked"])


@pytest.mark.parametrize("name", COMMANDS)
def test_the_work_of_a_command_is_where_the_table_says(name: str) -> None:
    assert callable(COMMANDS[name].work())
