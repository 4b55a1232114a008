"""What a person changes during sending holds within a second, measured at the server: a pause, a stop, other limits, new accounts.

The changes come from other connections than the sender's, as from another process.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from paceline.operations.accounts import account_changes
from paceline.operations.campaigns import campaigns
from paceline.operations.context import Context
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts
from surroundings.senders import one_more_sender, queued
from surroundings.sending import opened, write_campaign
from surroundings.waiting import until

LIMITED, PAUSED, STOPPED, GROWING = "limited", "paused", "stopped", "growing"
SECOND = 1.0


def _queue(context: Context, folder: Path, port: int, key: str, *logins: str) -> None:
    """Queue a campaign as `paceline send` does, or let it go on with these accounts; ten messages a second by each."""
    path = write_campaign(
        folder,
        key=key,
        contacts=[f"{key}{number}@example.com" for number in range(150)],
        accounts=[{"name": name, "port": port, "username": name, "rate_per_minute": 600} for name in logins],
    )
    queued(context, path)


def _id_of(context: Context, name: str) -> str:
    with context.queue.read() as connection:
        (found,) = accounts.find(connection, name, workspace_id=context.workspace_id)
    return context.ids.encode(IdKind.ACCOUNT, found.id)


def _moments(server: SmtpSandbox, login: str, *, since: float) -> list[float]:
    return [one.at for one in server.deliveries if one.username == login and one.at > since]


async def _change(server: SmtpSandbox, context: Context, folder: Path) -> None:
    """With everything under way: take away, look for a second and a bit, give back, look again."""
    account_id = _id_of(context, LIMITED)

    def take_away() -> None:
        account_changes.change(context, account_id, {"hourly_limit": 1})
        campaigns.pause(context, PAUSED)
        campaigns.stop(context, STOPPED)

    def give() -> None:
        account_changes.change(context, account_id, {"hourly_limit": 0})
        campaigns.resume(context, PAUSED)
        _queue(context, folder, server.port, GROWING, GROWING, "newcomer")

    everybody = (LIMITED, PAUSED, STOPPED, GROWING)
    await until(lambda: all(len(_moments(server, login, since=0.0)) > 2 for login in everybody))
    await asyncio.to_thread(take_away)
    taken = time.time()
    await until(lambda: bool(_moments(server, GROWING, since=taken + SECOND + 0.3)))
    assert [_moments(server, login, since=taken + SECOND) for login in (LIMITED, PAUSED, STOPPED)] == [[], [], []]
    before = time.time()
    await asyncio.to_thread(give)
    given = time.time()
    coming = (LIMITED, PAUSED, "newcomer")
    await until(lambda: all(_moments(server, login, since=before) for login in coming))
    late = {login: _moments(server, login, since=before)[0] - given for login in coming}
    assert max(late.values()) < SECOND, late


def test_changes_of_a_person_hold_within_a_second(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox(keep_data=False)
        await server.start()
        with opened(database_url, tmp_path) as ours, opened(database_url, tmp_path) as theirs:
            for key in (LIMITED, PAUSED, STOPPED, GROWING):
                _queue(ours, tmp_path, server.port, key, key)
            async with one_more_sender(ours, None):
                await _change(server, theirs, tmp_path)
        await server.stop()
        assert set(server.per_recipient.values()) == {1}

    asyncio.run(story())
