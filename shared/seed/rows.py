"""What the seed files hold, one frozen dataclass a kind of row. No reading and no rule here."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from shared.events.words import DaysRule, PersonRole, PriceKind, PriceUnit, ProductKind, TicketMode, VenueKind
from shared.ids import MerchantId, PersonId, ProductId, VenueId
from shared.money import Dong

UnitLevel = Literal["province", "district", "commune_old", "commune"]
VenuePriceKind = Literal[PriceKind, "none"]
Ground = Literal["default", "age", "study", "disability", "merit", "nationality"]

UNIT_LEVELS: tuple[UnitLevel, ...] = get_args(UnitLevel)
VENUE_KINDS: tuple[VenueKind, ...] = get_args(VenueKind)
VENUE_PRICE_KINDS: tuple[VenuePriceKind, ...] = get_args(VenuePriceKind)
PRICE_KINDS: tuple[PriceKind, ...] = get_args(PriceKind)
PRICE_UNITS: tuple[PriceUnit, ...] = get_args(PriceUnit)
PRODUCT_KINDS: tuple[ProductKind, ...] = get_args(ProductKind)
TICKET_MODES: tuple[TicketMode, ...] = get_args(TicketMode)
DAYS_RULES: tuple[DaysRule, ...] = get_args(DaysRule)
GROUNDS: tuple[Ground, ...] = get_args(Ground)
ROLES: tuple[PersonRole, ...] = get_args(PersonRole)


@dataclass(frozen=True, slots=True)
class AdminUnit:
    """A province, former district, former or new commune. A code alone is no key: former and new communes share them.

    valid_to is the last day, as the source writes it; None = still there.
    """

    level: UnitLevel
    code: str
    name_vi: str
    name_full_vi: str
    name_ascii: str
    parent_code: str
    valid_from: date | None
    valid_to: date | None
    successor_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Venue:
    """A place, whether it sells anything (price_kind other than "none") or not. number stands in ticket codes."""

    venue_id: VenueId
    number: int
    name_vi: str
    name_en: str
    kind: VenueKind
    old_district_code: str
    old_commune_code: str
    new_commune_code: str
    lat: float | None
    lon: float | None
    price_kind: VenuePriceKind
    verified: bool

    @property
    def sells(self) -> bool:
        return self.price_kind != "none"


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who is paid at a venue, with an account that cannot exist."""

    merchant_id: MerchantId
    venue_id: VenueId
    name: str
    bank_bin: str
    account_number: str
    account_holder: str


@dataclass(frozen=True, slots=True)
class Category:
    """A group of visitors that may have a price of its own. position orders them on a screen.

    Where that price is 0: free_alone people an order need nobody who pays; of the others free_each_payer come with
    each person who does, and at most free_most an order.
    """

    code: str
    position: int
    name_vi: str
    name_en: str
    rule_vi: str
    rule_en: str
    ground: Ground
    needs_evidence: bool
    free_each_payer: int
    free_most: int
    free_alone: int


@dataclass(frozen=True, slots=True)
class KindLimits:
    """How much of a day a kind of product lets be held unpaid, or given to orders that cost nothing.

    Percents are of the day's places, never less than so many. whole_nights, whole_people: a stay of so few may take
    all that is free; 0 where no order may.
    """

    kind: ProductKind
    unpaid_percent: int
    unpaid_least: int
    free_percent: int
    free_least: int
    whole_nights: int
    whole_people: int


@dataclass(frozen=True, slots=True)
class Product:
    """What a venue sells. ticket_modes: a visitor's choice, the default first; admits: most people on one QR."""

    product_id: ProductId
    number: int
    venue_id: VenueId
    kind: ProductKind
    name_vi: str
    name_en: str
    ticket_modes: tuple[TicketMode, ...]
    admits: int
    days_rule: DaysRule
    daily_capacity: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """One price on [valid_from, valid_to); None = from the beginning, without end. Unverified: a "demo price"."""

    tariff_id: str
    product_id: ProductId
    venue_id: VenueId
    category: str
    price_vnd: Dong
    unit: PriceUnit
    price_kind: PriceKind
    valid_from: date | None
    valid_to: date | None
    legal_basis: str
    verified: bool


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Open on [opens_minute, closes_minute) of the local day, 0..1440, on ISO weekdays (1 = Monday)."""

    venue_id: VenueId
    weekdays: tuple[int, ...]
    opens_minute: int
    closes_minute: int
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Closure:
    """Closed on [from_on, until_on) whatever the hours say."""

    venue_id: VenueId
    from_on: date
    until_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone made up, with sign-ins for the demo profile only; "" = cannot sign in that way."""

    person_id: PersonId
    login: str
    display_name: str
    role: PersonRole
    venue_ids: tuple[VenueId, ...]
    pin: str
    password: str


@dataclass(frozen=True, slots=True)
class DemandEvent:
    """A festival or season. old_district_codes is empty when it touches every district."""

    event_id: str
    name_vi: str
    name_en: str
    calendar: Literal["solar", "lunar"]
    rule: str
    old_district_codes: tuple[str, ...]
    demand_multiplier: float


@dataclass(frozen=True, slots=True)
class Seed:
    """Everything that was read, in the order of the files."""

    admin_units: tuple[AdminUnit, ...]
    venues: tuple[Venue, ...]
    merchants: tuple[Merchant, ...]
    categories: tuple[Category, ...]
    kind_limits: tuple[KindLimits, ...]
    products: tuple[Product, ...]
    tariffs: tuple[Tariff, ...]
    opening_hours: tuple[OpeningHours, ...]
    closures: tuple[Closure, ...]
    people: tuple[Person, ...]
    demand_events: tuple[DemandEvent, ...]
