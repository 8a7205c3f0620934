"""The frame of the staff's pages: gathered from all rooms, leading to pages that are there, and to no shut door."""

from collections import Counter

import pytest

from deploy.tools.frame import is_fresh
from services.analytics.app import ROUTERS as ANALYTICS
from services.payments.app import ROUTERS as PAYMENTS
from services.ticketing.app import ROUTERS as TICKETING
from shared.passes.auth import Role, rule_of
from shared.web.app import routes_of
from shared.web.frame import entries, shown_to
from shared.web.i18n import LANGUAGES

PAGES = {
    route.path: rule_of(route).roles
    for router in (*TICKETING, *PAYMENTS, *ANALYTICS)
    for route in routes_of(router.routes)
    if "GET" in (route.methods or ())
}


def test_the_gathered_entries_are_those_that_the_rooms_declare() -> None:
    assert is_fresh()


def test_every_entry_leads_to_a_page_that_lets_in_exactly_its_roles() -> None:
    assert {entry.href: set(entry.roles) for entry in entries()} == {
        entry.href: PAGES[entry.href] for entry in entries()
    }


def test_every_entry_stands_once_and_speaks_both_languages() -> None:
    assert Counter(entry.key for entry in entries()).most_common(1)[0][1] == 1
    assert Counter(entry.href for entry in entries()).most_common(1)[0][1] == 1
    assert [entry.key for entry in entries() if set(entry.text) != set(LANGUAGES) or not all(entry.text.values())] == []


@pytest.mark.parametrize(
    ("role", "hrefs"),
    [
        (Role.OPERATOR, ["/manage", "/manage/phones", "/manage/conflicts", "/manage/audit", "/province", "/account"]),
        (Role.MANAGER, ["/manage", "/manage/phones", "/manage/conflicts", "/account"]),
        (Role.PROVINCE, ["/province", "/account"]),
        (Role.OWNER, ["/owner", "/account/owner"]),
        (Role.GATE, []),
    ],
)
def test_a_person_sees_the_entries_of_their_role_in_order(role: Role, hrefs: list[str]) -> None:
    assert [one.href for one in shown_to(role, "/", "en")] == hrefs


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/manage", {"/manage": "page"}),
        ("/manage/people", {"/manage": "true"}),
        ("/manage/phones", {"/manage/phones": "page"}),
        ("/manage/phones/codes", {"/manage/phones": "true"}),
        ("/manageable", {}),
    ],
)
def test_the_entry_where_a_page_belongs_is_marked(path: str, current: dict[str, str]) -> None:
    assert {one.href: one.current for one in shown_to(Role.OPERATOR, path, "vi") if one.current} == current
