"""The loop that sends notifications when they are due: bounded, retried on a schedule that survives restarts.

It belongs to the background process. Two of them at once do no harm: an attempt is claimed before it is made. A process
killed between sending and recording repeats the delivery later, with the same id, which receivers use to tell.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Sequence

from paceline.domain.errors import StoreUnavailable
from paceline.store.catalogue import notifications, webhooks
from paceline.store.catalogue.notifications import DueNotification
from paceline.store.database import Database
from paceline.store.queue import notices
from paceline.webhooks.delivery import Courier, Ending
from paceline.webhooks.relay import ImportRelay, NoticeRelay, OutageWatch
from paceline.webhooks.schedule import delay_seconds

_log = logging.getLogger("paceline.webhooks")

_LOOK_SECONDS = 0.5
_MOST_AT_ONCE = 64
_MOST_PER_RECEIVER = 2
_MOST_PORTIONS = 10  # of notices in one round
_PRUNE_SECONDS = 60.0
_FAREWELL_SECONDS = 5.0
_SHORTEST_CLAIM_SECONDS = 90.0  # longer than one attempt may take
_NOTICES_KEPT_SECONDS = 7 * 86400.0

_Receiver = tuple[int | None, int | None]


class Dispatcher:
    """Sends what is due until told to stop."""

    def __init__(
        self,
        *,
        queue: Database,
        catalogue: Database,
        courier: Courier,
        relays: Sequence[NoticeRelay | ImportRelay],
        outages: OutageWatch,
        now: Callable[[], float],
        kept_seconds: float,
    ) -> None:
        """``kept_seconds`` is how long the delivery log remembers."""
        self._queue = queue
        self._catalogue = catalogue
        self._courier = courier
        self._relays = relays
        self._outages = outages
        self._now = now
        self._kept_seconds = kept_seconds
        self._under_way: dict[asyncio.Task[None], _Receiver] = {}
        self._pruned_at = float("-inf")

    async def run(self, stop: asyncio.Event) -> None:
        """Relay and deliver until ``stop`` is set; then what is under way has five seconds to end."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await self._look()
                await asyncio.wait(
                    {stopping, *self._under_way}, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                self._forget_ended()
        finally:
            stopping.cancel()
            await self._leave()

    async def _look(self) -> None:
        """One round. What a database does not allow now waits for the next one, and holds up nothing else."""
        now = self._now()
        await asyncio.to_thread(self._outages.look, now=now)
        for step in (self._tell_of_outages, self._relay_notices, self._start_due, self._prune_in_time):
            try:
                await step(now)
            except StoreUnavailable as failure:
                _log.debug("notifications wait: %s", failure)  # the outage itself is logged once

    async def _tell_of_outages(self, now: float) -> None:
        await asyncio.to_thread(self._outages.tell, now=now)

    async def _relay_notices(self, now: float) -> None:
        for relay in self._relays:
            for _ in range(_MOST_PORTIONS):
                if await asyncio.to_thread(relay.run, now=now) == 0:
                    break

    async def _prune_in_time(self, now: float) -> None:
        if now - self._pruned_at >= _PRUNE_SECONDS:
            await asyncio.to_thread(self._prune, now)
            self._pruned_at = now

    async def _start_due(self, now: float) -> None:
        room = _MOST_AT_ONCE - len(self._under_way)
        if room <= 0:
            return
        for notification in await asyncio.to_thread(self._claim_due, now, room):
            task = asyncio.create_task(self._deliver(notification))
            self._under_way[task] = _receiver(notification)

    def _claim_due(self, now: float, room: int) -> list[DueNotification]:
        """What is due and is now ours to send, each with its attempt counted."""
        counts = Counter(self._under_way.values())
        busy = [receiver for receiver, count in counts.items() if count >= _MOST_PER_RECEIVER]
        with self._catalogue.read() as connection:
            found = notifications.due(connection, self._catalogue, now=now, busy=busy, limit=room)
        chosen = []
        for notification in found:
            receiver = _receiver(notification)
            if counts[receiver] < _MOST_PER_RECEIVER:
                counts[receiver] += 1
                chosen.append(notification)
        if not chosen:
            return []
        with self._catalogue.write() as connection:
            return [
                notification
                for notification in chosen
                if notifications.claim(connection, notification, now=now, again_at=now + _claim_seconds(notification))
            ]

    async def _deliver(self, notification: DueNotification) -> None:
        try:
            ending = await self._courier.deliver(notification, now=self._now())
            await asyncio.to_thread(self._record, notification, ending)
        except StoreUnavailable as failure:
            _log.warning("delivery %s is not on record and will be repeated: %s", notification.id, failure)
        except Exception:
            _log.exception("delivery %s failed by an error of ours; it will be repeated", notification.id)

    def _record(self, notification: DueNotification, ending: Ending) -> None:
        now, attempt = self._now(), notification.attempts + 1
        delay = (
            None
            if ending.final
            else delay_seconds(attempt, jitter=random.random(), wished_seconds=ending.wished_seconds)
        )
        with self._catalogue.write() as connection:
            if ending.delivered or delay is None:
                status = "delivered" if ending.delivered else "failed"
                notifications.finish(
                    connection, notification.id, attempt=attempt, status=status, answer=ending.answer, now=now
                )
            else:
                notifications.put_off(
                    connection, notification.id, attempt=attempt, answer=ending.answer, again_at=now + delay
                )
            if ending.gone and notification.webhook_id is not None:
                webhooks.disable(connection, notification.webhook_id, reason="the receiver answered 410 Gone")

    def _prune(self, now: float) -> None:
        """Forget what is old, a little at a time."""
        with self._catalogue.write() as connection:
            notifications.prune(connection, before=now - self._kept_seconds)
        with self._queue.write() as connection:
            notices.prune(connection, before=now - _NOTICES_KEPT_SECONDS)

    def _forget_ended(self) -> None:
        for task in [task for task in self._under_way if task.done()]:
            del self._under_way[task]

    async def _leave(self) -> None:
        if not self._under_way:
            return
        _, late = await asyncio.wait(self._under_way, timeout=_FAREWELL_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self._under_way.clear()


def _receiver(notification: DueNotification) -> _Receiver:
    return notification.webhook_id, notification.user_id


def _claim_seconds(notification: DueNotification) -> float:
    planned = delay_seconds(notification.attempts + 1, jitter=0.0)
    return max(planned or 0.0, _SHORTEST_CLAIM_SECONDS)
