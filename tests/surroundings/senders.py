"""More senders than the one of `paceline send`, in this process, and campaigns that are queued for whoever sends them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

from paceline.engine.sender import Sender
from paceline.launch.file_launch import FileLaunch
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.preparing import prepare
from paceline.operations.context import Context


@asynccontextmanager
async def one_more_sender(
    context: Context, campaign_id: int | None, on_change: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """A sender at work on one campaign, or on all (None), until the block ends."""
    sender = Sender(
        database=context.queue,
        settings=context.settings,
        clock=context.clock,
        channel=context.channel,
        box=context.box,
        campaign_id=campaign_id,
        on_change=on_change,
    )
    sending = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        sender.stop()
        await sending


def queued(context: Context, path: Path) -> int:
    """The campaign of a file, with its whole audience in the queue; nobody sends it yet."""
    prepared = prepare(context, read_campaign_file(path, {"TEST_PASSWORD": "secret"}))
    if prepared.audience is None:
        return prepared.campaign_id  # it is there, and goes on as the file says now
    with closing(prepared.audience):
        FileLaunch(
            database=context.queue,
            campaign_id=prepared.campaign_id,
            audience=prepared.audience,
            refused_path=path.with_suffix(".refused.csv"),
            now=context.clock.now,
            on_part=lambda: None,
        ).run()
    return prepared.campaign_id
