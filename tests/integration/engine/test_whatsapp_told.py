"""WhatsApp campaigns and what the provider tells of them: lost answers are settled by webhooks that come early, late,
doubled, in reverse, or not at all.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.engine.account_worker import AccountWorker
from paceline.operations.campaigns.summary import summary
from paceline.operations.context import Context
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule
from paceline.sandbox.whatsapp_server import WhatsAppSandbox
from paceline.sandbox.whatsapp_webhooks import Order, WebhookPlan
from surroundings.numbers import simulator
from surroundings.sending import Sending
from surroundings.server import running_server
from surroundings.whatsapp_campaigns import ENVIRONMENT, write_whatsapp_campaign
from surroundings.whatsapp_webhooks import Callbacks, text_message, worked_through

READ = ("sent", "delivered", "read")
DROPPED = WhatsAppRule(answer=Answer.RESET, processed=True, every=10)
PLANS = {
    "in order": WebhookPlan(url="", statuses=READ),
    "five times and shuffled": WebhookPlan(url="", statuses=READ, copies=5, order=Order.SHUFFLED),
    "reversed": WebhookPlan(url="", statuses=READ, order=Order.REVERSED),
    "before the answer": WebhookPlan(url="", statuses=READ, early=True, copies=2, order=Order.REVERSED),
    "only the last": WebhookPlan(url="", statuses=("read",)),
}


async def play(context: Context, folder: Path, plan: WebhookPlan, *rules: WhatsAppRule) -> WhatsAppSandbox:
    """Send 60 messages while the provider tells of them; returns when everything that was told is worked through."""
    async with simulator(rules=rules, webhooks=plan) as server, worked_through(context):
        path = write_whatsapp_campaign(folder, server.url, contacts=60, messages_per_second=1000)
        async with Sending(context, path, environment=ENVIRONMENT) as sending:
            await sending.end()
        assert server.webhooks is not None
        async with asyncio.timeout(30):
            await server.webhooks.told()
    return server


@pytest.mark.parametrize("name", PLANS)
def test_final_states_are_exact_however_they_are_told(
    database_url: str, context: Context, tmp_path: Path, name: str
) -> None:
    with running_server(database_url, str(tmp_path), whatsapp_app_secrets="secret") as receiver:
        plan = replace(PLANS[name], url=f"{receiver.url}/callbacks/whatsapp", secret="secret")
        server = asyncio.run(play(context, tmp_path, plan, DROPPED))
    shown = summary(context, "test")
    assert (shown.status, shown.counts["sent"], shown.counts["uncertain"]) == (CampaignStatus.COMPLETED, 60, 0)
    assert [shown.came_back[name] for name in ("delivered", "read", "bounced")] == [60, 60, 0]
    assert set(server.inbox.per_reference.values()) == {1}
    assert set(server.inbox.webhooks) == {200}
    usage = shown.accounts[0]
    assert (usage.sent, usage.sent_today) == (60, 60)


def test_lost_webhooks_leave_what_is_uncertain_uncertain(context: Context, tmp_path: Path) -> None:
    plan = WebhookPlan(url="http://127.0.0.1:9/callbacks/whatsapp", statuses=READ, copies=0)
    server = asyncio.run(play(context, tmp_path, plan, DROPPED))
    shown = summary(context, "test")
    assert (shown.counts["sent"], shown.counts["uncertain"], shown.came_back["delivered"]) == (54, 6, 0)
    assert set(server.inbox.per_reference.values()) == {1}


def test_a_number_that_people_write_to_keeps_back_a_share_of_its_rate(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: list[float] = []
    leave_room = AccountWorker.leave_room

    def noted(worker: AccountWorker, share: float) -> None:
        shares.append(share)
        leave_room(worker, share)

    monkeypatch.setattr(AccountWorker, "leave_room", noted)

    async def story() -> None:
        async with simulator() as server:
            path = write_whatsapp_campaign(tmp_path, server.url, contacts=80, messages_per_second=40)
            async with Sending(context, path, environment=ENVIRONMENT) as sending:
                await sending.until(lambda shown: shown.counts["sent"] > 0)
                callbacks = Callbacks(context, context.clock.now())
                await asyncio.to_thread(callbacks.take, text_message("165055500001", "Hi"))
                await sending.end()

    asyncio.run(story())
    assert shares[0] == 0
    assert shares[-1] == 1 / 16
