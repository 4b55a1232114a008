"""Do lists and dashboards stay fast with 1,000 campaigns and 1,000 accounts, and progress with 1,000,000 messages?

What is measured and how to read it: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
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
from installation_rows import Size
from paceline.domain.message import MessageState
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from serving import Server, new_key, parts, serving

_RESULTS = Path(__file__).with_name("results")
_PROMISED_MILLISECONDS = 100.0
_PROMISED_RATIO = 1.5
_SMALL = 1_000


def main() -> int:
    """Measure and report; returns the exit code: 1 when something took longer than promised."""
    options = _options()
    with DATABASES[options.database]() as server_url, tempfile.TemporaryDirectory(prefix="paceline-inst-") as name:
        directory = Path(name)
        url = server_url or f"sqlite:///{directory / 'paceline.db'}"
        with parts(url, directory) as context:
            began = time.monotonic()
            installation_rows.fill(context, Size(contacts=options.contacts))
            large = _large_campaigns(context, options.messages)
            key, paths = new_key(context), _paths(context)
            print(f"filled in {time.monotonic() - began:.0f} s; load {os.getloadavg()[0]:.1f}\n")
        environment = {
            "PACELINE_DATA_DIR": name,
            "PACELINE_DATABASE": url,
            "PACELINE_METRICS_ACCOUNTS": "1000",
            "PACELINE_API_RATE": "100000",
            "PACELINE_API_BURST": "100000",
        }
        with serving(environment, directory) as server:
            rows = _requests(server, key, paths, options.rounds)
            progress = _progress(server, key, large, options.rounds)
    results = {**surroundings(), "database": options.database, "requests": rows, "progress": progress}
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"installation-{options.database}.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\n{path}")
    slow = [what for what, row in rows.items() if row["p50"] > _PROMISED_MILLISECONDS]
    return 1 if slow or progress["ratio"] > _PROMISED_RATIO else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=1_000_000, help="of the large campaign whose progress is asked")
    parser.add_argument("--rounds", type=int, default=20, help="of every request")
    parser.add_argument("--database", choices=tuple(DATABASES), default="sqlite")
    return parser.parse_args()


def _paths(context: Context) -> dict[str, str]:
    """What is asked, under the name it has in the table."""
    ids = context.ids
    with context.queue.read() as connection:
        draft = connection.execute(sql("SELECT MAX(id) FROM campaigns WHERE status = 'draft'")).scalar_one()
        running = connection.execute(sql("SELECT MAX(id) FROM campaigns WHERE key = 'campaign-1000'")).scalar_one()
    every, some = ids.encode(IdKind.CAMPAIGN, 1), ids.encode(IdKind.CAMPAIGN, running)
    account, contact = ids.encode(IdKind.ACCOUNT, 500), ids.encode(IdKind.CONTACT, 5_000)
    segment, list_id = ids.encode(IdKind.SEGMENT, 10), ids.encode(IdKind.LIST, 10)
    below = [
        ("campaigns, 50", "campaigns"),
        ("campaigns, 200", "campaigns?limit=200"),
        ("campaigns, running", "campaigns?status=running"),
        ("campaign", f"campaigns/{some}"),
        ("campaign, 1,000 accounts", f"campaigns/{every}"),
        ("its progress", f"campaigns/{every}/progress"),
        ("its explanation", f"campaigns/{every}/explain"),
        ("its messages", f"campaigns/{every}/messages?limit=200"),
        ("progress, 20 accounts", f"campaigns/{some}/progress"),
        ("explanation, 20 accounts", f"campaigns/{some}/explain"),
        ("check of a draft", f"campaigns/{ids.encode(IdKind.CAMPAIGN, draft)}/check"),
        ("accounts, 50", "accounts"),
        ("accounts, 200", "accounts?limit=200"),
        ("accounts by tag", "accounts?tag=warm"),
        ("accounts of a server", "accounts?host=smtp7.example.com"),
        ("account", f"accounts/{account}"),
        ("its usage", f"accounts/{account}/usage"),
        ("servers", "servers"),
        ("lists", "lists"),
        ("list", f"lists/{list_id}"),
        ("contacts, 50", "contacts"),
        ("contacts, 200", "contacts?limit=200"),
        ("contacts by address", "contacts?email_prefix=user999"),
        ("contacts of a list", f"contacts?list_id={list_id}"),
        ("contact", f"contacts/{contact}"),
        ("its subscriptions", f"contacts/{contact}/subscriptions"),
        ("segments", "segments"),
        ("segment", f"segments/{segment}"),
        ("suppressions, 200", "suppressions?limit=200"),
        ("templates", "templates"),
        ("imports", "imports"),
        ("audit, 200", "audit?limit=200"),
        ("audit of an action", "audit?action=campaign.start"),
        ("audit of a subject", "audit?subject=con_99999"),
        ("members", "members"),
        ("API keys", "api-keys"),
        ("webhooks", "webhooks"),
        ("workspace", "workspace"),
        ("feed's first event", "feed"),
    ]
    return {name: f"/api/v1/{path}" for name, path in below} | {"metrics": "/metrics", "ready": "/health/ready"}


def _requests(server: Server, key: str, paths: dict[str, str], rounds: int) -> dict[str, dict[str, float]]:
    print(f"{'request':<28}{'p50 ms':>10}{'max ms':>10}{'CPU ms':>10}{'bytes':>10}")
    rows = {}
    for name, path in paths.items():
        rows[name] = _measured(server, key, path, rounds)
        mark = "  slow" if rows[name]["p50"] > _PROMISED_MILLISECONDS else ""
        print(f"{name:<28}" + "".join(f"{value:>10g}" for value in rows[name].values()) + mark, flush=True)
    return rows


def _measured(server: Server, key: str, path: str, rounds: int) -> dict[str, float]:
    """Time and the API's CPU time of one request, after one that is not counted."""
    _ask(server, key, path)
    before, seconds, size = server.api_cpu_seconds(), [], 0
    for _ in range(rounds):
        took, size = _ask(server, key, path)
        seconds.append(took)
    return {
        "p50": round(statistics.median(seconds) * 1000, 1),
        "max": round(max(seconds) * 1000, 1),
        "cpu": round((server.api_cpu_seconds() - before) / rounds * 1000, 1),
        "bytes": size,
    }


