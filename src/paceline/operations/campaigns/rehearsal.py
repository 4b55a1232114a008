"""A rehearsal: one campaign sent by the real engine in a time of its own.

Sender, workers, group commit and chores are those that send. What differs: the clock, the channel, and that nobody looks
around a few times a second; the moments at which a look would find something are asked of the queue instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from paceline.chores import campaign_finisher, limit_resumer
from paceline.clock import iso
from paceline.domain.campaign import ENDED, CampaignStatus
from paceline.domain.outcome import Accepted, Outcome
from paceline.domain.pacing import interval_seconds
from paceline.engine.forecast.days import DayCounts
from paceline.engine.forecast.forecast import Moment
from paceline.engine.forecast.rules import FOREVER
from paceline.engine.sender import Sender
from paceline.launch.file_launch import FileLaunch
from paceline.operations.campaigns.preparing import Prepared
from paceline.operations.campaigns.summary import Summary, summary_of
from paceline.operations.context import Context
from paceline.store.queue import accounts, campaign_work, campaigns, layers
from paceline.store.queue.coming import Glance, glance

LOOK_EVERY_SECONDS = 3600.0
"""The longest silence, in the campaign's time, after which everything is looked at."""
_NEEDS_A_PERSON = frozenset({CampaignStatus.PAUSED, CampaignStatus.PAUSED_HEALTH})
_QUIET_SECONDS = 5.0
_FIRST_LOOK_SECONDS = 30.0
_FARTHEST_SECONDS = 5 * 366 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What would happen: the campaign at its end, each change of its status, messages per day of ``zone``."""

    summary: Summary
    timeline: tuple[Moment, ...]
    per_day: tuple[tuple[str, int], ...]
    zone: ZoneInfo

    def to_json(self) -> dict[str, Any]:
        """The summary's object, and what was seen on the way."""
        return {
            **self.summary.to_json(),
            "dry_run": True,
            "timeline": [{"at": iso(one.at), "status": str(one.status), "reason": one.reason} for one in self.timeline],
            "per_day": [{"date": date, "messages": messages} for date, messages in self.per_day],
        }


