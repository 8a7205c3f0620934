"""HTML pages of a service: templates with both languages, static addresses and the language switch bound in.

It renders what it is given and reads no database.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl, urlencode

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute

from shared.passes.auth import Role
from shared.web import frame, i18n
from shared.web.i18n import LANGUAGES, Language
from shared.web.links import own_path
from shared.web.security_headers import Opening
from shared.web.static_files import SHARED_STATIC, StaticAddresses
from shared.web.texts import Spoken, Texts

SHARED_TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE_COOKIE = "lang"
_A_YEAR_S = 365 * 24 * 3600


class Pages:
    """Renders the templates of one service.

    `webs` are the folders of its rooms with `templates/`, `static/`, `messages/`; shared ones are found too. `home` is
    where the wordmark leads, `openings` what its pages may do in a browser. A template has t(key, **values),
    knows(key), messages(keys...), asset("<owner>/<path>"), lang, home, demo, frame(role, path), and the writers money,
    number, day, clock_time and percent. There is one environment per language, so that imported macros have all of
    these without context.
    """

    def __init__(
        self,
        webs: Sequence[Path],
        service: str,
        *,
        home: str = "/",
        demo: bool = False,
        openings: Sequence[Opening] = (),
    ) -> None:
        self.texts = Texts.of(webs)
        self.openings = openings
        self._static = StaticAddresses(
            {"shared": [SHARED_STATIC], service: [web / "static" for web in webs if (web / "static").is_dir()]}
        )
        templates = [*(web / "templates" for web in webs), SHARED_TEMPLATES]
        self._environments = {
            language: _environment(templates, self._globals(language, home, demo=demo)) for language in LANGUAGES
        }

    def _globals(self, language: Language, home: str, *, demo: bool) -> Mapping[str, object]:
        spoken = self.texts.spoken(language)
        return {
            "t": spoken.t,
            "knows": spoken.knows,
            "messages": partial(_messages, spoken),
            "asset": self._static.address,
            "lang": language,
            "home": home,
            "demo": demo,
            "money": i18n.money,
            "number": i18n.number,
            "day": i18n.day,
            "clock_time": i18n.clock_time,
            "percent": partial(_percent, language),
            "frame": partial(_frame, language),
        }

    def render(
        self, request: Request, template: str, *, status: int = 200, at: str = "", **context: object
    ) -> HTMLResponse:
        """The page in the reader's language; `?lang=` is remembered in a cookie.

        at: for the answer to a POST, the address where the page can be read again; without one there is no switch.
        """
        language = language_of(request)
        html = (
            self._environments[language]
            .get_template(template)
            .render(context, language_links=language_links(request, at), path=request.scope["path"])
        )
        response = HTMLResponse(html, status_code=status)
        response.headers["Content-Language"] = language
        response.headers["Vary"] = "Accept-Language, Cookie"
        # Prices and places change, and a page may be somebody's own: kept by the browser at most, asked for each time.
        response.headers["Cache-Control"] = "private, no-cache"
        if i18n.is_language(request.query_params.get("lang")):
            is_secure = request.scope["scheme"] == "https"
            response.set_cookie(LANGUAGE_COOKIE, language, max_age=_A_YEAR_S, secure=is_secure, samesite="lax")
        return response

    def problem(self, request: Request, code: str, status: int, fields: Mapping[str, object]) -> HTMLResponse:
        """The error page of a code: what happened and, where that is known, what to do.

        A code without a text reads as "internal" or, if the request was at fault, as "bad_request".

        fields fill the placeholders of its texts.
        """
        fallback = "internal" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "bad_request"
        message = f"errors.{code if self.texts.knows(f'errors.{code}') else fallback}"
        advice = f"{message}.do" if self.texts.knows(f"{message}.do") else None
        return self.render(
            request, "problem.html", status=status, code=code, message=message, advice=advice, fields=fields
        )

    def static_routes(self) -> list[BaseRoute]:
        """Routes for /static/shared, /static/<service> and /favicon.ico."""
        return self._static.routes()


def language_of(request: Request) -> Language:
    return i18n.choose_language(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        request.headers.get("accept-language", ""),
    )


def language_links(request: Request, at: str) -> dict[Language, str]:
    """For each language, the page's own address in it: the path and the other query parameters stay."""
    if request.method in ("GET", "HEAD"):
        path, query = own_path(request.scope["path"]), request.scope["query_string"].decode("latin-1")
    elif at:
        path, _, query = at.partition("?")
    else:
        return {}
    others = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "lang"]
    return {language: f"{path}?{urlencode([*others, ('lang', language)])}" for language in LANGUAGES}


class _Compiled(BytecodeCache):
    """Each template compiled once a process, though every language has an environment of its own."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (code := self._code.get((bucket.key, bucket.checksum))) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def _environment(folders: list[Path], variables: Mapping[str, object]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )
    # Its inferred type lists only what Jinja itself puts there.
    cast("MutableMapping[str, object]", environment.globals).update(variables)
    return environment


def _percent(language: Language, basis_points: int) -> str:
    return i18n.percent(basis_points, language)


def _frame(language: Language, role: Role, path: str) -> list[frame.Shown]:
    return frame.shown_to(role, path, language)


def _messages(spoken: Spoken, *keys: str) -> Markup:
    """The texts a page's scripts need, as data; js/shared/i18n.js reads them. "gate." means all keys below it."""
    data = htmlsafe_json_dumps(spoken.export(*keys), ensure_ascii=False)
    return Markup('<script type="application/json" id="messages">{}</script>').format(data)
