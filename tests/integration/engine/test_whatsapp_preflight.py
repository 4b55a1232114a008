"""What the provider says of numbers and templates, before a campaign starts and while it runs."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import InputError
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.operations.whatsapp.reading import refresh
from paceline.sandbox.whatsapp_contract import TemplateSpec
from paceline.sandbox.whatsapp_server import WhatsAppSandbox
from paceline.store.queue import accounts, template_stops, whatsapp_numbers, whatsapp_templates
from surroundings.numbers import simulator
from surroundings.sending import Sending
from surroundings.whatsapp_campaigns import ENVIRONMENT, write_whatsapp_campaign

BODY = ({"type": "BODY", "text": "Hello {{1}}, welcome"},)
PROMO = {("promo", "en_US"): TemplateSpec(body=1, components=BODY)}


async def send(context: Context, folder: Path, server: WhatsAppSandbox, contacts: int = 5, **more: Any) -> Summary:
    fields = {"messages_per_second": 1000, "business_account_id": "102290129340398", **more}
    path = write_whatsapp_campaign(folder, server.url, contacts=contacts, **fields)
    async with Sending(context, path, environment=ENVIRONMENT, exit_when_paused=True) as sending:
        return await sending.end()


def refused(context: Context, folder: Path, server: WhatsAppSandbox, **more: Any) -> Any:
    async def attempt() -> None:
        await server.start()
        try:
            await send(context, folder, server, **more)
        finally:
            await server.stop()

    with pytest.raises(InputError) as found:
        asyncio.run(attempt())
    return "\n".join(problem.message for problem in found.value.problems)


@pytest.mark.parametrize(
    ("templates", "words"),
    [
        ({("other", "en_US"): TemplateSpec()}, "has no template of this name"),
        ({("promo", "de"): TemplateSpec(body=1, components=BODY)}, "it is there in de"),
        ({("promo", "en_US"): TemplateSpec(body=1, components=BODY, status="PAUSED")}, "is PAUSED"),
        (
            {("promo", "en_US"): TemplateSpec(components=({"type": "BODY", "text": "Hi"},))},
            "has 0 parameters, 1 are given",
        ),
        (
            {("promo", "en_US"): TemplateSpec(body=("name",), components=({"type": "BODY", "text": "Hi {{name}}"},))},
            "names its parameters (name)",
        ),
        (
            {("promo", "en_US"): TemplateSpec(body=1, components=(*BODY, {"type": "HEADER", "format": "IMAGE"}))},
            "the template asks for an image",
        ),
    ],
)
def test_templates_that_do_not_fit_keep_a_campaign_from_starting(
    context: Context, tmp_path: Path, templates: Any, words: str
) -> None:
    server = WhatsAppSandbox(templates=templates)
    assert words in refused(context, tmp_path, server)
    assert server.inbox.arrivals == []


def test_a_number_of_bad_quality_sends_nothing(context: Context, tmp_path: Path) -> None:
    server = WhatsAppSandbox(templates=PROMO)
    for fields, words in (
        ({"quality_rating": "RED"}, "RED"),
        ({"status": "BANNED"}, "BANNED"),
        ({"health_status": {"can_send_message": "BLOCKED"}}, "BLOCKED"),
    ):
        server.number_fields = fields
        assert words in refused(context, tmp_path, server)


def test_a_limit_that_will_not_do_is_said_and_kept(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        async with simulator(templates=PROMO) as server:
            server.number_fields = {"whatsapp_business_manager_messaging_limit": "TIER_250", "quality_rating": "YELLOW"}
            path = write_whatsapp_campaign(
                tmp_path, server.url, contacts=300, messages_per_second=150, business_account_id="102290129340398"
            )
            async with Sending(context, path, environment=ENVIRONMENT, exit_when_paused=True) as sending:
                shown = await sending.end()
            assert any("300 contacts need TIER_2K: the numbers may reach 250" in notice for notice in sending.notices)
            assert any("YELLOW" in notice for notice in sending.notices)
            assert shown.status is CampaignStatus.PAUSED_LIMITS
            assert 125 <= len(server.inbox.arrivals) <= 250
            assert shown.counts["failed"] == 0
            assert shown.accounts[0].state is AccountState.LIMITED
            assert "recipients that all numbers together may reach" in (shown.accounts[0].reason or "")
            assert 86_000 < (shown.resumes_at or 0) - time.time() < 86_500

    asyncio.run(story())


def _numbers(context: Context) -> list[whatsapp_numbers.NumberRow]:
    with context.queue.read() as connection:
        return whatsapp_numbers.every(connection)


def test_numbers_and_templates_are_read_again_and_followed(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        async with simulator(templates=PROMO) as server:
            assert (await send(context, tmp_path, server)).counts["sent"] == 5
            promo, key = PROMO["promo", "en_US"], ("promo", "en_US")
            for status, stopped in (("PAUSED", ["promo/en_US"]), ("APPROVED", [])):
                server.templates = {key: TemplateSpec(body=1, components=promo.components, status=status)}
                await refresh(context, _numbers(context))
                with context.queue.read() as connection:
                    assert list(template_stops.active(connection, workspace_id=1, now=0)) == stopped
                    (row,) = whatsapp_templates.every(connection, workspace_id=1)
                assert (row.status, row.category, row.quality) == (status, "MARKETING", "GREEN")
            server.number_fields = {"quality_rating": "RED"}
            (reading,) = await refresh(context, _numbers(context))
            assert reading.state is not None
            (number,) = _numbers(context)
            assert (number.quality, number.messaging_limit) == ("RED", -1)
        with context.queue.read() as connection:
            assert whatsapp_numbers.every(connection)[0].quality == "RED"
        (failed,) = await refresh(context, _numbers(context))  # the simulator is gone
        assert "cannot connect" in failed.failure

    asyncio.run(story())
    with context.queue.read() as connection:
        (standing,) = accounts.standings(connection, workspace_id=1)
    assert standing.state is AccountState.BROKEN
    assert "RED" in (standing.reason or "")
