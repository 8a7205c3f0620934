"""Which of the key files in the secrets folder signs, which only verify, and what a pass says of its key."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.requests import Request
from starlette.responses import Response

from deploy.local.secrets import ensure_secrets
from services.ticketing.commands import COMMANDS
from services.ticketing.people.api.known_browsers import browser_of, remember_browser
from shared.errors import Unauthenticated
from shared.keys.files import (
    PASS_KEYS,
    PASS_PUBLIC_KEYS,
    TICKET_KEYS,
    KeyFiles,
    Keys,
    KeyUnreadable,
    load_keys,
    load_public_keys,
)
from shared.keys.new_key import KeyRefused, make_key, private_pem, public_pem, use_key
from shared.passes.auth import Pass, PassKeys, Role, sign_pass
from shared.process.commands import Tool, WrongUse
from shared.process.usage import fits
from tests.support.keys import new_keys

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
ISSUED = Pass(UUID(int=1), Role.MANAGER, ("a",), "", None, NOW, NOW + timedelta(hours=12))


def add_private(folder: Path, key_id: int, files: KeyFiles = TICKET_KEYS) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    files.file(folder, key_id).write_bytes(private_pem(key))
    return key


def add_public(folder: Path, key_id: int) -> None:
    TICKET_KEYS.file(folder, key_id).write_bytes(public_pem(Ed25519PrivateKey.generate().public_key()))


def test_the_key_with_the_highest_number_signs_and_all_of_them_verify(tmp_path: Path) -> None:
    add_private(tmp_path, 2)
    newest = add_private(tmp_path, 10)

    keys = load_keys(tmp_path, TICKET_KEYS)

    assert keys.signer.key_id == 10
    assert keys.signer.private_key.private_bytes_raw() == newest.private_bytes_raw()
    assert sorted(keys.public_keys) == [2, 10]


def test_a_public_key_verifies_but_never_signs_however_high_its_number(tmp_path: Path) -> None:
    add_private(tmp_path, 1)
    add_public(tmp_path, 7)

    keys = load_keys(tmp_path, TICKET_KEYS)

    assert keys.signer.key_id == 1
    assert sorted(keys.public_keys) == [1, 7]


def test_without_a_private_key_that_fits_into_a_code_no_service_starts(tmp_path: Path) -> None:
    with pytest.raises(KeyUnreadable, match="nothing can be signed"):
        load_keys(tmp_path, TICKET_KEYS)
    add_public(tmp_path, 1)
    with pytest.raises(KeyUnreadable, match="nothing can be signed"):
        load_keys(tmp_path, TICKET_KEYS)
    add_private(tmp_path, 256)
    with pytest.raises(KeyUnreadable, match="end at 255"):
        load_keys(tmp_path, TICKET_KEYS)


def test_without_a_key_to_check_passes_no_service_starts(tmp_path: Path) -> None:
    with pytest.raises(KeyUnreadable, match="no pass can be checked"):
        PassKeys.in_folder(tmp_path)


@pytest.mark.parametrize(
    ("files", "name"),
    [(PASS_KEYS, "pass-key-1.pem"), (TICKET_KEYS, "ticket-key-02.pem"), (TICKET_KEYS, "ticket-key-.pem")],
)
def test_no_two_files_are_the_same_key(tmp_path: Path, files: KeyFiles, name: str) -> None:
    add_private(tmp_path, 1, files)
    (tmp_path / name).write_bytes(private_pem(Ed25519PrivateKey.generate()))
    with pytest.raises(KeyUnreadable, match="is not named"):
        load_public_keys(tmp_path, files)


def test_one_new_key_waits_at_a_time_and_none_is_ever_written_over(tmp_path: Path) -> None:
    add_private(tmp_path, 1)
    (tmp_path / "ticket-key-1.pem").chmod(0o600)
    with pytest.raises(KeyRefused, match="holds no next-ticket-key"):
        use_key(tmp_path, TICKET_KEYS)
    assert make_key(tmp_path, TICKET_KEYS) == 2
    with pytest.raises(KeyRefused, match="waits already"):
        make_key(tmp_path, TICKET_KEYS)
    assert load_keys(tmp_path, TICKET_KEYS).signer.key_id == 1
    assert use_key(tmp_path, TICKET_KEYS) == 2
    assert load_keys(tmp_path, TICKET_KEYS).signer.key_id == 2
    assert make_key(tmp_path, TICKET_KEYS) == 3
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_a_new_pass_key_lies_beside_the_old_in_both_kinds_of_files(tmp_path: Path) -> None:
    ensure_secrets(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    assert make_key(tmp_path, PASS_KEYS) == 2
    assert {path.name for path in tmp_path.iterdir()} - before == {
        *("pass-key-2.pem", "pass-public-2.pem", "next-pass-key-2.pem"),
    }
    assert use_key(tmp_path, PASS_KEYS) == 2
    assert {key: found.public_bytes_raw() for key, found in load_public_keys(tmp_path, PASS_KEYS).items()} == {
        key: found.public_bytes_raw() for key, found in load_public_keys(tmp_path, PASS_PUBLIC_KEYS).items()
    }


def test_a_key_that_was_taken_out_is_not_made_again_and_a_lost_public_half_is(tmp_path: Path) -> None:
    ensure_secrets(tmp_path)
    for files in (PASS_KEYS, TICKET_KEYS):
        make_key(tmp_path, files)
        use_key(tmp_path, files)
    for name in ("pass-key.pem", "pass-public.pem", "ticket-key-1.pem", "pass-public-2.pem"):
        (tmp_path / name).unlink()
    assert ensure_secrets(tmp_path) == ["pass-public-2.pem"]


def test_the_command_says_what_comes_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ensure_secrets(tmp_path)
    [keys] = [entry for entry in COMMANDS if entry.forms[0].startswith("keys ")]
    assert isinstance(keys, Tool)
    for kind in ("ticket", "pass"):
        for step, then, following in (
            ("new", "published", f"keys use {kind}"),
            ("use", "signs", "keep the older files"),
        ):
            assert any(fits(form, ["keys", step, kind, str(tmp_path)]) for form in keys.forms)
            keys.run([step, kind, str(tmp_path)])
            told = json.loads(capsys.readouterr().out)
            assert (told["key_id"], told["at_the_next_start"]) == (2, then)
            assert following in told["next"]
    with pytest.raises(WrongUse, match="holds no next-pass-key"):
        keys.run(["use", "pass", str(tmp_path)])


def test_a_pass_is_good_under_the_key_that_it_names_alone() -> None:
    first, second = new_keys(), new_keys(2)
    keys = PassKeys({**first.public_keys, **second.public_keys})
    old, new = sign_pass(ISSUED, first.signer), sign_pass(ISSUED, second.signer)
    assert (old.count("."), new.partition(".")[0]) == (1, "2")
    assert keys.verify(old, NOW) == keys.verify(new, NOW) == ISSUED
    assert keys.verify(sign_pass(replace(ISSUED, scope="b"), second.signer), NOW).scope == "b"

    bare = new.removeprefix("2.")
    for token in (bare, f"1.{old}", f"2.{old}", f"02.{bare}", f"3.{bare}", f".{old}", f"2.{new}", "..", "2..", ""):
        with pytest.raises(Unauthenticated):
            keys.verify(token, NOW)
    for left in (first, second):
        assert sum(_admits(PassKeys(left.public_keys), token) for token in (old, new)) == 1


def _admits(keys: PassKeys, token: str) -> bool:
    try:
        return keys.verify(token, NOW) == ISSUED
    except Unauthenticated:
        return False


def test_a_browser_is_known_by_the_key_of_before_too_until_it_is_taken_out() -> None:
    first, second = new_keys(), new_keys(2)
    both = Keys(second.signer, {**first.public_keys, **second.public_keys})
    response = Response()
    remember_browser(response, request_with(""), "manager", first)
    browser = request_with(response.headers["set-cookie"].partition(";")[0])
    known = browser_of(browser, "manager", first)
    assert known is not None
    assert browser_of(browser, "manager", both) == known
    assert browser_of(browser, "manager", second) is None


def request_with(cookie: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", cookie.encode())]})
