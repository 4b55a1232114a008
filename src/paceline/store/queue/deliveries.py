"""The hot path: reports, intents and claims of one sender, settled together in one transaction.

Locks are taken in the order accounts, messages by id, counters. Everything may be repeated after a commit whose end is
unknown: what has happened already is found in its new state and changes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection

from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import PacelineError
from paceline.domain.message import MessageState, Report, ReportKind, Settlement, Standing, settle
from paceline.domain.reputation import Sign
from paceline.domain.retry_policy import RetryPolicy
from paceline.store.database import Database, rows_json
from paceline.store.queue import health
from paceline.store.queue.claiming import Claim, Claimed, ClaimedMessage, Claims
from paceline.store.queue.delivery_statements import delivery_statements
from paceline.store.queue.health import NewSign
from paceline.store.queue.mail_operators import MailOperators
from paceline.store.queue.tally import Tally


class StoreWentBack(PacelineError):
    """The database has lost commits (failover, restore): nothing may be handed over until a person has looked."""


class _NotPlain(Exception):
    """Not every acceptance met its open intent: each report has to be looked at."""


class Intent(NamedTuple):
    """The wish to hand one claimed message over. A tuple, because one is made for every message."""

    message_id: int
    campaign_id: int
    account_id: int
    lease: int
    revision: int
    suppression_key: str


@dataclass(slots=True, kw_only=True)
class Batch:
    """What one sender wants settled together."""

    reports: list[Report] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    releases: list[ClaimedMessage] = field(default_factory=list)
    paces: dict[int, float] = field(default_factory=dict)
    """Account id -> its next grid point."""

    @property
    def size(self) -> int:
        """How many things it holds."""
        return len(self.reports) + len(self.intents) + len(self.claims) + len(self.releases)

    def __bool__(self) -> bool:
        return bool(self.reports or self.intents or self.claims or self.releases)


class Exchanged(NamedTuple):
    """The answer to a batch: which messages may be handed over, and what each claim got."""

    granted: frozenset[int]
    claimed: list[Claimed]


class Deliveries:
    """The hot path of one sender process on one database."""

    def __init__(
        self, database: Database, *, sender_id: int, slot: int, operators: MailOperators | None = None
    ) -> None:
        """``operators`` is what the sender knows of mail servers; None: nothing, and nobody finds out."""
        self._database = database
        self._sender_id = sender_id
        self._slot = slot
        self._commits = 0
        self._sql = delivery_statements(database)
        self._claims = Claims(database, self._sql, operators or MailOperators(asks=False))

    def exchange(self, batch: Batch, now: float, on_commit: Callable[[], object] = lambda: None) -> Exchanged:
        """Settle a batch in one transaction.

        ``on_commit`` is called when nothing is left to do but to wait for the commit. Raises StoreUnavailable when it may
        or may not have happened, StoreWentBack when commits are missing.
        """
        try:
            return self._exchange_as_usual(batch, now, on_commit)
        except BaseException:
            self._claims.forget()
            raise

    def _exchange_as_usual(self, batch: Batch, now: float, on_commit: Callable[[], object]) -> Exchanged:
        try:
            return self._exchange(batch, now, on_commit, plain=True)
        except _NotPlain:
            return self._exchange(batch, now, on_commit, plain=False)

    def _exchange(self, batch: Batch, now: float, on_commit: Callable[[], object], *, plain: bool) -> Exchanged:
        commits = 0
        with self._database.write() as connection:
            tally = Tally()
            self._lock_accounts(connection, batch)
            self._settle(connection, batch.reports, tally, now, plain=plain)
            self._release(connection, batch.releases, tally, now)
            granted = self._intend(connection, batch.intents, tally, now)
            claimed = self._claims.claim_all(connection, batch.claims, tally, now=now)
            tally.write(connection, self._database, slot=self._slot, now=now, paces=batch.paces)
            if batch.reports or batch.releases or granted or any(claimed):
                commits = self._count_commit(connection)
            on_commit()
        if commits:
            self._commits = commits
            self._database.remember_commits(commits)
        return Exchanged(granted=granted, claimed=claimed)

    def rescue(self, account_id: int, sender_id: int, now: float) -> int:
        """Take an account from a sender that is dead, or that gives it back: what it holds is sorted out.

        Claims return free of charge, open intents are uncertain. Returns how many messages became uncertain. A second
        call, or one for an account that has moved on, does nothing.
        """
        with self._database.write() as connection:
            values = {"account": account_id, "sender": sender_id}
            lease = connection.execute(self._sql["raise_fence"], values).scalar_one_or_none()
            if lease is None:
                return 0
            tally = Tally()
            held = list(connection.execute(self._sql["held"], {"account": account_id, "lease": lease}))
            lost = [_lost_report(row, account_id, now) for row in held if row.state == MessageState.INTENDED]
            self._settle(connection, lost, tally, now, plain=False)
            claimed = [row for row in held if row.state == MessageState.CLAIMED]
            self._release(connection, claimed, tally, now)
            tally.write(connection, self._database, slot=self._slot, now=now)
        return len(lost)

    def accept(self, connection: Connection, reports: Sequence[Report], now: float) -> None:
        """Within the caller's transaction: messages that something else than their answer has shown to be accepted.

        Told twice, or beside the answer itself, it changes nothing.
        """
        tally = Tally()
        self._lock_accounts(connection, Batch(reports=list(reports)))
        self._settle_by_rule(connection, reports, tally, now)
        tally.write(connection, self._database, slot=self._slot, now=now)

    def _count_commit(self, connection: Connection) -> int:
        commits = self._database.count_commit(connection, self._sender_id)
        if commits <= self._commits:
            lost, self._commits = self._commits - commits + 1, 0  # what is reported from now on may still be kept
            raise StoreWentBack(f"{self._database.name} has forgotten {lost} transactions of this sender")
        return commits

    def _lock_accounts(self, connection: Connection, batch: Batch) -> None:
        if not self._database.lock_rows:
            return
        ids = {report.account_id for report in batch.reports}
        ids |= {intent.account_id for intent in batch.intents} | {claim.account_id for claim in batch.claims}
        connection.execute(self._sql["lock_accounts"], {"rows": rows_json([i] for i in sorted(ids))}).all()

    def _settle(
        self, connection: Connection, reports: Sequence[Report], tally: Tally, now: float, *, plain: bool
    ) -> None:
        """Move the reported messages as domain/message.py says, and keep each report as an event.

        Nearly all are acceptances of open intents: for these (``plain``) the rule stands in the statement itself.
        Raises _NotPlain when one of them was not; the transaction is of no use then.
        """
        accepted = [r for r in reports if r.kind is ReportKind.ACCEPTED and r.intended] if plain else []
        if accepted:
            self._accept(connection, accepted, tally)
        rest = [r for r in reports if r.kind is not ReportKind.ACCEPTED or not r.intended] if plain else reports
        if rest:
            self._settle_by_rule(connection, rest, tally, now)

    def _accept(self, connection: Connection, reports: Sequence[Report], tally: Tally) -> None:
        rows = {"rows": rows_json([[r.message_id, r.attempt, r.reply, r.at] for r in reports])}
        if self._claims.in_layers:
            for (layers,) in self._database.fetch(connection, self._sql["layers_of"], rows):
                tally.let_go(layers, charged=True)
        if self._database.run(connection, self._sql["accept"], rows) != len(reports):
            raise _NotPlain
        self._database.run(connection, self._sql["accepted_events"], rows)
        tally.accepted(reports)

    def _settle_by_rule(self, connection: Connection, reports: Sequence[Report], tally: Tally, now: float) -> None:
        standings = {
            row.id: row
            for row in connection.execute(self._sql["standings"], {"rows": rows_json([r.message_id] for r in reports)})
        }
        moved: list[list[Any]] = []
        for report in reports:
            row = standings.get(report.message_id)
            move = settle(report, _standing(row), jitter=random.random()) if row is not None else None
            if row is None or move is None:
                continue
            moved.append(_moved_row(report, row, move))
            tally.settled(report, row, move)
        if moved:
            connection.execute(self._sql["settle"], {"rows": rows_json(moved)})
        self._suppress_hard_bounces(connection, reports, standings)
        self._note_refusals(connection, reports, standings, now)
        events = (
            [r.message_id, r.attempt, r.kind, standings[r.message_id].campaign_id, r.account_id, r.at, r.reply]
            for r in reports
            if r.message_id in standings
        )
        connection.execute(self._sql["events"], {"rows": rows_json(events)})

    def _suppress_hard_bounces(
        self, connection: Connection, reports: Sequence[Report], standings: dict[int, Any]
    ) -> None:
        rows = [
            [row.workspace_id, row.channel, row.address.casefold(), report.reply, report.at]
            for report in reports
            if report.hard_bounce and (row := standings.get(report.message_id)) is not None
        ]
        if rows:
            connection.execute(self._sql["suppress"], {"rows": rows_json(rows)})

    def _note_refusals(
        self, connection: Connection, reports: Sequence[Report], standings: dict[int, Any], now: float
    ) -> None:
        """Hard bounces and refusals as spam are signs that engine/reputation_watch.py looks at."""
        signs = [
            NewSign(
                message_id=report.message_id,
                sign=Sign.HARD_BOUNCE if report.hard_bounce else Sign.SPAM_REFUSAL,
                refused_by=report.account_id,
                refused_at=report.at,
            )
            for report in reports
            if (report.hard_bounce or report.spam) and report.message_id in standings
        ]
        if signs:
            health.note(connection, self._database, signs, now=now)

    def _release(self, connection: Connection, messages: Sequence[Any], tally: Tally, now: float) -> None:
        """Give back what was claimed and never begun: free of charge, first in line again."""
        if not messages:
            return
        rows = rows_json([m.id, m.lease] for m in messages)
        for row in connection.execute(self._sql["release"], {"rows": rows, "now": now}):
            tally.moved(row.campaign_id, MessageState.CLAIMED, MessageState(row.state))
            tally.let_go(row.layers, charged=False)

    def _intend(self, connection: Connection, intents: Sequence[Intent], tally: Tally, now: float) -> frozenset[int]:
        if not intents:
            return frozenset()
        rows = rows_json([[i.message_id, i.lease, i.revision, i.suppression_key] for i in intents])
        values = {"rows": rows, "now": now}
        if self._database.run(connection, self._sql["intend"], values) == len(intents):
            granted = frozenset([intent.message_id for intent in intents])
        else:
            granted = frozenset([i for (i,) in self._database.fetch(connection, self._sql["intended"], values)])
        tally.opened([i.account_id for i in intents if i.message_id in granted])
        return granted


def _lost_report(row: Any, account_id: int, now: float) -> Report:
    return Report(
        message_id=row.id,
        campaign_id=row.campaign_id,
        account_id=account_id,
        lease=row.lease,
        attempt=row.attempt,
        intended=True,
        kind=ReportKind.UNCERTAIN,
        reply="the sender died after handing the message over and before the answer came",
        at=now,
    )


def _standing(row: Any) -> Standing:
    return Standing(
        state=MessageState(row.state),
        attempt=row.attempt,
        lease=row.lease,
        charged=row.charged,
        returns=row.returns,
        first_intent_at=row.first_intent_at,
        campaign_status=CampaignStatus(row.status),
        policy=RetryPolicy(max_attempts=row.max_attempts, retry_delay_seconds=row.retry_delay_seconds),
    )


def _moved_row(report: Report, row: Any, move: Settlement) -> list[Any]:
    attempt = row.attempt if report.kind is ReportKind.SKIPPED else max(row.attempt, report.attempt)
    return [
        report.message_id,
        row.state,
        move.state,
        move.due_at,
        move.charged,
        move.returns,
        move.reply,
        attempt,
        report.at,
        report.account_id,
    ]
