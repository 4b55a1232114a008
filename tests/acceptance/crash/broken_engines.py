"""Engines that break the promise on purpose: the rules must find each of them out.

Each is a patch of the product in the process of one sender.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from paceline.channels.base import Letter, Session
from paceline.domain.message import Report, ReportKind
from paceline.domain.outcome import Accepted, Outcome
from paceline.engine.delivery import Delivery, Prepared, Withheld
from paceline.engine.sender_lease import SenderLease
from paceline.store.database import sql
from paceline.store.queue import accounts, deliveries
from paceline.store.queue.delivery_statements import delivery_statements

Ahead = Callable[[], Letter | None]


async def _deliver_without_intent(
    self: Delivery, prepared: Prepared, session: Session, ahead: Ahead
) -> Outcome | Withheld:
    """The dot first; the intent when the answer is there."""
    ended = await self._offer(prepared, session)
    if ended is not None:
        return self._record(prepared.message, ended, intended=False)
    outcome = await self._hand_over(prepared.message, session, ahead)
    await self._intend(prepared.message, session, meanwhile=ahead)
    return self._record(prepared.message, outcome, intended=True)


async def _deliver_with_early_outcome(
    self: Delivery, prepared: Prepared, session: Session, ahead: Ahead
) -> Outcome | Withheld:
    """Recorded as accepted before the server has said so."""
    ended = await self._offer(prepared, session)
    if ended is not None:
        return self._record(prepared.message, ended, intended=False)
    withheld = await self._intend(prepared.message, session, meanwhile=ahead)
    if withheld is not None:
        return withheld
    self._record(prepared.message, Accepted(reply="it will be accepted"), intended=True)
    await self._group.settled()
    return await session.hand_over(ahead())


def no_intent() -> None:
    """The message is handed over before its intent is durable."""
    Delivery.deliver = _deliver_without_intent  # type: ignore[method-assign]  # broken on purpose


def early_outcome() -> None:
    """The outcome is recorded before the reply."""
    Delivery.deliver = _deliver_with_early_outcome  # type: ignore[method-assign]  # broken on purpose


def uncertain_retried() -> None:
    """A message whose answer never came goes back to the queue by itself."""
    lost_report = deliveries._lost_report

    def retried(row: Any, account_id: int, now: float) -> Report:
        return lost_report(row, account_id, now)._replace(kind=ReportKind.WITHDRAWN)

    deliveries._lost_report = retried


def fence_ignored() -> None:
    """What a dead sender has claimed may still be handed over, by it as well as by its successor."""

    def without_fence(database: Any) -> dict[str, Any]:
        found = delivery_statements(database)
        rows = database.rows("rows", id="integer", lease="integer", revision="integer", suppression_key="text")
        found["intend"] = sql(
            "UPDATE messages SET state = 2, attempt = attempt + 1, at = :now, "
            "first_intent_at = COALESCE(first_intent_at, :now) "
            f"WHERE state <> 2 AND id IN (SELECT id FROM ({rows}) AS r)"
        )
        found["intended"] = sql(f"SELECT m.id FROM ({rows}) AS r JOIN messages m ON m.id = r.id AND m.at = :now")
        return found

    deliveries.delivery_statements = without_fence  # type: ignore[attr-defined]  # replaced where it is called from
    SenderLease.holds = lambda self: True  # type: ignore[method-assign]  # without this check the crash rules must turn red
    _go_on_when_declared_dead()


def two_holders() -> None:
    """An account may be leased by two senders at once, under the same number."""
    lease, standings = accounts.lease, accounts.standings

    @functools.wraps(lease)
    def shared(connection: Connection, box: Any, account_id: int, **options: Any) -> Any:
        statement = "UPDATE accounts SET sender_id = NULL, lease = lease - 1 WHERE id = :id AND sender_id IS NOT NULL"
        connection.execute(sql(statement), {"id": account_id})
        return lease(connection, box, account_id, **options)

    @functools.wraps(standings)
    def held_by_nobody(*arguments: Any, **options: Any) -> Any:
        return [replace(standing, sender_id=None) for standing in standings(*arguments, **options)]

    accounts.lease, accounts.standings = shared, held_by_nobody


def _go_on_when_declared_dead() -> None:
    async def never_beat(self: SenderLease) -> None:
        await asyncio.Event().wait()

    SenderLease.keep = never_beat  # type: ignore[method-assign]  # without this check the crash rules must turn red


ENGINES: dict[str, Callable[[], None]] = {
    "no intent": no_intent,
    "outcome before the reply": early_outcome,
    "uncertain retried": uncertain_retried,
    "fence ignored": fence_ignored,
    "two holders": two_holders,
}
"""Name -> what breaks it."""
