"""Looks after reputation: warns of campaigns and accounts whose mail is complained about, bounces or is refused as spam, and
stops them when it is too much. The rule is in domain/reputation.py.

What was sent before a person let a campaign or an account go on is not held against it again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.domain.reputation import (
    BEGINNING,
    LAST_SECONDS,
    Anchor,
    Level,
    Thresholds,
    Verdict,
    advanced_by_messages,
    advanced_by_time,
    judge,
)
from paceline.store.database import Database
from paceline.store.queue import accounts, campaigns, health, notices
from paceline.store.queue.health import HealthRow, Subject

_LATE_COMMIT_SECONDS = 15.0
_ANCHORS_EVERY_SECONDS = 5.0
_WARN_AGAIN_SECONDS = 86400.0
_SENDING = (CampaignStatus.RUNNING, CampaignStatus.PAUSED_LIMITS)
_OFF = (AccountState.BROKEN, AccountState.DISABLED)


@dataclass(slots=True, kw_only=True)
class _Anchors:
    """From where on a campaign's messages are counted; kept in the database now and then."""

    by_messages: list[Anchor]
    by_time: list[Anchor]
    kept_at: float = 0.0

    @classmethod
    def read(cls, text: str) -> _Anchors:
        stored = json.loads(text) if text else {}
        found = {name: [(at, sent) for at, sent in stored.get(name, [BEGINNING])] for name in ("messages", "time")}
        return cls(by_messages=found["messages"], by_time=found["time"])

    @property
    def text(self) -> str:
        return json.dumps({"messages": self.by_messages, "time": self.by_time})

    def advance(self, now: float, sent: int) -> bool:
        """Go on with the time; whether anything changed."""
        before = (self.by_messages, self.by_time)
        self.by_messages = advanced_by_messages(self.by_messages, now, sent)
        self.by_time = advanced_by_time(self.by_time, now, sent)
        return before != (self.by_messages, self.by_time)


