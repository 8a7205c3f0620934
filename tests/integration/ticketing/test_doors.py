"""The doors on the real database: who comes in, who does not, and what is kept of it."""

import asyncio
import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import zxingcpp
from markupsafe import escape
from PIL import Image

from services.ticketing.people.usecases.first_people import (
    ForgetOldTries,
    InviteFirstOperator,
    forget_old_tries,
    invite_first_operator,
    seed_people,
    write_demo_sign_ins,
)
from shared.passes.auth import GATE, OFFICE, OWNER, Role
from shared.qr.images import png_for
from shared.web.i18n import Language
from tests.support.cluster import Cluster
from tests.support.doors_house import (
    HOST,
    LUNG_CU,
    MANAGER,
    OPERATOR,
    ORIGIN,
    OTHER_MANAGER,
    PEOPLE,
    SEED,
    House,
    new_code,
    open_house,
    paired,
    post,
    refused_soon,
    sign_in_with,
)
from tests.support.texts import translate


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with open_house(cluster) as opened:
        yield opened


async def test_a_manager_signs_in_with_a_password_and_sees_only_the_own_venue(house: House) -> None:
    desk = await house.office(MANAGER)
    found = house.holds(desk, OFFICE)
    assert (found.subject_id, found.role, found.venues) == (MANAGER.person_id, Role.MANAGER, (LUNG_CU,))
    page = (await desk.get("/manage")).text
    assert MANAGER.display_name in page
    assert OTHER_MANAGER.display_name not in page


async def test_the_pass_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    answer = await sign_in_with(house.browser(), MANAGER.login, MANAGER.password)
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("__host-office=", "httponly", "secure", "samesite=lax", "path=/"))


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:x"])
async def test_signing_in_never_leads_to_another_site(house: House, elsewhere: str) -> None:
    answer = await sign_in_with(house.browser(), MANAGER.login, MANAGER.password, elsewhere)
    assert answer.headers["location"] == "/manage"


async def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(house: House) -> None:
    browser = house.browser()
    wrong = await sign_in_with(browser, MANAGER.login, "not-the-password")
    unknown = await sign_in_with(browser, "nobody-here", "not-the-password")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text.replace(MANAGER.login, "x") == unknown.text.replace("nobody-here", "x")
    assert "not-the-password" not in wrong.text


async def test_twenty_tries_at_once_get_five_looks_at_the_password(house: House) -> None:
    browser = house.browser()
    answers = await asyncio.gather(*(sign_in_with(browser, MANAGER.login, f"wrong-{n}") for n in range(20)))
    codes = [answer.status_code for answer in answers]
    assert codes.count(401) == 5
    assert set(codes) == {401, 429, 503}, "some find no place in the line, and have lost no try"
    limited = await sign_in_with(browser, MANAGER.login, MANAGER.password)
    assert limited.status_code == 429
    assert limited.headers["retry-after"] == "900"
    house.now[0] += timedelta(minutes=15)
    assert (await sign_in_with(browser, MANAGER.login, MANAGER.password)).status_code == 303


async def test_a_phone_is_paired_by_the_qr_once(house: House) -> None:
    desk, phone = await house.office(MANAGER), house.browser()
    code = await new_code(desk)
    address = f"{ORIGIN}/pair?code={code}"
    form = (await phone.get(address)).text
    assert f'value="{code}"' in form
    assert (await post(phone, "/pair", code=code, name="Cổng 1")).headers["location"] == "/gate"
    found = house.holds(phone, GATE)
    assert (found.role, found.venues, found.device_id) == (Role.DEVICE, (LUNG_CU,), found.subject_id)
    assert found.expires_at - found.issued_at == timedelta(days=365)
    assert (await post(house.browser(), "/pair", code=code)).status_code == 404
    assert "Cổng 1" in (await desk.get("/manage/phones")).text


def test_the_qr_of_a_pairing_address_is_read_back(tmp_path: Path) -> None:
    address = f"{ORIGIN}/pair?code=AB12-CD34-EF"
    (tmp_path / "code.png").write_bytes(png_for(address))
    read = zxingcpp.read_barcode(Image.open(tmp_path / "code.png"))
    assert read is not None
    assert parse_qs(urlsplit(read.text).query) == {"code": ["AB12-CD34-EF"]}


async def test_a_code_typed_in_small_letters_with_look_alikes_pairs(house: House) -> None:
    desk = await house.office(MANAGER)
    typed = (await new_code(desk)).lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert (await post(house.browser(), "/pair", code=typed)).status_code == 303


