"""How soon does the first message of a campaign to 1,000,000 contacts leave, and does memory stay flat until the last is queued?

What is measured and how to read it: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import installation_rows
from databases import DATABASES, surroundings
from paceline.domain.account import Account, Security, SmtpLogin
from paceline.domain.segment import parse_segment
from paceline.operations.campaigns import campaign_drafts
from paceline.operations.context import FIRST_WORKSPACE, Context
from paceline.store.catalogue import lists, segments
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts
from postfix import Missing, sink
from serving import Server, new_key, parts, serving

_RESULTS = Path(__file__).with_name("results")
_PROMISED_SECONDS = 1.0
_CONTENT = {
    "from": "Ann Lee <ann@example.com>",
    "subject": "Hello {{ contact.first_name }}",
    "text": "Hello {{ contact.first_name }} in {{ contact.city }}\n",
    "unsubscribe_url": "https://example.com/leave",
}


def main() -> int:
    """Measure and report; returns the exit code: 1 when it took longer than promised."""
    options = _options()
    try:
        with sink() as port, DATABASES[options.database]() as server_url, tempfile.TemporaryDirectory() as name:
            url = server_url or f"sqlite:///{name}/paceline.db"
            found = _measure(options, port, url, Path(name))
    except Missing as missing:
        print(f"benchmark: {missing}", file=sys.stderr)
        return 2
    results = {**surroundings(), "database": options.database, "contacts": options.contacts, **found}
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"first-message-{options.database}.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\n{path}")
    return 1 if found["median"]["first_message"] > _PROMISED_SECONDS else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument(
        "--rounds", type=int, default=5, help="campaigns; each is stopped when its first message is out"
    )
    parser.add_argument("--database", choices=tuple(DATABASES), default="sqlite")
    return parser.parse_args()


def _measure(options: argparse.Namespace, port: int, url: str, directory: Path) -> dict[str, Any]:
    with parts(url, directory) as context:
        account, segment = _fill(context, options.contacts, port)
        key = new_key(context)
        environment = {"PACELINE_DATABASE": url, "PACELINE_DATA_DIR": str(directory)}
        with serving(environment, directory, senders=1) as server:
            rounds = []
            print(
                f"{options.contacts} contacts, load {os.getloadavg()[0]:.1f}\n{'':<10}{'start call s':>14}{'first s':>10}"
            )
            for number in range(1, options.rounds + 1):
                draft = _draft(context, account, segment)
                rounds.append(_round(context, server, key, draft, is_last=number == options.rounds))
                print(f"{number:<10}{rounds[-1]['call']:>14.3f}{rounds[-1]['first_message']:>10.3f}", flush=True)
            memory = _memory(context, server, draft)
    median = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    print(f"{'median':<10}{median['call']:>14.3f}{median['first_message']:>10.3f}")
    print("\nthe last one's launch: " + ", ".join(f"{name} {value:g}" for name, value in memory.items()))
    return {"rounds": rounds, "median": median, "launch": memory}


def _fill(context: Context, contacts: int, port: int) -> tuple[str, str]:
    """Everybody is on one list, and the segment is one half of them; returns account and segment."""
    now = context.clock.now()
    installation_rows.contacts(context, contacts)
    with context.catalogue.write() as connection:
        number = lists.create(connection, workspace_id=FIRST_WORKSPACE, name="everybody", consent="asked", now=now)
        everybody = parse_segment({"field": "city", "is_not_empty": True})
        segment = segments.insert(connection, workspace_id=FIRST_WORKSPACE, name="all", filter=everybody, now=now)
    words = sql(
        "INSERT INTO subscriptions (list_id, contact_id, state, at) SELECT :list, id, 1, :now FROM contacts "
        "WHERE id >= :first AND id < :first + :count"
    )
    for first, count in installation_rows.parts_of(contacts):
        with context.catalogue.write_much() as connection:
            connection.execute(words, {"list": number, "now": now, "first": first, "count": count})
    login = SmtpLogin(host="127.0.0.1", port=port, security=Security.NONE)
    with context.queue.write() as connection:
        account = accounts.save(
            connection,
            context.box,
            Account(id=0, name="relay", login=login, max_connections=2, rate_per_minute=600),
            workspace_id=FIRST_WORKSPACE,
            channel="email",
        )
    assert segment is not None
    return context.ids.encode(IdKind.ACCOUNT, account), context.ids.encode(IdKind.SEGMENT, segment)


def _draft(context: Context, account: str, segment: str) -> str:
    return campaign_drafts.create(
        context, name="To everybody", content=_CONTENT, audience={"segment": segment}, accounts=[account]
    ).id


def _round(context: Context, server: Server, key: str, campaign_id: str, *, is_last: bool) -> dict[str, float]:
    """Start a campaign over HTTP and wait for its first accepted message; stop it unless it is the last."""
    number = context.ids.decode(IdKind.CAMPAIGN, campaign_id)
    began = time.monotonic()
    _post(server, key, f"/api/v1/campaigns/{campaign_id}/start")
    call = time.monotonic() - began
    words = sql("SELECT COALESCE(SUM(sent), 0) FROM campaign_counters WHERE campaign_id = :id")
    while True:
        with context.queue.read() as connection:
            if connection.execute(words, {"id": number}).scalar_one():
                break
        time.sleep(0.005)
    first = time.monotonic() - began
    if not is_last:
        _post(server, key, f"/api/v1/campaigns/{campaign_id}/stop")
    return {"call": call, "first_message": first}


def _memory(context: Context, server: Server, campaign_id: str) -> dict[str, float]:
    """The background's resident size while the last campaign is launched to its end."""
    number = context.ids.decode(IdKind.CAMPAIGN, campaign_id)
    began, sizes = time.monotonic(), []
    words = sql("SELECT launched_at IS NOT NULL AS over FROM campaigns WHERE id = :id")
    over = False
    while not over:
        sizes.append(server.megabytes("background"))
        time.sleep(0.25)
        with context.queue.read() as connection:
            over = bool(connection.execute(words, {"id": number}).scalar_one())
    return {
        "seconds": round(time.monotonic() - began, 1),
        "first MB": round(sizes[0], 1),
        "peak MB": round(max(sizes), 1),
    }


def _post(server: Server, key: str, path: str) -> None:
    with contextlib.closing(http.client.HTTPConnection(urlsplit(server.base).netloc, timeout=60)) as connection:
        connection.request("POST", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:500]!r}")


if __name__ == "__main__":
    sys.exit(main())
