"""Taking back a scan: by our clock, by the phone's only for what it did offline, and never unseen by the manager."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from services.ticketing.people.domain import Actor
from shared.clock import local_date, utc_now
from shared.passes.auth import Pass, Role, sign_pass
from tests.support.cluster import Cluster
from tests.support.gate import VENUE, Phone
from tests.support.gate_doors import Gate, Json, open_gate, scan

SECONDS = timedelta(seconds=1)


@pytest.fixture
async def at_gate(cluster: Cluster) -> AsyncIterator[Gate]:
    async with open_gate(cluster) as opened:
        yield opened


async def undo(at_gate: Gate, phone: Phone, sent: Json, at: datetime) -> str | None:
    """The code of the refusal, None if it was taken back."""
    answer = await at_gate.post("/api/gate/undo", phone, {"scan_id": sent["scan_id"], "occurred_at": at})
    code: str | None = answer.json().get("code")
    return code


async def pass_time(at_gate: Gate, sent: Json, seconds: int) -> None:
    """So long ago did the scan reach us."""
    await at_gate.venue.pool.execute(
        "UPDATE admissions SET recorded_at = recorded_at - $2::interval WHERE scan_id = $1",
        sent["scan_id"],
        seconds * SECONDS,
    )


@pytest.mark.parametrize("offline", [False, True])
async def test_a_phone_that_lies_of_the_time_takes_back_nothing_after_30_seconds(
    at_gate: Gate, *, offline: bool
) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("East gate")
    sent = scan(ticket, offline=offline)
    await at_gate.send(phone, sent)
    await pass_time(at_gate, sent, 35)
    for lie in (0, 1, 29):
        assert await undo(at_gate, phone, sent, sent["occurred_at"] + lie * SECONDS) == "undo_too_late"
    assert await at_gate.admitted(ticket) == 1


async def test_an_online_scan_is_taken_back_within_30_seconds_of_our_clock_whatever_the_phones_says(
    at_gate: Gate,
) -> None:
    then = utc_now() - timedelta(hours=1)
    [ticket] = await at_gate.venue.issue(visit_on=local_date(then))
    phone = await at_gate.venue.pair("East gate")
    sent = scan(ticket, then)
    await at_gate.send(phone, sent)
    await pass_time(at_gate, sent, 20)
    assert await undo(at_gate, phone, sent, utc_now()) is None
    assert await at_gate.admitted(ticket) == 0


async def test_what_was_done_and_undone_offline_is_told_in_one_upload_by_the_phones_times(at_gate: Gate) -> None:
    then = utc_now() - timedelta(hours=3)
    quick, slow = await at_gate.venue.issue(people=2, visit_on=local_date(then))
    phone = await at_gate.venue.pair("East gate")
    undone = scan(quick, then, offline=True, undone_at=then + 29 * SECONDS)
    again = scan(quick, then + 60 * SECONDS, offline=True)
    late = scan(slow, then, offline=True, undone_at=then + 31 * SECONDS)
    answers = await at_gate.send(phone, again, late, undone)
    assert [answer["verdict"] for answer in answers] == ["admitted"] * 3
    assert [await at_gate.admitted(ticket) for ticket in (quick, slow)] == [1, 1]
    assert await at_gate.said(quick) == ["ticket_admitted", "admission_undone", "ticket_admitted"]
    # The phone's outbox says it once more by itself.
    assert await undo(at_gate, phone, undone, then + 29 * SECONDS) is None
    assert await at_gate.admitted(quick) == 1


async def test_a_scan_told_before_is_not_undone_by_telling_it_again(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("East gate")
    sent = scan(ticket, offline=True)
    await at_gate.send(phone, sent)
    await at_gate.send(phone, sent | {"undone_at": sent["occurred_at"] + SECONDS})
    assert await at_gate.admitted(ticket) == 1


async def page_of(at_gate: Gate, manager: tuple[str, ...], language: str) -> str:
    now = utc_now()
    person = await at_gate.venue.pool.fetchval("SELECT person_id FROM persons LIMIT 1")
    issued = Pass(person, Role.MANAGER, manager, "", None, now - timedelta(minutes=1), now + timedelta(hours=1))
    cookie = f"__Host-office={sign_pass(issued, at_gate.venue.pass_key)}; lang={language}"
    answer = await at_gate.http.get("/manage/conflicts", headers={"Cookie": cookie})
    assert answer.status_code == 200
    return answer.text.partition('<section id="undone">')[2].partition("</section>")[0]


@pytest.mark.parametrize(
    ("language", "none", "by"),
    [
        ("vi", "Không có lượt quét nào bị hoàn tác", "Người soát vé: {} · Máy: East gate"),
        ("en", "No scan was undone", "By {} · on East gate"),
    ],
)
async def test_each_undone_scan_is_on_the_page_of_its_manager_and_of_no_other(
    at_gate: Gate, language: str, none: str, by: str
) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("East gate")
    assert none in await page_of(at_gate, (VENUE,), language)
    person = await at_gate.venue.pool.fetchrow("SELECT person_id, display_name FROM persons LIMIT 1")
    assert person is not None
    sent = scan(ticket, person_id=person["person_id"])
    await at_gate.send(phone, sent)
    assert await undo(at_gate, phone, sent, utc_now()) is None
    shown = await page_of(at_gate, (VENUE,), language)
    code = ticket.short_code
    for told in (f"{code[:4]}-{code[4:8]}-{code[8:]}", by.format(person["display_name"])):
        assert told in shown
    assert none in await page_of(at_gate, ("nha-vuong-sa-phin",), language)
    [undone] = (await at_gate.doors.list_conflicts(Actor("operator", ()))).undone
    assert undone.scan_id == sent["scan_id"]
