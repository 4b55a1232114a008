"""Dealing: where a campaign chooses its accounts, each message is dealt to one of them when somebody first comes to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from paceline.domain.account_choice import LEAST_DEALT, AccountChoice, Candidate, deal
from paceline.domain.allowance import Allowance
from paceline.domain.mail_provider import provider_of_host
from paceline.domain.message import MessageState
from paceline.store.database import Database, rows_json, sql
from paceline.store.queue.account_rows import limits_of
from paceline.store.queue.accounts import usage
from paceline.store.queue.piles import ON_A_PILE
from paceline.store.queue.tally import Tally

_MOST_DEALT = 1000

Rows = list[tuple[Any, ...]]


class Dealer:
    """Finds the messages of one account, dealing out what nobody has looked at."""

    def __init__(self, database: Database, statements: dict[str, Any]) -> None:
        self._database = database
        self._sql = statements

    def take(
        self,
        connection: Connection,
        values: dict[str, Any],
        choice: AccountChoice,
        tally: Tally,
        wanted: int,
        *,
        find: Callable[[int], Rows],
        now: float,
    ) -> Rows:
        """Up to ``wanted`` messages of the account's pile, or dealt to it now; ``find`` gives those that are on none."""
        limits = {**values, "limit": wanted, "pile": ON_A_PILE}
        own = self._database.fetch(connection, self._sql["pile"], limits)
        if len(own) >= wanted:
            return own
        candidates = self._candidates(connection, values["campaign"], choice, now)
        if not candidates:
            return own
        found = find(min(max(wanted - len(own), LEAST_DEALT) * len(candidates), _MOST_DEALT))
        targets = self._targets(connection, candidates, choice, found)
        mine = [row for row, target in zip(found, targets, strict=True) if target == values["account"]]
        room = wanted - len(own)
        kept = {row[0] for row in mine[:room]}
        piled = [(row, target) for row, target in zip(found, targets, strict=True) if row[0] not in kept]
        if piled:
            rows = rows_json([row[0], target] for row, target in piled)
            self._database.run(connection, self._sql["deal"], {"rows": rows, "pile": ON_A_PILE})
        for row, _ in piled:
            if row[4] == MessageState.DEFERRED:
                tally.moved(values["campaign"], MessageState.DEFERRED, MessageState.QUEUED)
        return own + mine[:room]

    def _targets(
        self, connection: Connection, candidates: Sequence[Candidate], choice: AccountChoice, rows: Rows
    ) -> list[int]:
        """Whom each message goes to: whom it was dealt to before, if that account is there, or a choice now."""
        there = {one.account_id for one in candidates}
        ids = {"rows": rows_json([row[0]] for row in rows)}
        before = {row[0]: row[1] for row in self._database.fetch(connection, self._sql["dealt_to"], ids)}
        fresh = [row for row in rows if before.get(row[0]) not in there]
        dealt = dict(zip([row[0] for row in fresh], deal(choice, candidates, [row[1] for row in fresh]), strict=True))
        return [dealt[row[0]] if row[0] in dealt else before[row[0]] for row in rows]

    def _candidates(
        self, connection: Connection, campaign_id: int, choice: AccountChoice, now: float
    ) -> list[Candidate]:
        """The accounts that may get messages: those that can send now, for sticky recipients also those that rest."""
        piles = {
            row.dealt_to: int(row.number)
            for row in connection.execute(
                sql(
                    "SELECT dealt_to, SUM(number) AS number FROM ("
                    "SELECT dealt_to, COUNT(*) AS number FROM messages WHERE campaign_id = :campaign AND state = 0 "
                    "AND dealt_to IS NOT NULL GROUP BY dealt_to UNION ALL "
                    "SELECT account_id, COUNT(*) FROM messages WHERE campaign_id = :campaign AND state BETWEEN 1 AND 2 "
                    "AND account_id IN (SELECT account_id FROM campaign_accounts WHERE campaign_id = :campaign) "
                    "GROUP BY account_id) AS mine GROUP BY dealt_to"
                ),
                {"campaign": campaign_id},
            )
        }
        resting = "" if choice is AccountChoice.STICKY else "AND (a.until_at IS NULL OR a.until_at <= :now) "
        rows = connection.execute(
            sql(
                "SELECT a.*, ca.sent FROM campaign_accounts ca JOIN accounts a ON a.id = ca.account_id "
                "WHERE ca.campaign_id = :campaign AND ca.active = 1 AND a.lent_to IS NULL "
                f"AND a.state NOT IN ('broken', 'disabled') {resting}ORDER BY ca.position"
            ),
            {"campaign": campaign_id, "now": now},
        )
        return [self._candidate(connection, row, piles.get(row.id, 0), choice, now) for row in rows.all()]

    def _candidate(self, connection: Connection, row: Any, pile: int, choice: AccountChoice, now: float) -> Candidate:
        remaining = None
        if choice is AccountChoice.REMAINING:
            allowance = Allowance(limits_of(row), usage(connection, row.id, now=now), row.open_intents, now)
            left = allowance.remaining(now)
            remaining = None if left is None else max(left - pile, 0)
        return Candidate(
            account_id=row.id,
            dealt=row.sent + pile,
            weight=row.weight,
            remaining=remaining,
            provider=provider_of_host(row.host),
        )
