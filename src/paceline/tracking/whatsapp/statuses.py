"""What became of messages: statuses in any order and number change what is known of each message in one direction.

A status of any kind shows that the provider has taken the message, so it settles what a lost answer left open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from paceline.channels.whatsapp.answers import HELD_BACK, ApiError
from paceline.channels.whatsapp.error_codes import ErrorRow, Verdict, in_words, row_of
from paceline.domain.campaign import CampaignMove
from paceline.domain.fact import Fact, FactKind
from paceline.domain.message import MessageState, Report, ReportKind
from paceline.domain.phone import calling_code
from paceline.domain.reference import message_of
from paceline.domain.whatsapp_health import Ending, alarm
from paceline.store.database import Database
from paceline.store.queue import (
    campaigns,
    facts,
    soft_bounces,
    suppressions,
    whatsapp_charges,
    whatsapp_media,
    whatsapp_messages,
    whatsapp_signals,
)
from paceline.store.queue.deliveries import Deliveries
from paceline.store.queue.whatsapp_charges import Price
from paceline.store.queue.whatsapp_messages import ToldMessage
from paceline.tracking.whatsapp.envelope import StatusUpdate

_KEY = "whatsapp"  # each kind of fact is told of a message once, however often it is told
_ARRIVED = ("delivered", "read", "played")
_TAKEN = (*_ARRIVED, "sent", "failed")
_UNDELIVERABLE, _TOO_MUCH_MARKETING, _MEDIA_NOT_LOADED = 131026, 131049, 131053
_BOUNCES_BEFORE_SUPPRESSION = 2
_BOUNCES_WITHIN_SECONDS = 30 * 86_400.0


@dataclass(slots=True)
class Told:
    """What a group of statuses has brought that was not known before."""

    arrived: list[ToldMessage] = field(default_factory=list)
    failed: list[tuple[ToldMessage, ApiError]] = field(default_factory=list)
    released: list[ToldMessage] = field(default_factory=list)
    """Those that the provider had held back and that have left it now."""


class Statuses:
    """Takes statuses for one installation; each call is part of the caller's transaction and may be repeated."""

    def __init__(self, database: Database, mark: str) -> None:
        """``mark`` is that of the installation's references."""
        self._database = database
        self._mark = mark
        self._deliveries = Deliveries(database, sender_id=0, slot=0)

    def take(self, connection: Connection, updates: Sequence[StatusUpdate], *, now: float) -> Told:
        """Record statuses and draw the consequences; those of others' messages are passed over."""
        told = self._ours(connection, [one for one in updates if one.status in _TAKEN])
        ids = [(one.wamid, message.id, one.recipient if message.address else "") for one, message in told if one.wamid]
        self._settle(connection, told, now)
        whatsapp_messages.remember(connection, self._database, ids, now=now)
        new = self._record(connection, told, now)
        self._charge(connection, told, new)
        self._suppress(connection, new, now)
        _forget_lost_media(connection, new)
        self.signal(connection, _endings(new), now)
        new.released = [message for update, message in told if update.status != "failed" and HELD_BACK in message.reply]
        return new

    def signal(self, connection: Connection, endings: Iterable[tuple[int, Ending]], now: float) -> None:
        """Take note of what became of messages of campaigns; too much bad news stops a campaign, with its evidence."""
        per_campaign: dict[int, list[str]] = defaultdict(list)
        for campaign_id, ending in endings:
            per_campaign[campaign_id].append(ending)
        for campaign_id, letters in sorted(per_campaign.items()):
            reason = alarm(whatsapp_signals.add(connection, self._database, campaign_id, "".join(letters)))
            if reason is not None:
                campaigns.move(connection, campaign_id, CampaignMove.ALARM, now=now, reason=reason)
                whatsapp_signals.forget(connection, campaign_id)

    def _ours(self, connection: Connection, updates: Sequence[StatusUpdate]) -> list[tuple[StatusUpdate, ToldMessage]]:
        """The updates that are about messages of ours, and of the number that tells."""
        ids = {place: message_of(self._mark, one.reference) for place, one in enumerate(updates)}
        without = [one.wamid for place, one in enumerate(updates) if ids[place] is None and one.wamid]
        by_wamid = whatsapp_messages.by_wamid(connection, self._database, without) if without else {}
        numbers = {place: ids[place] or by_wamid.get(one.wamid) for place, one in enumerate(updates)}
        known = whatsapp_messages.some(connection, self._database, filter(None, numbers.values()))
        found = []
        for place, one in enumerate(updates):
            message = known.get(numbers[place] or 0)
            if message is not None and message.phone_number_id in (None, one.phone_number_id):
                found.append((one, message))
        return found

    def _settle(self, connection: Connection, told: Sequence[tuple[StatusUpdate, ToldMessage]], now: float) -> None:
        """What was not known to be accepted is now."""
        reports = {
            message.id: Report(
                message_id=message.id,
                campaign_id=message.campaign_id,
                account_id=message.account_id,
                lease=message.lease,
                attempt=message.attempt,
                intended=True,
                kind=ReportKind.ACCEPTED,
                reply=f"{update.wamid} (told by a webhook)",
                at=now,
            )
            for update, message in told
            if message.state is not MessageState.SENT and message.account_id is not None
        }
        if reports:
            self._deliveries.accept(connection, [reports[number] for number in sorted(reports)], now)

    def _record(self, connection: Connection, told: Sequence[tuple[StatusUpdate, ToldMessage]], now: float) -> Told:
        """Delivered, read and failed as facts. Who has received a message has not failed to, whatever is told when."""
        messages = {message.id: message for _, message in told}
        arrived = {m.id for update, m in told if update.status in _ARRIVED} | {m.id for _, m in told if m.is_delivered}
        errors: dict[int, ApiError] = {}
        wanted: dict[tuple[int, FactKind], Fact] = {}
        for update, message in told:
            for kind in _kinds(update, arrived=message.id in arrived):
                error = next(iter(update.errors), ApiError(status=0, message="the provider gives no reason"))
                if kind is FactKind.BOUNCED:
                    errors.setdefault(message.id, error)
                wanted.setdefault((message.id, kind), _fact(kind, message, update.at or now, error))
        if arrived:
            facts.take_back(connection, self._database, arrived, now=now)
        new = facts.record(connection, self._database, list(wanted.values()), now=now)
        return Told(
            arrived=[messages[f.message_id] for f in new if f.kind is FactKind.DELIVERED],
            failed=[(messages[f.message_id], errors[f.message_id]) for f in new if f.kind is FactKind.BOUNCED],
        )

    def _charge(self, connection: Connection, told: Sequence[tuple[StatusUpdate, ToldMessage]], new: Told) -> None:
        prices = {
            message.id: Price(
                message_id=message.id,
                campaign_id=message.campaign_id,
                category=update.pricing.category,
                country=calling_code(message.address),
                billable=int(update.pricing.billable),
            )
            for update, message in told
            if update.pricing is not None
        }
        delivered = [message.id for message in new.arrived]
        whatsapp_charges.record(connection, self._database, list(prices.values()), delivered)

    def _suppress(self, connection: Connection, new: Told, now: float) -> None:
        for message, error in new.failed:
            row = row_of(error)
            reason = in_words(error, row) if self._is_hopeless(connection, message, error, row, now) else ""
            if reason:
                suppressions.suppress(
                    connection,
                    [message.address],
                    workspace_id=message.workspace_id,
                    channel="whatsapp",
                    reason=reason,
                    source="whatsapp",
                    now=now,
                )

    def _is_hopeless(
        self, connection: Connection, message: ToldMessage, error: ApiError, row: ErrorRow, now: float
    ) -> bool:
        """Whether a recipient gets nothing more: by a wish of theirs, or undeliverable twice with nothing between."""
        if row.verdict is Verdict.SUPPRESS:
            return True
        if error.code != _UNDELIVERABLE:
            return False
        since = now - _BOUNCES_WITHIN_SECONDS
        count = soft_bounces.count_one_more(
            connection,
            message.address,
            workspace_id=message.workspace_id,
            message_id=message.id,
            at=now,
            since=since,
        )
        enough = count >= _BOUNCES_BEFORE_SUPPRESSION
        return enough and not whatsapp_messages.delivered_since(connection, message.address, since=since)


