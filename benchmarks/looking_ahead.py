"""How long do a forecast of ten million messages and a dry run of a month take?

What is measured and how to read it: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from databases import surroundings
from paceline.domain.account import Limits, Window
from paceline.domain.account_choice import AccountChoice
from paceline.engine.forecast.forecast import forecast
from paceline.engine.forecast.plan import Plan, PlannedAccount, RecipientGroup, RecipientLimit, Rival

_RESULTS = Path(__file__).with_name("results")
_START = 1_803_902_400.0
_ZONES = tuple(ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"))
_FORECAST_SECONDS = 1.0
_DRY_RUN_SECONDS = 30.0
_DAYS = 30


def main() -> int:
    """Measure and report; returns the exit code."""
    options = _options()
    results: dict[str, Any] = surroundings()
    results["forecasts"] = {name: _forecast(made(), options.rounds) for name, made in _PLANS.items()}
    print(f"{'forecast, 10,000,000 messages, 1,000 accounts':<50}{'median s':>10}{'CPU s':>10}{'most s':>10}")
    for name, row in results["forecasts"].items():
        print(f"{name:<50}{row['median_seconds']:>10.3f}{row['median_cpu_seconds']:>10.3f}{row['most_seconds']:>10.3f}")
    results["dry_runs"] = {}
    if options.messages:
        print(f"\n{f'dry run, {options.messages:,} messages, {_DAYS} days':<50}{'s':>10}{'CPU s':>10}")
        for name, (top, accounts) in _dry_runs(options.messages).items():
            row = results["dry_runs"][name] = _dry_run(options.messages, top, accounts)
            print(f"{name:<50}{row['seconds']:>10.1f}{row['cpu_seconds']:>10.1f}")
    path = _RESULTS / "looking-ahead.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\n{path}")
    slow = [row["median_cpu_seconds"] >= _FORECAST_SECONDS for row in results["forecasts"].values()]
    slow += [row["cpu_seconds"] >= _DRY_RUN_SECONDS for row in results["dry_runs"].values()]
    return int(any(slow))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5, help="of each forecast")
    parser.add_argument("--messages", type=int, default=100_000, help="of each dry run; 0: none")
    return parser.parse_args()


# Forecasts.


def _plan(limits: Callable[[int], Limits], **fields: Any) -> Plan:
    accounts = tuple(
        PlannedAccount(name=f"relay-{n}", limits=limits(n), rate_per_minute=(0, 30)[n % 2]) for n in range(1000)
    )
    return Plan(start=_START, messages=10_000_000, accounts=accounts, **fields)


def _hours_and_days(n: int) -> Limits:
    return Limits(hour=(50, 100, 400)[n % 3], day=(500, 1000, 2000)[n % 3], timezone=_ZONES[n % 4])


def _all_different(n: int) -> Limits:
    return Limits(hour=30 + n % 70, day=300 + n, timezone=_ZONES[n % 4])


def _beside_others() -> Plan:
    plan = _plan(_hours_and_days, rivals=(Rival(messages=3_000_000), Rival(messages=500_000, rate_per_minute=600)))
    return replace(plan, accounts=tuple(replace(account, rivals=(0, 1)) for account in plan.accounts))


_PLANS: dict[str, Callable[[], Plan]] = {
    "hours and days": lambda: _plan(_hours_and_days),
    "every account different": lambda: _plan(_all_different),
    "minutes": lambda: _plan(lambda n: Limits(minute=5 + n % 3, day=2000, timezone=_ZONES[n % 4])),
    "rolling": lambda: _plan(lambda n: Limits(hour=100, day=2000, window=Window.ROLLING)),
    "campaign's own pace": lambda: _plan(_hours_and_days, rate_per_minute=5_000),
    "limits of a provider": lambda: _plan(
        _hours_and_days,
        recipient_limits=(RecipientLimit(limits=Limits(minute=400, hour=20_000)),),
        groups=(RecipientGroup(messages=7), RecipientGroup(messages=3, limits=(0,))),
    ),
    "beside two campaigns": _beside_others,
    **{
        f"{choice} choice of account": partial(_plan, _hours_and_days, choice=choice)
        for choice in AccountChoice
        if choice is not AccountChoice.FREE
    },
}


def _forecast(plan: Plan, rounds: int) -> dict[str, float]:
    seconds, cpu = [], []
    for _ in range(rounds):
        began, cpu_began = time.perf_counter(), time.process_time()
        forecast(plan)
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - cpu_began)
    return {
        "median_seconds": round(statistics.median(seconds), 4),
        "median_cpu_seconds": round(statistics.median(cpu), 4),
        "most_seconds": round(max(seconds), 4),
    }


# Dry runs.


def _dry_runs(messages: int) -> dict[str, tuple[str, list[str]]]:
    """Campaigns that take a month: what stands at the top of the file, and in each account."""
    per_minute = messages / _DAYS / 1440
    return {
        "daily limits of ten accounts": ("", [f"daily_limit = {messages // _DAYS // 10}"] * 10),
        "hourly limits of five accounts": ("", [f"hourly_limit = {messages // _DAYS // 24 // 5}"] * 5),
        "evenly paced, one account": ("", [f"rate_per_minute = {per_minute:.4f}"]),
        "evenly paced, ten accounts": ("", [f"rate_per_minute = {per_minute / 10:.4f}"] * 10),
        "the campaign's own pace, five accounts": (f"rate_per_minute = {per_minute:.4f}", [""] * 5),
    }


def _dry_run(messages: int, top: str, accounts: list[str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="paceline-bench-") as name:
        folder = Path(name)
        file = _write(folder, messages, top, accounts)
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "paceline.cli.main", "send", str(file), "--dry-run", "--json"],
            env={"PACELINE_DATA_DIR": name},
            capture_output=True,
            check=False,
        )
        lasted, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stderr.decode()[-2000:])
    seen = json.loads(done.stdout)
    if seen["sent"] != messages:
        raise SystemExit(f"{seen['sent']} of {messages} were sent")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(lasted, 2), "cpu_seconds": round(cpu, 2), "days": len(seen["per_day"])}


def _write(folder: Path, messages: int, top: str, accounts: list[str]) -> Path:
    lines = (f"user{n}@example{n % 50}.com,Name {n}" for n in range(messages))
    (folder / "contacts.csv").write_text("\n".join(["email,first_name", *lines]) + "\n")
    (folder / "body.txt").write_text("Hello {{ contact.first_name }},\n\nnews for you.\n")
    blocks = [
        f'[[accounts]]\nname = "relay-{n}"\nhost = "127.0.0.{n + 1}"\nport = 2525\nsecurity = "none"\n{words}\n'
        for n, words in enumerate(accounts)
    ]
    file = folder / "campaign.toml"
    file.write_text(
        f'key = "bench"\naudience = "contacts.csv"\n{top}\n\n[content]\nfrom = "Ann Lee <ann@example.com>"\n'
        'subject = "Hello {{ contact.first_name }}"\ntext = "body.txt"\n\n' + "\n".join(blocks)
    )
    return file


if __name__ == "__main__":
    sys.exit(main())