def _ask(server: Server, key: str, path: str) -> tuple[float, int]:
    """One request over a connection of its own; of the feed, up to its first event."""
    connection = http.client.HTTPConnection(urlsplit(server.base).netloc, timeout=30)
    began = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    answer = connection.getresponse()
    if path.endswith("/feed"):
        line = b""
        while not line.startswith(b"data:"):
            line = answer.readline()
        body = line
    else:
        body = answer.read()
    took = time.perf_counter() - began
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:500]!r}")
    return took, len(body)


def _large_campaigns(context: Context, count: int) -> dict[str, str]:
    """A small and a large campaign of each kind: sent, and waiting for another attempt."""
    found = {}
    kinds = (
        ("sent", MessageState.SENT, False),
        ("deferred", MessageState.DEFERRED, True),
        ("queued", MessageState.QUEUED, False),
    )
    with context.queue.read() as connection:
        first: int = connection.execute(sql("SELECT MAX(id) FROM campaigns WHERE status = 'completed'")).scalar_one()
    for kind, state, due in kinds:
        for size in (_SMALL, count):
            installation_rows.messages(context, first, size, state=state, due=due)
            with context.queue.write() as connection:
                connection.execute(
                    sql(f"UPDATE campaign_counters SET {kind} = {kind} + :size WHERE campaign_id = :id AND slot = 1"),
                    {"size": size, "id": first},
                )
            found[f"{kind} {size}"] = f"/api/v1/campaigns/{context.ids.encode(IdKind.CAMPAIGN, first)}/progress"
            first -= 1
    return found


def _progress(server: Server, key: str, paths: dict[str, str], rounds: int) -> dict[str, Any]:
    """Progress of each campaign in turn, so that what else happens on the machine hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(rounds * 5):
        for name, path in paths.items():
            seconds[name].append(_ask(server, key, path)[0])
    middle = {name: statistics.median(found) * 1000 for name, found in seconds.items()}
    names = list(middle)
    ratios = {names[at].split()[0]: middle[names[at + 1]] / middle[names[at]] for at in range(0, len(names), 2)}
    print(f"\nprogress, ms at the median: {', '.join(f'{name}: {ms:.2f}' for name, ms in middle.items())}")
    print("ratios: " + ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items()))
    return {"milliseconds": middle, "ratios": ratios, "ratio": max(ratios.values())}


if __name__ == "__main__":
    sys.exit(main())
