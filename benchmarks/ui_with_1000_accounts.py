"""Do the pages stay quick while a campaign goes at full speed through 1,000 accounts, and does the API beside them?

What is measured and how to read it: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from api_beside_sender import Asked, ask
from databases import DATABASES, surroundings
from paceline.api.guard import SESSION_COOKIE
from paceline.operations.context import FIRST_WORKSPACE, Context
from paceline.operations.people.access import new_secret
from paceline.store.catalogue import sessions
from paceline.store.database import sql
from postfix import Missing, sink
from running_campaign import started
from serving import new_key, parts, serving

_RESULTS = Path(__file__).with_name("results")
_LONGEST_TASK_MS = 200.0
_EVENTS_PER_SECOND = 4.0
_API_P99_MS = 100.0
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
_WATCH = """() => {
  window.longTasks = [];
  new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(one => one.duration)))
    .observe({type: 'longtask', buffered: true});
}"""
_COUNT_EVENTS = """() => {
  const Real = window.EventSource; window.feedEvents = 0;
  window.EventSource = class extends Real {
    constructor(...given) { super(...given); this.addEventListener('changes', () => { window.feedEvents += 1; }); }
  };
}"""


def main() -> int:
    """Measure and report; returns the exit code: 1 when something is slower than promised."""
    options = _options()
    try:
        with sink() as port, DATABASES[options.database]() as url, tempfile.TemporaryDirectory() as name:
            found = _measure(options, port, url or f"sqlite:///{Path(name) / 'paceline.db'}", Path(name))
    except Missing as missing:
        print(f"benchmark: {missing}", file=sys.stderr)
        return 2
    results = {**surroundings(), "database": options.database, "accounts": options.accounts, **found}
    path = _RESULTS / f"ui-with-1000-accounts-{options.database}.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\n{path}")
    return 1 if _too_slow(found["pages"]) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--messages", type=int, default=700_000, help="of the campaign; it must outlast all pages")
    parser.add_argument("--seconds", type=float, default=15.0, help="on each page")
    parser.add_argument("--clients", type=int, default=10, help="that ask the API meanwhile")
    parser.add_argument("--per-second", type=float, default=5.0, help="requests of each client")
    parser.add_argument("--database", choices=tuple(DATABASES), default="sqlite")
    return parser.parse_args()


def _measure(options: argparse.Namespace, port: int, url: str, directory: Path) -> dict[str, Any]:
    environment = {"PACELINE_DATA_DIR": str(directory), "PACELINE_DATABASE": url}
    with parts(url, directory) as context:
        key, session = new_key(context), _session(context)
    with (
        serving(environment, directory) as server,
        started(
            url, directory, messages=options.messages, port=port, accounts=options.accounts, connections=1
        ) as campaign,
    ):
        without = asyncio.run(ask(server.base, key, [], options)).shown()
        pages, views = {}, {"dashboard": "/", "live page": f"/campaigns/{campaign.id()}", "accounts": "/accounts"}
        with _browser(server.base, session) as page:
            for what, path in views.items():
                with campaign.rate_of() as rate:
                    pages[what] = _look(page, server.base, path, key, options)
                pages[what]["sent per second"] = round(rate[0])
    _report(without, pages)
    return {"api_without_pages": without, "pages": pages}


def _session(context: Context) -> str:
    """The session of an owner, made where the API finds it: a link for the first user may be replaced by the server's own."""
    secret, now = new_secret(), context.clock.now()
    with context.catalogue.write() as connection:
        user_id = connection.execute(
            sql("INSERT INTO users (email, email_key, name, created_at) VALUES (:e, :e, 'Ann', 0) RETURNING id"),
            {"e": "ann@example.com"},
        ).scalar_one()
        connection.execute(
            sql("INSERT INTO members (workspace_id, user_id, role, created_at) VALUES (:w, :u, 'owner', 0)"),
            {"w": FIRST_WORKSPACE, "u": user_id},
        )
        sessions.create(
            connection,
            token_hash=secret.hash,
            user_id=user_id,
            workspace_id=FIRST_WORKSPACE,
            client="benchmark",
            expires_at=now + 86_400,
            now=now,
        )
    return secret.value


@contextlib.contextmanager
def _browser(base: str, session: str) -> Iterator[Page]:
    """A page of the system's Chromium, logged in, that counts what it gets and how long it is busy."""
    program = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        raise Missing("no Chromium is installed (Debian and Ubuntu: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": base, "httpOnly": True}])
        context.add_init_script(f"({_COUNT_EVENTS})(); ({_WATCH})();")
        yield context.new_page()
        browser.close()


def _look(page: Page, base: str, path: str, key: str, options: argparse.Namespace) -> dict[str, Any]:
    """Stay on a page, with clients that ask the API meanwhile."""
    page.goto(base + path)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=30_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=30_000)
    opening: float = page.evaluate("() => Math.max(0, ...window.longTasks)")
    page.evaluate("() => { window.longTasks.length = 0; window.feedEvents = 0; }")
    asked: list[Asked] = []
    clients = threading.Thread(target=lambda: asked.append(asyncio.run(ask(base, key, [], options))))
    began = time.monotonic()
    clients.start()
    page.wait_for_timeout(options.seconds * 1000)
    seconds = time.monotonic() - began
    tasks: list[float] = page.evaluate("() => window.longTasks")
    events: int = page.evaluate("() => window.feedEvents")
    clients.join()
    return {
        "longest task ms": round(max(tasks, default=0.0)),
        "tasks over 50 ms": len(tasks),
        "while it opens ms": round(opening),
        "events per second": round(events / seconds, 2),
        "API p99 ms": asked[0].shown()["p99"],
    }


def _report(without: dict[str, float], pages: dict[str, dict[str, Any]]) -> None:
    names = list(next(iter(pages.values())))
    print(f"{'page':<12}" + "".join(f"{name:>20}" for name in names))
    for what, row in pages.items():
        print(f"{what:<12}" + "".join(f"{row[name]:>20g}" for name in names))
    print(f"\nAPI beside the sender with no page open: p99 {without['p99']:g} ms")
    for sentence in _too_slow(pages):
        print(sentence)


def _too_slow(pages: dict[str, dict[str, Any]]) -> list[str]:
    """What breaks its promise."""
    promised = {
        "longest task ms": _LONGEST_TASK_MS,
        "events per second": _EVENTS_PER_SECOND,
        "API p99 ms": _API_P99_MS,
    }
    return [
        f"{what}: {name} is {row[name]:g}, promised are {most:g}"
        for what, row in pages.items()
        for name, most in promised.items()
        if row[name] > most
    ]


if __name__ == "__main__":
    sys.exit(main())
