"""`./run demo`: a family buys and enters, one transfer is short, a homestay takes cash; then the province's numbers."""

import asyncio
import os
import random
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from deploy.simulator.bank import Bank, BankAway
from deploy.simulator.browser import Browser, DoorRefused
from deploy.simulator.buying import Wish, order, qr_of, tickets_of, wait_for
from deploy.simulator.noise import bank_noise
from deploy.simulator.numbers import is_counted, lines_of
from deploy.simulator.settings import Settings, SimulatorRefused
from deploy.simulator.transfers import Payment, book
from deploy.simulator.watch import Watch
from shared.clock import local_date, utc_now
from shared.ids import uuid7
from shared.money import Dong
from shared.qr.vietqr import TransferQr
from shared.seed.reader import FOLDER, read_seed
from shared.seed.rows import Person
from shared.settings import KAFKA_WATCH, SettingsWrong, kafka_address
from shared.web.i18n import money

VENUE, TICKET = "cot-co-lung-cu", "cot-co-lung-cu-entry"
HOMESTAY, STAY = "meo-vac-clay-house", "meo-vac-clay-house-stay"
CASH_VND, SHORT_BY_VND = Dong(150_000), Dong(20_000)
_PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Stage:
    """What the scenes need."""

    settings: Settings
    threads: ThreadPoolExecutor
    bank: Bank
    people: dict[str, Person]

    def browser(self) -> Browser:
        return Browser(self.settings.public_origin, self.threads)

    async def pay(self, qr: TransferQr, amount_vnd: Dong) -> None:
        name, now = str(uuid7()), utc_now()
        payment = Payment.of(qr, amount_vnd, qr.memo or "")
        await self.bank.tell(book(payment, name, bank_noise(payment.memo, random.Random(name)), now), now)

    async def signed_in(self, login: str) -> Browser:
        browser = self.browser()
        await browser.post_form("/sign-in", {"login": login, "password": self.people[login].password or ""})
        if "__Host-office" not in browser.cookies:
            raise DoorRefused(f"sign-in of {login} gave no pass")
        return browser

    async def paired(self, desk: Browser, pair: str) -> Browser:
        """A phone paired as people do it: a code from the manager's desk, typed on the phone."""
        page = await desk.post_form("/manage/phones/codes", {"pair": pair})
        found = re.search(r'id="pairing-code">([^<]+)<', page.text)
        if found is None:
            raise DoorRefused("the desk showed no pairing code")
        phone = self.browser()
        await phone.post_form("/pair", {"code": found[1], "name": "./run demo"})
        return phone


def main(_arguments: list[str]) -> int:
    try:
        return asyncio.run(_play(Settings.read()))
    except (SimulatorRefused, DoorRefused, SettingsWrong) as problem:
        _say(f"Stopped: {problem}")
    except BankAway:
        _say("Stopped: Kafka takes no message; is `./run up` running?")
    return 1


async def _play(settings: Settings) -> int:
    people = {person.login: person for person in read_seed(FOLDER).people}
    bank = Bank(settings.kafka_bootstrap, settings.topic_prefix)
    watched = kafka_address(KAFKA_WATCH, os.environ)
    with ThreadPoolExecutor(8) as threads:
        stage = Stage(settings, threads, bank, people)
        await stage.browser().get("/health/live")
        try:
            async with Watch(watched, settings.topic_prefix, _say):
                await _family(stage)
                await _short_transfer(stage)
                await _homestay(stage)
                await asyncio.sleep(1)  # for the last events to pass
        finally:
            await bank.close()
        viewer = await stage.signed_in("province")
        for line in lines_of(await _counted(viewer)):
            _say(line)
    return 0


async def _counted(viewer: Browser) -> dict[str, object]:
    """The province's numbers once nothing is left to count, or as they are after some seconds."""
    began = utc_now()
    while True:
        overview = await viewer.read("/api/province/overview?lang=en")
        if is_counted(overview, since=began) or utc_now() - began > _PATIENCE:
            return overview
        await asyncio.sleep(0.2)


async def _family(stage: Stage) -> None:
    _say("\n1. A family of four buys for Lũng Cú, pays by bank app and walks in.")
    visitor = stage.browser()
    counts = {"adult": 2, "child": 1, "child_under_6": 1}
    desk = await stage.signed_in("manager-lung-cu")
    token = await _order_first_day(visitor, Wish(TICKET, local_date(utc_now()), counts))
    qr = await qr_of(visitor, token)
    await stage.pay(qr, Dong(qr.amount_vnd or 0))
    tickets = await tickets_of(visitor, token)
    _say(f"   {len(tickets)} tickets for {money(qr.amount_vnd or 0)}; the first: {tickets[0]['short_code']}")
    phone = await stage.paired(desk, f"venue:{VENUE}")
    scans = [
        {"scan_id": str(uuid7()), "code": ticket["code"], "count": 1, "occurred_at": utc_now().isoformat()}
        for ticket in tickets
    ]
    answers = await phone.post_json("/api/gate/scans", {"scans": scans, "venue_id": VENUE})
    verdicts = cast("list[dict[str, object]]", answers["answers"])
    _say(f"   the gate answered: {', '.join(str(answer['verdict']) for answer in verdicts)}")
    device_id = (await phone.read("/api/gate/manifest"))["device_id"]
    await desk.post_form(f"/manage/phones/{device_id}/revoke", {})


async def _short_transfer(stage: Stage) -> None:
    _say(f"\n2. Two friends transfer {money(SHORT_BY_VND)} too little, then the rest.")
    visitor = stage.browser()
    token = await _order_first_day(visitor, Wish(TICKET, local_date(utc_now()), {"adult": 2}))
    qr = await qr_of(visitor, token)
    await stage.pay(qr, Dong((qr.amount_vnd or 0) - SHORT_BY_VND))
    view = await wait_for(visitor, token, lambda view: view["amount_state"] == "partial", 30)
    _say(f"   their page says: paid {view['paid_vnd']} đ, still due {view['due_vnd']} đ")
    await stage.pay(qr, SHORT_BY_VND)
    _say(f"   {len(await tickets_of(visitor, token))} tickets")


async def _homestay(stage: Stage) -> None:
    _say(f"\n3. A homestay evening: two guests pay their bed by QR and {money(CASH_VND)} for dinner in cash.")
    guest = stage.browser()
    token = await order(guest, Wish(STAY, local_date(utc_now()), {"guest": 2}, nights=1, ticket_mode="group"))
    qr = await qr_of(guest, token)
    await stage.pay(qr, Dong(qr.amount_vnd or 0))
    await tickets_of(guest, token)
    owner = stage.people["owner-clay-house"]
    phone = await stage.paired(await stage.signed_in("operator"), f"owner:{owner.person_id}")
    await phone.post_form("/sign-in/owner", {"person_id": str(owner.person_id), "pin": owner.pin or ""})
    await phone.post_form("/owner/cash", {"venue": HOMESTAY, "amount": str(CASH_VND)})


async def _order_first_day(visitor: Browser, wish: Wish) -> str:
    """Today, or tomorrow when the site has closed for today."""
    try:
        return await order(visitor, wish)
    except DoorRefused as refusal:
        if "closed" not in str(refusal):
            raise
    tomorrow: date = wish.visit_on + timedelta(days=1)
    _say("   it is closed for today, so they come tomorrow; the gate will say that it is too early")
    return await order(visitor, Wish(wish.product_id, tomorrow, wish.counts))


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