def _forget_lost_media(connection: Connection, told: Told) -> None:
    """Files that the provider cannot load (any more) are uploaded anew."""
    lost = {message.account_id for message, error in told.failed if error.code == _MEDIA_NOT_LOADED}
    for account_id in sorted(filter(None, lost)):
        whatsapp_media.forget(connection, account_id)


def _kinds(update: StatusUpdate, *, arrived: bool) -> tuple[FactKind, ...]:
    match update.status:
        case "delivered":
            return (FactKind.DELIVERED,)
        case "read" | "played":  # who reads has received, also where that is not told
            return FactKind.DELIVERED, FactKind.READ
        case "failed" if not arrived:
            return (FactKind.BOUNCED,)
        case _:
            return ()


def _fact(kind: FactKind, message: ToldMessage, at: float, error: ApiError) -> Fact:
    rule = detail = None
    if kind is FactKind.BOUNCED:
        row = row_of(error)
        rule = facts.HARD if row.verdict is Verdict.SUPPRESS else "soft"
        detail = in_words(error, row)
    return Fact(
        message_id=message.id,
        campaign_id=message.campaign_id,
        kind=kind,
        key=_KEY,
        at=at,
        rule=rule,
        detail=detail,
    )


def _endings(new: Told) -> list[tuple[int, Ending]]:
    failed = {
        _UNDELIVERABLE: Ending.UNDELIVERABLE,
        _TOO_MUCH_MARKETING: Ending.TOO_MUCH_MARKETING,
    }
    endings = [(message.campaign_id, Ending.DELIVERED) for message in new.arrived]
    for message, error in new.failed:
        is_wish = row_of(error).verdict is Verdict.SUPPRESS
        ending = Ending.OPTED_OUT if is_wish else failed.get(error.code or 0, Ending.FAILED)
        endings.append((message.campaign_id, ending))
    return endings
