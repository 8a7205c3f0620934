"""The overview as CSV that spreadsheets open as it is meant: UTF-8 with a mark, and no cell that runs as a formula.

Heads and names are in the reader's language, and each head ends in its column's key: "Số lượt thanh toán [payments]".
All other cells are the same in both languages. The rule and its reasons stand in the README.
"""

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from services.analytics.views.indicators import Sums, add_up
from services.analytics.views.overview import Overview
from shared.clock import ZONE
from shared.web.texts import Spoken

# In this order for good; a new column goes to the end.
COLUMNS = (
    "level",
    "code",
    "name",
    "from",
    "to",
    "payments",
    "payments_cashless",
    "amount_vnd",
    "amount_cashless_vnd",
    "share_value_percent",
    "share_count_percent",
    "records_cash",
    "people_entered",
    "revised_at",
    "as_of",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def overview_csv(overview: Overview, spoken: Spoken) -> bytes:
    """One line for the province, one for its cash-recording venues, then districts and venues."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([f"{spoken.t(f'province.csv.{key}')} [{key}]" for key in COLUMNS])
    writer.writerows([_safe(cell) for cell in row] for row in _rows(overview, spoken))
    return "\ufeff".encode() + out.getvalue().encode()


def _rows(overview: Overview, spoken: Spoken) -> Iterator[list[str]]:
    def name(whole: str) -> str:
        return spoken.t(f"province.csv.name.{whole}")

    reporting = add_up(venue.sums for venue in overview.venues if venue.sums.records_cash)
    yield _row(overview, ("province", "", name("province")), overview.total, str(overview.people))
    yield _row(overview, ("province_recording_cash", "", name("recording_cash")), reporting)
    for district in overview.districts:
        yield _row(overview, ("district", district.code, district.name), district.sums)
    for venue in overview.venues:
        revised_at = _instant(venue.revised_at) if venue.revised_at else ""
        yield _row(overview, ("venue", venue.venue_id, venue.name), venue.sums, str(venue.people), revised_at)


def _row(
    overview: Overview, what: tuple[str, str, str], sums: Sums, people: str = "", revised_at: str = ""
) -> list[str]:
    return [
        *what,
        overview.days.first.isoformat(),
        overview.days.last.isoformat(),
        str(sums.payments),
        str(sums.cashless_payments),
        str(sums.amount_vnd),
        str(sums.cashless_vnd),
        _percent(sums.share_value_bp),
        _percent(sums.share_count_bp),
        "1" if sums.records_cash else "0",
        people,
        revised_at,
        _instant(overview.as_of),
    ]


def _instant(at: datetime) -> str:
    """In Hà Giang's time with its offset, as 2026-11-24T19:05:00+07:00."""
    return at.astimezone(ZONE).isoformat(timespec="seconds")


def _percent(basis_points: int | None) -> str:
    return "" if basis_points is None else f"{basis_points // 100}.{basis_points % 100:02d}"


def _safe(cell: str) -> str:
    """A leading quote makes a spreadsheet show what it would have run."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
