"""What people answer: replies on the message that they are about, and wishes for no more messages, which suppress."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from paceline.domain.fact import Fact, FactKind
from paceline.domain.opt_out import OptOutWords
from paceline.domain.phone import spellings
from paceline.domain.whatsapp_health import Ending
from paceline.store.database import Database
from paceline.store.queue import facts, suppressions, whatsapp_messages, whatsapp_numbers
from paceline.store.queue.facts import SentMessage
from paceline.store.queue.whatsapp_numbers import NumberRow
from paceline.tracking.unsubscribes import REASON
from paceline.tracking.whatsapp.envelope import InboundMessage, Preference

_SOURCE = "whatsapp"
_ANSWERED_WITHIN_SECONDS = 30 * 86_400.0


class People:
    """Takes messages and preferences of people; each call is part of the caller's transaction and may be repeated."""

    def __init__(self, database: Database, words: OptOutWords) -> None:
        self._database = database
        self._words = words

    def wrote(self, connection: Connection, message: InboundMessage, *, now: float) -> list[tuple[int, Ending]]:
        """A person has written or pressed a button; returns what it means for the campaign that it answers."""
        numbers = whatsapp_numbers.with_id(connection, message.phone_number_id)
        for number in numbers:
            whatsapp_numbers.learn(connection, number.account_id, inbound_at=now)
        if not numbers:
            return []
        stops = self._words.among((message.text, message.payload))
        answered = self._answered(connection, message, numbers, now)
        people = spellings(message.sender) if message.sender else []
        if answered is not None:
            facts.record(connection, self._database, [_replied(answered, message, now)], now=now)
            people = list(dict.fromkeys([*people, answered.address]))
        if not stops or not self._suppress(connection, people, numbers, now) or answered is None:
            return []
        unsubscribed = _fact(
            answered, FactKind.UNSUBSCRIBED, message.wamid, now, detail=message.text or message.payload
        )
        facts.record(connection, self._database, [unsubscribed], now=now)
        return [(answered.campaign_id, Ending.OPTED_OUT)]

    def prefers(self, connection: Connection, preference: Preference, *, now: float) -> None:
        """A person has stopped or resumed marketing messages in their settings."""
        numbers = whatsapp_numbers.with_id(connection, preference.phone_number_id)
        people = spellings(preference.person) if preference.person else []
        if preference.stop:
            self._suppress(connection, people, numbers, now)
            return
        for workspace_id in {number.workspace_id for number in numbers}:
            for person in people:
                found = suppressions.find(connection, person, workspace_id=workspace_id, channel="whatsapp", now=now)
                if found is not None and found.source == _SOURCE:  # only what a wish of theirs has brought about
                    suppressions.lift(connection, person, workspace_id=workspace_id, channel="whatsapp")

    def _suppress(
        self, connection: Connection, people: Sequence[str], numbers: Sequence[NumberRow], now: float
    ) -> bool:
        """Nothing more to these, in every form of their number; False when that was so before."""
        added = 0
        for workspace_id in sorted({number.workspace_id for number in numbers}):
            added += suppressions.suppress(
                connection,
                list(people),
                workspace_id=workspace_id,
                channel="whatsapp",
                reason=REASON,
                source=_SOURCE,
                now=now,
            )
        return added > 0

    def _answered(
        self, connection: Connection, message: InboundMessage, numbers: Sequence[NumberRow], now: float
    ) -> SentMessage | None:
        """The message that is answered: the one that is named, else the last one to this person."""
        workspaces = {number.workspace_id for number in numbers}
        found = None
        if message.answers:
            found = whatsapp_messages.by_wamid(connection, self._database, [message.answers]).get(message.answers)
        if found is None and message.sender:
            since = now - _ANSWERED_WITHIN_SECONDS
            recipients = spellings(message.sender)
            found = whatsapp_messages.last_to(connection, recipients, workspace_ids=workspaces, since=since)
        if found is None:
            return None
        answered = facts.sent_messages(connection, self._database, [found]).get(found)
        return answered if answered is not None and answered.workspace_id in workspaces else None


def _replied(answered: SentMessage, message: InboundMessage, now: float) -> Fact:
    detail = message.text or message.payload or message.kind
    return _fact(answered, FactKind.REPLIED, message.wamid, now, detail=detail[:200])


def _fact(answered: SentMessage, kind: FactKind, key: str, now: float, *, detail: str) -> Fact:
    return Fact(
        message_id=answered.id,
        campaign_id=answered.campaign_id,
        kind=kind,
        key=key,
        at=now,
        detail=detail or None,
    )
