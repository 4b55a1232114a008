"""Hears what providers answer and lets the reply rules act: counts in the database, for all senders together.

An answer that no rule matches costs a few scans of its text and no statement; an accepted message costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from paceline.domain.campaign import CampaignMove
from paceline.domain.errors import StoreUnavailable
from paceline.domain.mail_provider import domain_of
from paceline.domain.reply_rule import ReplyRule, RuleAction, RuleScope, Target
from paceline.domain.restraint import Restraint
from paceline.store.database import Database
from paceline.store.queue import accounts, campaigns, reply_rules, restraints
from paceline.store.queue.accounts import AccountStanding
from paceline.store.queue.claiming import ClaimedMessage
from paceline.store.queue.reply_rules import RuleRow

_log = logging.getLogger("paceline.engine")

_SLOWEST_PER_MINUTE = 1.0


@dataclass(slots=True)
class _Heard:
    """Answers that match one rule about one target, and are not counted yet."""

    steps: Counter[int] = field(default_factory=Counter)
    answer: str = ""
    campaigns: set[int] = field(default_factory=set)


class ReplyWatch:
    """The reply rules of all workspaces, as one sender knows them. ``hear`` is for the event loop, ``settle`` for a thread."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], float],
        *,
        in_store: Callable[[Callable[[], bool]], Awaitable[bool]],
        on_act: Callable[[], None],
    ) -> None:
        """``in_store`` runs ``settle`` in a thread until the store has it; ``on_act`` is called when a rule has acted."""
        self._database = database
        self._now = now
        self._in_store = in_store
        self._on_act = on_act
        self._rules: dict[int, list[RuleRow]] = {}
        self._heard: dict[tuple[int, Target], _Heard] = {}
        self._lock = threading.Lock()
        self._settling: asyncio.Task[None] | None = None

    def learn(self, rows: Sequence[RuleRow]) -> None:
        """These are the rules now."""
        self._rules = {}
        for row in rows:
            self._rules.setdefault(row.workspace_id, []).append(row)

    def hear(self, account: AccountStanding, answer: str, message: ClaimedMessage | None) -> None:
        """A provider did not accept a message; without one it has refused the connection."""
        for row in self._rules.get(account.workspace_id, ()):
            target = _target(row.rule, account, message)
            if target is None or not row.rule.matches(answer):
                continue
            with self._lock:
                heard = self._heard.setdefault((row.id, target), _Heard())
                heard.steps[row.rule.step_of(self._now())] += 1
                heard.answer = answer
                if message is not None:
                    heard.campaigns.add(message.campaign_id)
            if self._settling is None or self._settling.done():
                self._settling = asyncio.create_task(self._settle_all())

    async def settled(self) -> None:
        """Wait until everything that was heard is counted."""
        if self._settling is not None:
            await asyncio.wait((self._settling,))

    async def _settle_all(self) -> None:
        try:
            while self._heard:
                if await self._in_store(self.settle):
                    self._on_act()
        except StoreUnavailable as failure:  # the messages themselves are on record without it
            _log.warning("answers cannot be counted for the reply rules: %s", failure)

    def settle(self) -> bool:
        """Count what was heard, and act where it is enough; whether something is held back or paused now.

        When the store is unavailable, what is not counted is kept for the next call. What cannot be counted for another
        reason is left out.
        """
        acted = False
        while self._heard:
            with self._lock:
                key = next(iter(self._heard))
                heard = self._heard.pop(key)
            try:
                acted |= self._count(key[0], key[1], heard)
            except StoreUnavailable:
                with self._lock:
                    again = self._heard.setdefault(key, _Heard())
                    again.steps += heard.steps
                    again.answer = again.answer or heard.answer
                    again.campaigns |= heard.campaigns
                raise
            except Exception:
                _log.exception("answers about %s %s cannot be counted for reply rule %d", *key[1], key[0])
        return acted

    def _count(self, rule_id: int, target: Target, heard: _Heard) -> bool:
        """What was under way when the rule acted is answered while it holds: those answers are its own consequence.

        There may be many of them: they wait for no lock. Who waited for the lock asks again, since another may have acted.
        """
        now = self._now()
        with self._database.read() as connection:
            if restraints.is_active(connection, rule_id, target, now=now):
                return False
        with self._database.write() as connection:
            row = reply_rules.lock(connection, rule_id)
            if row is None or restraints.is_active(connection, rule_id, target, now=now):
                return False
            count = reply_rules.count(connection, row, str(target.name), heard.steps, now=now)
            if count < row.rule.after:
                return False
            reply_rules.forget_answers(connection, rule_id, target.name)
            _act(connection, row, target, row.rule.about(count, heard.answer), sorted(heard.campaigns), now)
            return True


