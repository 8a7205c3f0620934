"""The words that events, rules and the seed share, each once. Who says one uses it; who only reads takes any text."""

from typing import Literal

VenueKind = Literal["scenic_site", "museum", "boat", "homestay", "market", "cooperative"]
ProductKind = Literal["entry", "boat_trip", "stay"]
TicketMode = Literal["per_person", "group"]
DaysRule = Literal["visit_day", "nights_plus_one"]

PriceKind = Literal["state_fee", "service_price"]
PriceUnit = Literal["person-visit", "person-trip", "person-night"]
VisitorOrigin = Literal["domestic", "foreign", "overseas_vietnamese", "unknown"]
Channel = Literal["web", "gate", "owner", "agent"]
Tender = Literal["bank_transfer", "cash", "card", "xborder_qr", "agent_credit"]

PersonRole = Literal["gate", "manager", "owner", "province", "operator"]

# "Paid" is no state of an order: the settlement that pays an order also tickets it.
# The states that the order events of version 1 tell, closed for ever; order_undone.v1 tells the other one.
ClosedOrderStatus = Literal["placed", "ticketed", "expired", "cancelled", "unfulfilled"]
OrderStatus = Literal[ClosedOrderStatus, "undone"]
TicketStatus = Literal["valid", "revoked"]

IntentStatus = Literal["open", "partial", "settled", "expired", "cancelled"]
AmountState = Literal["none", "partial", "exact", "over"]
Timing = Literal["on_time", "late"]
CashStatus = Literal["recorded", "undone"]

# The reasons of transfer_suspended.v1, closed for ever; its version 2 tells the reason as an open word.
ClosedSuspenseReason = Literal[
    "no_reference", "unknown_reference", "ambiguous", "wrong_account", "paid_again", "surplus", "late_no_places"
]
SuspenseReason = Literal[ClosedSuspenseReason, "order_cancelled"]
