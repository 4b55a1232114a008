"""Campaigns for a server to send: queued by the test, sent by whatever process is there."""

from __future__ import annotations

from contextlib import closing

from acceptance.crash.arena import KEY, SHORT_LEASE, Arena
from acceptance.crash.rules import Kill
from paceline.bootstrap import open_context
from paceline.launch.file_launch import FileLaunch
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.preparing import prepare
from paceline.settings import read_settings
from paceline.store.database import sql
from paceline.store.queue import campaigns
from surroundings.serving import wait_until

QUICK = {**SHORT_LEASE, "PACELINE_LEADERSHIP_SECONDS": "1.5", "PACELINE_BACKOFF_LONGEST": "0.5"}
"""Settings with which what is dead is noticed soon."""


def queue_campaign(arena: Arena) -> None:
    """Create the arena's campaign, started and with its whole audience in the queue; nobody sends it yet."""
    with closing(open_context(read_settings(arena.environment()))) as context:
        prepared = prepare(context, read_campaign_file(arena.file, arena.environment()))
        assert prepared.audience is not None
        launch = FileLaunch(
            database=context.queue,
            campaign_id=prepared.campaign_id,
            audience=prepared.audience,
            refused_path=arena.folder / "refused.csv",
            now=context.clock.now,
            on_part=lambda: None,
        )
        launch.run()
        prepared.audience.close()


def status_of(arena: Arena) -> str:
    with arena.database.read() as connection:
        found = campaigns.find(connection, KEY, workspace_id=1)
    assert found is not None
    return str(found.status)


def until_completed(arena: Arena, *, within: float = 120) -> None:
    wait_until(lambda: status_of(arena) == "completed", within=within)


def until_sent(arena: Arena, copies: int, *, within: float = 60) -> None:
    """Wait until the judge has taken so many, or the campaign is over."""
    wait_until(lambda: arena.copies_so_far() >= copies or status_of(arena) == "completed", within=within)


def note_kill(arena: Arena, what: str) -> None:
    """Keep what the rules ask about a kill: the connections that were open, and what the database said."""
    arena.kills.append(Kill(step=what, open_connections=arena.open_connections(), sample=arena.sample()))


def held(arena: Arena) -> int:
    """Accounts and messages in the hands of a sender, and senders that have not signed off."""
    with arena.database.read() as connection:
        return int(
            connection.execute(
                sql(
                    "SELECT (SELECT COUNT(*) FROM accounts WHERE sender_id IS NOT NULL OR open_intents <> 0) "
                    "+ (SELECT COUNT(*) FROM messages WHERE state IN (1, 2)) "
                    "+ (SELECT COUNT(*) FROM senders WHERE ended_at IS NULL)"
                )
            ).scalar_one()
        )
