"""A server of the tests without its HTTP: one sender for everybody and the background's work, in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from paceline.domain.account import Account, Limits, Security, SmtpLogin, Window
from paceline.domain.campaign import CampaignKind, CampaignMove
from paceline.domain.segment import Node
from paceline.engine.sender import Sender
from paceline.operations.context import Context
from paceline.operations.installation.background import work_in_background
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, campaigns
from paceline.store.queue.campaigns import NewCampaign


@asynccontextmanager
async def at_work(context: Context) -> AsyncIterator[None]:
    """Send and do the recurring work until the block ends."""
    sender = Sender(
        database=context.queue,
        settings=context.settings,
        clock=context.clock,
        channel=context.channel,
        box=context.box,
        campaign_id=None,
    )
    over = threading.Event()
    background = asyncio.create_task(asyncio.to_thread(work_in_background, context, over))
    sending = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        sender.stop()
        over.set()
        await asyncio.gather(sending, background)


def add_account(
    context: Context,
    port: int,
    name: str = "relay",
    *,
    hourly_limit: int = 0,
    window: Window = Window.CALENDAR,
    **fields: Any,
) -> str:
    """An account on a server of this machine; its public id."""
    limits = Limits(hour=hourly_limit, window=window)
    login = SmtpLogin(host="127.0.0.1", port=port, security=Security.NONE, username=name, password="secret")
    account = Account(id=0, name=name, login=login, limits=limits, **fields)
    with context.queue.write() as connection:
        number = accounts.save(connection, context.box, account, workspace_id=context.workspace_id, channel="email")
    return context.ids.encode(IdKind.ACCOUNT, number)


def counts_of(context: Context, campaign_id: str) -> dict[str, int]:
    """The counters of a campaign, which must agree with its messages."""
    number = context.ids.decode(IdKind.CAMPAIGN, campaign_id)
    assert number is not None
    with context.queue.read() as connection:
        progress = campaigns.progress(connection, number)
        if progress.campaign.finished_at is not None:
            assert progress.counts == campaigns.count_anew(connection, number)
    return {state: count for state, count in progress.counts.items() if count}


def no_filter(segment_id: int) -> Node:
    """For audiences without segments."""
    raise AssertionError(f"nobody chose segment {segment_id}")


def started_campaign(context: Context, audience: str, *, key: str = "launched") -> int:
    """A running campaign of lists and segments without accounts: for launches that nobody sends."""
    new = NewCampaign(
        workspace_id=context.workspace_id,
        key=key,
        name=key,
        channel="email",
        content="{}",
        audience=audience,
        message_id_domain="example.com",
        rate_per_minute=0.0,
        max_attempts=None,
        retry_delay_seconds=None,
        kind=CampaignKind.CATALOGUE,
    )
    with context.queue.write() as connection:
        number = campaigns.create(connection, new, now=context.clock.now())
        assert number is not None
        assert campaigns.move(connection, number, CampaignMove.START, now=context.clock.now())
    return number
