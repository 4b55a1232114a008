"""A dry run: the real engine on a copy of the queue, against a server that is not there, in a time that passes at once."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from paceline.channels.simulated import Script, SimulatedChannel, accept_everything
from paceline.clock import SteadyClock
from paceline.domain.account import Account
from paceline.domain.campaign import CampaignStatus
from paceline.domain.outcome import Outcome
from paceline.engine.forecast.plan import SECONDS_PER_MESSAGE
from paceline.engine.virtual_time import VirtualTimeLoop
from paceline.operations.campaign_file.campaign_file import CampaignFile
from paceline.operations.campaigns.forecast_inputs import planned_of_file
from paceline.operations.campaigns.preparing import prepare, worker_of
from paceline.operations.campaigns.rehearsal import LOOK_EVERY_SECONDS, DryRun, Rehearsal
from paceline.operations.context import Context
from paceline.operations.installation.sender_process import spare_the_collector
from paceline.store.database import Database
from paceline.store.opening import open_scratch_queue
from paceline.store.queue import campaigns, outlook
from paceline.store.queue.scratch_copy import copy_for

_FOREVER_SECONDS = 1e10


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
    worker_of(context, file)  # the copy has no workers: what a file says otherwise holds there as well
    with tempfile.TemporaryDirectory(prefix="paceline-dry-run-") as folder:
        settings = replace(
            context.settings,
            data_dir=folder,
            watch_seconds=LOOK_EVERY_SECONDS,
            heartbeat_seconds=_FOREVER_SECONDS,
            lease_seconds=3 * _FOREVER_SECONDS,
        )
        scratch = open_scratch_queue(Path(folder) / "queue.db", settings)
        try:
            start = context.clock.now()
            beside = _copy(context, file, scratch, now=start)
            loop_of = _LoopOf()
            with asyncio.Runner(loop_factory=loop_of) as runner:
                loop = runner.get_loop()
                clock = SteadyClock(wall=lambda: start + loop.time(), boot=loop.time, this_boot="dry run")
                channel = SimulatedChannel(
                    seconds_per_message=seconds_per_message, script=script, on_answer=loop_of.answered
                )
                apart = replace(context, settings=settings, queue=scratch, clock=clock, channel=channel)
                prepared = prepare(apart, replace(file, worker=""))
                rehearsal = Rehearsal(
                    apart, prepared, beside=beside, exit_when_paused=exit_when_paused, on_progress=on_progress
                )
                loop_of.rehearsal = rehearsal
                spare_the_collector()
                try:
                    return runner.run(rehearsal.run())
                finally:
                    if prepared.audience is not None:
                        prepared.audience.close()
        finally:
            scratch.close()


def _copy(context: Context, file: CampaignFile, scratch: Database, *, now: float) -> bool:
    """Copy what the campaign needs, and those that share its accounts now. Whether there are any of these."""
    ids = {account.id for account in planned_of_file(context, file, now=now) if account.id}
    with context.queue.read() as connection:
        found = campaigns.find(connection, file.key, workspace_id=context.workspace_id)
        number = None if found is None else found.id
        beside = [one.campaign_id for one in outlook.rivals(connection, number, ids)]
    copy_for(context.queue, scratch, number, workspace_id=context.workspace_id, now=now, beside=beside)
    return bool(beside)


class _LoopOf:
    """Makes the loop, and carries what loop and channel have to say to the rehearsal that is made after them."""

    def __init__(self) -> None:
        self.rehearsal: Rehearsal | None = None

    def __call__(self) -> VirtualTimeLoop:
        return VirtualTimeLoop(before_time_passes=self._before)

    def answered(self, account: Account, outcome: Outcome) -> None:
        assert self.rehearsal is not None
        self.rehearsal.answered(outcome)

    def _before(self, seconds: float) -> bool:
        return self.rehearsal is not None and self.rehearsal.before_time_passes(seconds)
