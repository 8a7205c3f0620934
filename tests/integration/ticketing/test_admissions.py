"""Admission at the gate: each ticket lets its people in once, each scan is kept with its first answer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from services.ticketing.codes.short_code import ShortCode, short_code_hash
from services.ticketing.gate.api import gate
from services.ticketing.gate.usecases.gate_manifest import PAGE
from services.ticketing.people.domain import Actor
from services.ticketing.people.usecases.phones import RenamePhone, RevokePhone, rename_phone, revoke_phone
from services.ticketing.sales.usecases.revoke_ticket import RevokeTicket, revoke_ticket
from shared.clock import local_date, utc_now
from shared.ids import PersonId, VenueId, uuid7
from tests.support.cluster import Cluster
from tests.support.gate import VENUE
from tests.support.gate_doors import Gate, headers_of, open_gate, scan

OPERATOR = Actor("operator", ())


@pytest.fixture
async def at_gate(cluster: Cluster) -> AsyncIterator[Gate]:
    async with open_gate(cluster) as opened:
        yield opened


async def test_a_ticket_lets_one_person_in_once(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("East gate")
    first, second = scan(ticket), scan(ticket, verdict=None)
    [admitted] = await at_gate.send(phone, first)
    [again] = await at_gate.send(phone, second)
    assert admitted["verdict"] == "admitted"
    assert (again["verdict"], again["reason"]) == ("duplicate", "already_used")
    assert (again["first_use"]["scan_id"], again["first_use"]["gate"]) == (str(first["scan_id"]), "East gate")
    assert await at_gate.said(ticket) == ["ticket_admitted"]


async def test_a_scan_sent_again_gets_its_first_answer_and_counts_once(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue(people=5, mode="group")
    phone = await at_gate.venue.pair("East gate")
    sent = scan(ticket, count=2)
    answers = [(await at_gate.send(phone, sent))[0] for _ in range(3)]
    assert [answer["verdict"] for answer in answers] == ["admitted"] * 3
    assert [answer["repeated"] for answer in answers] == [False, True, True]
    assert await at_gate.admitted(ticket) == 2


async def test_under_any_concurrency_a_group_never_enters_more_often_than_it_has_people(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue(people=7, mode="group")
    phones = [await at_gate.venue.pair(f"gate {number}") for number in range(4)]
    scans = [(phone, scan(ticket, verdict=None)) for phone in phones for _ in range(5)]
    # Each scan twice, at the same time.
    answers = await asyncio.gather(*(at_gate.send(phone, sent) for phone, sent in [*scans, *scans]))
    by_scan = {answer["scan_id"]: answer["verdict"] for [answer] in answers}
    assert Counter(by_scan.values())["admitted"] == 7
    assert all(by_scan[answer["scan_id"]] == answer["verdict"] for [answer] in answers)
    assert await at_gate.admitted(ticket) == 7
    assert await at_gate.said(ticket) == ["ticket_admitted"] * 7


async def test_of_many_phones_at_once_one_lets_the_ticket_in_and_a_scan_sent_twice_counts_once(at_gate: Gate) -> None:
    tickets = await at_gate.venue.issue(people=3)
    phones = [await at_gate.venue.pair(f"gate {number}") for number in range(6)]
    for ticket in tickets:
        scans = [(phone, scan(ticket, verdict=None)) for phone in phones]
        answers = await asyncio.gather(*(at_gate.send(phone, sent) for phone, sent in [*scans, *scans]))
        by_scan = {answer["scan_id"]: answer["verdict"] for [answer] in answers}
        assert Counter(by_scan.values()) == {"admitted": 1, "refused": 5}
        assert all(by_scan[answer["scan_id"]] == answer["verdict"] for [answer] in answers)
        assert await at_gate.admitted(ticket) == 1
        assert await at_gate.said(ticket) == ["ticket_admitted"]


async def test_a_scan_id_that_was_used_for_another_ticket_lets_nobody_in(at_gate: Gate) -> None:
    first, other = await at_gate.venue.issue(people=2)
    phone = await at_gate.venue.pair("East gate")
    sent = scan(first)
    await at_gate.send(phone, sent)
    [answer] = await at_gate.send(phone, sent | {"code": other.code})
    assert (answer["verdict"], answer["repeated"]) == ("admitted", True)
    assert [await at_gate.admitted(ticket) for ticket in (first, other)] == [1, 0]


async def test_two_phones_that_let_one_ticket_in_offline_are_a_conflict_told_to_both(at_gate: Gate) -> None:
    then = utc_now() - timedelta(minutes=9)
    [ticket] = await at_gate.venue.issue(visit_on=local_date(then))
    east, west = await at_gate.venue.pair("East gate"), await at_gate.venue.pair("West gate")
    await at_gate.send(east, scan(ticket, then, offline=True))
    [answer] = await at_gate.send(west, scan(ticket, then + timedelta(seconds=1), offline=True))
    assert (answer["verdict"], answer["reason"], answer["first_use"]["gate"]) == (
        "conflict",
        "already_used",
        "East gate",
    )
    for phone in (east, west):
        [conflict] = (await at_gate.manifest(phone))["manifest"]["conflicts"]
        assert (conflict["gate"], conflict["first_gate"]) == ("West gate", "East gate")
        assert (conflict["short_code"], conflict["product_id"]) == (ticket.short_code, ticket.product_id)
    assert await at_gate.said(ticket) == ["ticket_admitted", "admission_conflicted"]
    assert await at_gate.admitted(ticket) == 1


async def test_a_conflict_is_shown_to_the_manager_of_its_venue_and_to_no_other(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    east, west = await at_gate.venue.pair("East gate"), await at_gate.venue.pair("West gate")
    await at_gate.send(east, scan(ticket, offline=True))
    await at_gate.send(west, scan(ticket, offline=True))
    seen = {
        actor: [
            (conflict.venue_id, conflict.gate, conflict.first_gate)
            for conflict in (await at_gate.doors.list_conflicts(actor)).conflicts
        ]
        for actor in (Actor("manager", (VENUE,)), Actor("manager", ("elsewhere",)), Actor("operator", ()))
    }
    assert list(seen.values()) == [[(VENUE, "West gate", "East gate")], [], [(VENUE, "West gate", "East gate")]]


async def test_people_let_in_with_a_ticket_revoked_meanwhile_are_a_conflict(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("East gate")
    await at_gate.venue.unit.run(revoke_ticket, RevokeTicket(ticket.ticket_id, "refunded"))
    [answer] = await at_gate.send(phone, scan(ticket, offline=True))
    assert (answer["verdict"], answer["reason"]) == ("conflict", "revoked")
    assert (await at_gate.manifest(phone))["manifest"]["revoked"] == [str(ticket.ticket_id)]


async def test_what_the_phone_refused_counts_nobody_but_is_kept(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("East gate")
    forged = scan(ticket, code=ticket.code[:-1] + ("0" if ticket.code[-1] != "0" else "1"), verdict="bad_signature")
    refused = scan(ticket, verdict="wrong_venue")
    answers = await at_gate.send(phone, forged, refused, scan(ticket, code="000201", verdict=None))
    assert [answer["verdict"] for answer in answers] == ["refused"] * 3
    assert answers[2]["reason"] == "payment_code"
    assert await at_gate.admitted(ticket) == 0
    assert await at_gate.venue.pool.fetchval("SELECT count(*) FROM admissions") == 3


async def test_a_ticket_of_another_day_or_venue_is_refused_with_the_reason(at_gate: Gate) -> None:
    yesterday = utc_now() - timedelta(days=1)
    [tomorrows] = await at_gate.venue.issue(visit_on=(utc_now() + timedelta(days=2)).date())
    [todays] = await at_gate.venue.issue()
    elsewhere = await at_gate.venue.pair("Palace", venues=("nha-vuong-sa-phin",))
    here = await at_gate.venue.pair("East gate")
    [early] = await at_gate.send(here, scan(tomorrows, yesterday, verdict=None))
    [wrong] = await at_gate.send(elsewhere, scan(todays, verdict=None))
    assert (early["verdict"], early["reason"]) == ("refused", "too_early")
    assert (wrong["verdict"], wrong["reason"]) == ("refused", "wrong_venue")


async def test_people_let_in_with_a_ticket_of_another_venue_are_a_conflict_there_and_use_up_nothing(
    at_gate: Gate,
) -> None:
    [ticket] = await at_gate.venue.issue()
    palace = ("nha-vuong-sa-phin",)
    elsewhere, here = await at_gate.venue.pair("Palace", venues=palace), await at_gate.venue.pair("East gate")
    sent = scan(ticket, offline=True)
    answers = [(await at_gate.send(elsewhere, sent))[0] for _ in range(2)]
    assert [(answer["verdict"], answer["reason"]) for answer in answers] == [("conflict", "wrong_venue")] * 2
    [conflict] = (await at_gate.doors.list_conflicts(Actor("manager", palace))).conflicts
    assert (conflict.scan_id, conflict.gate, conflict.first_at) == (sent["scan_id"], "Palace", None)
    assert await at_gate.said(ticket) == ["admission_conflicted"]
    assert [(await at_gate.send(here, scan(ticket)))[0]["verdict"]] == ["admitted"]


async def test_the_scans_of_a_revoked_phone_go_to_quarantine(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("Lost phone")
    await at_gate.lose(phone)
    [answer] = await at_gate.send(phone, scan(ticket, offline=True))
    assert answer["verdict"] == "quarantined"
    assert await at_gate.admitted(ticket) == 0
    refused = await at_gate.http.get("/api/gate/manifest", headers=headers_of(phone))
    assert (refused.status_code, refused.json()["code"]) == (401, "pass_revoked")


async def test_a_revoked_phone_that_keeps_its_scans_is_told_and_may_send_them_as_a_phone_paired_anew(
    at_gate: Gate,
) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("East gate")
    await at_gate.lose(phone)
    kept = scan(ticket, offline=True)
    refused = await at_gate.post("/api/gate/scans", phone, {"scans": [kept], "keeps": True})
    assert (refused.status_code, refused.json()["code"]) == (401, "pass_revoked")
    [answer] = await at_gate.send(await at_gate.venue.pair("East gate"), kept)
    assert answer["verdict"] == "admitted"


async def test_a_phone_asks_in_vain_from_the_commit_that_revoked_it_on(at_gate: Gate) -> None:
    phone = await at_gate.venue.pair("East gate")
    command = RevokePhone(PersonId(uuid7()), OPERATOR, phone.device_id)
    await at_gate.venue.unit.run(revoke_phone, command)
    # The doors have not read it yet.
    refused = await at_gate.http.get("/api/gate/manifest", headers=headers_of(phone))
    assert (refused.status_code, refused.json()["code"]) == (401, "pass_revoked")


async def test_undoing_within_30_seconds_frees_the_place_once(at_gate: Gate) -> None:
    before = utc_now()
    then = before - timedelta(hours=1)
    [ticket] = await at_gate.venue.issue(visit_on=local_date(then))
    phone, other = await at_gate.venue.pair("East gate"), await at_gate.venue.pair("West gate")
    sent = scan(ticket, then, offline=True)
    await at_gate.send(phone, sent)
    undo = {"scan_id": sent["scan_id"], "occurred_at": sent["occurred_at"] + timedelta(seconds=20)}
    assert (await at_gate.post("/api/gate/undo", other, undo)).status_code == 404
    late = undo | {"occurred_at": sent["occurred_at"] + timedelta(seconds=31)}
    assert (await at_gate.post("/api/gate/undo", phone, late)).json()["code"] == "undo_too_late"
    statuses = [(await at_gate.post("/api/gate/undo", phone, undo)).status_code for _ in range(2)]
    assert statuses == [200, 200]
    assert await at_gate.admitted(ticket) == 0
    [use] = (await at_gate.manifest(other, before.isoformat()))["manifest"]["uses"]
    assert use["undone"] is True
    again = scan(ticket, then + timedelta(minutes=1), offline=True)
    assert [(await at_gate.send(other, again))[0]["verdict"]] == ["admitted"]
    assert await at_gate.said(ticket) == ["ticket_admitted", "admission_undone", "ticket_admitted"]


async def test_a_typed_short_code_admits_like_the_qr(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("East gate")
    typed = scan(ticket, code=None, short_code=ticket.short_code.lower())
    mistyped = scan(ticket, code=None, short_code="0000-0000-00", verdict=None)
    answers = await at_gate.send(phone, typed, mistyped)
    assert [answer["verdict"] for answer in answers] == ["admitted", "refused"]


async def test_the_manifest_says_what_a_phone_needs_and_then_only_what_is_new(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("East gate")
    body = await at_gate.manifest(phone)
    manifest = body["manifest"]
    assert body["keys"] == {"1": at_gate.venue.signer.private_key.public_key().public_bytes_raw().hex()}
    assert (body["venue"]["venue_id"], manifest["device_name"]) == (VENUE, "East gate")
    hashed = short_code_hash(ShortCode(ticket.short_code), manifest["tickets"][0]["venue_number"], ticket.valid_from)
    assert [known["short_code_hash"] for known in manifest["tickets"]] == [hashed]
    assert [person["display_name"] for person in manifest["people"]]
    later = (utc_now() + timedelta(minutes=5)).isoformat()
    assert (await at_gate.manifest(phone, later))["manifest"]["tickets"] == []


async def test_a_phone_that_joins_late_knows_each_use_of_a_ticket_still_shown_and_none_of_the_others(
    at_gate: Gate,
) -> None:
    past, stay, today = [(await at_gate.venue.issue())[0] for _ in range(3)]
    east, west = await at_gate.venue.pair("East gate"), await at_gate.venue.pair("West gate")
    await at_gate.send(east, scan(stay))
    await at_gate.venue.crowd(past, 20_001, east)
    await at_gate.venue.pool.execute(
        "UPDATE tickets SET valid_from = valid_from - 3 WHERE ticket_id <> $1", today.ticket_id
    )
    await at_gate.venue.pool.execute("UPDATE tickets SET days = 4 WHERE ticket_id = $1", stay.ticket_id)
    await at_gate.send(east, scan(today))
    await at_gate.venue.pool.execute(
        "UPDATE admissions SET changed_at = changed_at - interval '3 days' WHERE ticket_id <> $1", today.ticket_id
    )
    [page] = await at_gate.pages(west)
    assert [use["ticket_id"] for use in page["uses"]] == [str(stay.ticket_id), str(today.ticket_id)]


@pytest.mark.parametrize("is_whole", [True, False])
async def test_a_long_manifest_goes_on_page_by_page_until_nothing_is_missing(at_gate: Gate, *, is_whole: bool) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("East gate")
    before = (utc_now() - timedelta(minutes=1)).isoformat()
    await at_gate.venue.crowd(ticket, 2 * PAGE + 1, phone)
    await at_gate.venue.pool.execute(
        "UPDATE tickets SET status = 'revoked' WHERE position > (SELECT min(position) FROM tickets)"
    )
    pages = await at_gate.pages(phone, None if is_whole else before)
    rows = await at_gate.venue.pool.fetch(
        "SELECT ticket_id, scan_id FROM tickets LEFT JOIN admissions USING (ticket_id)"
    )
    told = {
        name: [row[key] if key else row for page in pages for row in page[name]]
        for name, key in (("tickets", "ticket_id"), ("uses", "scan_id"), ("revoked", ""))
    }
    assert len(pages) == 3
    assert sorted(told["tickets"]) == sorted(str(row["ticket_id"]) for row in rows)
    assert sorted(told["uses"]) == sorted(str(row["scan_id"]) for row in rows if row["scan_id"])
    assert sorted(told["revoked"]) == sorted(str(row["ticket_id"]) for row in rows if row["scan_id"])


async def test_whatever_changes_at_the_venue_wakes_its_phones_and_none_reads_the_history_for_it(at_gate: Gate) -> None:
    [ticket] = await at_gate.venue.issue()
    phone = await at_gate.venue.pair("East gate")
    sent = scan(ticket)
    changes: list[Callable[[], Awaitable[object]]] = [
        at_gate.venue.issue,
        lambda: at_gate.send(phone, sent),
        lambda: at_gate.post("/api/gate/undo", phone, {"scan_id": sent["scan_id"], "occurred_at": utc_now()}),
        lambda: at_gate.venue.unit.run(revoke_ticket, RevokeTicket(ticket.ticket_id, "refunded")),
        lambda: at_gate.venue.unit.run(rename_phone, RenamePhone(PersonId(uuid7()), OPERATOR, phone.device_id, "East")),
    ]
    reading = asyncio.create_task(at_gate.doors.live.run())
    stream = (await gate.get_live(at_gate.doors, VenueId(VENUE), lambda: True)).events
    told = [await anext(stream)]
    for change in changes:
        await change()
        async with at_gate.venue.pool.acquire() as connection, connection.transaction():
            await connection.execute("LOCK TABLE tickets, admissions")
            told.append(await asyncio.wait_for(anext(stream), 5))
    reading.cancel()
    assert len(set(told)) == len(changes) + 1


async def test_scans_of_a_batch_are_answered_in_their_order(at_gate: Gate) -> None:
    tickets = await at_gate.venue.issue(people=20)
    phone = await at_gate.venue.pair("East gate")
    scans = [scan(ticket) for ticket in reversed(tickets)]
    answers = await at_gate.send(phone, *scans, scans[0])
    assert [answer["scan_id"] for answer in answers] == [str(sent["scan_id"]) for sent in [*scans, scans[0]]]
    assert {answer["verdict"] for answer in answers} == {"admitted"}


async def test_batches_with_the_same_tickets_in_other_orders_all_get_their_answers(at_gate: Gate) -> None:
    tickets = await at_gate.venue.issue(people=10)
    phones = [await at_gate.venue.pair(f"gate {number}") for number in range(4)]
    batches = [[scan(ticket, offline=True) for ticket in tickets[:: -1 if turn % 2 else 1]] for turn in range(4)]
    answers = await asyncio.gather(*(at_gate.send(phone, *batch) for phone, batch in zip(phones, batches, strict=True)))
    verdicts = Counter(answer["verdict"] for batch in answers for answer in batch)
    assert verdicts == {"admitted": 10, "conflict": 30}
    for ticket in tickets:
        assert await at_gate.admitted(ticket) == 1
        assert Counter(await at_gate.said(ticket)) == {"ticket_admitted": 1, "admission_conflicted": 3}
