"""Whole WhatsApp campaigns through the engine into the simulator: exactly once, at the number's pace, and stopped in time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule
from paceline.sandbox.whatsapp_server import WhatsAppSandbox
from surroundings.numbers import simulator
from surroundings.sending import Sending
from surroundings.whatsapp_campaigns import ENVIRONMENT, write_whatsapp_campaign


async def send(context: Context, path: Path) -> Summary:
    async with Sending(context, path, environment=ENVIRONMENT) as sending:
        return await sending.end()


def counts(summary: Summary) -> dict[str, int]:
    return {state: count for state, count in summary.counts.items() if count}


def copies(server: WhatsAppSandbox) -> set[int]:
    return set(server.inbox.per_reference.values())


def test_every_contact_gets_its_message_once_and_filled_in(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        async with simulator(keep_documents=True) as server:
            path = write_whatsapp_campaign(tmp_path, server.url, contacts=200, messages_per_second=1000)
            summary = await send(context, path)
            assert (summary.status, counts(summary)) == (CampaignStatus.COMPLETED, {"sent": 200})
            assert copies(server) == {1}
            assert set(server.inbox.per_recipient.values()) == {1}
            texts = {
                one.recipient: one.document["template"]["components"][0]["parameters"][0]["text"]
                for one in server.inbox.arrivals
                if one.document is not None
            }
            assert texts["+165055500007"] == "Name 7"
            again = await send(context, path)
            assert again.status is CampaignStatus.COMPLETED
            assert len(server.inbox.arrivals) == 200

    asyncio.run(story())


def test_the_rate_of_the_number_is_kept(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        async with simulator(latency_seconds=(0.05, 0.2)) as server:
            path = write_whatsapp_campaign(tmp_path, server.url, contacts=160, messages_per_second=40)
            began = time.monotonic()
            summary = await send(context, path)
            assert counts(summary) == {"sent": 160}
            assert time.monotonic() - began >= 160 / 40 - 0.5
            assert server.inbox.most_in_any_second() <= 40 + 15  # those that began a second apart may arrive together
            assert server.inbox.connections < 0.3 * 160

    asyncio.run(story())


def test_refusals_of_the_rate_cost_no_recipient(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        async with simulator(messages_per_second=30) as server:
            path = write_whatsapp_campaign(tmp_path, server.url, contacts=150, messages_per_second=60)
            summary = await send(context, path)
            assert counts(summary) == {"sent": 150}
            assert server.inbox.errors[130429] > 0
            assert copies(server) == {1}

    asyncio.run(story())


def test_a_limit_that_is_lowered_and_raised_on_the_way_costs_no_recipient(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        async with simulator(messages_per_second=200) as server:
            path = write_whatsapp_campaign(tmp_path, server.url, contacts=400, messages_per_second=200)
            async with Sending(context, path, environment=ENVIRONMENT) as sending:
                await sending.until(lambda shown: shown.counts["sent"] > 50)
                server.throughput.per_second = 40
                await sending.until(lambda shown: server.inbox.errors[130429] > 0)
                server.throughput.per_second = 200
                summary = await sending.end()
            assert (summary.status, counts(summary)) == (CampaignStatus.COMPLETED, {"sent": 400})
            assert copies(server) == {1}
            assert summary.accounts[0].state is AccountState.READY

    asyncio.run(story())


def test_a_message_that_was_taken_and_not_answered_is_uncertain_and_not_sent_again(
    context: Context, tmp_path: Path
) -> None:
    async def story() -> None:
        rules = (WhatsAppRule(answer=Answer.RESET, processed=True, every=40),)
        async with simulator(rules=rules) as server:
            path = write_whatsapp_campaign(tmp_path, server.url, contacts=200, messages_per_second=1000)
            summary = await send(context, path)
            assert counts(summary) == {"sent": 195, "uncertain": 5}
            assert len(server.inbox.arrivals) == 200
            assert copies(server) == {1}

    asyncio.run(story())


def test_a_spam_signal_stops_the_number_and_the_campaign_at_once(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        rules = (WhatsAppRule(answer=Answer.ERROR, code=131048, after_messages=20),)
        async with simulator(rules=rules) as server:
            path = write_whatsapp_campaign(tmp_path, server.url, contacts=300, messages_per_second=50)
            summary = await send(context, path)
            assert summary.status is CampaignStatus.PAUSED_HEALTH
            assert summary.pause_reason is not None
            assert "131048: spam rate limit" in summary.pause_reason
            assert summary.accounts[0].state is AccountState.BROKEN
            assert len(server.inbox.arrivals) == 20
            assert server.inbox.errors[131048] <= 5
            left = counts(summary)
            assert left["sent"] == 20
            assert left["queued"] + left.get("sending", 0) == 280

    asyncio.run(story())


@pytest.mark.parametrize(("code", "status"), [(131026, 400), (132012, 400)])
def test_an_error_about_a_recipient_fails_that_one(context: Context, tmp_path: Path, code: int, status: int) -> None:
    async def story() -> None:
        rules = (WhatsAppRule(answer=Answer.ERROR, code=code, status=status, every=20),)
        async with simulator(rules=rules) as server:
            path = write_whatsapp_campaign(tmp_path, server.url, contacts=100, messages_per_second=1000)
            assert counts(await send(context, path)) == {"sent": 95, "failed": 5}

    asyncio.run(story())


def test_templates_have_their_shares_and_filters(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        pro = 'name = "pro"\nlanguage = "en"\nwhere = { field = "plan", equals = "pro" }\n'
        first = 'name = "first"\nlanguage = "en"\nshare = 0.75\nparameters = { body = { name = "{{ contact.first_name }}" } }\n'
        second = 'name = "second"\nlanguage = "de"\nshare = 0.25\n'
        async with simulator() as server:
            path = write_whatsapp_campaign(
                tmp_path, server.url, contacts=400, templates=(pro, first, second), messages_per_second=1000
            )
            assert counts(await send(context, path)) == {"sent": 400}
            got = server.inbox.per_template
            assert got["pro"] == 100
            assert got == Counter({"pro": 100, "first": got["first"], "second": got["second"]})
            assert 190 < got["first"] < 255

    asyncio.run(story())
