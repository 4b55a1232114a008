"""What the WhatsApp numbers of a workspace have sent in 24 hours, all together: they share one limit.

Messages are counted, not different recipients: who gets two counts twice here and once at the provider.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.account import AccountState
from paceline.domain.allowance import BUCKET_SECONDS, bucket_of
from paceline.domain.portfolio import WINDOW_SECONDS
from paceline.store.database import sql
from paceline.store.queue import notices

_NUMBERS = "a.workspace_id = :workspace AND a.channel = 'whatsapp'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """The numbers of a workspace and their limit."""

    workspace_id: int
    limit: int
    ready: tuple[int, ...]
    """The accounts that may send now."""
    messages_per_second: float
    """All of them together."""


def limited(connection: Connection) -> list[Portfolio]:
    """The workspaces whose numbers have a limit, as far as something may be sent through them."""
    rows = connection.execute(
        sql(
            "SELECT a.workspace_id, MIN(n.messaging_limit) AS most FROM accounts a JOIN whatsapp_numbers n "
            "ON n.account_id = a.id WHERE a.channel = 'whatsapp' AND n.messaging_limit > 0 GROUP BY a.workspace_id"
        )
    ).all()
    found = []
    for row in rows:
        ready = connection.execute(
            sql(f"SELECT a.id, a.login FROM accounts a WHERE {_NUMBERS} AND a.state = 'ready' ORDER BY a.id"),
            {"workspace": row.workspace_id},
        ).all()
        found.append(
            Portfolio(
                workspace_id=row.workspace_id,
                limit=int(row.most),
                ready=tuple(account.id for account in ready),
                messages_per_second=sum(json.loads(account.login)["messages_per_second"] for account in ready),
            )
        )
    return found


def used(connection: Connection, *, workspace_id: int, now: float) -> int:
    """Messages of the last 24 hours, those under way among them."""
    open_intents = connection.execute(
        sql(f"SELECT COALESCE(SUM(a.open_intents), 0) FROM accounts a WHERE {_NUMBERS}"), {"workspace": workspace_id}
    ).scalar_one()
    return sum(count for _, count in buckets(connection, workspace_id=workspace_id, now=now)) + int(open_intents)


def buckets(connection: Connection, *, workspace_id: int, now: float) -> list[tuple[float, int]]:
    """Moments of the last 24 hours and how many messages were sent then."""
    rows = connection.execute(
        sql(
            f"SELECT u.bucket, SUM(u.count) AS number FROM usage u JOIN accounts a ON a.id = u.account_id WHERE {_NUMBERS} "
            "AND u.bucket >= :since GROUP BY u.bucket"
        ),
        {"workspace": workspace_id, "since": bucket_of(now - WINDOW_SECONDS)},
    )
    return [(row.bucket * BUCKET_SECONDS + BUCKET_SECONDS, int(row.number)) for row in rows]


def rest(connection: Connection, account_id: int, *, reason: str, until_at: float, now: float) -> None:
    """A number rests until others' messages no longer count; its worker leaves, intents are withheld at once."""
    notices.note_account(connection, account_id, state=AccountState.LIMITED, reason=reason, now=now)
    connection.execute(
        sql(
            "UPDATE accounts SET state = 'limited', reason = :reason, until_at = :until, revision = revision + 1 "
            "WHERE id = :id AND state = 'ready'"
        ),
        {"id": account_id, "reason": reason, "until": until_at},
    )
