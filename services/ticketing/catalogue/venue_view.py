"""What a visitor sees of the venues: the list, looked through by words, kind and former district. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.ticketing.catalogue.domain.calendar import Calendar
from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.domain.products import Venue
from shared.ids import ProductId
from shared.money import Dong


@dataclass(frozen=True, slots=True)
class VenueCard:
    """A venue in the list; from_vnd is its adult or first price, None where nothing is sold.

    hours are today's, None where nobody has told us when the venue is open.
    """

    venue: Venue
    product_id: ProductId | None
    from_vnd: Dong | None
    demo_price: bool
    is_stay: bool
    hours: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Search:
    """What a visitor looks for; an empty field means everything. Words are found without their marks too."""

    words: str = ""
    kind: str = ""
    district: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Search":
        return cls(query.get("q", "").strip()[:60], query.get("kind", ""), query.get("district", ""))

    def finds(self, card: VenueCard) -> bool:
        venue = card.venue
        if self.kind not in ("", venue.kind) or self.district not in ("", venue.old_district_code):
            return False
        names = plain(f"{venue.name_vi} {venue.name_en}")
        return all(word in names for word in plain(self.words).split())


def venue_cards(catalogue: Catalogue, today: date) -> list[VenueCard]:
    """All venues, those that sell first."""
    cards = [_card(venue, catalogue, today) for venue in catalogue.venues.values()]
    return sorted(cards, key=lambda card: card.product_id is None)


def kinds_of(cards: Sequence[VenueCard]) -> list[str]:
    """The kinds there are, in the order of the list."""
    return list(dict.fromkeys(card.venue.kind for card in cards))


def districts_of(cards: Sequence[VenueCard]) -> list[str]:
    """Codes of the former districts that have a venue."""
    return sorted({card.venue.old_district_code for card in cards})


def hours_of(calendar: Calendar, day: date) -> tuple[str, ...] | None:
    """07:00-17:30 and so on, with a dash between; none on a day it is closed, None where no hours are known at all."""
    if not calendar.hours:
        return None
    return tuple(f"{_minute(hours.opens_minute)}–{_minute(hours.closes_minute)}" for hours in calendar.hours_on(day))


def plain(text: str) -> str:
    """Lower case without marks, as most people type when they search: "Lũng Cú" becomes "lung cu"."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _minute(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _card(venue: Venue, catalogue: Catalogue, today: date) -> VenueCard:
    products = catalogue.products_of(venue.venue_id)
    tariffs = [t for p in products[:1] for t in catalogue.tariffs_of(p.product_id) if t.holds_on(today)]
    dearest = max(tariffs, key=lambda tariff: tariff.price_vnd, default=None)
    return VenueCard(
        venue=venue,
        product_id=products[0].product_id if products else None,
        from_vnd=None if dearest is None else dearest.price_vnd,
        demo_price=dearest is not None and not dearest.verified,
        is_stay=bool(products) and products[0].is_stay,
        hours=hours_of(catalogue.calendar_of(venue.venue_id), today),
    )
