"""The recurring work that the queue needs while anything is sent: whoever leads it does it for all campaigns.

It needs nothing of the catalogue, so that a lone ``paceline sender`` can do it as well as the background process.
"""

from __future__ import annotations

import asyncio
import threading

from paceline.chores import campaign_finisher, fallback_channel, lease_rescuer, limit_resumer, portfolio_limit
from paceline.chores.rate_recorder import LOOK_EVERY_SECONDS, RateRecorder
from paceline.chores.template_order import TemplateOrder
from paceline.domain.reputation import Thresholds
from paceline.engine.process_identity import is_surely_dead, own_process
from paceline.engine.reputation_watch import ReputationWatch
from paceline.operations.context import QueueContext
from paceline.operations.installation.leadership import Leadership, lead
from paceline.operations.installation.recurring_work import Chore, attend
from paceline.operations.whatsapp.reading import refresh
from paceline.store import leaderships
from paceline.store.queue import whatsapp_numbers
from paceline.tracking.whatsapp.webhooks import WhatsAppWebhooks

QUEUE_CHORES = "queue chores"
"""The name under which they are led."""

_FALLBACK_EVERY_SECONDS = 2.0
_RESCUE_EVERY_SECONDS = 1.0
_PAUSED_EVERY_SECONDS = 1.0
_REPUTATION_EVERY_SECONDS = 1.0
_THOROUGH_EVERY_SECONDS = 5.0


def keep_queue(context: QueueContext, stop: threading.Event) -> None:
    """Do the queue's chores whenever no other process does, until ``stop`` is set."""
    leadership = Leadership(
        context.queue,
        leaderships.QUEUE,
        QUEUE_CHORES,
        clock=context.clock,
        seconds=context.settings.leadership_seconds,
    )
    lead(leadership, lambda over: attend(context, queue_chores(context), over), stop)


def queue_chores(context: QueueContext) -> list[Chore]:
    """What the queue needs."""
    return [
        Chore(name="lease rescuer", work=_Rescuer(context).work),
        Chore(name="campaign finisher", work=_Finisher(context).work),
        Chore(name="limit resumer", work=_Resumer(context).work),
        Chore(name="reputation watch", work=_Reputation(context).work),
        Chore(name="WhatsApp webhooks", work=_Webhooks(context).work),
        Chore(name="template order", work=_TemplateOrder(context).work),
        Chore(name="fallback channel", work=lambda: _hand_over(context)),
        Chore(name="rate recorder", work=_Rates(context).work),
        Chore(name="portfolio limit", work=lambda: _keep_portfolios(context)),
        Chore(name="WhatsApp numbers", work=lambda: _read_numbers(context)),
    ]


class _Rescuer:
    def __init__(self, context: QueueContext) -> None:
        self._context = context
        self._own = own_process()

    def work(self) -> float:
        lease_rescuer.rescue_lost(
            self._context.queue,
            now=self._context.clock.now(),
            margin_seconds=self._context.settings.lease_margin_seconds,
            own_process=self._own,
            is_surely_dead=is_surely_dead,
        )
        return _RESCUE_EVERY_SECONDS


class _Finisher:
    def __init__(self, context: QueueContext) -> None:
        self._context = context
        self._thorough_at = 0.0

    def work(self) -> float:
        now = self._context.clock.now()
        thorough = now >= self._thorough_at
        campaign_finisher.finish_all(self._context.queue, now=now, thorough=thorough)
        if thorough:
            self._thorough_at = now + _THOROUGH_EVERY_SECONDS
        return self._context.settings.watch_seconds


class _Reputation:
    def __init__(self, context: QueueContext) -> None:
        self._context = context
        self._watch = reputation_watch(context)

    def work(self) -> float:
        self._watch.look(self._context.clock.now())
        return _REPUTATION_EVERY_SECONDS


def reputation_watch(context: QueueContext) -> ReputationWatch:
    """What looks after the reputation of campaigns and accounts, with the installation's thresholds."""
    settings = context.settings
    thresholds = Thresholds(
        complaints_warn=settings.complaints_warn_percent / 100,
        complaints_pause=settings.complaints_pause_percent / 100,
        hard_bounces_pause=settings.hard_bounces_pause_percent / 100,
        spam_refusals_pause=settings.spam_refusals_pause_percent / 100,
    )
    return ReputationWatch(context.queue, thresholds)


class _Resumer:
    """Wakes up at the computed moment at which an account has allowance again."""

    def __init__(self, context: QueueContext) -> None:
        self._context = context
        self._paused_at = 0.0

    def work(self) -> float:
        now = self._context.clock.now()
        paused_too = now >= self._paused_at
        next_at = limit_resumer.pause_or_resume_all(self._context.queue, now=now, paused_too=paused_too)
        if paused_too:
            self._paused_at = now + _PAUSED_EVERY_SECONDS
        self._paused_at = min(self._paused_at, next_at or self._paused_at)
        return max(0.0, min(self._context.settings.watch_seconds, self._paused_at - self._context.clock.now()))


def _hand_over(context: QueueContext) -> float:
    fallback_channel.hand_over_all(context.queue, now=context.clock.now())
    return _FALLBACK_EVERY_SECONDS


def _keep_portfolios(context: QueueContext) -> float:
    portfolio_limit.keep_limits(context.queue, now=context.clock.now())
    return context.settings.watch_seconds


def _read_numbers(context: QueueContext) -> float:
    """Ask the provider how the numbers stand, and for their templates."""
    with context.queue.read() as connection:
        numbers = whatsapp_numbers.every(connection)
    if numbers:
        asyncio.run(refresh(context, numbers))
    return context.settings.whatsapp_check_seconds


class _Rates:
    def __init__(self, context: QueueContext) -> None:
        self._context = context
        self._recorder = RateRecorder(context.queue)

    def work(self) -> float:
        self._recorder.look(now=self._context.clock.now())
        return LOOK_EVERY_SECONDS


class _TemplateOrder:
    def __init__(self, context: QueueContext) -> None:
        self._context = context
        self._order = TemplateOrder(context.queue)

    def work(self) -> float:
        self._order.keep_all(now=self._context.clock.now())
        return self._context.settings.watch_seconds


class _Webhooks:
    """Works through what WhatsApp has told; without a rest while there is more."""

    def __init__(self, context: QueueContext) -> None:
        self._context = context
        self._webhooks = WhatsAppWebhooks(context.queue, context.settings.whatsapp_opt_out_words)

    def work(self) -> float:
        done = self._webhooks.work(now=self._context.clock.now())
        return 0.0 if done else self._context.settings.watch_seconds
