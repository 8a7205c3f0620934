"""A service's audit as an operator reads it, on a database of its own."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import UUID

import httpx

from services.analytics import app as analytics
from services.payments import app as payments
from shared.clock import utc_now
from shared.keys.files import Keys
from shared.keys.new_key import public_pem
from shared.passes.auth import OFFICE, Pass, Role, sign_pass
from shared.process.service import Service
from shared.settings import Settings
from shared.web.audit import PLACES
from shared.web.i18n import Language
from tests.support.cluster import MIGRATIONS, Cluster

BUILDS = {"payments": payments.build, "analytics": analytics.build}
NOBODY = UUID(int=7)


@dataclass(slots=True)
class Desk:
    """A service, and how somebody with an office's pass reads its page."""

    service: Service
    client: httpx.AsyncClient
    keys: Keys

    async def get(self, query: str = "", role: Role = Role.OPERATOR, language: Language = "en") -> httpx.Response:
        now = utc_now()
        issued = Pass(NOBODY, role, (), "", None, now - timedelta(minutes=1), now + timedelta(hours=1))
        headers = {"cookie": f"{OFFICE}={sign_pass(issued, self.keys.signer)}", "accept-language": language}
        return await self.client.get(PLACES[self.service.name] + query, headers=headers)

    async def lines(self, query: str = "", language: Language = "en") -> list[str]:
        """Each line as it reads, without its tags and time."""
        page = await self.get(query, language=language)
        assert page.status_code == 200, page.text
        items = re.findall(r'<li class="card">(.*?)</li>', page.text, re.DOTALL)
        timeless = [re.sub(r"<time.*?</time>", "", item) for item in items]
        return [" ".join(unescape(re.sub(r"<[^>]+>", " ", item)).split()) for item in timeless]


@asynccontextmanager
async def open_desk(name: str, cluster: Cluster, folder: Path, keys: Keys) -> AsyncGenerator[Desk]:
    (folder / "pass-public.pem").write_bytes(public_pem(keys.public_keys[1]))
    async with cluster.database(name, MIGRATIONS[name]) as url:
        environment = {f"{name.upper()}_DATABASE_URL": url, "SECRETS_DIR": str(folder), "PROFILE": "demo"}
        service = await BUILDS[name](Settings.read(name, environment))
        assert service.api is not None
        async with httpx.AsyncClient(transport=httpx.ASGITransport(service.api()), base_url="https://desk") as client:
            yield Desk(service, client, keys)
        await service.unit.pool.close()