class ReputationWatch:
    """Looks again and again; a look costs two short reads while nothing is wrong. Several at once are harmless."""

    def __init__(self, database: Database, thresholds: Thresholds) -> None:
        self._database = database
        self._thresholds = thresholds
        self._seen_at = 0.0
        self._anchors: dict[int, _Anchors] = {}

    def look(self, now: float) -> None:
        """Judge what has new signs, and remember how far each campaign is. Raises StoreUnavailable."""
        with self._database.read() as connection:
            signed = health.newly_signed(connection, since=self._seen_at - _LATE_COMMIT_SECONDS)
            under_way = health.campaigns(connection, self._database, sorted(signed[Subject.CAMPAIGN]))
            at_work = health.accounts(connection, self._database, sorted(signed[Subject.ACCOUNT]))
        for row in under_way:
            self._look_at_campaign(row, has_signs=row.id in signed[Subject.CAMPAIGN], now=now)
        for row in at_work:
            self._look_at_account(row, now)
        self._seen_at = now
        self._forget_all_but(under_way)

    def _forget_all_but(self, rows: Sequence[HealthRow]) -> None:
        kept = {row.id for row in rows}
        self._anchors = {number: anchors for number, anchors in self._anchors.items() if number in kept}

    # Campaigns.

    def _look_at_campaign(self, row: HealthRow, *, has_signs: bool, now: float) -> None:
        if row.level is Level.PAUSED and row.state in _SENDING:
            anchor = (now, row.sent)
            self._anchors[row.id] = _Anchors(by_messages=[anchor], by_time=[anchor])
            self._save(Subject.CAMPAIGN, row, Verdict(level=Level.GOOD), since_at=now, now=now)
            return
        if row.level is Level.PAUSED:
            return
        anchors = self._anchors.setdefault(row.id, _Anchors.read(row.anchors))
        verdict = self._judge_campaign(row, anchors) if has_signs else None
        changed = anchors.advance(now, row.sent) and now >= anchors.kept_at + _ANCHORS_EVERY_SECONDS
        if verdict is not None and (verdict.level, verdict.evidence) != (row.level, row.evidence):
            self._tell_campaign(row, verdict, now)
        elif changed:
            self._save(Subject.CAMPAIGN, row, Verdict(level=row.level, evidence=row.evidence), now=now)

    def _judge_campaign(self, row: HealthRow, anchors: _Anchors) -> Verdict:
        with self._database.read() as connection:
            recent, longer = (
                health.sample(
                    connection,
                    Subject.CAMPAIGN,
                    row.id,
                    since=max(first[0], row.since_at),
                    accepted=row.sent - first[1],
                )
                for first in (anchors.by_messages[0], anchors.by_time[0])
            )
        return judge(recent, longer, self._thresholds)

    def _tell_campaign(self, row: HealthRow, verdict: Verdict, now: float) -> None:
        """Pause it where it is under way; one that has ended can only be told of."""
        if verdict.level is Level.PAUSED and row.state not in _SENDING:
            verdict = Verdict(level=Level.WARNED, evidence=verdict.evidence)
        warned = self._is_news(row, verdict, now)
        with self._database.write() as connection:
            if verdict.level is Level.PAUSED:
                campaigns.move(connection, row.id, CampaignMove.ALARM, now=now, reason=verdict.evidence)
            elif warned:
                notices.note_campaign_warning(connection, row.id, reason=verdict.evidence, now=now)
            self._keep(connection, Subject.CAMPAIGN, row, verdict, warned=warned, now=now)

    # Accounts.

    def _look_at_account(self, row: HealthRow, now: float) -> None:
        if row.state in _OFF:
            return
        if row.level is Level.PAUSED:
            self._save(Subject.ACCOUNT, row, Verdict(level=Level.GOOD), since_at=now, now=now)
            return
        verdict = self._judge_account(row, now)
        if (verdict.level, verdict.evidence) == (row.level, row.evidence):
            return
        warned = self._is_news(row, verdict, now)
        with self._database.write() as connection:
            if verdict.level is Level.PAUSED:
                accounts.condemn(connection, row.id, reason=verdict.evidence, now=now)
            elif warned:
                notices.note_account_warning(connection, row.id, reason=verdict.evidence, now=now)
            self._keep(connection, Subject.ACCOUNT, row, verdict, warned=warned, now=now)

    def _judge_account(self, row: HealthRow, now: float) -> Verdict:
        with self._database.read() as connection:
            days = max(row.since_at, now - LAST_SECONDS)
            last = health.start_of_last(connection, row.id, since=days)
            recent, longer = (
                health.sample(
                    connection,
                    Subject.ACCOUNT,
                    row.id,
                    since=since,
                    accepted=health.accepted_since(connection, row.id, since=since),
                )
                for since in (last, days)
            )
        return judge(recent, longer, self._thresholds)

    # Both.

    def _is_news(self, row: HealthRow, verdict: Verdict, now: float) -> bool:
        """Whether people are to be told of a warning: once, and again only after a day."""
        rises = verdict.level is Level.WARNED and row.level < Level.WARNED
        return rises and now >= row.warned_at + _WARN_AGAIN_SECONDS

    def _save(
        self, subject: Subject, row: HealthRow, verdict: Verdict, *, since_at: float | None = None, now: float
    ) -> None:
        with self._database.write() as connection:
            self._keep(connection, subject, row, verdict, since_at=since_at, now=now)

    def _keep(
        self,
        connection: Connection,
        subject: Subject,
        row: HealthRow,
        verdict: Verdict,
        *,
        since_at: float | None = None,
        warned: bool = False,
        now: float,
    ) -> None:
        anchors = self._anchors.get(row.id) if subject is Subject.CAMPAIGN else None
        if anchors is not None:
            anchors.kept_at = now
        health.save(
            connection,
            subject,
            row.id,
            level=verdict.level,
            evidence=verdict.evidence,
            since_at=row.since_at if since_at is None else since_at,
            anchors="" if anchors is None else anchors.text,
            warned_at=now if warned else row.warned_at,
            now=now,
        )