async def test_a_pairing_code_ends_after_ten_minutes(house: House) -> None:
    desk = await house.office(MANAGER)
    code = await new_code(desk)
    house.now[0] += timedelta(minutes=10)
    assert (await post(house.browser(), "/pair", code=code)).status_code == 404


async def test_a_phone_that_lost_the_answer_is_paired_by_asking_again(house: House) -> None:
    desk, phone = await house.office(MANAGER), house.browser()
    code, key = await new_code(desk), str(uuid4())
    await post(phone, "/pair", key, code=code)
    first = house.holds(phone, GATE).subject_id
    assert (await post(phone, "/pair", key, code=code)).status_code == 303
    assert house.holds(phone, GATE).subject_id == first
    assert await house.pool.fetchval("SELECT count(*) FROM devices") == 1


async def test_one_pairing_code_raced_for_by_ten_phones_pairs_one(house: House) -> None:
    desk = await house.office(MANAGER)
    code = await new_code(desk)
    answers = await asyncio.gather(*(post(house.browser(), "/pair", code=code) for _ in range(10)))
    assert [answer.status_code for answer in answers].count(303) == 1


async def test_a_host_signs_in_by_pin_on_the_paired_phone_alone(house: House) -> None:
    assert (await house.browser().get("/sign-in/owner")).headers["location"].startswith("/pair")
    phone = await paired(house, await house.office(OPERATOR), f"owner:{HOST.person_id}")
    assert HOST.display_name in (await phone.get("/sign-in/owner")).text
    sign = {"person_id": str(HOST.person_id), "pin": HOST.pin}
    assert (await phone.post("/sign-in/owner", data=sign)).headers["location"] == "/owner"
    found = house.holds(phone, OWNER)
    assert (found.role, found.venues) == (Role.OWNER, HOST.venue_ids)
    assert found.device_id == house.holds(phone, GATE).subject_id


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_gate_phone_of_the_venue_lets_no_owner_in_and_says_to_pair_an_owners_phone(
    house: House, language: Language
) -> None:
    phone = await paired(house, await house.office(OPERATOR), f"venue:{HOST.venue_ids[0]}")
    phone.headers["accept-language"] = language
    sign = {"person_id": str(HOST.person_id), "pin": HOST.pin}
    for answer in (await phone.get("/sign-in/owner"), await phone.post("/sign-in/owner", data=sign)):
        assert answer.status_code == 403
        assert escape(translate("errors.not_owners_phone.do", language)) in answer.text
        assert HOST.display_name not in answer.text
    assert OWNER not in phone.cookies
    assert await house.audited() == [
        ("signed_in", OPERATOR.person_id),
        ("pairing_code_made", OPERATOR.person_id),
        ("phone_paired", OPERATOR.person_id),
    ]


async def test_a_revoked_phone_is_out_at_once_and_everybody_is_told(house: House) -> None:
    desk = await house.office(OPERATOR)
    phone = await paired(house, desk, f"owner:{HOST.person_id}")
    device_id = house.holds(phone, GATE).subject_id
    assert (await post(desk, f"/manage/phones/{device_id}/revoke")).status_code == 303
    assert await refused_soon(phone, "/sign-in/owner")
    assert await house.said() == ["ticketing.device_revoked.v1"]
    assert ("phone_revoked", OPERATOR.person_id) in await house.audited()
    assert (await post(desk, f"/manage/phones/{device_id}/revoke")).status_code == 404


async def test_a_revoked_person_is_out_at_once_and_cannot_come_back(house: House) -> None:
    desk, other = await house.office(OPERATOR), await house.office(MANAGER)
    assert (await post(desk, f"/manage/people/{MANAGER.person_id}/revoke")).status_code == 303
    assert await refused_soon(other, "/manage")
    assert await house.said() == ["ticketing.person_revoked.v1"]
    assert ("person_revoked", OPERATOR.person_id) in await house.audited()
    assert (await sign_in_with(other, MANAGER.login, MANAGER.password)).status_code == 401


async def test_a_manager_touches_nobody_and_nothing_of_another_venue(house: House) -> None:
    desk = await house.office(OTHER_MANAGER)
    phone = await paired(house, await house.office(MANAGER))
    device_id = house.holds(phone, GATE).subject_id
    new = {"login": "gate-x", "display_name": "X", "pin": "483920"}
    refused = [
        await post(desk, f"/manage/phones/{device_id}/revoke"),
        await post(desk, f"/manage/phones/{device_id}/rename", name="Mine"),
        await post(desk, f"/manage/people/{HOST.person_id}/revoke"),
        await post(desk, f"/manage/people/{OPERATOR.person_id}/secrets", password="let-me-in-please"),
        await post(desk, "/manage/phones/codes", pair=f"venue:{LUNG_CU}"),
        await post(desk, "/manage/people", role="gate", venues=LUNG_CU, **new),
        await post(desk, "/manage/people", role="operator", password="let-me-in-please", **new),
    ]
    assert [answer.status_code for answer in refused] == [403] * 7
    assert await house.said() == []


