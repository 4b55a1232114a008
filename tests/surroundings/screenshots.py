"""Pictures of every page, in light and in dark colours, from a real installation: `make screenshots`.

``python -m surroundings.screenshots [NAME…]`` writes docs/screenshots/NAME-light.webp and -dark.webp of every page, or of those
that are named, and the page of the documentation that shows them. Which there are says ``surroundings.pages``.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect

from surroundings.browser import Visitor, running_browser, visitor
from surroundings.furnished import Furnished, furnished
from surroundings.pages import COLOURS, DOCUMENT, PAGES, PICTURES, PageToSee, document

_SIZE = {"width": 1180, "height": 760}
_QUALITY = 70
_SETTLED_MS = 600
_DRAWN_MS = 300  # in the other colours
_LOOKS_WHILE_RUNNING_MS = 12_000


def take(there: Furnished, somebody: Visitor, folder: Path, shown: PageToSee) -> None:
    """One page in both colours."""
    page = somebody.page
    page.goto(there.paceline.url + there.path(shown.path))
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.wait_for_timeout(_LOOKS_WHILE_RUNNING_MS if shown.name.endswith("-live") else _SETTLED_MS)
    for colours in COLOURS:
        somebody.use_colours(colours)
        page.wait_for_timeout(_DRAWN_MS)
        (folder / f"{shown.name}-{colours}.webp").write_bytes(_picture(page))


def _picture(page: Page) -> bytes:
    """The visible part, a third of the size of a PNG: Playwright itself knows only larger formats."""
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": _QUALITY})
    session.detach()
    return base64.b64decode(taken["data"])


def main(words: list[str]) -> None:
    """Take the pictures that are named, or all; of pages that are gone the pictures go too."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    wanted = [one for one in PAGES if not words or one.name in words]
    with (
        TemporaryDirectory() as place,
        running_browser() as browser,
        furnished(Path(place), markup="") as there,
        visitor(browser, there.paceline.url, session=there.session, viewport=_SIZE) as olga,
        visitor(browser, there.paceline.url, viewport=_SIZE) as stranger,
    ):
        for shown in wanted:
            take(there, stranger if shown.outside else olga, PICTURES, shown)
    names = {f"{one.name}-{colours}.webp" for one in PAGES for colours in COLOURS}
    for path in PICTURES.iterdir():
        if path.name not in names:
            path.unlink()
    DOCUMENT.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
