"""The worker's loop that tells its controller what has happened, no oftener than the schedule allows.

It exists because sending must not wait for the controller and the controller must not be burdened by sending: events wait
on disk, for days if need be, and this loop alone decides when some of them leave.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from importlib.metadata import version

from paceline.domain.update_schedule import USUAL_BATCH, UpdateSchedule, Waiting, batch_size
from paceline.remote.calls import PeerFailed
from paceline.remote.controller_client import ControllerClient
from paceline.remote.lent_campaigns import LentCampaigns
from paceline.remote.protocol import AccountCondition, Acknowledgement, BatchUpdate, Event, WorkerCondition
from paceline.store.database import Database
from paceline.store.queue import home, outbox
from paceline.store.queue.home import HomeRow
from paceline.store.queue.outbox import Batch, Pending

_log = logging.getLogger("paceline.remote")

_FAST_PER_MINUTE = 1e9  # as fast as the accounts allow
_LONGEST_LOOK_SECONDS = 1.0


class Reporter:
    """One worker's reports; ``run`` blocks and belongs into a thread of its own."""

    def __init__(
        self,
        database: Database,
        controller: ControllerClient,
        lent: LentCampaigns,
        *,
        now: Callable[[], float],
        schedule: UpdateSchedule,
        look_seconds: float = 0.25,
    ) -> None:
        self._database = database
        self._controller = controller
        self._lent = lent
        self._now = now
        self._schedule = schedule
        self._look_seconds = look_seconds

    def run(self, stop: threading.Event) -> None:
        """Report until ``stop`` is set. Raises StoreUnavailable; a second call goes on."""
        while not stop.wait(self.step()):
            continue

    def step(self) -> float:
        """Report if it is time; returns the seconds until the next look."""
        now = self._now()
        with self._database.read() as connection:
            standing = home.get(connection)
            waiting = outbox.pending(connection, acknowledged=standing.acknowledged)
            speed = home.speed(connection)
        rate = _FAST_PER_MINUTE if speed.messages_per_minute is None else speed.messages_per_minute
        what = Waiting(events=waiting.events, urgent=waiting.urgent, active=speed.active, messages_per_minute=rate)
        due = None if standing.halted else self._schedule.next_at(what, now)
        if due is None:
            return self._look_seconds
        if due > now:
            return min(due - now, self._look_seconds, _LONGEST_LOOK_SECONDS)
        self._report(standing, waiting, rate)
        return 0.0

    def _report(self, standing: HomeRow, waiting: Pending, rate: float) -> None:
        # A batch that was too much to be answered in time would be so again: the next one is half of it.
        size = max(batch_size(waiting.events, standing.announced) >> min(self._schedule.failures, 10), USUAL_BATCH)
        with self._database.read() as connection:
            batch = outbox.read_batch(
                connection, self._database, after=standing.acknowledged, limit=size, incarnation=standing.incarnation
            )
            accounts = home.account_conditions(connection)
        if not standing.has_asked:
            with self._database.write() as connection:
                home.note_asking(connection)
        update = self._update(standing, waiting, batch, rate)
        update.accounts = [
            AccountCondition(identity=identity, channel=channel, state=state, reason=reason, until_at=until)
            for identity, channel, state, reason, until in accounts
        ]
        self._schedule.begin(self._now())
        try:
            answer = self._controller.report(update)
        except PeerFailed as failure:
            retry_after = failure.retry_after_seconds
            self._schedule.failed(self._now(), jitter=random.random(), retry_after_seconds=retry_after)
            failures = self._schedule.failures
            _log.warning(
                "the controller was not told (%s in a row), %s events wait: %s", failures, waiting.events, failure
            )
            return
        self._schedule.succeeded(self._now())
        self._heed(answer, batch)

    def _update(self, standing: HomeRow, waiting: Pending, batch: Batch, rate: float) -> BatchUpdate:
        left = max(0, waiting.events - len(batch.events))
        after = Waiting(events=left, urgent=False, active=True, messages_per_minute=rate)
        now = self._now()
        return BatchUpdate(
            incarnation=standing.incarnation,
            after=standing.acknowledged,
            upto=batch.upto,
            last=waiting.last,
            worker=WorkerCondition(
                now=now,
                version=version("paceline"),
                backlog=left,
                breaker=self._schedule.breaker_state(now),
                next_report_seconds=self._schedule.pause_after(after),
            ),
            events=[Event.model_construct(**event) for event in batch.events],
        )

    def _heed(self, answer: Acknowledgement, batch: Batch) -> None:
        """Forget what home has; or find out that one of the two ledgers has gone back."""
        self._schedule.announced = answer.batch_size
        if answer.error == "behind":
            reason = f"this worker's database went back: {answer.detail or 'the controller has heard more from it'}"
            _log.error("%s; nothing is sent until a person has looked", reason)
            self._lent.halt(reason)
            return
        with self._database.write() as connection:
            home.note_announced(connection, answer.batch_size)
            if answer.error == "ahead":
                _log.warning("the controller's database went back: it is told everything again")
                home.begin_again(connection, answer.acknowledged)
                outbox.tell_all_again(connection)
            elif answer.success:
                outbox.acknowledge(connection, batch.upto, batch.ahead)
                for remote_id in answer.tell_again[:100]:
                    outbox.tell_again(connection, remote_id)
        self._lent.remove_what_is_acknowledged()
