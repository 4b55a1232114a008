"""One more sender, for everybody's campaigns or for one, in a process of its own; it needs the queue and nothing else."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading

from paceline.domain.errors import StoreUnavailable
from paceline.engine.sender import Sender
from paceline.operations.context import QueueContext
from paceline.operations.installation.older_copy import pause_if_older_copy
from paceline.operations.installation.queue_chores import keep_queue

_log = logging.getLogger("paceline.operations")

_LONGEST_PAUSE_SECONDS = 5.0
_COLLECT_AFTER = (20_000, 20, 20)  # objects: a message makes some 20, and hardly any in cycles


async def send_for_everybody(context: QueueContext, stop: asyncio.Event) -> None:
    """Send every running campaign until ``stop`` is set: then claim nothing more, finish what is open, and leave.

    Does the queue's chores as well when nobody else does. Waits for a database that is away. Raises StoreWentBack when
    commits are missing (everything is paused then) and SchemaChanged after an upgrade.
    """
    spare_the_collector()
    chores_over = threading.Event()
    chores = asyncio.create_task(asyncio.to_thread(keep_queue, context, chores_over))
    try:
        await _send(context, stop, None)
    finally:
        chores_over.set()
        await chores


async def send_one_campaign(context: QueueContext, campaign_id: int, stop: asyncio.Event) -> None:
    """Send one campaign beside the process that attends it and does its chores. Otherwise as ``send_for_everybody``."""
    spare_the_collector()
    await _send(context, stop, campaign_id)


def spare_the_collector() -> None:
    """What is loaded by now stays until the end: the collector need not walk through it again for every few messages."""
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


async def _send(context: QueueContext, stop: asyncio.Event, campaign_id: int | None) -> None:
    """A sender; a new one when the former was declared dead while this process was stopped or suspended."""
    pause = 0.1
    while not stop.is_set():
        try:
            for sentence in await asyncio.to_thread(pause_if_older_copy, context):
                _log.warning("%s", sentence)
            await _until_stopped(_new_sender(context, campaign_id), stop)
            pause = 0.1
        except StoreUnavailable as failure:
            _log.warning("the queue cannot be reached, again in %.1f s: %s", pause, failure)
            await _rest(stop, pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _new_sender(context: QueueContext, campaign_id: int | None) -> Sender:
    return Sender(
        database=context.queue,
        settings=context.settings,
        clock=context.clock,
        channel=context.channel,
        box=context.box,
        campaign_id=campaign_id,
    )


async def _until_stopped(sender: Sender, stop: asyncio.Event) -> None:
    sending, stopping = asyncio.create_task(sender.run()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((sending, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        sender.stop()
        await asyncio.wait((sending,))
    sending.result()


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
