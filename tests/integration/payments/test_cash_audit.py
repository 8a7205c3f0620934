"""Who recorded cash, and who took it back, is kept for ever and read by operators."""

from pathlib import Path

from services.payments.cash.usecases import RecordCash, TakeBackCash, record_cash, take_back_cash
from services.payments.merchants.usecases import note_venue
from shared.clock import utc_now
from shared.events.ticketing import VenueChanged
from shared.ids import CashId, PersonId, VenueId, uuid7
from shared.keys.files import Keys
from shared.money import Dong
from shared.seed.reader import read_seed
from tests.support.audit_desk import open_desk
from tests.support.cluster import Cluster


async def test_who_recorded_cash_and_who_took_it_back_is_read_by_operators(
    cluster: Cluster, tmp_path: Path, pass_keys: Keys
) -> None:
    venue_id = read_seed().merchants[0].venue_id
    host, helper = PersonId(uuid7()), PersonId(uuid7())
    async with open_desk("payments", cluster, tmp_path, pass_keys) as desk:
        unit = desk.service.unit
        assert desk.service.seed is not None
        await desk.service.seed()
        await unit.run(note_venue, venue_told(venue_id))
        cash_id = CashId(uuid7())
        await unit.run(record_cash, RecordCash(cash_id, venue_id, Dong(120_000), host))
        for _ in range(2):
            await unit.run(take_back_cash, TakeBackCash(cash_id, (venue_id,), helper))

        seen = "See who it was in the list of people What The Clay House Amount 120.000 ₫"
        assert await desk.lines() == [f"Cash taken back When Who {seen}", f"Cash recorded When Who {seen}"]
        page = (await desk.get()).text
        assert [page.count(f'href="/manage#person-{who}"') for who in (host, helper)] == [1, 1]


def venue_told(venue_id: VenueId) -> VenueChanged:
    now = utc_now()
    return VenueChanged(
        version=1,
        occurred_at=now,
        recorded_at=now,
        venue_id=venue_id,
        name_vi="Nhà Đất",
        name_en="The Clay House",
        kind="homestay",
        old_district_code="026",
        new_commune_code="00715",
        on_sale=True,
    )
