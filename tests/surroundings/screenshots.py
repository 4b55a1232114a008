"""Pictures of every page, in light and in dark colours, from a real installation: `make screenshots`.

``python -m surroundings.screenshots FOLDER [NAME…]`` writes FOLDER/NAME-light.png and -dark.png.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect

from surroundings.browser import running_browser, visitor
from surroundings.furnished import Furnished, furnished

_SIZE = {"width": 1180, "height": 760}
PAGES = {
    "dashboard": "/",
    "start": "/start",
    "campaigns": "/campaigns",
    "campaign-live": "/campaigns/{running}",
    "campaign-message": "/campaigns/{draft}",
    "campaign-audience": "/campaigns/{draft}?step=audience",
    "campaign-accounts": "/campaigns/{draft}?step=accounts",
    "campaign-send": "/campaigns/{draft}?step=send",
    "campaign-failures": "/campaigns/{ended}?show=failures",
    "campaign-report": "/campaigns/{ended}?show=report",
    "campaign-messages": "/campaigns/{ended}?show=messages",
    "account-new": "/accounts/new",
    "import-new": "/imports/new",
}
_LOOKS_WHILE_RUNNING_MS = 12_000


def take(there: Furnished, page: Page, folder: Path, name: str) -> None:
    """One page in both colours."""
    ids = {"running": there.running, "draft": there.draft, "ended": there.ended, "paused": there.paused}
    page.goto(there.paceline.url + PAGES[name].format(**ids))
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.wait_for_timeout(_LOOKS_WHILE_RUNNING_MS if name == "campaign-live" else 1_000)
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        page.screenshot(path=folder / f"{name}-{colours}.png", animations="disabled")
    page.emulate_media(color_scheme="light")


def main(words: list[str]) -> None:
    """Take the pictures that are named, or all."""
    folder = Path(words[0])
    folder.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as place,
        running_browser() as browser,
        furnished(Path(place), markup="") as there,
        visitor(browser, there.paceline.url, session=there.session, viewport=_SIZE) as somebody,
    ):
        for name in words[1:] or PAGES:
            take(there, somebody.page, folder, name)


if __name__ == "__main__":
    main(sys.argv[1:])