class Rehearsal:
    """One campaign under way in a time of its own."""

    def __init__(
        self,
        context: Context,
        prepared: Prepared,
        *,
        beside: bool,
        exit_when_paused: bool,
        on_progress: Callable[[float, CampaignStatus], None],
    ) -> None:
        """``beside``: other campaigns in the same queue are sent as well."""
        self._context = context
        self._id = prepared.campaign_id
        self._audience = prepared.audience
        self._exit_when_paused = exit_when_paused
        self._on_progress = on_progress
        self._changed = asyncio.Event()
        self._is_stale = self._must_look = True
        self._was_quiet = self._left_room = False
        self._is_offered = self._is_offered_to_all = self._slot_is_open = False
        self._left = 0  # messages, when everything was looked at, less the answers since
        self._answered_at = 0.0
        self._seen: Glance | None = None
        self._timeline: list[Moment] = []
        with context.queue.read() as connection:
            standings = accounts.standings(connection, campaign_id=self._id)
            row = campaigns.get(connection, self._id)
            has_layers = bool(layers.every(connection, workspace_id=row.workspace_id))
        self._window = row.pacing.window
        intervals = [interval_seconds(rate) for rate in (row.rate_per_minute, *(s.rate_per_minute for s in standings))]
        self._quiet = max(_QUIET_SECONDS, 1.25 * max(intervals))
        self._usual_silence = max(_FIRST_LOOK_SECONDS, 2.5 * max(intervals))
        self._patience = self._usual_silence
        self._has_blocks = has_layers or self._window is not None or beside
        self._beside = beside
        zones = {standing.limits.timezone.key for standing in standings}
        self._zone = ZoneInfo(zones.pop() or "UTC") if len(zones) == 1 else ZoneInfo("UTC")
        self._per_day = DayCounts(self._zone)
        self._sender = Sender(
            database=context.queue,
            settings=context.settings,
            clock=context.clock,
            channel=context.channel,
            box=context.box,
            campaign_id=None if beside else self._id,
            on_change=self._accounts_changed,
            asks_name_servers=False,
        )

    async def run(self) -> DryRun:
        """To the end of the campaign, or to a pause that nothing but a person ends."""
        self._launch()
        self._note(self._glance().status)
        sending = asyncio.create_task(self._sender.run())
        try:
            await self._attend(sending)
        finally:
            self._sender.stop()
            await asyncio.gather(sending, return_exceptions=True)
        return DryRun(
            summary=summary_of(self._context, self._id),
            timeline=tuple(self._timeline),
            per_day=tuple(self._per_day.listed()),
            zone=self._zone,
        )

    def _launch(self) -> None:
        if self._audience is None:
            return
        FileLaunch(
            database=self._context.queue,
            campaign_id=self._id,
            audience=self._audience,
            refused_path=Path(self._context.settings.data_dir) / "refused.csv",
            now=self._context.clock.now,
            on_part=lambda: None,
        ).run()

    # What happens meanwhile.

    def answered(self, outcome: Outcome) -> None:
        """The server that is not there has answered."""
        self._answered_at = self._context.clock.now()
        self._patience = self._usual_silence
        self._left -= 1
        if isinstance(outcome, Accepted):
            self._per_day.add(self._context.clock.now(), 1.0, 1, 1)
        else:
            self._is_stale = self._left_room = True
        if self._slot_is_open or self._left <= 0:
            self._is_stale = True

    def _accounts_changed(self) -> None:
        self._is_stale = self._must_look = True

    def before_time_passes(self, seconds: float) -> bool:
        """Whether a look might find something: after a change, and once before each longer silence."""
        if self._sender.failure is not None:
            raise self._sender.failure  # a full disk: nobody would make room in this time
        is_quiet = seconds > self._quiet
        is_news = self._is_stale or (is_quiet and not self._was_quiet)
        if (self._is_offered or is_news) and self._sender.flush():
            return True
        if self._is_offered:
            self._seen = self._glance()
            if self._is_open(self._seen) and not self._is_offered_to_all:  # whoever was asked could not use it
                self._is_offered_to_all = True
                self._sender.wake_workers()
                return True
            self._is_offered = self._is_offered_to_all = False
            self._changed.set()
            return True
        if is_news:
            if self._must_look:
                self._sender.look_now()
            if is_quiet or (self._left_room and seconds > _QUIET_SECONDS):
                self._sender.wake_workers()
                self._left_room = False
            self._was_quiet, self._is_stale = is_quiet, False
            self._changed.set()
            return True
        self._was_quiet = False
        return False

    # The chores, and the moments at which a look finds something.

    async def _attend(self, sending: asyncio.Task[None]) -> None:
        began = self._context.clock.now()
        while not sending.done():
            self._changed.clear()
            await self._sender.written()
            seen, self._seen = self._seen or self._glance(), None
            self._left, self._slot_is_open = seen.left, self._is_open(seen)
            if self._must_look or self._has_blocks or not seen.left:
                self._must_look = False
                self._do_chores()
                seen = self._glance()
            self._note(seen.status)
            if self._is_over(seen.status) or self._context.clock.now() > began + _FARTHEST_SECONDS:
                return
            await self._wait_for(seen)
        sending.result()  # why it ended by itself

    async def _wait_for(self, seen: Glance) -> None:
        """Let time pass to the next moment, or to an earlier change."""
        moments = [at for at in (seen.account_at, seen.work_at, self._closing(), self._resumption()) if at is not None]
        now = self._context.clock.now()
        while True:
            seconds = min(moments) - now if moments else LOOK_EVERY_SECONDS
            if seen.status is CampaignStatus.RUNNING and seconds > self._patience:  # what is given back sets no moment
                seconds, self._patience = self._patience, min(2 * self._patience, LOOK_EVERY_SECONDS)
            if await self._changes_within(seconds):
                return
            now = self._context.clock.now()
            if now >= min(moments, default=FOREVER) or now - self._answered_at >= self._usual_silence:
                break
        if seen.work_at is not None and seen.work_at <= now:
            if seen.work_at == seen.slot_at:
                self._is_offered = True
                self._sender.wake_one_worker()
                await self._changed.wait()  # until it is taken, or nobody could use it
            else:
                self._sender.wake_workers()
        else:
            self._must_look = True
            self._sender.look_now()

    async def _changes_within(self, seconds: float) -> bool:
        """Wait for a change; False where none came in time. Cheaper than a time-out, and made for every message."""
        is_late = False

        def ring() -> None:
            nonlocal is_late
            is_late = True
            self._changed.set()

        timer = asyncio.get_running_loop().call_later(max(0.0, seconds), ring)
        try:
            await self._changed.wait()
        finally:
            timer.cancel()
        if is_late:
            self._changed.clear()
        return not is_late

    def _is_open(self, seen: Glance) -> bool:
        """Whether a slot of the campaign's pace could be claimed now."""
        return seen.slot_at is not None and seen.slot_at <= self._context.clock.now()

    def _closing(self) -> float | None:
        """When the campaign's sending window closes, while it is open."""
        now = self._context.clock.now()
        if self._window is None or self._window.by_recipient or self._window.opens_at(now) != now:
            return None
        return self._window.closes_at(now)

    def _resumption(self) -> float | None:
        """When one of the other campaigns goes on."""
        if not self._beside:
            return None
        with self._context.queue.read() as connection:
            return campaign_work.next_resumption(connection, now=self._context.clock.now())

    def _glance(self) -> Glance:
        with self._context.queue.read() as connection:
            return glance(self._context.queue, connection, self._id, now=self._context.clock.now())

    def _do_chores(self) -> None:
        now = self._context.clock.now()
        campaign_finisher.finish_all(self._context.queue, now=now, thorough=False)
        limit_resumer.pause_or_resume_all(self._context.queue, now=now, paused_too=True)

    def _note(self, status: CampaignStatus) -> None:
        """Keep each change of the campaign's status."""
        if self._timeline and self._timeline[-1].status is status:
            return
        with self._context.queue.read() as connection:
            reason = campaigns.get(connection, self._id).pause_reason
        now = self._context.clock.now()
        self._timeline.append(Moment(at=now, status=status, reason=reason))
        self._on_progress(now, status)
        self._sender.look_now()

    def _is_over(self, status: CampaignStatus) -> bool:
        waits = status is CampaignStatus.PAUSED_LIMITS and self._exit_when_paused
        return waits or status in _NEEDS_A_PERSON or status in ENDED