async def test_a_manager_adds_somebody_whose_pin_is_kept_as_a_hash_only(house: House) -> None:
    desk = await house.office(MANAGER)
    fields = {"login": "gate-new", "display_name": "Lan", "role": "gate", "venues": LUNG_CU, "pin": "483920"}
    key = str(uuid4())
    for _ in range(2):
        assert (await post(desk, "/manage/people", key, **fields)).status_code == 303
    assert (await post(desk, "/manage/people", **fields)).status_code == 409
    rows = await house.pool.fetch("SELECT pin_salt, pin_hash FROM persons WHERE login = 'gate-new'")
    assert [(len(row["pin_salt"]), len(row["pin_hash"])) for row in rows] == [(16, 32)]
    kept = await house.pool.fetch("SELECT response FROM idempotency UNION ALL SELECT detail::text::bytea FROM audit")
    assert not [row for row in kept if b"483920" in row[0]]


@pytest.mark.parametrize("pin", ["123456", "000000", "654321", "12345", "12a456", "٣٤٥٦٧٨"])
async def test_a_pin_that_is_easily_guessed_is_refused(house: House, pin: str) -> None:
    desk = await house.office(MANAGER)
    fields = {"login": "gate-new", "display_name": "Lan", "role": "gate", "venues": LUNG_CU, "pin": pin}
    assert (await post(desk, "/manage/people", **fields)).status_code == 422


async def test_a_form_sent_by_another_site_changes_nothing(house: House) -> None:
    desk = await house.office(OPERATOR)
    desk.headers["sec-fetch-site"] = "cross-site"
    assert (await post(desk, f"/manage/people/{MANAGER.person_id}/revoke")).status_code == 403
    del desk.headers["sec-fetch-site"]
    desk.headers["origin"] = "https://evil.test"
    assert (await post(desk, f"/manage/people/{MANAGER.person_id}/revoke")).status_code == 403
    assert await house.said() == []


async def test_signing_out_forgets_the_pass(house: House) -> None:
    desk = await house.office(MANAGER)
    await desk.post("/sign-out", data={"door": "office"})
    assert (await desk.get("/manage")).status_code == 303


async def test_a_new_installation_invites_one_operator_who_comes_in_once(house: House) -> None:
    assert await house.unit.run(invite_first_operator, InviteFirstOperator()) is None
    await house.pool.execute("UPDATE persons SET revoked_at = now() WHERE role = 'operator'")
    token = await house.unit.run(invite_first_operator, InviteFirstOperator())
    assert token
    assert await house.unit.run(invite_first_operator, InviteFirstOperator()) is None
    form = {"token": token, "login": "first", "display_name": "Hoa", "password": "a-long-password"}
    weak = await post(house.browser(), "/sign-in/invitation", **{**form, "password": "short"})
    assert (weak.status_code, token in weak.text) == (422, True)
    assert (await post(house.browser(), "/sign-in/invitation", **form)).status_code == 303
    again = {**form, "login": "second"}
    assert (await post(house.browser(), "/sign-in/invitation", **again)).status_code == 404
    assert (await sign_in_with(house.browser(), "first", "a-long-password")).status_code == 303


async def test_the_demo_people_are_added_once_and_told_to_the_owner_of_the_machine(
    house: House, tmp_path: Path
) -> None:
    everybody = [MANAGER, PEOPLE["gate-lung-cu-1"]]
    assert [await seed_people(house.unit, everybody) for _ in range(2)] == [1, 0]
    file = tmp_path / "new" / "demo-sign-ins.txt"
    write_demo_sign_ins(file, SEED.people, ORIGIN)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert all(person.login in file.read_text("utf-8") for person in SEED.people)


async def test_old_tries_and_codes_are_forgotten(house: House) -> None:
    desk = await house.office(MANAGER)
    await new_code(desk)
    await sign_in_with(house.browser(), "nobody-here", "wrong-password")
    house.now[0] += timedelta(days=2)
    await house.unit.run(forget_old_tries, ForgetOldTries())
    assert await house.pool.fetchval("SELECT (SELECT count(*) FROM attempts) + count(*) FROM pairing_codes") == 0
