"""Which campaigns have work, which wait and which are done: what senders and chores ask again and again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from paceline.store.database import sql


def running(connection: Connection) -> list[int]:
    """The ids of all campaigns that may send now or by themselves later."""
    return list(
        connection.execute(sql("SELECT id FROM campaigns WHERE status IN ('running', 'paused_limits')")).scalars()
    )


def with_work(connection: Connection, *, now: float) -> set[int]:
    """The running campaigns of which a claim would find a message now."""
    return set(connection.execute(WITH_WORK, {"now": now}).scalars())


# Three looks into three indexes for each campaign. PostgreSQL takes all campaigns for alike: where it counted for itself that
# one has nearly all messages, it would walk through the whole table for another one that has none left. BETWEEN means ``=``,
# and to it that a campaign has few of all messages; an order is one that no other index has.
_FRESH = "EXISTS (SELECT 1 FROM messages WHERE campaign_id BETWEEN c.id AND c.id AND state = 0 AND due_at IS NULL)"
_DUE = "(SELECT MIN(due_at) FROM messages WHERE campaign_id = c.id AND due_at IS NOT NULL) <= :now"
_DEALT = (
    "(SELECT MIN(dealt_to) FROM messages WHERE campaign_id = c.id AND state = 0 AND dealt_to IS NOT NULL) IS NOT NULL"
)

WITH_WORK = sql(f"SELECT c.id FROM campaigns c WHERE c.status = 'running' AND ({_FRESH} OR {_DUE} OR {_DEALT})")


def urgent(connection: Connection) -> set[int]:
    """The running campaigns whose messages somebody waits for."""
    return set(connection.execute(sql("SELECT id FROM campaigns WHERE status = 'running' AND priority > 0")).scalars())


def at_their_end(connection: Connection) -> list[int]:
    """Campaigns under way whose audience is launched and of which nothing is left to send."""
    statement = sql(
        "SELECT c.id FROM campaigns c WHERE c.status IN ('running', 'paused_limits') AND c.launched_at IS NOT NULL "
        "AND 0 = (SELECT COALESCE(SUM(queued + sending + deferred), 0) FROM campaign_counters WHERE campaign_id = c.id)"
    )
    return list(connection.execute(statement).scalars())


def at_rest_and_unfinished(connection: Connection) -> list[int]:
    """Campaigns that wait for a person and are done all the same, and stopped ones with something left to cancel."""
    left = "(SELECT COALESCE(SUM(queued + sending + deferred), 0) FROM campaign_counters WHERE campaign_id = c.id)"
    statement = sql(
        "SELECT c.id FROM campaigns c WHERE c.status IN ('paused', 'paused_health') AND c.launched_at IS NOT NULL "
        f"AND 0 = {left} UNION ALL SELECT c.id FROM campaigns c WHERE c.status = 'stopped' AND 0 < {left}"
    )
    return list(connection.execute(statement).scalars())


_AN_ACCOUNT = (
    "EXISTS (SELECT 1 FROM campaign_accounts ca JOIN accounts a ON a.id = ca.account_id "
    "WHERE ca.campaign_id = c.id AND ca.active = 1 AND {})"
)


_USABLE = _AN_ACCOUNT.format(
    "a.state NOT IN ('broken', 'disabled') AND (a.state <> 'limited' OR COALESCE(a.until_at, 0) <= :now)"
)


_LIMITED = _AN_ACCOUNT.format("a.state = 'limited'")


def without_usable_account(connection: Connection, *, now: float) -> list[int]:
    """Running campaigns that no account can send now."""
    statement = sql(f"SELECT c.id FROM campaigns c WHERE c.status = 'running' AND NOT {_USABLE}")
    return list(connection.execute(statement, {"now": now}).scalars())


def paused_in_error(connection: Connection, *, now: float) -> list[int]:
    """Campaigns that wait for allowance although an account has it, or although none will ever have it again."""
    statement = sql(f"SELECT c.id FROM campaigns c WHERE c.status = 'paused_limits' AND ({_USABLE} OR NOT {_LIMITED})")
    return list(connection.execute(statement, {"now": now}).scalars())


def maybe_blocked(connection: Connection, *, now: float) -> list[int]:
    """Running campaigns with windows of their own, and those of workspaces where a layer is full or a reply rule holds."""
    statement = sql(
        "SELECT id FROM campaigns WHERE status = 'running' AND (pacing IS NOT NULL "
        "OR workspace_id IN (SELECT workspace_id FROM layers WHERE until_at > :now) "
        "OR workspace_id IN (SELECT workspace_id FROM restraints WHERE until_at > :now))"
    )
    return list(connection.execute(statement, {"now": now}).scalars())


def next_resumption(connection: Connection, *, now: float) -> float | None:
    """When the next campaign that pauses for its limits or its window goes on."""
    statement = sql("SELECT MIN(resumes_at) FROM campaigns WHERE status = 'paused_limits' AND resumes_at > :now")
    at: float | None = connection.execute(statement, {"now": now}).scalar()
    return at


def weights(connection: Connection, campaign_ids: Sequence[int]) -> dict[int, float]:
    """Campaign id -> its share of accounts that others use too."""
    if len(campaign_ids) < 2:
        return dict.fromkeys(campaign_ids, 1.0)
    marks = ", ".join(str(int(number)) for number in campaign_ids)
    rows = connection.execute(sql(f"SELECT id, weight FROM campaigns WHERE id IN ({marks})"))
    return {row.id: row.weight for row in rows}


def not_ended(connection: Connection, *, limit: int) -> list[int]:
    """The ids of the newest campaigns that were started and have not ended, of every workspace."""
    statement = sql(
        "SELECT id FROM campaigns WHERE status IN ('running', 'paused', 'paused_limits', 'paused_health') "
        "ORDER BY id DESC LIMIT :limit"
    )
    return list(connection.execute(statement, {"limit": limit}).scalars())


def starting_by_themselves(connection: Connection) -> list[int]:
    """The ids of all campaigns that send now, or will without a person, of every workspace."""
    statement = sql("SELECT id FROM campaigns WHERE status IN ('running', 'paused_limits', 'scheduled') ORDER BY id")
    return list(connection.execute(statement).scalars())


def newest(connection: Connection, *, limit: int) -> list[tuple[int, str]]:
    """Ids and keys of the newest campaigns, of every workspace."""
    statement = sql("SELECT id, key FROM campaigns ORDER BY id DESC LIMIT :limit")
    return [(row.id, row.key) for row in connection.execute(statement, {"limit": limit})]


def has_work(connection: Connection, campaign_id: int, *, now: float) -> bool:
    """Whether a claim would find a message now."""
    fresh = "EXISTS (SELECT 1 FROM messages WHERE campaign_id = :id AND state = 0 AND due_at IS NULL)"
    due = "EXISTS (SELECT 1 FROM messages WHERE campaign_id = :id AND due_at <= :now)"
    statement = sql(f"SELECT CASE WHEN {fresh} THEN 1 WHEN {due} THEN 1 ELSE 0 END")
    return bool(connection.execute(statement, {"id": campaign_id, "now": now}).scalar_one())


def attended(connection: Connection, account_ids: Sequence[int], *, own: int | None) -> dict[int, list[int]]:
    """Account id -> the running campaigns that a sender may serve through it.

    Those are the sender's ``own`` campaign and every one for which another sender is alive: a campaign that somebody
    interrupted is not sent along by surprise. ``own`` None is everybody's sender and serves every running campaign.
    """
    rows = connection.execute(
        sql(
            "SELECT ca.account_id, ca.campaign_id FROM campaign_accounts ca "
            "JOIN campaigns c ON c.id = ca.campaign_id AND c.status = 'running' WHERE ca.active = 1 AND "
            "(CAST(:own AS bigint) IS NULL OR c.id = :own OR EXISTS "
            "(SELECT 1 FROM senders s WHERE s.ended_at IS NULL AND (s.campaign_id = c.id OR s.campaign_id IS NULL))) "
            "ORDER BY ca.account_id, ca.campaign_id"
        ),
        {"own": own},
    )
    wanted: dict[int, list[int]] = {account_id: [] for account_id in account_ids}
    for row in rows:
        if row.account_id in wanted:
            wanted[row.account_id].append(row.campaign_id)
    return wanted


def running_on(connection: Connection, channel: str) -> list[int]:
    """The running campaigns of a channel."""
    statement = sql("SELECT id FROM campaigns WHERE status = 'running' AND channel = :channel ORDER BY id")
    return list(connection.execute(statement, {"channel": channel}).scalars())
