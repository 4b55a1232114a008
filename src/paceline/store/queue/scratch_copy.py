"""A copy of a campaign, or of what a new one would find, in another queue: whatever is done there, the original stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table

from paceline.domain.allowance import LONGEST_WINDOW_SECONDS, bucket_of
from paceline.store.database import Database, sql
from paceline.store.queue.schema.accounts import accounts, servers, usage
from paceline.store.queue.schema.campaigns import campaign_accounts, campaign_counters, campaigns, messages
from paceline.store.queue.schema.facts import suppressions
from paceline.store.queue.schema.layers import layer_usage, layers, mail_operators
from paceline.store.queue.schema.reply_rules import reply_rules, restraints

_PART = 2000
_UNDER_WAY = "state BETWEEN 0 AND 3"
MOST_BESIDE = 100_000
"""How many messages of each other campaign come along."""


def copy_for(
    source: Database,
    target: Database,
    campaign_id: int | None,
    *,
    workspace_id: int,
    now: float,
    beside: Sequence[int] = (),
) -> None:
    """Fill an empty queue with the accounts of a workspace, what they have used, who is suppressed, and one campaign.

    ``beside`` are other campaigns that come along; of very large ones only the messages that are next. Nobody holds
    anything there: what senders have in their hands at this moment is queued, what has ended is only counted.
    """
    values = {"workspace": workspace_id, "first": bucket_of(now - LONGEST_WINDOW_SECONDS), "most": MOST_BESIDE}
    wanted = [(table, where, values) for table, where in _OF_A_WORKSPACE]
    own = [] if campaign_id is None else [(campaign_id, "")]
    for number, only in (*own, *((one, " ORDER BY id LIMIT :most") for one in beside)):
        of_it = {**values, "campaign": number}
        wanted += [(table, where, of_it) for table, where in _OF_A_CAMPAIGN]
        wanted.append((messages, f"campaign_id = :campaign AND {_UNDER_WAY}{only}", of_it))
    with source.read_much() as connection:
        for table, where, bound in wanted:
            for rows in _parts(connection, f"SELECT * FROM {table.name} WHERE {where}", bound):
                _insert(target, table, rows)
    target.execute("UPDATE accounts SET sender_id = NULL, open_intents = 0, connections = 0")
    target.execute("UPDATE layers SET held = 0")
    target.execute(
        "UPDATE messages SET state = 0, account_id = NULL, due_at = NULL, layers = NULL WHERE state IN (1, 2)"
    )
    target.execute("UPDATE campaign_counters SET queued = queued + sending, sending = 0")


# What is copied, in an order in which nothing names what is not there yet.
_OF_A_WORKSPACE: tuple[tuple[Table, str], ...] = (
    (accounts, "workspace_id = :workspace"),
    (servers, "workspace_id = :workspace"),
    (usage, "bucket >= :first AND account_id IN (SELECT id FROM accounts WHERE workspace_id = :workspace)"),
    (suppressions, "workspace_id = :workspace"),
    (reply_rules, "workspace_id = :workspace"),
    (restraints, "workspace_id = :workspace"),
    (mail_operators, "looked_up_at > 0"),
    (layers, "workspace_id = :workspace"),
    (layer_usage, "bucket >= :first AND layer_id IN (SELECT id FROM layers WHERE workspace_id = :workspace)"),
)
_OF_A_CAMPAIGN: tuple[tuple[Table, str], ...] = (
    (campaigns, "id = :campaign"),
    (campaign_accounts, "campaign_id = :campaign"),
    (campaign_counters, "campaign_id = :campaign"),
)


def _parts(connection: Connection, statement: str, values: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The rows of a statement, some at a time."""
    found = connection.execution_options(yield_per=_PART).execute(sql(statement), dict(values))
    for part in found.partitions(_PART):
        yield [dict(row._mapping) for row in part]


def _insert(target: Database, table: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    names = list(rows[0])
    words = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
    with target.write() as connection:
        connection.execute(sql(words), rows)
