"""The system's Chromium at the real pages of a real server: what tests of the web interface see with.

Every page is watched: what the policy of the pages forbids, what a script throws, and every request to anything but the
server are failures of the test that caused them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from paceline.api.guard import SESSION_COOKIE
from paceline.bootstrap import open_context
from paceline.domain.permission import Role
from paceline.operations.context import Context
from paceline.operations.people.first_user import first_user_link
from paceline.sandbox.record import read_record
from paceline.settings import read_settings
from surroundings.server import Server
from surroundings.serving import running, url_of

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_PATIENCE_MS = 20_000
expect.set_options(timeout=_PATIENCE_MS)  # of a machine that is busy with other tests
_LOOKS = 4
_BETWEEN_LOOKS_MS = 300


def installed() -> str | None:
    """Where the system has its Chromium; None: it has none."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser without windows."""
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass(slots=True)
class Visitor:
    """A person with a browser at a server."""

    server_url: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    """What went wrong in the browser, in its words."""

    def open(self, path: str) -> Page:
        """Open a page and wait until its heading is there."""
        self.page.goto(self.server_url + path)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        return self.page

    def use_dark_colours(self) -> None:
        """What a person's system says; back once all of the page has them."""
        self.use_colours("dark")

    def use_colours(self, colours: Literal["light", "dark"]) -> None:
        """The same for either."""
        self.page.emulate_media(color_scheme=colours)
        expect(self.page.locator("html")).to_have_attribute("data-mantine-color-scheme", colours)
        self.page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        self.page.evaluate("() => Promise.allSettled(document.getAnimations().map(one => one.finished))")

    def serious_findings(self) -> list[str]:
        """What axe finds wrong on the page: serious and critical problems, each with where it is.

        What is gone at the next look was a page in the middle of being drawn, on a machine that is busy with others.
        """
        assert _AXE.is_file(), "axe-core is not installed: `make web`"
        self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        for _ in range(_LOOKS - 1):
            if not self._findings():
                return []
            self.page.wait_for_timeout(_BETWEEN_LOOKS_MS)
        return self._findings()

    def _findings(self) -> list[str]:
        found: dict[str, Any] = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']}: {' | '.join(str(node['target']) + ' ' + node['html'][:160] for node in one['nodes'][:4])}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]


@contextmanager
def visitor(browser: Browser, server_url: str, *, session: str = "", **options: Any) -> Iterator[Visitor]:
    """Somebody at the server, logged in with the token of a session where there is one; complaints fail the test."""
    usual = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", "reduced_motion": "reduce"}
    context = browser.new_context(**{**usual, **options})
    context.set_default_timeout(_PATIENCE_MS)
    if session:
        context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": server_url, "httpOnly": True}])
    page = context.new_page()
    somebody = Visitor(server_url, context, page)
    _watch(page, somebody)
    try:
        yield somebody
        assert not somebody.complaints, "\n".join(somebody.complaints)
    finally:
        context.close()


def _watch(page: Page, somebody: Visitor) -> None:
    """What a preview's frame is kept from doing is as it should be, and not complained about."""

    def left(url: str, what: str) -> None:
        if not url.startswith((somebody.server_url, "data:", "about:", "blob:")):
            somebody.complaints.append(f"{what}: {url}")

    def said(message: ConsoleMessage) -> None:
        of_preview = "/preview-frame" in message.text or "/preview-frame" in message.location.get("url", "")
        if message.type == "error" and not of_preview and "status of 4" not in message.text:
            somebody.complaints.append(f"{message.type}: {message.text}")

    page.on("response", lambda response: left(response.url, "an answer came from elsewhere"))
    page.on("requestfailed", lambda one: None if one.failure == "csp" else left(one.url, "a request left the server"))
    page.on("pageerror", lambda error: somebody.complaints.append(f"a script threw: {error}"))
    page.on("console", said)


def session_of(server: Server, role: Role = Role.OWNER) -> str:
    """The token of a session of a new person of this role."""
    token = server.as_person(role).cookies[SESSION_COOKIE]
    assert token
    return token


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """``paceline serve`` as people run it, and a sandbox that its accounts may name."""

    url: str
    data_dir: Path
    sandbox_port: int
    record: Path
    """What the sandbox has, one line for each message."""
    whatsapp_url: str
    """Where it simulates the WhatsApp Cloud API."""
    whatsapp_record: Path

    def context(self) -> Context:
        """The parts on its database; whoever asks closes them."""
        return open_context(read_settings({}, data_dir=str(self.data_dir), base_url=self.url))

    def first_link(self) -> str:
        """The path of the link that makes the first user."""
        context = self.context()
        try:
            link = first_user_link(context)
        finally:
            context.close()
        assert link is not None
        return link.removeprefix(self.url)

    def whatsapp_arrived(self) -> list[tuple[str, str]]:
        """Recipient and template of every WhatsApp message that the simulator has taken."""
        if not self.whatsapp_record.exists():
            return []
        lines = map(json.loads, self.whatsapp_record.read_text(encoding="utf-8").splitlines())
        return [(line["recipient"], line["template"]) for line in lines]

    def arrived(self) -> list[str]:
        """The recipient of every copy that the sandbox has stored."""
        if not self.record.exists():
            return []
        return [to for entry in read_record(self.record) if entry.stored for to in entry.recipients]


@contextmanager
def installation(folder: Path, *sandbox_options: str) -> Iterator[Installation]:
    """A running installation on an empty database."""
    record, whatsapp_record, data_dir = folder / "arrived.jsonl", folder / "whatsapp.jsonl", folder / "data"
    data_dir.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PACELINE_")},
        "PACELINE_DATA_DIR": str(data_dir),
        "PACELINE_PRIVATE_HOSTS": "127.0.0.1",
    }
    sandbox_words = ("sandbox", "--smtp-port", "0", "--record", str(record), "--json", *sandbox_options)
    sandbox_words += ("--whatsapp-port", "0", "--whatsapp-record", str(whatsapp_record))
    with running(*sandbox_words, environment=environment) as sandbox:
        port = int(sandbox.wait_for("listening on smtp://").rpartition(":")[2])
        whatsapp_url = sandbox.wait_for("listening on http://").rpartition(" ")[2]
        with running("serve", "--port", "0", environment=environment) as server:
            yield Installation(
                url=url_of(server),
                data_dir=data_dir,
                sandbox_port=port,
                record=record,
                whatsapp_url=whatsapp_url,
                whatsapp_record=whatsapp_record,
            )
