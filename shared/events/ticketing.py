"""What ticketing says, on the topic `ticketing.events`."""

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from msgspec import Meta

from shared.events.common import At, Count, Event, Line, Place, Vnd
from shared.events.words import Channel, ClosedOrderStatus, PriceKind, TicketStatus, VenueKind, VisitorOrigin
from shared.ids import DeviceId, OrderId, PersonId, ProductId, ScanId, TicketId, VenueId


class VenueChanged(Event, frozen=True, kw_only=True):
    """A venue as it is now, with the place codes of today."""

    TYPE: ClassVar[str] = "ticketing.venue_changed.v1"
    AGGREGATE: ClassVar[str] = "venue"

    venue_id: VenueId
    name_vi: str
    name_en: str
    kind: VenueKind
    old_district_code: str
    new_commune_code: str
    on_sale: bool

    @property
    def subject(self) -> str:
        return self.venue_id

    @property
    def key(self) -> str:
        return self.venue_id


class OrderEvent(Event, frozen=True, kw_only=True):
    """The whole public state of an order; what happened to it is the event's type.

    `place` is of the venue that sells. `expires_at` is the payer's deadline. `visit_on` is the first day.
    `group_size` is people; `nights` is 0 for a visit.
    """

    AGGREGATE: ClassVar[str] = "order"

    order_id: OrderId
    status: ClosedOrderStatus
    place: Place
    lines: Annotated[tuple[Line, ...], Meta(min_length=1)]
    total_vnd: Vnd
    visit_on: date
    nights: Count = 0
    group_size: Count
    channel: Channel
    visitor_origin: VisitorOrigin = "unknown"
    business_date: date
    expires_at: At

    @property
    def subject(self) -> str:
        return str(self.order_id)

    @property
    def key(self) -> str:
        return str(self.order_id)


class OrderPlaced(OrderEvent, frozen=True, kw_only=True):
    """Places are held; the payer may pay until `expires_at`."""

    TYPE: ClassVar[str] = "ticketing.order_placed.v1"


class OrderExpired(OrderEvent, frozen=True, kw_only=True):
    """The deadline passed without the money; the places are free again."""

    TYPE: ClassVar[str] = "ticketing.order_expired.v1"


class OrderCancelled(OrderEvent, frozen=True, kw_only=True):
    """The buyer or a person of the venue gave it up before it was paid."""

    TYPE: ClassVar[str] = "ticketing.order_cancelled.v1"


class OrderUnfulfilled(OrderEvent, frozen=True, kw_only=True):
    """Paid too late and no places were left: the money must go back."""

    TYPE: ClassVar[str] = "ticketing.order_unfulfilled.v1"


class OrderUndone(Event, frozen=True, kw_only=True):
    """People of the venue or an operator took it back, tickets too; money that came for it must go back.

    The whole public state, as of every order event; its state is one that those do not know.
    """

    TYPE: ClassVar[str] = "ticketing.order_undone.v1"
    AGGREGATE: ClassVar[str] = "order"

    order_id: OrderId
    status: Literal["undone"]
    place: Place
    lines: Annotated[tuple[Line, ...], Meta(min_length=1)]
    total_vnd: Vnd
    visit_on: date
    nights: Count = 0
    group_size: Count
    channel: Channel
    visitor_origin: VisitorOrigin = "unknown"
    business_date: date
    expires_at: At

    @property
    def subject(self) -> str:
        return str(self.order_id)

    @property
    def key(self) -> str:
        return str(self.order_id)


class TicketsIssued(OrderEvent, frozen=True, kw_only=True):
    """The order is paid or free, and its tickets exist. `ticket_ids` in the order of issue."""

    TYPE: ClassVar[str] = "ticketing.tickets_issued.v1"

    ticket_ids: Annotated[tuple[TicketId, ...], Meta(min_length=1)]


class TicketEvent(Event, frozen=True, kw_only=True):
    """The whole public state of a ticket: `admits` people in all, `admitted` of them so far."""

    AGGREGATE: ClassVar[str] = "ticket"

    ticket_id: TicketId
    order_id: OrderId
    place: Place
    product_id: ProductId
    price_kind: PriceKind
    status: TicketStatus
    valid_from: date
    days: Count
    admits: Count
    admitted: Count
    business_date: date

    @property
    def subject(self) -> str:
        return str(self.ticket_id)

    @property
    def key(self) -> str:
        return str(self.order_id)


class TicketRevoked(TicketEvent, frozen=True, kw_only=True):
    """The ticket admits nobody any more; people already inside stay inside."""

    TYPE: ClassVar[str] = "ticketing.ticket_revoked.v1"

    reason: str


class ScanEvent(TicketEvent, frozen=True, kw_only=True):
    """A ticket after a scan. `count` people by this scan; `offline` if the phone had no server when it decided."""

    scan_id: ScanId
    device_id: DeviceId
    count: Count
    offline: bool


class TicketAdmitted(ScanEvent, frozen=True, kw_only=True):
    """People were let in."""

    TYPE: ClassVar[str] = "ticketing.ticket_admitted.v1"


class AdmissionUndone(ScanEvent, frozen=True, kw_only=True):
    """A scan was taken back; its people no longer count."""

    TYPE: ClassVar[str] = "ticketing.admission_undone.v1"


class AdmissionConflicted(ScanEvent, frozen=True, kw_only=True):
    """A phone without network let in people whom the ticket no longer covered."""

    TYPE: ClassVar[str] = "ticketing.admission_conflicted.v1"


class PersonRevoked(Event, frozen=True, kw_only=True):
    """A person's passes are no longer honoured, wherever they were signed in."""

    TYPE: ClassVar[str] = "ticketing.person_revoked.v1"
    AGGREGATE: ClassVar[str] = "person"

    person_id: PersonId

    @property
    def subject(self) -> str:
        return str(self.person_id)

    @property
    def key(self) -> str:
        return str(self.person_id)


class DeviceRevoked(Event, frozen=True, kw_only=True):
    """A phone's passes are no longer honoured; it keeps its unsent scans and sends them once it is paired again."""

    TYPE: ClassVar[str] = "ticketing.device_revoked.v1"
    AGGREGATE: ClassVar[str] = "device"

    device_id: DeviceId

    @property
    def subject(self) -> str:
        return str(self.device_id)

    @property
    def key(self) -> str:
        return str(self.device_id)


class PassesEnded(Event, frozen=True, kw_only=True):
    """Passes of a person, a phone or a session that were issued before `not_before` are no longer honoured."""

    TYPE: ClassVar[str] = "ticketing.passes_ended.v1"
    AGGREGATE: ClassVar[str] = "passes"

    subject_id: UUID
    not_before: At

    @property
    def subject(self) -> str:
        return str(self.subject_id)

    @property
    def key(self) -> str:
        return str(self.subject_id)


EVENTS: tuple[type[Event], ...] = (
    VenueChanged,
    OrderPlaced,
    OrderExpired,
    OrderCancelled,
    OrderUnfulfilled,
    OrderUndone,
    TicketsIssued,
    TicketRevoked,
    TicketAdmitted,
    AdmissionUndone,
    AdmissionConflicted,
    PersonRevoked,
    DeviceRevoked,
    PassesEnded,
)
