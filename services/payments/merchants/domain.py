"""Who is paid at a venue, and where. Pure."""

from dataclasses import dataclass

from shared.errors import NotFound
from shared.ids import MerchantId, VenueId


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who is paid at a venue, with the account that money is heard on."""

    merchant_id: MerchantId
    venue_id: VenueId
    name: str
    bank_bin: str
    account_number: str
    account_name: str
    active: bool = True
    version: int = 1


@dataclass(frozen=True, slots=True)
class Venue:
    """Where money is taken, by the place codes of today as ticketing told them."""

    venue_id: VenueId
    old_district_code: str
    new_commune_code: str


class NoMerchant(NotFound):
    """Nobody is paid at this venue."""

    code = "no_merchant"
