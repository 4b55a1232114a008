"""Send a campaign until it has ended: its sender, its launch and its chores as tasks of one process, with helpers if need be."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from paceline.audience.contact import Contact
from paceline.chores import campaign_finisher, fallback_channel, lease_rescuer, limit_resumer, portfolio_limit
from paceline.chores.template_order import TemplateOrder
from paceline.content.whatsapp import WhatsAppContent
from paceline.domain.account import AccountState
from paceline.domain.campaign import ENDED, CampaignStatus
from paceline.domain.errors import InputError, StoreUnavailable
from paceline.domain.wording import counted
from paceline.engine.process_identity import is_surely_dead, own_process
from paceline.engine.sender import Sender
from paceline.launch.file_launch import FileLaunch
from paceline.operations.campaign_file.campaign_audience import count_contacts
from paceline.operations.campaign_file.campaign_file import CampaignFile
from paceline.operations.campaigns.helpers import Helpers
from paceline.operations.campaigns.preparing import Prepared, prepare
from paceline.operations.campaigns.summary import Summary, summary_of
from paceline.operations.context import Context
from paceline.operations.installation.queue_chores import reputation_watch
from paceline.operations.installation.sender_process import spare_the_collector
from paceline.operations.whatsapp.preflight import budget, keep_readings, preflight
from paceline.store.queue import campaigns, fallbacks
from paceline.store.queue.erasures import Forgotten

_log = logging.getLogger("paceline.operations")

_NEEDS_A_PERSON = frozenset({CampaignStatus.PAUSED, CampaignStatus.PAUSED_HEALTH})
_RATE_OVER_SECONDS = 10.0
_SELDOM_SECONDS = 1.0  # between two looks at dead senders and at reputation


async def send(
    context: Context,
    file: CampaignFile,
    *,
    exit_when_paused: bool,
    stop: asyncio.Event,
    on_progress: Callable[[Summary], None],
    on_notice: Callable[[str], None],
    helpers: Helpers | None = None,
) -> Summary:
    """Create or continue the campaign of a file and send until it has ended, a person is needed, or ``stop`` is set.

    ``helpers`` are sender processes that may be started beside this one. ``on_progress`` gets a summary about four times a second, ``on_notice`` one sentence when something has changed.
    Returns the last summary. Raises InputError, with nothing changed, for input that cannot be used.
    """
    checked = await preflight(context, file)
    if checked.problems:
        raise InputError(checked.problems)
    for notice in checked.notices:
        on_notice(notice)
    if checked.messaging_limit is not None:
        contacts = await asyncio.to_thread(count_contacts, file)
        if (too_many := await budget(context, checked, contacts)) is not None:
            on_notice(too_many)
    prepared = await asyncio.to_thread(prepare, context, file)
    await asyncio.to_thread(keep_readings, context, checked)
    spare_the_collector()
    for notice in prepared.notices:
        on_notice(notice)
    attendance = _Attendance(context, prepared, on_progress=on_progress, on_notice=on_notice, helpers=helpers)
    try:
        summary = await attendance.run(stop, exit_when_paused=exit_when_paused)
    finally:
        if prepared.audience is not None:
            prepared.audience.close()
    if summary.status is not CampaignStatus.COMPLETED or stop.is_set():
        return summary
    second = await asyncio.to_thread(_fallback_of, context, prepared.campaign_id)
    if second is None:
        return summary
    other = _Attendance(context, second, on_progress=on_progress, on_notice=on_notice, helpers=None)
    ended = await other.run(stop, exit_when_paused=exit_when_paused)
    on_notice(f"{ended.key}: {counted(ended.counts['sent'], 'contact')} reached on the second channel")
    return summary if ended.status is CampaignStatus.COMPLETED else ended


def _fallback_of(context: Context, campaign_id: int) -> Prepared | None:
    """The campaign that takes over from one that has ended, with everybody whom that could not reach."""
    with context.queue.read() as connection:
        found = fallbacks.of_campaign(connection, campaign_id)
    if found is None:
        return None
    fallback_channel.hand_over_all(context.queue, now=context.clock.now())
    return Prepared(campaign_id=found, audience=None, notices=())


class _Attendance:
    """One campaign under way in this process."""

    def __init__(
        self,
        context: Context,
        prepared: Prepared,
        *,
        on_progress: Callable[[Summary], None],
        on_notice: Callable[[str], None],
        helpers: Helpers | None,
    ) -> None:
        self._context = context
        self._helpers = helpers
        self._id = prepared.campaign_id
        self._audience = prepared.audience
        self._on_progress = on_progress
        self._notices = _Notices(on_notice)
        self._recent = _RecentRate()
        self._reputation = reputation_watch(context)
        self._seldom_at = 0.0
        self._own_process = own_process()
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._sender: Sender | None = None
        self._template_order = TemplateOrder(context.queue)
        self._leaving = False
        self._has_messages = False

    async def run(self, stop: asyncio.Event, *, exit_when_paused: bool) -> Summary:
        summary = await asyncio.to_thread(self._look_after)
        if self._is_over(summary, exit_when_paused=exit_when_paused):
            return summary
        launch = self._new_launch(summary)
        sending = asyncio.create_task(self._send())
        launching = asyncio.create_task(asyncio.to_thread(launch.run)) if launch is not None else None
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stopping.done():
                self._raise_what_failed(sending, launching)
                summary = await self._next_look(summary)
                if self._helpers is not None:
                    self._helpers.start(self._id, accounts=len(summary.accounts))
                if self._is_over(summary, exit_when_paused=exit_when_paused):
                    break
        finally:
            stopping.cancel()
            if launch is not None:
                launch.stop()
            self._stop_sender()
            parts = [sending, *([launching] if launching else []), *([self._helpers.end()] if self._helpers else [])]
            await asyncio.gather(*parts, return_exceptions=True)
        self._raise_what_failed(sending, launching)
        summary = await asyncio.to_thread(self._look_after)
        self._tell(summary)
        return summary

    # The parts.

    async def _send(self) -> None:
        """The sender; a new one when the former was declared dead while this process was stopped."""
        while not self._leaving:
            self._sender = Sender(
                database=self._context.queue,
                settings=self._context.settings,
                clock=self._context.clock,
                channel=self._context.channel,
                box=self._context.box,
                campaign_id=self._id,
                on_change=self._changed.set,
            )
            await self._sender.run()
            if not self._sender.lost:
                return

    def _stop_sender(self) -> None:
        self._leaving = True
        if self._sender is not None:
            self._sender.stop()

    def _new_launch(self, summary: Summary) -> FileLaunch | None:
        if self._audience is None:
            return None
        settings = self._context.settings
        return FileLaunch(
            database=self._context.queue,
            campaign_id=self._id,
            audience=self._audience,
            refused_path=settings.reports_path / f"{summary.key}.refused.csv",
            now=self._context.clock.now,
            on_part=self._part_was_queued,
            forgotten=Forgotten(self._context.box.digest),
            **self._parts(),
        )

    def _parts(self) -> dict[str, Callable[[Contact], int | None]]:
        """How contacts are divided among the campaign's templates, where it has any."""
        with self._context.queue.read() as connection:
            campaign = campaigns.get(connection, self._id)
        if campaign.channel != "whatsapp":
            return {}
        content = WhatsAppContent.from_json(json.loads(campaign.content))
        return {"part_of": lambda contact: content.template_of(contact.address, contact.fields)}

    def _part_was_queued(self) -> None:
        """In the launch's thread: the first messages leave at once, the sender sees the others when it looks anyway."""
        if not self._has_messages:
            self._has_messages = True
            self._loop.call_soon_threadsafe(self._look_now)

    def _look_now(self) -> None:
        if self._sender is not None:
            self._sender.look_now()

    # Looking after the campaign.

    async def _next_look(self, last: Summary) -> Summary:
        """Wait a moment or for a change, do the chores, tell what is new."""
        try:
            async with asyncio.timeout(self._context.settings.watch_seconds):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()
        try:
            summary = await asyncio.to_thread(self._look_after)
        except StoreUnavailable as failure:
            self._notices.store_failed(failure)
            return last
        self._tell(summary)
        return summary

    def _look_after(self) -> Summary:
        """The chores of one campaign, each of them harmless when nothing is due."""
        context, now = self._context, self._context.clock.now()
        if now >= self._seldom_at:
            self._seldom_at = now + _SELDOM_SECONDS
            lease_rescuer.rescue_lost(
                context.queue,
                now=now,
                margin_seconds=context.settings.lease_margin_seconds,
                own_process=self._own_process,
                is_surely_dead=is_surely_dead,
            )
            self._reputation.look(now)
        campaign_finisher.finish(context.queue, self._id, now=now)
        limit_resumer.pause_or_resume(context.queue, self._id, now=now)
        if self._is_whatsapp:
            self._template_order.keep(self._id, now=now)
            portfolio_limit.keep_limits(context.queue, now=now)
        return summary_of(context, self._id)

    @cached_property
    def _is_whatsapp(self) -> bool:
        with self._context.queue.read() as connection:
            return campaigns.get(connection, self._id).channel == "whatsapp"

    def _tell(self, summary: Summary) -> None:
        rate = self._recent.after(summary, self._context.clock.now())
        seconds = summary.left / rate if rate and summary.status is CampaignStatus.RUNNING else None
        self._notices.compare(summary)
        self._on_progress(replace(summary, recent_rate=rate, seconds_left=seconds))

    @staticmethod
    def _is_over(summary: Summary, *, exit_when_paused: bool) -> bool:
        if summary.status is CampaignStatus.PAUSED_LIMITS:
            return exit_when_paused
        return summary.status in _NEEDS_A_PERSON or (summary.status in ENDED and not summary.left)

    @staticmethod
    def _raise_what_failed(*tasks: asyncio.Task[object] | asyncio.Task[None] | asyncio.Task[bool] | None) -> None:
        for task in tasks:
            if task is not None and task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error


