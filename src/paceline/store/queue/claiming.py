"""Claims: which messages of a campaign an account gets now, by the campaign's pace and window and the layers' limits."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection

from paceline.domain.account_choice import AccountChoice
from paceline.domain.campaign_pacing import CampaignPacing, pacing_of
from paceline.domain.errors import PacelineError
from paceline.domain.mail_provider import domain_of
from paceline.domain.message import MessageState
from paceline.domain.pacing import CLAIM_AHEAD_SECONDS, begin_at, interval_seconds, slot
from paceline.domain.reply_rule import RuleScope
from paceline.domain.restraint import lowered_rate, suspended_domains
from paceline.domain.sending_window import SendingWindow
from paceline.store.database import Database, rows_json
from paceline.store.migrations import QUEUE
from paceline.store.queue import restraints
from paceline.store.queue.dealing import Dealer, Rows
from paceline.store.queue.layer_book import LayerBook, LayeredClaim, OpenLayer, write_back
from paceline.store.queue.mail_operators import MailOperators
from paceline.store.queue.tally import Tally

_NEVER_SECONDS = 86_400.0
_MOST_PUT_OFF = 1000
_NEXT_LOOK = 250


class SchemaChanged(PacelineError):
    """The schema was migrated under a running sender: it stops claiming."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The wish for up to ``limit`` messages of one campaign for one leased account."""

    account_id: int
    lease: int
    campaign_id: int
    limit: int


class ClaimedMessage(NamedTuple):
    """A message in the hands of a worker. ``begin_at`` is its slot in the campaign's pace, 0 where there is none.

    A tuple, because one is made for every message.
    """

    id: int
    campaign_id: int
    address: str
    fields: str
    attempt: int
    lease: int
    begin_at: float
    suppressed: bool
    closes_at: float = math.inf
    """When its sending window closes: it must not begin from then on."""


class Claimed(list[ClaimedMessage]):
    """What a claim got. ``more``: some messages had to be put off, and behind them there may be others to claim.

    ``next_at``: the campaign's pace gives nobody another one before this moment.
    """

    more: bool = False
    next_at: float = 0.0


class _Terms(NamedTuple):
    """On what terms an account may claim from a campaign now."""

    interval: float
    next_at: float
    slot_at: float
    """From when on the campaign's pace lets the next message be claimed."""
    pacing: CampaignPacing
    layered: LayeredClaim | None
    suspended_domains: Mapping[str, float]
    """Until when the recipients of a domain get nothing."""
    values: dict[str, Any]

    @property
    def window(self) -> SendingWindow | None:
        return self.pacing.window

    @property
    def sorts_recipients(self) -> bool:
        """Whether some recipients may have to wait although others need not."""
        by_recipient = self.window is not None and self.window.by_recipient
        in_layers = self.layered is not None and self.layered.sorts_recipients
        return by_recipient or in_layers or bool(self.suspended_domains)


