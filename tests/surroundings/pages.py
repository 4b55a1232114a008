"""Every page of the web interface, with an address at which there is something to see.

Tests and pictures go by this list; ``routes`` tells from the router itself what there is, so that none is forgotten.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_ROOT = Path(__file__).parents[2]
_ROUTER = _ROOT / "web" / "src" / "routes.tsx"
_TOKEN = re.compile(r'path: "(?P<path>[^"]*)"|(?P<index>index: true)|(?P<open>children: \[)|(?P<close>\])')

PICTURES = _ROOT / "docs" / "screenshots"
DOCUMENT = _ROOT / "docs" / "reference" / "pages.md"
COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_HEAD = """\
# The pages of the web interface

Every page, in light and dark colours, as `make screenshots` takes them from a real installation; the same command writes this page.
[Use the web interface](../how-to/use-the-web-interface.md) says what is done where.

| | |
|---|---|
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageToSee:
    """One page, or one of its views."""

    name: str
    path: str
    """With the ids of ``surroundings.furnished`` in braces."""
    shows: str
    outside: bool = False
    """For people who are not logged in."""
    route: str = ""
    """The route in the router where the path alone does not tell."""


def _page(name: str, path: str, shows: str, *, outside: bool = False, route: str = "") -> PageToSee:
    return PageToSee(name=name, path=path, shows=shows, outside=outside, route=route)


PAGES = (
    _page("setup", "/setup?token=made-up", "The first user", outside=True),
    _page("login", "/login", "The login", outside=True),
    _page("invitation", "/invitation?token=made-up", "An invitation", outside=True),
    _page("password-reset", "/password-reset", "A new password", outside=True),
    _page("start", "/start", "The way to the first campaign"),
    _page("dashboard", "/", "The dashboard"),
    _page("campaigns", "/campaigns", "All campaigns"),
    _page("campaign-new", "/campaigns/new", "A new campaign"),
    _page("campaign-message", "/campaigns/{draft}", "The editor and its preview"),
    _page("campaign-audience", "/campaigns/{draft}?step=audience", "The audience of a campaign"),
    _page("campaign-accounts", "/campaigns/{draft}?step=accounts", "The accounts of a campaign"),
    _page("campaign-send", "/campaigns/{draft}?step=send", "Check, test, start"),
    _page("campaign-live", "/campaigns/{running}", "A campaign while it is sent"),
    _page("campaign-whatsapp", "/campaigns/{whatsapp_draft}", "The templates of a WhatsApp campaign"),
    _page("campaign-whatsapp-live", "/campaigns/{whatsapp_running}", "A WhatsApp campaign while it is sent"),
    _page("campaign-failures", "/campaigns/{ended}?show=failures", "What failed, by cause"),
    _page("campaign-report", "/campaigns/{ended}?show=report", "The report"),
    _page("campaign-messages", "/campaigns/{ended}?show=messages", "The messages"),
    _page("templates", "/templates", "Templates"),
    _page("template-new", "/templates/new", "A new template"),
    _page("template", "/templates/{template}", "A template"),
    _page("files", "/files", "Files: images and attachments"),
    _page("accounts", "/accounts", "Accounts"),
    _page("account-new", "/accounts/new", "A new account"),
    _page("account", "/accounts/{account}", "An account"),
    _page("whatsapp", "/whatsapp", "WhatsApp numbers and templates"),
    _page("number-new", "/accounts/new?channel=whatsapp", "A new WhatsApp number"),
    _page("number", "/accounts/{number}", "A WhatsApp number"),
    _page("limits", "/limits", "Limits above accounts"),
    _page("reply-rules", "/reply-rules", "Reply rules, and what they hold back"),
    _page("domains", "/domains", "Sending domains and their records"),
    _page("mailboxes", "/mailboxes", "Mailboxes for bounces"),
    _page("workers", "/workers", "Remote workers"),
    _page("contacts", "/contacts", "Contacts"),
    _page("contact", "/contacts/{contact}", "A contact and its timeline"),
    _page("lists", "/lists", "Lists"),
    _page("list", "/lists/{list}", "A list"),
    _page("segments", "/segments", "Segments"),
    _page("segment-new", "/segments/new", "A new segment"),
    _page("segment", "/segments/{segment}", "A segment, line by line"),
    _page("import-new", "/imports/new", "A file to import"),
    _page("import", "/imports/{import}", "An import and its refused rows"),
    _page("suppressions", "/suppressions", "Suppressions"),
    _page("settings", "/settings", "Settings: you and your second factor"),
    _page("settings-workspace", "/settings/workspace", "Settings: the workspace"),
    _page("settings-people", "/settings/people", "Settings: people and roles"),
    _page("settings-api-keys", "/settings/api-keys", "Settings: API keys"),
    _page("settings-webhooks", "/settings/webhooks", "Settings: webhooks"),
    _page("audit", "/audit", "The audit log"),
    _page("not-found", "/nowhere", "An address that leads nowhere", route="/*"),
)


def routes(text: str | None = None) -> list[str]:
    """Every route of the router that has a page of its own, such as ``/lists/:id``; ``text`` is the router's source."""
    source = _ROUTER.read_text(encoding="utf-8") if text is None else text
    found: list[str] = []
    for part in re.findall(r"RouteObject\[\] = \[(.*?)\n\];", source, re.DOTALL):
        above: list[str] = []
        newest = ""
        for token in _TOKEN.finditer(part):
            if token["open"]:
                above.append(newest)
                found.remove(newest)  # a frame around the pages below it
            elif token["close"]:
                above.pop()
            else:
                newest = "/".join([*above, token["path"]] if token["path"] else above) if above else token["path"] or ""
                newest = newest if newest.startswith("/") else f"/{newest}"
                found.append(newest)
    return found


def route_of(page: PageToSee) -> str:
    """The route of a page, as ``routes`` writes it; the path itself where none fits."""
    if page.route:
        return page.route
    path = page.path.partition("?")[0]
    known = routes()
    return (
        path
        if path in known
        else next((one for one in known if re.fullmatch(re.sub(r":\w+", "[^/]+", one), path)), path)
    )


def document() -> str:
    """The page of the documentation that shows all of them."""
    return _HEAD + "".join(f"| {_shown(page, 'light')} | {_shown(page, 'dark')} |\n" for page in PAGES)


def _shown(page: PageToSee, colours: str) -> str:
    words = page.shows if colours == "light" else f"{page.shows}, dark"
    return f"![{words}](../screenshots/{page.name}-{colours}.webp)"
