"""Several templates in one campaign: one after the other, each with its share, and a stopped one holds only its own contacts."""

from __future__ import annotations

import asyncio
from itertools import groupby
from pathlib import Path

from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.campaigns import resume
from paceline.operations.campaigns.summary import Summary, summary
from paceline.operations.context import Context
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule
from paceline.sandbox.whatsapp_server import WhatsAppSandbox
from surroundings.numbers import simulator
from surroundings.sending import Sending
from surroundings.whatsapp_campaigns import ENVIRONMENT, write_whatsapp_campaign

NAMES = ("first", "second", "third")
TEMPLATES = tuple(
    f'name = "{name}"\nlanguage = "en"\nshare = {share}\n' for name, share in zip(NAMES, (0.5, 0.25, 0.25), strict=True)
)


async def send(
    context: Context, folder: Path, server: WhatsAppSandbox, contacts: int = 400, rate: int = 1000
) -> Summary:
    path = write_whatsapp_campaign(folder, server.url, contacts=contacts, templates=TEMPLATES, messages_per_second=rate)
    async with Sending(context, path, environment=ENVIRONMENT) as sending:
        return await sending.end()


def sequence(server: WhatsAppSandbox) -> list[str]:
    return [name for name, _ in groupby(one.template for one in server.inbox.arrivals)]


def test_templates_go_one_after_the_other_with_their_shares(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        async with simulator(pair_rate=True, latency_seconds=(0.0, 0.1)) as server:
            assert (await send(context, tmp_path, server)).counts["sent"] == 400
            assert sequence(server) == list(NAMES)
            got = server.inbox.per_template
            assert [170 < got["first"] < 230, 70 < got["second"] < 130, 70 < got["third"] < 130] == [True] * 3
            assert set(server.inbox.per_recipient.values()) == {1}
            assert not server.inbox.errors

    asyncio.run(story())


def test_contacts_of_a_paused_template_wait_and_the_next_one_goes_on(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        paused = WhatsAppRule(template="second", answer=Answer.ERROR, code=132015, skip=10)
        async with simulator(rules=(paused,)) as server:
            shown = await send(context, tmp_path, server, contacts=160, rate=150)
            assert sequence(server) == list(NAMES)
            assert shown.status is CampaignStatus.PAUSED_HEALTH
            waiting = shown.counts["queued"]
            assert (shown.counts["sent"] + waiting, shown.counts["failed"]) == (160, 0)
            assert server.inbox.per_template["second"] == 10
            assert "the template second/en is stopped: 132015" in (shown.pause_reason or "")
            assert f"{waiting:,} contacts wait" in (shown.pause_reason or "")
            assert server.inbox.errors[132015] <= 15  # those under way at that moment
            server.rules = ()
            resume(context, "test")
            assert (await send(context, tmp_path, server, contacts=160)).status is CampaignStatus.COMPLETED
            assert set(server.inbox.per_reference.values()) == {1}
            assert len(server.inbox.arrivals) == 160

    asyncio.run(story())


def test_contacts_for_whom_no_template_is_meant_are_refused_rows(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        only_pro = 'name = "pro"\nlanguage = "en"\nwhere = { field = "plan", equals = "pro" }\n'
        async with simulator() as server:
            path = write_whatsapp_campaign(
                tmp_path, server.url, contacts=40, templates=(only_pro,), messages_per_second=1000
            )
            async with Sending(context, path, environment=ENVIRONMENT) as sending:
                shown = await sending.end()
            assert (shown.total, shown.counts["sent"], shown.refused) == (10, 10, 30)
            assert (
                "no template of the campaign is meant for this contact" in (tmp_path / "test.refused.csv").read_text()
            )

    asyncio.run(story())


def test_a_template_that_the_provider_holds_back_is_fed_no_more(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        held = WhatsAppRule(template="second", message_status="held_for_quality_assessment", skip=10)
        async with simulator(rules=(held,)) as server:
            path = write_whatsapp_campaign(
                tmp_path, server.url, contacts=160, templates=TEMPLATES, messages_per_second=150
            )
            async with Sending(context, path, environment=ENVIRONMENT) as sending:
                got = server.inbox.per_template
                shown = await sending.until(lambda shown: shown.counts["sending"] == 0 and got["third"] >= 25)
            assert 10 <= got["second"] <= 28
            assert summary(context, "test").counts["queued"] == 160 - shown.counts["sent"] > 0

    asyncio.run(story())
