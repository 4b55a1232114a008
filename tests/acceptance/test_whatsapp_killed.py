"""A sender of a WhatsApp campaign is killed again and again while the provider drops answers to messages that it has taken:
nobody gets two messages, and the webhooks settle everything that was left open.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.campaigns import messages
from paceline.operations.campaigns.summary import Summary, summary
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule
from paceline.sandbox.whatsapp_server import WhatsAppSandbox
from paceline.sandbox.whatsapp_webhooks import Order, WebhookPlan
from surroundings.numbers import simulator
from surroundings.server import Server, running_server
from surroundings.whatsapp_campaigns import ENVIRONMENT, write_whatsapp_campaign
from surroundings.whatsapp_webhooks import Callbacks

CONTACTS = 400
KILLED_AT = (80, 220)
IN_FLIGHT = 20
DROPPED = WhatsAppRule(answer=Answer.RESET, processed=True, every=40)


async def start(path: Path, database_url: str, folder: Path) -> asyncio.subprocess.Process:
    environment = {**os.environ, **ENVIRONMENT, "PACELINE_DATA_DIR": str(folder), "PACELINE_WATCH_SECONDS": "0.1"}
    words = ("-m", "paceline.cli.main", "send", str(path), "--database", database_url, "--senders", "1", "--json")
    return await asyncio.create_subprocess_exec(
        sys.executable, *words, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )


async def play(database_url: str, folder: Path, plan: WebhookPlan) -> WhatsAppSandbox:
    """Send the campaign, killed at these numbers of messages; returns when its last sender has ended."""
    async with simulator(rules=(DROPPED,), webhooks=plan, latency_seconds=(0.0, 0.1)) as server:
        path = write_whatsapp_campaign(
            folder, server.url, contacts=CONTACTS, messages_per_second=200, max_connections=IN_FLIGHT
        )
        async with asyncio.timeout(120):
            for arrived in KILLED_AT:
                process = await start(path, database_url, folder)
                await server.inbox.wait_for(arrived)
                process.send_signal(signal.SIGKILL)
                await process.wait()
            process = await start(path, database_url, folder)
            _, said = await process.communicate()
            assert process.returncode == 0, said.decode()[-2000:]
            assert server.webhooks is not None
            await server.webhooks.told()
    return server


def check_before(server: WhatsAppSandbox, shown: Summary) -> None:
    """Everything but what was open at a kill, or whose answer was dropped, is known; nothing went out twice."""
    assert set(server.inbox.per_reference.values()) == {1}
    assert set(server.inbox.per_recipient.values()) == {1}
    counts = shown.counts
    assert shown.total == CONTACTS
    assert counts["sent"] + counts["uncertain"] == CONTACTS
    dropped = CONTACTS // DROPPED.every
    assert 0 < counts["uncertain"] <= len(KILLED_AT) * IN_FLIGHT + dropped + 1


def check_after(running: Server, server: WhatsAppSandbox) -> None:
    """What the provider has taken is sent; what it never had stays uncertain and is named."""
    shown = summary(running.context, "test")
    taken = len(server.inbox.arrivals)
    assert shown.status is CampaignStatus.COMPLETED
    assert (shown.counts["sent"], shown.counts["uncertain"]) == (taken, CONTACTS - taken)
    assert shown.came_back["delivered"] == taken
    arrived = {one.recipient for one in server.inbox.arrivals}
    uncertain = {row["address"] for row in messages(running.context, "test", state="uncertain")}
    assert uncertain.isdisjoint(arrived)
    assert shown.accounts[0].sent == taken


def test_webhooks_settle_what_kills_and_dropped_answers_left_open(database_url: str, tmp_path: Path) -> None:
    with running_server(database_url, str(tmp_path), whatsapp_app_secrets="secret") as running:
        plan = WebhookPlan(url=f"{running.url}/callbacks/whatsapp", secret="secret", copies=2, order=Order.SHUFFLED)
        server = asyncio.run(play(database_url, tmp_path, plan))
        check_before(server, summary(running.context, "test"))
        Callbacks(running.context, running.context.clock.now()).work()
        check_after(running, server)
