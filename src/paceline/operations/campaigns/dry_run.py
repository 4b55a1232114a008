"""A dry run: the real engine on a copy of the queue, against a server that is not there, in a time that passes at once.

Sender, workers, group commit and chores are those that send. What differs: the clock, the channel, and that nobody looks
around a few times a second; the moments at which a look would find something are asked of the queue instead.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from paceline.channels.simulated import Script, SimulatedChannel, accept_everything
from paceline.chores import campaign_finisher, limit_resumer
from paceline.clock import SteadyClock, iso
from paceline.domain.account import Account
from paceline.domain.campaign import ENDED, CampaignStatus
from paceline.domain.outcome import Accepted, Outcome
from paceline.engine.forecast.days import DayCounts
from paceline.engine.forecast.forecast import Moment
from paceline.engine.forecast.plan import SECONDS_PER_MESSAGE
from paceline.engine.sender import Sender
from paceline.engine.virtual_time import VirtualTimeLoop
from paceline.launch.file_launch import FileLaunch
from paceline.operations.campaign_file.campaign_file import CampaignFile
from paceline.operations.campaigns.preparing import Prepared, prepare
from paceline.operations.campaigns.summary import Summary, summary_of
from paceline.operations.context import Context
from paceline.store.opening import open_scratch_queue
from paceline.store.queue import accounts, campaigns, layers
from paceline.store.queue.coming import Glance, glance
from paceline.store.queue.scratch_copy import copy_for

_NEEDS_A_PERSON = frozenset({CampaignStatus.PAUSED, CampaignStatus.PAUSED_HEALTH})
_QUIET_SECONDS = 5.0
_LOOK_EVERY_SECONDS = 900.0
_FIRST_LOOK_SECONDS = 30.0
_FOREVER_SECONDS = 1e10
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


def dry_run(
    context: Context,
    file: CampaignFile,
    *,
    exit_when_paused: bool = False,
    seconds_per_message: float = SECONDS_PER_MESSAGE,
    script: Script = accept_everything,
    on_progress: Callable[[float, CampaignStatus], None] = lambda at, status: None,
) -> DryRun:
    """What `send` would do with this file from now on. Nothing is changed and no message leaves.

    ``seconds_per_message`` is what a server needs for one message over one connection, ``script`` what it answers.
    Blocks, and belongs into a thread without an event loop. Raises InputError as `send` does.
    """
    with tempfile.TemporaryDirectory(prefix="paceline-dry-run-") as folder:
        settings = replace(
            context.settings,
            data_dir=folder,
            watch_seconds=_LOOK_EVERY_SECONDS,
            heartbeat_seconds=_FOREVER_SECONDS,
            lease_seconds=3 * _FOREVER_SECONDS,
        )
        scratch = open_scratch_queue(Path(folder) / "queue.db", settings)
        try:
            start = context.clock.now()
            with context.queue.read() as connection:
                found = campaigns.find(connection, file.key, workspace_id=context.workspace_id)
            copy_for(
                context.queue,
                scratch,
                None if found is None else found.id,
                workspace_id=context.workspace_id,
                now=start,
            )
            loop_of = _LoopOf()
            with asyncio.Runner(loop_factory=loop_of) as runner:
                runner.get_loop()
                clock = SteadyClock(wall=lambda: start + loop_of.time(), boot=loop_of.time, this_boot="dry run")
                channel = SimulatedChannel(
                    seconds_per_message=seconds_per_message, script=script, on_answer=loop_of.answered
                )
                apart = replace(context, settings=settings, queue=scratch, clock=clock, channel=channel)
                prepared = prepare(apart, file)
                rehearsal = _Rehearsal(apart, prepared, exit_when_paused=exit_when_paused, on_progress=on_progress)
                loop_of.rehearsal = rehearsal
                try:
                    return runner.run(rehearsal.run())
                finally:
                    if prepared.audience is not None:
                        prepared.audience.close()
        finally:
            scratch.close()


class _LoopOf:
    """Makes the loop, and carries what loop, clock and channel have to say to the rehearsal that is made after them."""

    def __init__(self) -> None:
        self._loop: VirtualTimeLoop | None = None
        self.rehearsal: _Rehearsal | None = None

    def __call__(self) -> VirtualTimeLoop:
        self._loop = VirtualTimeLoop(before_time_passes=self._before)
        return self._loop

    def time(self) -> float:
        return 0.0 if self._loop is None else self._loop.time()

    def answered(self, account: Account, outcome: Outcome) -> None:
        assert self.rehearsal is not None
        self.rehearsal.answered(outcome)

    def _before(self, seconds: float) -> bool:
        return self.rehearsal is not None and self.rehearsal.before_time_passes(seconds)


class _Rehearsal:
    """One campaign under way in a time of its own."""

    def __init__(
        self,
        context: Context,
        prepared: Prepared,
        *,
        exit_when_paused: bool,
        on_progress: Callable[[float, CampaignStatus], None],
    ) -> None:
        self._context = context
        self._id = prepared.campaign_id
        self._audience = prepared.audience
        self._exit_when_paused = exit_when_paused
        self._on_progress = on_progress
        self._changed = asyncio.Event()
        self._is_stale = self._must_look = True
        self._was_quiet = False
        self._patience = _FIRST_LOOK_SECONDS
        self._timeline: list[Moment] = []
        with context.queue.read() as connection:
            standings = accounts.standings(connection, campaign_id=self._id)
            row = campaigns.get(connection, self._id)
            has_layers = bool(layers.every(connection, workspace_id=row.workspace_id))
        self._paced, self._window = row.rate_per_minute > 0, row.pacing.window
        self._has_blocks = has_layers or self._window is not None
        zones = {standing.limits.timezone.key for standing in standings}
        self._zone = ZoneInfo(zones.pop() or "UTC") if len(zones) == 1 else ZoneInfo("UTC")
        self._per_day = DayCounts(self._zone)
        self._sender = Sender(
            database=context.queue,
            settings=context.settings,
            clock=context.clock,
            channel=context.channel,
            box=context.box,
            campaign_id=self._id,
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
        self._patience = _FIRST_LOOK_SECONDS
        if isinstance(outcome, Accepted):
            self._per_day.add(self._context.clock.now(), 1.0, 1, 1)
        if self._paced or not isinstance(outcome, Accepted):
            self._is_stale = True

    def _accounts_changed(self) -> None:
        self._is_stale = self._must_look = True

    def before_time_passes(self, seconds: float) -> bool:
        """Whether a look might find something: after a change, and once before each longer silence."""
        if self._is_stale or (seconds > _QUIET_SECONDS and not self._was_quiet):
            if self._must_look:
                self._sender.look_now()
            if seconds > _QUIET_SECONDS:
                self._sender.wake_workers()  # a refused message may have left room
            self._was_quiet, self._is_stale = seconds > _QUIET_SECONDS, False
            self._changed.set()
            return True
        self._was_quiet = False
        return False

    # The chores, and the moments at which a look finds something.

    async def _attend(self, sending: asyncio.Task[None]) -> None:
        began = self._context.clock.now()
        while not sending.done():
            self._changed.clear()
            seen = self._glance()
            if self._must_look or self._has_blocks or not seen.left:
                self._must_look = False
                self._do_chores()
                seen = self._glance()
            self._note(seen.status)
            if self._is_over(seen.status) or self._context.clock.now() > began + _FARTHEST_SECONDS:
                return
            await self._wait_for(seen)

    async def _wait_for(self, seen: Glance) -> None:
        """Let time pass to the next moment, or to an earlier change."""
        moments = [at for at in (seen.account_at, seen.work_at, self._closing()) if at is not None]
        seconds = min(moments) - self._context.clock.now() if moments else _LOOK_EVERY_SECONDS
        if seen.status is CampaignStatus.RUNNING and seconds > self._patience:  # what is given back sets no moment
            seconds, self._patience = self._patience, min(2 * self._patience, _LOOK_EVERY_SECONDS)
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._changed.wait()
        except TimeoutError:
            if seen.work_at is not None and seen.work_at <= self._context.clock.now():
                self._sender.wake_workers()
            else:
                self._must_look = True
                self._sender.look_now()

    def _closing(self) -> float | None:
        """When the campaign's sending window closes, while it is open."""
        now = self._context.clock.now()
        if self._window is None or self._window.by_recipient or self._window.opens_at(now) != now:
            return None
        return self._window.closes_at(now)

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
