"""An installation with something to see on every page: campaigns in every status, with failures and uncertain messages.

What people wrote, and what the server says, is markup: wherever it is shown, it must be shown as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from paceline.api.guard import CSRF_HEADER, SESSION_COOKIE
from surroundings.browser import Installation, installation
from surroundings.people import PASSWORD
from surroundings.serving import wait_until

MARKUP = "<img src=x onerror=alert(1)><b>bold</b>"
OWNER = "olga@example.com"

BEHAVIOUR = """\
description = "Who is unknown, whose mailbox is full, and two connections that break after the last byte."

[[rules]]
name = "unknown"
stage = "rcpt"
recipient = "unknown*@*"
reply = "550 5.1.1 no such user MARKUP"

[[rules]]
name = "full"
stage = "rcpt"
recipient = "full*@*"
reply = "552 5.2.2 the mailbox is full"

[[rules]]
name = "refused login"
stage = "auth"
username = "broken"
reply = "535 5.7.8 wrong password"

[[rules]]
name = "never answered"
stage = "dot"
recipient = "lost*@*"
answer = "none"
stored = false
then = "reset"
"""


@dataclass(slots=True, kw_only=True)
class Furnished:
    """Public ids of what is there."""

    paceline: Installation
    client: httpx.Client
    session: str
    ended: str
    """A campaign that has ended, with 4 failed and 2 uncertain messages."""
    running: str
    """One that is under way, at 30 messages a minute."""
    paused: str
    draft: str
    list_id: str
    others: dict[str, str]
    """One of each other thing that has a page of its own, by what it is."""

    def path(self, pattern: str) -> str:
        """An address with the ids that it names in braces."""
        campaigns = {"ended": self.ended, "running": self.running, "paused": self.paused, "draft": self.draft}
        return pattern.format(**campaigns, **self.others)

    def make(self, path: str, **request: Any) -> dict[str, Any]:
        """The answer to a POST."""
        return posted(self.client, path, **request)


def posted(client: httpx.Client, path: str, **request: Any) -> dict[str, Any]:
    """The answer to a POST that works."""
    answer = client.post(f"/api/v1{path}", **request)
    assert answer.is_success, (path, answer.text)
    found: dict[str, Any] = answer.json() if answer.content else {}
    return found


@contextmanager
def furnished(folder: Path, *, markup: str = MARKUP) -> Iterator[Furnished]:
    """A running installation, filled over its API; ``markup`` stands in every name."""
    behaviour = folder / "behaviour.toml"
    behaviour.write_text(BEHAVIOUR.replace("MARKUP", markup), encoding="utf-8")
    with (
        installation(folder, "--behaviour", str(behaviour)) as paceline,
        httpx.Client(base_url=paceline.url, timeout=60, trust_env=False) as client,
    ):
        yield _fill(paceline, client, markup)


def first_user(client: httpx.Client, paceline: Installation, markup: str = "") -> None:
    """Make the first user; the client is logged in afterwards."""
    token = parse_qs(urlsplit(paceline.first_link()).query)["token"][0]
    owner = {
        "token": token,
        "email": OWNER,
        "name": f"Olga {markup}",
        "password": PASSWORD,
        "workspace_name": "Café Lee",
    }
    client.headers[CSRF_HEADER] = posted(client, "/setup", json=owner)["csrf_token"]


def _fill(paceline: Installation, client: httpx.Client, markup: str) -> Furnished:
    first_user(client, paceline, markup)
    accounts = [
        _account(client, paceline, name.replace("MARKUP", markup).strip(), **limits)
        for name, limits in _ACCOUNTS.items()
    ]
    client.post(f"/api/v1/accounts/{accounts[-1]}/test")
    list_id = _import(client, "readers", 60, markup)
    client.put("/api/v1/reply-rules", json=_RULE).raise_for_status()
    sending = [*accounts[:3], accounts[-1]]
    ended = _campaign(client, f"Spring news {markup}", list_id, sending)
    _start(client, ended)
    wait_until(lambda: _status(client, ended) == "completed")
    running = _campaign(client, "Summer news", list_id, sending, rate_per_minute=6.0)
    paused = _campaign(client, "A question to you", list_id, sending, rate_per_minute=1.0)
    for one in (running, paused):
        _start(client, one)
    posted(client, f"/campaigns/{paused}/pause")
    scheduled = _campaign(client, "Winter news", list_id, sending)
    posted(client, f"/campaigns/{scheduled}/schedule", json={"at": "2030-01-07T09:00", "timezone": "Europe/Berlin"})
    draft = _campaign(client, "Autumn news", list_id, sending)
    others = {"account": accounts[0], "list": list_id, **_others(client, markup)}
    others |= _whatsapp(client, paceline, list_id, markup)
    return Furnished(
        paceline=paceline,
        client=client,
        session=client.cookies[SESSION_COOKIE],
        ended=ended,
        running=running,
        paused=paused,
        draft=draft,
        list_id=list_id,
        others=others,
    )


_ACCOUNTS: dict[str, dict[str, Any]] = {
    "relay-1": {"hourly_limit": 400, "daily_limit": 2000},
    "relay-2": {"hourly_limit": 200, "daily_limit": 1000, "rate_per_minute": 600.0},
    "office MARKUP": {"daily_limit": 500},
    "spare": {},
    "broken": {"username": "broken", "password": "wrong"},
}


_RULE = {
    "name": "nobody-there",
    "enhanced": "5.1.*",
    "count_by": "domain",
    "after": 3,
    "within_seconds": 3600,
    "for_seconds": 86_400,
}


def _account(client: httpx.Client, paceline: Installation, name: str, **more: Any) -> str:
    where = {"host": "127.0.0.1", "port": paceline.sandbox_port, "security": "none"}
    login = {"username": name.split()[0], "password": "any"}
    return str(posted(client, "/accounts", json={"name": name, **where, **login, "tags": ["warm"], **more})["id"])


def _import(client: httpx.Client, name: str, people: int, markup: str) -> str:
    special = [f"unknown{number}@gone.example" for number in range(3)] + [
        "full@example.com",
        "lost1@example.com",
        "lost2@example.com",
    ]
    addresses = [*special, *(f"reader{number}@example.com" for number in range(people - len(special)))]
    rows = [f'{address},+1650555{number:04d},Reader {number},"{markup}"' for number, address in enumerate(addresses)]
    file = ("\n".join(["email,phone,first_name,note", *rows, "nobody,,Nobody,"]) + "\n").encode()
    form = {"list_name": name, "consent": "Signed up at the counter"}
    made = posted(client, "/imports", files={"file": (f"readers{markup}.csv", file, "text/csv")}, data=form)
    wait_until(lambda: client.get(f"/api/v1/imports/{made['id']}").json()["status"] == "completed")
    return str(made["list_id"])


def _campaign(client: httpx.Client, name: str, list_id: str, accounts: list[str], **more: Any) -> str:
    markup = MARKUP if MARKUP in name else ""
    content = {
        "from": "Café Lee <news@example.com>",
        "subject": f"News for {{{{ contact.first_name }}}} {markup}",
        "html": "<h1 style='color:#087f5b'>News</h1><p>Hello {{ contact.first_name }}, <a href='https://example.com/menu'>the menu</a>.</p>"
        "<script>parent.alert(1)</script><img src='https://tracker.example/x.png'>",
    }
    wanted = {"name": name, "content": content, "audience": {"lists": [list_id]}, "accounts": accounts, **more}
    return str(posted(client, "/campaigns", json=wanted)["id"])


def _start(client: httpx.Client, campaign_id: str) -> None:
    posted(client, f"/campaigns/{campaign_id}/start")


def _status(client: httpx.Client, campaign_id: str) -> str:
    return str(client.get(f"/api/v1/campaigns/{campaign_id}").json()["status"])


def _others(client: httpx.Client, markup: str) -> dict[str, str]:
    """One of everything that has a page of its own; the ids by what they are."""
    filled = {"field": "first_name", "contains": "Reader"}
    segment = posted(client, "/segments", json={"name": f"Readers {markup}", "filter": {"all": [filled]}})
    letter = {"from": "ann@example.com", "subject": f"A letter {markup}", "html": "<p>Hello</p>"}
    template = posted(client, "/templates", json={"name": f"Letter {markup}", "content": letter})
    posted(client, "/api-keys", json={"name": f"Shop {markup}", "scopes": ["contacts:read"]})
    posted(client, "/invitations", json={"email": "bob@example.com", "role": "viewer"})
    posted(client, "/suppressions", json={"addresses": ["gone@example.com"]})
    limit = {"for": "domain", "name": "example.org", "hourly_limit": 1000}
    client.put("/api/v1/limits", json=limit).raise_for_status()
    posted(client, "/files", files={"file": ("menu.pdf", b"%PDF-1.7 menu", "application/pdf")})
    posted(client, "/domains", json={"domain": "example.com", "kinds": ["ed25519"]})
    mailbox = {"name": f"Bounces {markup}", "host": "127.0.0.1", "port": 9, "username": "bounces", "password": "x"}
    posted(client, "/mailboxes", json=mailbox)
    posted(client, "/workers", json={"name": "berlin", "url": "https://127.0.0.1:9"})
    posted(client, "/webhooks", json={"url": "http://127.0.0.1:9/hook"})
    newest = {kind: client.get(f"/api/v1/{kind}").json()["items"][0]["id"] for kind in ("contacts", "imports")}
    return {
        "segment": str(segment["id"]),
        "template": str(template["id"]),
        "contact": str(newest["contacts"]),
        "import": str(newest["imports"]),
    }


def _whatsapp(client: httpx.Client, paceline: Installation, list_id: str, markup: str) -> dict[str, str]:
    """A number, a draft of two templates, and a campaign that is under way; the ids by what they are."""
    number = {"channel": "whatsapp", "name": f"number {markup}".strip(), "phone_number_id": "100000000000001"}
    where = {"token": "any", "api_url": paceline.whatsapp_url, "business_account_id": "102290129340398"}
    account = posted(client, "/accounts", json={**number, **where, "messages_per_second": 80})["id"]
    posted(client, "/whatsapp/check")
    rides = {"name": "spring_rides", "language": "en_US", "parameters": {"body": ["{{ contact.first_name }}"]}}
    near = {"name": "spring_rides_near_you", "language": "en_US", "parameters": {"body": {"city": "Rome"}}}
    to_all = {"audience": {"lists": [list_id]}, "accounts": [account], "channel": "whatsapp"}
    draft = posted(client, "/campaigns", json={"name": "Spring rides", "templates": [rides, near], **to_all})
    running = {"name": "Summer rides", "templates": [rides], "rate_per_minute": 30.0}
    started = str(posted(client, "/campaigns", json={**running, **to_all})["id"])
    _start(client, started)
    return {"number": str(account), "whatsapp_draft": str(draft["id"]), "whatsapp_running": started}
