"""A venue with its gate on a real database: tickets to scan and phones to scan them with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.domain.products import Category
from services.ticketing.catalogue.store import read_catalogue
from services.ticketing.catalogue.usecases.load_catalogue import load_catalogue
from services.ticketing.codes.keys import TicketSigner
from services.ticketing.people.domain import Device, DeviceKind
from services.ticketing.people.store import insert_device
from services.ticketing.people.usecases.first_people import seed_people
from services.ticketing.sales.domain.orders import Order, hold_until, pay_until
from services.ticketing.sales.domain.places import PAID
from services.ticketing.sales.domain.pricing import price_order
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.store.orders import NewOrder, insert_orders, write_orders
from services.ticketing.sales.store.places import lock_days, write_days
from services.ticketing.sales.store.tickets import insert_tickets
from services.ticketing.sales.usecases.issue_tickets import issue_tickets
from shared.clock import local_date, utc_now
from shared.events.topics import TICKETING_EVENTS
from shared.events.words import TicketMode
from shared.ids import DeviceId, OrderId, ProductId, uuid7
from shared.keys.files import Signer
from shared.passes.auth import Pass, Role, sign_pass
from shared.seed.reader import read_seed
from shared.storage.db import Pool, create_pool
from shared.unit.tx import Tx
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.support.keys import new_keys

VENUE = "cot-co-lung-cu"
PRODUCT = ProductId("cot-co-lung-cu-entry")
MIGRATIONS = Path("services/ticketing/migrations")


@dataclass(frozen=True, slots=True)
class WantedTickets:
    people: int
    mode: TicketMode
    visit_on: date


@dataclass(slots=True, kw_only=True)
class Venue:
    """The flag tower of the seed, ready to sell and to scan."""

    unit: Unit
    catalogue: Catalogue
    signer: TicketSigner = field(default_factory=lambda: new_keys().signer)
    pass_key: Signer = field(default_factory=lambda: new_keys().signer)

    @property
    def pool(self) -> Pool:
        return self.unit.pool

    async def issue(
        self, people: int = 1, mode: TicketMode = "per_person", visit_on: date | None = None
    ) -> list[Ticket]:
        """Tickets of a new, paid order, valid today unless said otherwise."""
        wanted = WantedTickets(people, mode, visit_on or local_date(utc_now()))
        return await self.unit.run(partial(_issue, catalogue=self.catalogue, signer=self.signer), wanted)

    async def pair(self, name: str, *, venues: tuple[str, ...] = (VENUE,), kind: DeviceKind = "gate") -> "Phone":
        """A phone with its pass, as pairing leaves it."""
        device_id = DeviceId(uuid7())
        now = utc_now()
        device = Device(device_id=device_id, kind=kind, venues=venues, name=name, paired_at=now)
        paired_by = await self.pool.fetchval("SELECT person_id FROM persons LIMIT 1")
        await insert_device(self.pool, device, paired_by)  # type: ignore[arg-type]
        issued = Pass(device_id, Role.DEVICE, venues, "", device_id, now - timedelta(minutes=1), now + timedelta(1))
        return Phone(device_id, name, {"__Host-gate": sign_pass(issued, self.pass_key)})

    async def crowd(self, like: Ticket, people: int, by: "Phone") -> None:
        """As many more tickets like this one, each let in by the phone in the order of issue; written, not scanned."""
        await self.pool.execute(_CROWD, like.ticket_id, people, by.device_id)


_CROWD = """
WITH more AS (
    INSERT INTO tickets (ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code,
                         valid_from, days, admits, admitted, issued_at)
    SELECT gen_random_uuid(), order_id, position + n, venue_id, product_id, category, price_kind, code,
           'crowd ' || gen_random_uuid(), valid_from, days, admits, admits, issued_at + n / 3 * interval '1 millisecond'
      FROM tickets, generate_series(1, $2::integer) AS n
     WHERE ticket_id = $1
    RETURNING ticket_id, venue_id, admits, issued_at
)
INSERT INTO admissions (scan_id, venue_id, device_id, ticket_id, count, verdict, offline, occurred_at, recorded_at,
                        changed_at)
SELECT gen_random_uuid(), venue_id, $3, ticket_id, admits, 'admitted', false, issued_at, issued_at, issued_at FROM more
"""


@dataclass(frozen=True, slots=True)
class Phone:
    device_id: DeviceId
    name: str
    cookies: Mapping[str, str]


async def furnish_venue(url: str) -> None:
    """Catalogue and made-up people in a migrated, empty database."""
    seed = read_seed()
    pool = await create_pool(url, "ticketing", 2)
    unit = Unit(pool, "ticketing", TICKETING_EVENTS.name, utc_now, Waker(url, solo=True))
    await unit.run(load_catalogue, seed)
    await seed_people(unit, [person for person in seed.people if VENUE in person.venue_ids][:2])
    await pool.close()


async def venue_in(unit: Unit) -> Venue:
    """The venue of a furnished database."""
    async with unit.pool.acquire() as connection:
        return Venue(unit=unit, catalogue=await read_catalogue(connection))


def link_of(order_id: OrderId) -> str:
    """The link of an order of tickets that were issued here."""
    return f"link-of-{order_id}"


async def _issue(
    tx: Tx, wanted: WantedTickets, now: datetime, *, catalogue: Catalogue, signer: TicketSigner
) -> list[Ticket]:
    counts = {Category("adult"): wanted.people}
    product = catalogue.products[PRODUCT]
    priced = price_order(product, catalogue.tariffs_of(PRODUCT), wanted.visit_on, counts, 0)
    expires_at = pay_until(priced.total_vnd, now)
    order = Order(
        order_id=OrderId(uuid7()),
        venue_id=product.venue_id,
        product_id=PRODUCT,
        status="placed",
        lines=priced.lines,
        total_vnd=priced.total_vnd,
        visit_on=wanted.visit_on,
        nights=0,
        people=wanted.people,
        ticket_mode=wanted.mode,
        channel="web",
        business_date=local_date(now),
        expires_at=expires_at,
        hold_until=hold_until(expires_at),
        placed_at=now,
        trace_id="",
        version=1,
    )
    days = await lock_days(tx.connection, [order.places], {PRODUCT: product.daily_capacity})
    assert days.hold(order.places, PAID)
    await insert_orders(tx.connection, [NewOrder(order, link_of(order.order_id))])
    days.sell(order.places)
    await write_days(tx.connection, days)
    ticketed, tickets = issue_tickets(tx, order, catalogue, signer, now)
    await write_orders(tx.connection, [ticketed])
    await insert_tickets(tx.connection, tickets)
    return tickets
