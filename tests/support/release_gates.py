"""The same evening at the gates, and what lay in the log that nobody could read or that nobody says any more."""

import json
from datetime import timedelta
from typing import cast

from deploy.local.paths import ROOT
from shared.clock import utc_now
from shared.ids import uuid7
from tests.support.release_doors import Json, Surprised, Town, Visitor
from tests.support.release_evening import pair, tell_bank

TOWER = "cot-co-lung-cu"
# Events of the contract that today's services read and do not say.
_UNSAID = ("payments.payment_refunded.v1", "payments.transfer_resolved.v1", "payments.transfer_suspended.v1")


async def play_gates(desk: Visitor, tickets: dict[str, list[Json]]) -> None:
    """Two phones at one gate, a third that was lost, and every answer that a scan may get."""
    first = await pair(desk, f"venue:{TOWER}", "Cổng 1")
    second = await pair(desk, f"venue:{TOWER}", "Cổng 2")
    lost = await pair(desk, f"venue:{TOWER}", "Cổng 3")
    phone_ids = [str((await phone.read("/api/gate/manifest"))["device_id"]) for phone in (first, second, lost)]
    await desk.submit(f"/manage/phones/{phone_ids[0]}/rename", [("name", "Cổng chính, làn phải")])
    family, group = tickets["family"], tickets["group"][0]
    before = (utc_now() - timedelta(minutes=3)).isoformat()

    await _scan(first, "admitted", code=family[0]["code"], verdict="admit")
    await _scan(first, "duplicate", code=family[0]["code"])
    await _scan(second, "refused", code=family[0]["code"])
    # Without network the second phone knew of no other, and let the same ticket in before.
    await _scan(second, "conflict", code=family[0]["code"], verdict="admit", offline=True, occurred_at=before)
    await _scan(second, "refused", code=family[1]["code"], verdict="already_used")
    await _scan(first, "refused", code="HC1:NO TICKET")
    await _scan(first, "refused", code=tickets["form"][0]["code"])
    await _scan(first, "admitted", code=group["code"], count=2)
    await _scan(second, "refused", code=group["code"], count=4)
    await _scan(second, "admitted", again=True, short_code=group["short_code"], count=3, verdict="admit")
    undone = await _scan(first, "admitted", again=True, short_code=family[1]["short_code"], verdict="admit")
    await first.tell("/api/gate/undo", {"scan_id": undone, "occurred_at": utc_now().isoformat()}, again=True)
    await _scan(second, "admitted", code=family[1]["code"], verdict="admit")

    done = desk.town.system.command(
        "services.ticketing", "tickets", "revoke", str(family[2]["ticket_id"]), "by mistake"
    )
    if done.returncode != 0:
        raise Surprised(f"tickets revoke: {done.stderr}")
    await _scan(second, "refused", again=True, short_code=family[2]["short_code"])
    await _scan(second, "conflict", code=family[2]["code"], verdict="admit", offline=True)
    await desk.submit(f"/manage/phones/{phone_ids[2]}/revoke")
    await desk.town.until("the lost phone is shut out", lambda: _is_shut_out(lost))
    await _scan(lost, "quarantined", again=True, short_code=family[1]["short_code"], verdict="admit")


async def play_poison(town: Town) -> None:
    """What cannot be read, what is of no known kind, and what was said by code that is gone."""
    await tell_bank(town, b"\xff\xfe no JSON and no text", "0001")
    await tell_bank(town, b'{"id": 1}', "0001")
    await tell_bank(town, b"{}", "0001", kind="bank.sepay_transfer.v9")
    broken = b'{"version":"one"}'
    await _say(town, "ticketing.events", "ticketing.venue_changed.v1", broken)
    await _say(town, "ticketing.events", "", broken)
    await _say(town, "payments.events", "payments.payment_settled.v1", broken)
    # Without an id of its own an event is known by its place in the log.
    await _say(town, "payments.events", "payments.payment_settled.v1", b"{", has_id=False)
    await _say(town, "payments.events", "payments.lottery_drawn.v1", b'{"version":1}')
    for kind in _UNSAID:
        example = ROOT / "contracts" / "examples" / kind / "first.json"
        body = json.dumps(json.loads(example.read_text(encoding="utf-8")), ensure_ascii=False).encode()
        await _say(town, "payments.events", kind, body)


async def _say(town: Town, topic: str, kind: str, body: bytes, *, has_id: bool = True) -> None:
    headers = [("ce_source", b"/gone"), ("ce_specversion", b"1.0")]
    headers += [("ce_type", kind.encode())] if kind else []
    headers += [("ce_id", str(uuid7()).encode())] if has_id else []
    await town.kafka.send_and_wait(topic, body, f"gone-{kind}".encode(), headers=headers)


async def _scan(phone: Visitor, expected: str, *, again: bool = False, **scan: object) -> str:
    """Tells of one scan; its id. The evening is only what it should be if the answer is the expected one."""
    scan_id = str(uuid7())
    told = {"scan_id": scan_id, "occurred_at": utc_now().isoformat(), **scan}
    answered = await phone.tell("/api/gate/scans", {"venue_id": TOWER, "scans": [told]}, again=again)
    [answer] = cast("list[Json]", answered["answers"])
    if answer["verdict"] != expected:
        raise Surprised(f"a scan is {answer['verdict']} ({answer['reason']}) and not {expected}: {scan}")
    return scan_id


async def _is_shut_out(phone: Visitor) -> bool:
    """Whether the door itself turns the phone away, and says where to pair it anew; the manifest alone is faster."""
    try:
        await phone.read("/api/gate/manifest")
    except Surprised as surprised:
        return '"sign_in"' in str(surprised)
    return False
