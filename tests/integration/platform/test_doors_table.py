"""Every role at every route of every service: nobody comes in but who stands in doors_table.py, and all of those do."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from html import unescape
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute

from shared.clock import utc_now
from shared.passes.auth import GATE, Role, sign_pass
from shared.web.app import routes_of
from shared.web.i18n import Language
from tests.support.cluster import Cluster
from tests.support.doors_samples import COOKIES, Sample, sample_of
from tests.support.doors_table import ROWS, Row
from tests.support.doors_world import OTHER, PASSWORD, PIN, World, open_world, service_of
from tests.support.illness import away, read_only
from tests.support.keys import new_keys
from tests.support.texts import translate
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
GUARDED = [row for row in ROWS if not row.is_for_anyone]
OPEN = [row for row in ROWS if row.is_for_anyone]
READERS: list[tuple[str, Language]] = [("application/json", "en"), ("text/html", "vi"), ("text/html", "en")]
WRITES = [row for row in ROWS if row.method != "GET"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with open_world(cluster, tmp_path_factory.mktemp("doors") / "secrets") as opened:
        yield opened


async def test_the_table_has_a_row_for_every_route_and_no_other(world: World) -> None:
    served = {
        (name, method, route.path)
        for name, app in world.apps.items()
        for route in routes_of(app.routes)
        for method in route.methods or ()
    }
    rows = [(row.service, row.method, row.path) for row in ROWS]
    assert served == set(rows)
    assert len(rows) == len(set(rows))


async def test_what_is_no_route_with_a_rule_serves_static_files_alone(world: World) -> None:
    others = {
        str(getattr(route, "path", ""))
        for app in world.apps.values()
        for route in app.routes
        if not isinstance(route, APIRoute) and not hasattr(route, "original_router")
    }
    assert {path for path in others if not path.startswith("/static/")} <= {"/favicon.ico"}


@pytest.mark.parametrize("row", GUARDED, ids=str)
async def test_a_guarded_route_lets_in_its_roles_and_nobody_else(world: World, row: Row) -> None:
    for role in Role:
        answer = await _sent(world, row, world.token(world.issued(role)))
        if role in row.who:
            assert answer.status_code == row.answer, (role, answer.text)
        else:
            _is_forbidden(row, answer)


@pytest.mark.parametrize("row", GUARDED, ids=str)
async def test_a_guarded_route_is_closed_to_strangers_and_to_passes_that_are_none(world: World, row: Row) -> None:
    issued, now = world.issued(_first_role(row)), utc_now()
    hour = timedelta(hours=1)
    good = world.token(issued)
    worthless = {
        "nobody": "",
        "expired": world.token(replace(issued, issued_at=now - 2 * hour, expires_at=now - hour)),
        "not yet": world.token(replace(issued, issued_at=now + hour, expires_at=now + 2 * hour)),
        "signed by another": sign_pass(issued, new_keys().signer),
        "changed": f"{world.token(replace(issued, subject_id=uuid4())).partition('.')[0]}.{good.partition('.')[2]}",
        "nonsense": "x.y",
    }
    for name, token in worthless.items():
        answer = await _sent(world, row, token)
        assert _is_closed(row, answer), (name, answer.status_code, answer.text)


@pytest.mark.parametrize("row", GUARDED, ids=str)
async def test_a_revoked_person_or_phone_is_out_except_for_its_scans(world: World, row: Row) -> None:
    issued = world.issued(_first_role(row))
    for revoked in (
        replace(issued, subject_id=world.revoked_person),
        replace(issued, device_id=world.revoked_phone),
    ):
        answer = await _sent(world, row, world.token(revoked))
        if "revoked" in row.who:
            assert answer.status_code == row.answer, answer.text
        else:
            assert _is_closed(row, answer, "pass_revoked"), answer.text


@pytest.mark.parametrize("row", GUARDED, ids=str)
async def test_a_pass_opens_nothing_from_the_cookie_of_another_door(world: World, row: Row) -> None:
    token = world.token(world.issued(_first_role(row)))
    elsewhere = {str(cookie): token for name, cookie in COOKIES.items() if name != row.door}
    answer = await (await sample_of(world, row)).send(world, elsewhere)
    assert _is_closed(row, answer), answer.text


@pytest.mark.parametrize("row", [row for row in GUARDED if row.elsewhere is not None], ids=str)
async def test_a_pass_of_another_venue_does_not_reach_what_is_here(world: World, row: Row) -> None:
    answer = await _sent(world, row, world.token(world.issued(_first_role(row), OTHER)))
    assert answer.status_code == row.elsewhere, answer.text


@pytest.mark.parametrize("row", [row for row in ROWS if "{" in row.path], ids=str)
async def test_what_is_not_there_is_said_to_be_not_there(world: World, row: Row) -> None:
    sample = await sample_of(world, row)
    sample.path = re.sub(r"\{\w+\}", str(uuid4()), row.path)
    answer = await sample.send(world, _cookies(world, row))
    assert answer.status_code == 404, answer.text


@pytest.mark.parametrize("row", GUARDED, ids=str)
async def test_a_program_is_told_that_it_is_not_signed_in_also_by_a_page(world: World, row: Row) -> None:
    sample = await sample_of(world, row)
    sample.accept = "application/json"
    answer = await sample.send(world, {})
    assert _is_problem(answer, 401, "not_signed_in"), answer.text


@pytest.mark.parametrize("row", OPEN, ids=str)
async def test_an_open_route_serves_everybody_with_or_without_a_pass(world: World, row: Row) -> None:
    forged = sign_pass(world.issued(Role.OPERATOR), new_keys().signer)
    tokens = ["", forged, *(world.token(world.issued(role)) for role in Role)]
    for token in tokens:
        cookies = dict.fromkeys(map(str, COOKIES.values()), token)
        answer = await (await sample_of(world, row)).send(world, cookies)
        assert row.answer in (answer.status_code, None), answer.text


@pytest.mark.parametrize("path", ["/orders/%00", "/t/a%00b", "/api/orders/%00", "/api/orders/%00/live"])
async def test_a_link_with_a_character_that_cannot_be_stored_is_a_wrong_link_not_our_mistake(
    world: World, path: str
) -> None:
    async with world.browser("ticketing") as browser:
        answer = await browser.get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation")


@pytest.mark.parametrize("trouble", [away, read_only])
async def test_a_door_whose_database_cannot_do_what_it_asks_says_try_again_later_in_words(
    world: World, cluster: Cluster, trouble: Callable[[Cluster, str], AbstractContextManager[None]]
) -> None:
    samples = [await sample_of(world, row) for row in ROWS if row.path not in ("/health/ready", "/bank/pay")]
    unavailable: set[str] = set()
    with ExitStack() as troubles:
        for service in world.services.values():
            troubles.enter_context(trouble(cluster, service.settings.database_url.rpartition("/")[2]))
        for sample in samples:
            for accept, language in READERS:
                sample.accept, sample.language = accept, language
                if (answer := await sample.send(world, _cookies(world, sample.row))).status_code != sample.row.answer:
                    unavailable.add(str(sample.row))
                    assert (answer.status_code, answer.headers.get("retry-after")) == (503, "2"), (sample, answer.text)
                    assert translate("errors.service_unavailable", language) in answer.text
    # What is refused for its own sake, as a secret too short, may need no database for that.
    changes = [sample.row for sample in samples if sample.row.once not in ("-", "free") and sample.row.answer != 422]
    assert set(map(str, changes)) <= unavailable
    for sample in samples:
        await until(partial(_is_answered, world, sample))


async def test_every_change_is_named_so_that_it_happens_once() -> None:
    assert [str(row) for row in ROWS if (row.once == "-") != (row.method == "GET")] == []
    assert {row.path for row in ROWS if row.once == "free"} == {
        *("/sign-in", "/sign-in/owner", "/sign-out"),
        "/api/gate/short-codes",  # only asks
    }


@pytest.mark.parametrize("row", [row for row in WRITES if row.once == "key"], ids=str)
async def test_a_change_without_its_key_is_refused_and_says_so(world: World, row: Row) -> None:
    for accept in ("application/json", "text/html"):
        sample = await sample_of(world, row)
        sample.accept = accept
        answer = await sample.send(world, _cookies(world, row), once=False)
        if accept == "text/html":
            assert answer.status_code == 400
            assert translate("errors.idempotency_missing", "en") in answer.text
        else:
            assert _is_problem(answer, 400, "idempotency_missing"), answer.text


@pytest.mark.parametrize("key", ["short", "x" * 201, "két-khóa"])
async def test_a_key_that_names_nothing_well_is_refused(world: World, key: str) -> None:
    row = next(row for row in WRITES if row.path == "/owner/cash")
    sample = await sample_of(world, row)
    sample.key = key
    answer = await sample.send(world, _cookies(world, row))
    assert answer.status_code == 400


@pytest.mark.parametrize("key", ["12345678", "20261130", "2026113020261130", "a" * 36])
@pytest.mark.parametrize("row", [row for row in WRITES if row.once == "key" and row.is_for_anyone], ids=str)
async def test_a_stranger_s_key_that_can_be_guessed_is_refused(world: World, row: Row, key: str) -> None:
    sample = await sample_of(world, row)
    sample.key, sample.accept = key, "application/json"
    assert _is_problem(await sample.send(world, {}), 400, "idempotency_missing")


@pytest.mark.parametrize("row", [row for row in WRITES if row.once == "key" and not row.is_for_anyone], ids=str)
async def test_an_answer_is_given_again_to_its_own_caller_alone(world: World, row: Row) -> None:
    sample = await sample_of(world, row)
    role = _first_role(row)
    mine = await sample.send(world, {COOKIES[row.door]: world.token(world.issued(role))})
    again = await sample.send(world, {COOKIES[row.door]: world.token(world.issued(role))})
    assert (again.status_code, again.headers.get("location")) == (mine.status_code, mine.headers.get("location"))
    somebody = replace(world.issued(role), subject_id=uuid4())
    theirs = await sample.send(world, {COOKIES[row.door]: world.token(somebody)})
    assert theirs.status_code in (403, 404, 422), theirs.text


@pytest.mark.parametrize("row", [row for row in WRITES if row.once not in ("key", "free")], ids=str)
async def test_a_change_without_its_own_id_is_refused_and_the_field_is_named(world: World, row: Row) -> None:
    answer = await (await sample_of(world, row)).send(world, _cookies(world, row), once=False)
    assert _is_problem(answer, 422, "validation"), answer.text
    assert [fault["at"].rpartition(".")[2] for fault in answer.json()["errors"]] == [row.once]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    "wanted", ["/manage", "/manage/phones", "/province", "/province?from=2026-11-01&to=2026-11-24"]
)
async def test_a_stranger_signs_in_at_the_office_and_is_led_back(world: World, wanted: str, language: Language) -> None:
    role = Role.MANAGER if wanted.startswith("/manage") else Role.PROVINCE
    form = {"login": str(world.people[role]), "password": PASSWORD}
    await _signs_in_and_is_led_back(world, wanted, language, form, {})


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("wanted", ["/owner", "/owner/cash?amount=350.000"])
async def test_an_owner_signs_in_on_a_paired_phone_and_is_led_back(
    world: World, wanted: str, language: Language
) -> None:
    form = {"person_id": str(world.people[Role.OWNER]), "pin": PIN}
    await _signs_in_and_is_led_back(world, wanted, language, form, {GATE: world.token(world.issued(Role.DEVICE))})


async def test_an_owner_on_a_phone_that_is_not_paired_is_asked_to_pair_it(world: World) -> None:
    async with world.browser("ticketing") as browser:
        answer = await browser.get("/sign-in/owner?next=/owner", headers={"accept": "text/html"})
    assert urlsplit(answer.headers["location"]).path == "/pair"


@pytest.mark.parametrize("wanted", ["/owner", "/province", "/manage"])
async def test_a_language_asked_for_in_the_address_is_kept_on_the_way_to_sign_in(world: World, wanted: str) -> None:
    async with world.browser(service_of(wanted), language="vi") as browser:
        answer = await browser.get(f"{wanted}?lang=en", headers={"accept": "text/html"})
    assert parse_qs(urlsplit(answer.headers["location"]).query)["lang"] == ["en"]


async def _signs_in_and_is_led_back(
    world: World, wanted: str, language: Language, form: dict[str, str], cookies: dict[str, str]
) -> None:
    """Through two services, as a browser goes: the page, the door, the form, and the page again."""
    headers = {"accept": "text/html", "cookie": "; ".join(f"{name}={token}" for name, token in cookies.items())}
    async with (
        world.browser(service_of(wanted), language=language) as there,
        world.browser("ticketing", language=language) as doors,
    ):
        door = (await there.get(wanted, headers=headers)).headers["location"]
        page = await doors.get(door, headers=headers)
        assert page.status_code == 200
        assert f'<html lang="{language}"' in page.text
        found = re.search(r'name="next" value="([^"]*)"', page.text)
        assert found
        answer = await doors.post(urlsplit(door).path, data={**form, "next": unescape(found[1])}, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, wanted)
        pass_cookie = answer.headers["set-cookie"].partition(";")[0]
        back = await there.get(wanted, headers={**headers, "cookie": pass_cookie})
        assert back.status_code == 200
        assert f'<html lang="{language}"' in back.text


async def _is_answered(world: World, sample: Sample) -> bool:
    return (await sample.send(world, _cookies(world, sample.row))).status_code == sample.row.answer


def _first_role(row: Row) -> Role:
    return next(role for role in Role if role in row.who)


def _cookies(world: World, row: Row) -> dict[str, str]:
    """Of somebody who may."""
    return {} if row.is_for_anyone else {COOKIES[row.door]: world.token(world.issued(_first_role(row)))}


async def _sent(world: World, row: Row, token: str) -> httpx.Response:
    return await (await sample_of(world, row)).send(world, {COOKIES[row.door]: token} if token else {})


def _is_closed(row: Row, answer: httpx.Response, code: str = "not_signed_in") -> bool:
    """A person is sent to the door and from there back; a form is answered by a page, a program by a problem."""
    if not row.is_page:
        return _is_problem(answer, 401, code)
    if row.method == "GET":
        door = COOKIES[row.door].sign_in
        address = answer.request.url.raw_path.decode()
        return answer.status_code == 303 and answer.headers["location"] == f"{door}?next={quote(address)}"
    return answer.status_code == 401 and translate(f"errors.{code}", "en") in answer.text


def _is_forbidden(row: Row, answer: httpx.Response) -> None:
    if row.is_page:
        assert answer.status_code == 403, answer.text
        assert translate("errors.forbidden", "en") in answer.text
    else:
        assert _is_problem(answer, 403, "forbidden"), answer.text


def _is_problem(answer: httpx.Response, status: int, code: str) -> bool:
    """RFC 9457, in words that a person understands."""
    if answer.headers["content-type"] != "application/problem+json":
        return False
    told = answer.json()
    words = translate(f"errors.{code}", "en")
    return (answer.status_code, told["status"], told["code"], told["title"]) == (status, status, code, words)
