"""Campaigns of the tests: written as a person would write them, sent in this process with a clock that the test turns."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from paceline.bootstrap import open_context
from paceline.clock import SteadyClock
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.sending import send
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.settings import read_settings


def write_campaign(
    folder: Path,
    *,
    contacts: int | Sequence[str],
    accounts: Sequence[dict[str, Any]],
    key: str = "test",
    tables: str = "",
    **fields: Any,
) -> Path:
    """A campaign file with its audience and bodies; ``accounts`` are tables, completed where they say nothing.

    ``tables`` are more of them, as they stand in the file.
    """
    addresses = [f"user{n}@example.com" for n in range(contacts)] if isinstance(contacts, int) else contacts
    lines = [f"{address},Name {n}" for n, address in enumerate(addresses)]
    (folder / f"{key}.csv").write_text("\n".join(["email,first_name", *lines]) + "\n")
    (folder / "body.txt").write_text("Hello {{ contact.first_name }}\n")
    top = {"key": key, "audience": f"{key}.csv", **fields}
    content = {"from": "Ann Lee <ann@example.com>", "subject": "Hello {{ contact.first_name }}", "text": "body.txt"}
    parts = [_table(top), "[content]", _table(content), tables]
    for number, account in enumerate(accounts):
        known = {"name": f"relay-{number}", "host": "127.0.0.1", "security": "none"}
        if account.get("username"):
            known["password_env"] = "TEST_PASSWORD"
        parts += ["[[accounts]]", _table({**known, **account})]
    path = folder / f"{key}.toml"
    path.write_text("\n".join(parts) + "\n")
    return path


def _table(values: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items()) + "\n"


def logins(port: int, count: int, **fields: Any) -> list[dict[str, Any]]:
    """Accounts of different users on one server."""
    return [{"port": port, "username": f"user-{number}", **fields} for number in range(count)]


@dataclass
class Hands:
    """The hands of a clock: tests turn them."""

    at: float
    boot: float = 1000.0

    def turn(self, seconds: float) -> None:
        """Time passes."""
        self.at += seconds
        self.boot += seconds

    def clock(self) -> SteadyClock:
        """A clock with these hands."""
        return SteadyClock(wall=lambda: self.at, boot=lambda: self.boot, this_boot="test")


@contextmanager
def opened(url: str, folder: Path, hands: Hands | None = None, **settings: Any) -> Iterator[Context]:
    """A context on a database, with the test's clock and settings."""
    context = open_context(read_settings({}, database=url, data_dir=str(folder), **settings))
    try:
        yield context if hands is None else replace(context, clock=hands.clock())
    finally:
        context.close()


@dataclass
class Sending:
    """A campaign under way in this process."""

    context: Context
    path: Path
    exit_when_paused: bool = False
    environment: dict[str, str] = field(default_factory=lambda: {"TEST_PASSWORD": "secret"})
    notices: list[str] = field(default_factory=list)
    last: Summary | None = None
    _seen: asyncio.Condition = field(default_factory=asyncio.Condition)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[Summary] | None = None

    async def __aenter__(self) -> Sending:
        file = read_campaign_file(self.path, self.environment)
        self._task = asyncio.create_task(
            send(
                self.context,
                file,
                exit_when_paused=self.exit_when_paused,
                stop=self._stop,
                on_progress=self._progress,
                on_notice=self.notices.append,
            )
        )
        self._task.add_done_callback(self._ended)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        if self._task is not None:
            await self._task

    def stop(self) -> None:
        """Ask it to end."""
        self._stop.set()

    def _progress(self, summary: Summary) -> None:
        self.last = summary
        assert sum(summary.counts.values()) == summary.total
        self._wake = asyncio.ensure_future(self._tell())

    async def _tell(self) -> None:
        async with self._seen:
            self._seen.notify_all()

    async def until(self, condition: Callable[[Summary], bool], *, within: float = 60) -> Summary:
        """Wait for a summary that fulfils a condition."""
        async with asyncio.timeout(within), self._seen:
            while self.last is None or not condition(self.last):
                if self._task is not None and self._task.done():
                    assert condition(self._task.result()), f"ended otherwise: {self._task.result()}"
                    return self._task.result()
                await self._seen.wait()
            return self.last

    def _ended(self, task: asyncio.Task[Summary]) -> None:
        self._wake = asyncio.ensure_future(self._tell())

    async def end(self, *, within: float = 60) -> Summary:
        """Wait for the end of the campaign."""
        assert self._task is not None
        async with asyncio.timeout(within):
            return await asyncio.shield(self._task)


async def send_to_the_end(context: Context, path: Path, *, exit_when_paused: bool = False) -> Summary:
    """Send a campaign until it ends or pauses for a person."""
    async with Sending(context, path, exit_when_paused=exit_when_paused) as sending:
        return await sending.end()