class Claims:
    """The claims of one sender process."""

    def __init__(self, database: Database, statements: dict[str, Any], operators: MailOperators) -> None:
        self._database = database
        self._sql = statements
        self._fresh_after: dict[int, int] = {}
        self._book = LayerBook(database)
        self._operators = operators
        self._dealer = Dealer(database, statements)
        self.in_layers = False
        """Whether any message was claimed that counts in a layer."""

    def forget(self) -> None:
        """A transaction has failed: what was read in it may not be true."""
        self._book.forget()

    def claim_all(self, connection: Connection, claims: Sequence[Claim], tally: Tally, *, now: float) -> list[Claimed]:
        """Make the claims of one transaction, in their order."""
        opened: dict[int, list[OpenLayer]] = {}
        claimed = [self._claim(connection, claim, tally, opened, now) for claim in claims]
        for layers in opened.values():
            write_back(connection, layers, tally, now)
        return claimed

    def _claim(
        self, connection: Connection, claim: Claim, tally: Tally, opened: dict[int, list[OpenLayer]], now: float
    ) -> Claimed:
        terms = self._terms(connection, claim, tally, opened, now)
        if terms is None:
            return Claimed()
        if terms.slot_at > now:
            return _nothing_before(terms.slot_at)
        limit = claim.limit
        if terms.interval:
            limit = min(limit, max(1, int(CLAIM_AHEAD_SECONDS / terms.interval)))
        if terms.layered is not None:
            limit = terms.layered.room(limit)
        if limit <= 0:
            return Claimed()
        find = self._finder(connection, terms, tally, now)
        if terms.sorts_recipients:
            rows, more = self._pick(connection, terms, limit, find, now)
        else:
            rows, more = find(limit), False
        claimed = self._take_over(connection, claim, rows, terms, tally, now) if rows else Claimed()
        claimed.more = more
        return claimed

    def _terms(
        self, connection: Connection, claim: Claim, tally: Tally, opened: dict[int, list[OpenLayer]], now: float
    ) -> _Terms | None:
        """None when nothing may be claimed now, whatever there is."""
        values = {"campaign": claim.campaign_id, "account": claim.account_id, "lease": claim.lease, "now": now}
        found = self._database.fetch(connection, self._sql["claimable"], values)
        if not found:
            return None
        rate_per_minute, next_at, version, pacing_text, workspace_id, host, has_layers, is_restrained = found[0]
        if version != QUEUE.version:
            raise SchemaChanged(f"the schema is now {version}, this sender knows {QUEUE.version}")
        pacing = pacing_of(pacing_text)
        window = pacing.window
        if window is not None and not window.by_recipient and window.opens_at(now) != now:
            return None
        held_back = restraints.active(connection, workspace_id=workspace_id, now=now) if is_restrained else []
        interval = interval_seconds(rate_per_minute)
        if held_back:
            lowered = lowered_rate(held_back, RuleScope.CAMPAIGN, str(claim.campaign_id))
            interval = max(interval, interval_seconds(lowered or 0.0))
        slot_at = next_at - CLAIM_AHEAD_SECONDS if interval else 0.0
        layered = None
        if has_layers and slot_at <= now:
            if workspace_id not in opened:
                tally.write_layers(connection, self._database, now=now)
                opened[workspace_id] = self._book.open(connection, workspace_id, now)
            of_claim = {"host": host, "campaign_id": claim.campaign_id, "now": now}
            layered = LayeredClaim(opened[workspace_id], self._operators, **of_claim)
        return _Terms(
            interval=interval,
            next_at=next_at,
            slot_at=slot_at,
            pacing=pacing,
            layered=layered,
            suspended_domains=suspended_domains(held_back),
            values=values,
        )

    def _finder(self, connection: Connection, terms: _Terms, tally: Tally, now: float) -> Callable[[int], Rows]:
        """What gives the next messages for the account: any, or those that the campaign's choice deals to it."""
        campaign_id, choice = terms.values["campaign"], terms.pacing.account_choice

        def any_account(limit: int) -> Rows:
            return self._take(connection, campaign_id, limit, now)

        def by_choice(limit: int) -> Rows:
            return self._dealer.take(connection, terms.values, choice, tally, limit, find=any_account, now=now)

        return any_account if choice is AccountChoice.FREE else by_choice

    def _pick(
        self, connection: Connection, terms: _Terms, limit: int, find: Callable[[int], Rows], now: float
    ) -> tuple[list[tuple[Any, ...]], bool]:
        """Up to ``limit`` messages whose recipients may have one now; those who may not are put off on the way.

        And whether behind those there may be more.
        """
        picked: dict[int, tuple[Any, ...]] = {}
        put_off = 0
        while len(picked) < limit and put_off < _MOST_PUT_OFF:
            wanted = limit if not put_off else max(limit, _NEXT_LOOK)  # those that were picked are found again
            rows = find(wanted)
            later = []
            for row in rows:
                if row[0] in picked or len(picked) == limit:
                    continue
                moment = _moment(terms, row, now)
                if moment > now:
                    later.append([row[0], moment])
                else:
                    picked[row[0]] = row
            if not later:
                break
            self._database.run(connection, self._sql["put_off"], {"rows": rows_json(later)})
            put_off += len(later)
        return list(picked.values()), bool(put_off)

    def _take_over(
        self,
        connection: Connection,
        claim: Claim,
        rows: Sequence[tuple[Any, ...]],
        terms: _Terms,
        tally: Tally,
        now: float,
    ) -> Claimed:
        """The messages of these rows are the account's from here on, and count in their layers."""
        database, interval, window = self._database, terms.interval, terms.window
        database.run(connection, self._sql["claim"], {**terms.values, "rows": rows_json([row[0]] for row in rows)})
        for state, count in Counter([row[4] for row in rows]).items():
            tally.moved(claim.campaign_id, MessageState(state), MessageState.CLAIMED, count)
        if terms.layered is not None:
            self._count_in_layers(connection, rows, terms.layered)
        keys = [row[1].casefold() for row in rows]
        asked = {**terms.values, "rows": rows_json([key] for key in keys)}
        suppressed = {key for (key,) in database.fetch(connection, self._sql["suppressed"], asked)}
        first = slot(terms.next_at, now, interval) if interval else 0.0
        if interval:
            database.run(connection, self._sql["pace"], {**terms.values, "next_at": first + len(rows) * interval})
        claimed = Claimed(
            ClaimedMessage(
                id=message_id,
                campaign_id=claim.campaign_id,
                address=address,
                fields=fields,
                attempt=attempt,
                lease=claim.lease,
                begin_at=begin_at(first + place * interval, interval, random.random()) if interval else 0.0,
                suppressed=not address or (bool(suppressed) and keys[place] in suppressed),
                closes_at=math.inf if window is None else _closing(window, fields, now),
            )
            for place, (message_id, address, fields, attempt, _) in enumerate(rows)
        )
        claimed.next_at = first + len(rows) * interval - CLAIM_AHEAD_SECONDS if interval else 0.0
        return claimed

    def _count_in_layers(self, connection: Connection, rows: Sequence[tuple[Any, ...]], layered: LayeredClaim) -> None:
        layered.take(len(rows))
        named = [(row[0], layered.layers_of(row[1])) for row in rows]
        counted = [[message_id, json.dumps(layers)] for message_id, layers in named if layers]
        if counted:
            self.in_layers = True
            self._database.run(connection, self._sql["claim_in_layers"], {"rows": rows_json(counted)})

    def _take(self, connection: Connection, campaign_id: int, limit: int, now: float) -> list[tuple[Any, ...]]:
        """What is due again first, then fresh messages in the order of the audience."""
        values = {"campaign": campaign_id, "now": now, "limit": limit}
        rows = self._database.fetch(connection, self._sql["due"], values)
        if len(rows) < limit:
            rows += self._take_fresh(connection, campaign_id, limit - len(rows))
        return rows

    def _take_fresh(self, connection: Connection, campaign_id: int, limit: int) -> list[tuple[Any, ...]]:
        after = self._fresh_after.get(campaign_id, 0)
        values = {"campaign": campaign_id, "after": after, "limit": limit}
        rows = self._database.fetch(connection, self._sql["fresh"], values)
        if not rows and after:
            rows = self._database.fetch(connection, self._sql["fresh"], {**values, "after": 0})
        if rows and self._database.remembers_fresh:
            self._fresh_after[campaign_id] = rows[-1][0]
        return rows


def _nothing_before(moment: float) -> Claimed:
    nothing = Claimed()
    nothing.next_at = moment
    return nothing


def _moment(terms: _Terms, row: tuple[Any, ...], now: float) -> float:
    """When a message's recipient may get it; from now on it counts in his layers when that is now."""
    if terms.window is not None and terms.window.by_recipient:
        opens = terms.window.opens_at(now, _zone(terms.window, row[2]))
        if opens != now:
            return now + _NEVER_SECONDS if opens is None else opens  # one that never opens is looked at again
    if terms.suspended_domains and (until := terms.suspended_domains.get(domain_of(row[1]))) is not None:
        return until
    return now if terms.layered is None else terms.layered.moment(row[1])


def _closing(window: SendingWindow, fields: str, now: float) -> float:
    return window.closes_at(now, _zone(window, fields) if window.by_recipient else None)


def _zone(window: SendingWindow, fields: str) -> ZoneInfo:
    try:
        return window.zone_of(orjson.loads(fields))
    except (AttributeError, ValueError):  # damaged fields are a matter of rendering
        return window.timezone