class _RecentRate:
    """Messages that ended per second over the last few seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def after(self, summary: Summary, now: float) -> float | None:
        done = summary.total - summary.left
        self._seen.append((now, done))
        while now - self._seen[0][0] > _RATE_OVER_SECONDS:
            self._seen.popleft()
        since, before = self._seen[0]
        return (done - before) / (now - since) if now - since > 1.0 else None


class _Notices:
    """One sentence for each change that a person should hear of."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last: Summary | None = None
        self._failure = ""

    def compare(self, summary: Summary) -> None:
        last, self._last = self._last, summary
        if self._failure:
            self._failure = ""
            self._say("the database is back, sending goes on")
        if last is None or last.status is not summary.status:
            self._status(summary, first=last is None)
        if summary.launched and (last is None or not last.launched):
            refused = f", {counted(summary.refused, 'row')} refused" if summary.refused else ""
            self._say(f"the whole audience is queued: {counted(summary.total, 'message')}{refused}")
        before = {} if last is None else {account.identity: account.state for account in last.accounts}
        for account in summary.accounts:
            if account.state in (AccountState.BROKEN, AccountState.BACKING_OFF) and (
                before.get(account.identity) is not account.state
            ):
                self._say(f"{account.name} is {account.state}: {account.reason}")

    def store_failed(self, failure: StoreUnavailable) -> None:
        if str(failure) != self._failure:
            self._failure = str(failure)
            self._say(f"the database cannot be reached, nothing is handed over until it is back: {failure}")

    def _status(self, summary: Summary, *, first: bool) -> None:
        if summary.status is CampaignStatus.RUNNING and first:
            return
        reason = f": {summary.pause_reason}" if summary.pause_reason else ""
        self._say(f"{summary.key} is {summary.status}{reason}")
