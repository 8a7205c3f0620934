"""Pages, their static files and their headers, asked for over HTTP as a browser does."""

import gzip
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request

from deploy.simulator.page import OPENINGS as SIMULATOR
from services.ticketing.app import OPENINGS as TICKETING
from shared.web.pages import Pages
from shared.web.security_headers import CONTENT_SECURITY_POLICY, security_headers
from tests.support.sample_pages import ADDRESSES, SamplePages

BUDGET_BYTES = 40_000


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = httpx.ASGITransport(SamplePages().app())
    async with httpx.AsyncClient(transport=app, base_url="http://mot-cham.test") as client:
        yield client


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_state_of_a_visitors_page_renders(browser: httpx.AsyncClient, address: str, language: str) -> None:
    answer = await browser.get(address, headers={"Accept-Language": language})

    assert answer.status_code in (200, 404)
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}"' in answer.text


@pytest.mark.parametrize("address", ["/", "/venues/cot-co-lung-cu", "/orders/waiting", "/t/single"])
async def test_a_visitors_page_with_all_its_parts_is_small(browser: httpx.AsyncClient, address: str) -> None:
    page = await browser.get(address)
    waiting = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    total = len(gzip.compress(page.content))
    seen: set[str] = set()
    while waiting:
        part = waiting.pop()
        seen.add(part)
        answer = await browser.get(part)
        assert answer.status_code == 200, part
        total += len(gzip.compress(answer.content))
        waiting |= set(re.findall(r'from "(/static/[^"]+)"', answer.text)) - seen

    assert total <= BUDGET_BYTES


async def test_a_chosen_language_is_remembered(browser: httpx.AsyncClient) -> None:
    chosen = await browser.get("/?lang=en", headers={"Accept-Language": "vi"})
    later = await browser.get("/", headers={"Accept-Language": "vi"})

    assert chosen.headers["content-language"] == later.headers["content-language"] == "en"


async def test_the_language_switch_keeps_the_page_and_what_was_searched(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/?q=l%C5%A9ng+c%C3%BA&lang=vi")

    assert 'href="/?q=l%C5%A9ng+c%C3%BA&amp;lang=en"' in page.text


async def test_a_file_asked_for_by_its_hash_is_kept_for_ever_and_any_other_is_asked_for_again(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get("/")
    found = re.search(r'"(/static/shared/css/base\.css\?v=\w+)"', page.text)
    assert found is not None
    exact = await browser.get(found[1])
    outdated = await browser.get("/static/shared/css/base.css?v=0123456789")

    assert "immutable" in exact.headers["cache-control"]
    assert outdated.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("address", "media_type"),
    [
        ("/static/shared/js/shared/live.js", "text/javascript; charset=utf-8"),
        ("/static/shared/css/base.css", "text/css; charset=utf-8"),
        ("/static/shared/favicon.svg", "image/svg+xml"),
        ("/static/shared/icons/icon-192.png", "image/png"),
        ("/favicon.ico", "image/x-icon"),
    ],
)
async def test_files_have_their_media_type_on_every_machine(
    browser: httpx.AsyncClient, address: str, media_type: str
) -> None:
    assert (await browser.get(address)).headers["content-type"] == media_type


async def test_no_file_outside_the_static_folders_is_served(browser: httpx.AsyncClient) -> None:
    for address in ("/static/shared/../templates/base.html", "/static/shared/%2e%2e/templates/base.html"):
        assert (await browser.get(address)).status_code == 404


async def test_every_answer_carries_the_policy_also_one_that_failed(browser: httpx.AsyncClient) -> None:
    for address in ("/", "/static/shared/css/base.css", "/no/such/page"):
        headers = (await browser.get(address)).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert headers["x-content-type-options"] == "nosniff"


async def test_what_a_room_opened_for_its_pages_is_said_by_the_pages(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/orders/waiting")).headers["referrer-policy"] == "no-referrer"
    assert (await browser.get("/")).headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "wasm", "camera", "referrer"),
    [
        ("/", False, False, "same-origin"),
        ("/gate", True, True, "same-origin"),
        ("/gate/decoder.js", True, True, "same-origin"),
        ("/static/ticketing/gate/main.js", True, False, "same-origin"),
        ("/gateway", False, False, "same-origin"),
        ("/bank", False, True, "same-origin"),
        ("/orders/abc", False, False, "no-referrer"),
        ("/t/abc", False, False, "no-referrer"),
    ],
)
def test_only_scanners_have_a_camera_and_order_links_are_told_to_nobody(
    path: str, *, wasm: bool, camera: bool, referrer: str
) -> None:
    headers = security_headers(path, (*TICKETING, *SIMULATOR))

    assert ("'wasm-unsafe-eval'" in headers["Content-Security-Policy"]) is wasm
    assert ("camera=(self)" in headers["Permissions-Policy"]) is camera
    assert headers["Referrer-Policy"] == referrer
    assert "'unsafe-" not in headers["Content-Security-Policy"]


def test_words_given_to_a_template_are_escaped(tmp_path_factory: pytest.TempPathFactory) -> None:
    web = tmp_path_factory.mktemp("web")
    (web / "templates").mkdir()
    (web / "templates" / "page.html").write_text("{{ word }}{{ messages('common.wordmark') }}", encoding="utf-8")
    request = Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []})

    page = Pages([web], "sample").render(request, "page.html", word="<script>")

    assert b"&lt;script&gt;" in page.body
    assert "Một Chạm".encode() in bytes(page.body)
