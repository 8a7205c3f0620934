"""Every text of the project in one value, for tests that look at what pages and answers say."""

from pathlib import Path

from shared.web.texts import PLATFORM_WEB, Texts

ROOT = Path(__file__).parents[2]
# Every room's web folder, and the platform's.
WEBS = sorted(path for top in ("services", "shared", "deploy") for path in (ROOT / top).rglob("web") if path.is_dir())
EVERY_TEXT = Texts.of(web for web in WEBS if web != PLATFORM_WEB)
translate = EVERY_TEXT.translate
