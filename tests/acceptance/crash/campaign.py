"""The crash campaign: a sender is killed again and again, at every step and at any moment, and started again.

``python -m acceptance.crash.campaign`` (with ``tests`` on the Python path) runs the full one on SQLite and on a
PostgreSQL of its own and prints a table. The tests run a small one.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from acceptance.crash import rules
from acceptance.crash.arena import Arena, open_arena
from acceptance.crash.rules import Ended
from acceptance.crash.steps import STEPS
from surroundings.postgres import running_postgres

_AT_FIRST = "tables made"
_WHILE_QUEUEING = ("before a part is queued", "a part is queued")
_LATEST_CALL = {**dict.fromkeys(_WHILE_QUEUEING, 1), "claim not committed": 3, "claimed": 3}
"""Steps that are seldom reached; the last call would be too late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a crash campaign is. ``calls`` is the latest call of a step at which a sender is caught."""

    messages: int
    kills: int
    calls: int


SMALL = Size(messages=300, kills=2 * len(STEPS) - 1, calls=4)
FULL = Size(messages=5000, kills=100, calls=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a crash campaign came to."""

    end: Ended
    exit_code: int
    seconds: float
    violations: Sequence[str]

    def row(self) -> dict[str, str]:
        """One line of the table."""
        return {
            "messages": str(self.end.total),
            "kills": str(len(self.end.kills)),
            "sent": str(self.end.sample.found["sent"]),
            "failed": str(self.end.sample.found["failed"]),
            "uncertain": str(len(self.end.uncertain)),
            "of at most": str(self.end.bound),
            "twice": str(len(self.end.doubled)),
            "lost": str(len(self.end.lost)),
            "seconds": f"{self.seconds:.0f}",
            "rules": "broken" if self.violations else "hold",
        }


def plan(size: Size, seed: int) -> Iterator[tuple[str, int]]:
    """(step, call) of every kill: those that come but once first, then the queueing, the others in random order."""
    chance = random.Random(seed)
    repeated = [name for name in STEPS if name != _AT_FIRST]
    steps = [name for _ in range(size.kills // len(repeated) + 1) for name in repeated][: size.kills - 1]
    chance.shuffle(steps)
    yield _AT_FIRST, 1
    for name in sorted(steps, key=lambda one: one not in _WHILE_QUEUEING):
        yield name, chance.randint(1, min(size.calls, _LATEST_CALL.get(name, size.calls)))


def run(arena: Arena, size: Size, seed: int) -> Result:
    """Kill as planned, let the last sender finish, and ask the rules."""
    started = time.monotonic()
    for step, call in plan(size, seed):
        arena.kill_at(step, call)
    exit_code = arena.start().end()
    end = arena.ended()
    return Result(end=end, exit_code=exit_code, seconds=time.monotonic() - started, violations=rules.violations(end))


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill a sender again and again, and see whether anybody notices.")
    parser.add_argument("--messages", type=int, default=FULL.messages)
    parser.add_argument("--kills", type=int, default=FULL.kills)
    parser.add_argument("--calls", type=int, default=FULL.calls, help="the latest call of a step to be killed at")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--database", help="the URL of an empty database; absent: SQLite, then PostgreSQL")
    parser.add_argument("--folder", type=Path, help="for all that is written; absent: one that is removed at the end")
    parser.add_argument("--json", action="store_true", help="one JSON object per database instead of a table")
    options = parser.parse_args()
    if options.folder is not None:
        return _run_on(options, options.folder)
    with tempfile.TemporaryDirectory() as folder:
        return _run_on(options, Path(folder))


def _run_on(options: argparse.Namespace, folder: Path) -> int:
    if options.database is not None:
        return _report(options, folder, options.database)
    for name in ("sqlite", "postgresql"):
        (folder / name).mkdir()
    failed = _report(options, folder / "sqlite", f"sqlite:///{folder / 'sqlite' / 'paceline.db'}")
    with running_postgres(uuid.uuid4().hex, folder / "postgres.lock") as server:
        return _report(options, folder / "postgresql", server.url(server.create())) or failed


def _report(options: argparse.Namespace, folder: Path, url: str) -> int:
    size = Size(messages=options.messages, kills=options.kills, calls=options.calls)
    with open_arena(folder, url, messages=size.messages, parts=size.kills // 2, forks=True) as arena:
        result = run(arena, size, options.seed)
    row = {"database": url.partition(":")[0], "seed": str(options.seed), **result.row()}
    killed_at = Counter(kill.step for kill in result.end.kills)
    if options.json:
        print(json.dumps({**row, "killed_at": killed_at, "exit_code": result.exit_code, "broken": result.violations}))
    else:
        print("  ".join(f"{name:>10}" for name in row))
        print("  ".join(f"{value:>10}" for value in row.values()))
        print("\n".join([*(f"{number:10} killed: {step}" for step, number in killed_at.items()), *result.violations]))
    sys.stdout.flush()
    return int(bool(result.violations) or result.exit_code != 0)


if __name__ == "__main__":
    sys.exit(main())
