"""The one place that reads the time and knows the local zone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


def local_date(now: datetime) -> date:
    """The calendar date in Hà Giang at an aware instant."""
    return now.astimezone(ZONE).date()