def _target(rule: ReplyRule, account: AccountStanding, message: ClaimedMessage | None) -> Target | None:
    """What an answer counts for; None where the rule is about a message and there is none."""
    if rule.action is RuleAction.PAUSE and message is None:
        return None
    match rule.scope:
        case RuleScope.ACCOUNT:
            return Target(rule.scope, str(account.id))
        case RuleScope.SERVER:
            return Target(rule.scope, account.host)
        case RuleScope.DOMAIN:
            domain = "" if message is None else domain_of(message.address)
            return Target(rule.scope, domain) if domain else None
        case RuleScope.CAMPAIGN:
            return None if message is None else Target(rule.scope, str(message.campaign_id))


def _act(
    connection: Connection, row: RuleRow, target: Target, reason: str, campaign_ids: Sequence[int], now: float
) -> None:
    """A rule has had enough."""
    if row.rule.action is RuleAction.PAUSE:
        for campaign_id in campaign_ids:
            campaigns.move(connection, campaign_id, CampaignMove.ALARM, now=now, reason=reason)
        return
    until = now + row.rule.for_seconds

    def hold(scope: RuleScope, name: str, rate: float | None) -> None:
        restraint = Restraint(scope=scope, target=name, reason=reason, rate_per_minute=rate, until_at=until)
        restraints.keep(connection, row.id, restraint, workspace_id=row.workspace_id, now=now)

    concerned = _accounts(connection, row, target)
    if row.rule.action is RuleAction.SUSPEND:
        hold(target.scope, target.name, None)
        restraints.suspend_accounts(connection, concerned, reason=reason, until_at=until, now=now)
        if target.scope is RuleScope.CAMPAIGN:
            move = CampaignMove.EXHAUST
            campaigns.move(connection, int(target.name), move, now=now, reason=reason, resumes_at=until)
        return
    if target.scope is RuleScope.CAMPAIGN:
        hold(target.scope, target.name, _lowered(row.rule, _pace_of_campaign(connection, int(target.name), now)))
        return
    paces = restraints.pace_of(connection, concerned, now=now)
    for account_id, pace in paces.items():
        hold(RuleScope.ACCOUNT, str(account_id), _lowered(row.rule, pace))
    if target.scope is RuleScope.SERVER:
        hold(target.scope, target.name, _lowered(row.rule, sum(paces.values())))


def _accounts(connection: Connection, row: RuleRow, target: Target) -> list[int]:
    """The accounts that a target stands for."""
    if target.scope is RuleScope.ACCOUNT:
        return [int(target.name)]
    if target.scope is RuleScope.SERVER:
        standings = accounts.standings(connection, workspace_id=row.workspace_id)
        return [standing.id for standing in standings if standing.host == target.name]
    return []


def _pace_of_campaign(connection: Connection, campaign_id: int, now: float) -> float:
    """A campaign's messages a minute: its pace, or what its accounts have sent in the last minute."""
    rate = campaigns.get(connection, campaign_id).rate_per_minute
    standings = accounts.standings(connection, campaign_id=campaign_id)
    return rate or sum(restraints.pace_of(connection, [one.id for one in standings], now=now).values())


def _lowered(rule: ReplyRule, pace: float) -> float:
    return max(rule.share * pace, _SLOWEST_PER_MINUTE)
