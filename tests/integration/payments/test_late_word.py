"""While nothing is heard of the bank, the owner's pages say so: nobody is sent away for money that came."""

from datetime import timedelta
from functools import partial

import httpx

from shared.clock import utc_now
from shared.events.topics import BANK_TRANSFERS
from shared.unit.stopped import Stopped, begin, end
from tests.integration.payments.test_owner import HOUSE, House, house, post
from tests.support.waiting import until

__all__ = ["house"]
SAID = "Word from the bank is late for now."


async def test_the_day_and_an_open_charge_say_that_the_bank_is_not_heard(house: House) -> None:
    browser = house.browser(HOUSE)
    charge = (await post(browser, "/owner/charges", amount="50000", venue=HOUSE)).headers["location"]
    assert [await says_so(browser, page) for page in ("/owner", charge)] == [False, False]
    now = utc_now()
    stop = Stopped(BANK_TRANSFERS.name, 0, 17, "broken_contract", "", now, now + timedelta(minutes=4))
    await begin(house.pool, stop, now)
    house.unit.waker.wake()
    for page in ("/owner", charge):
        await until(partial(says_so, browser, page))
    await end(house.pool, stop)
    house.unit.waker.wake()
    for page in ("/owner", charge):
        await until(partial(says_so, browser, page, expected=False))


async def says_so(browser: httpx.AsyncClient, page: str, *, expected: bool = True) -> bool:
    """Whether the page shows it; on a charge's page the line is always there, so that the script can show it."""
    text = (await browser.get(page)).text
    line = next((line for line in text.splitlines() if SAID in line), None)
    return (line is not None and " hidden>" not in line) is expected
