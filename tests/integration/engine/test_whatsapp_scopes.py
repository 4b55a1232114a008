"""How far each kind of error reaches when it answers a message: message, template, number, business account. Two numbers send."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule
from paceline.store.queue import suppressions, whatsapp_numbers
from surroundings.numbers import simulator
from surroundings.sending import Sending
from surroundings.whatsapp_campaigns import ENVIRONMENT, write_whatsapp_campaign

FIRST, SECOND = "106540352242922", "106540352242923"
CONTACTS = 40
READY, LIMITED, BROKEN = AccountState.READY, AccountState.LIMITED, AccountState.BROKEN


@dataclass(frozen=True, kw_only=True)
class Expected:
    """How it ends when the first number gets this error with each message, or with the first one only."""

    code: int
    first: AccountState | None
    """None: it is tried once more before it is broken, and the campaign may have ended by then."""
    second: AccountState = READY
    status: CampaignStatus = CampaignStatus.COMPLETED
    times: int = 0
    failed: int = 0


CASES = [
    Expected(code=130472, first=READY, times=1, failed=1),
    Expected(code=131050, first=READY, times=1, failed=1),
    Expected(code=131016, first=READY, times=1),
    Expected(code=131057, first=LIMITED),
    Expected(code=80007, first=LIMITED),
    Expected(code=190, first=None),
    Expected(code=131048, first=BROKEN, status=CampaignStatus.PAUSED_HEALTH),
    Expected(code=368, first=BROKEN, second=BROKEN, status=CampaignStatus.PAUSED_HEALTH),
    Expected(code=131042, first=BROKEN, second=BROKEN, status=CampaignStatus.PAUSED_HEALTH),
]


async def play(context: Context, folder: Path, case: Expected) -> Summary:
    rule = WhatsAppRule(number=FIRST, answer=Answer.ERROR, code=case.code, first=case.times)
    async with simulator(rules=(rule,)) as server:
        path = write_whatsapp_campaign(folder, server.url, contacts=CONTACTS, messages_per_second=60, max_connections=5)
        file = path.read_text()
        second = file[file.index("[[accounts]]") :].replace(FIRST, SECOND).replace("number-1", "number-2")
        path.write_text(file + second)
        async with Sending(context, path, environment=ENVIRONMENT) as sending:
            await sending.until(lambda shown: len(shown.accounts) == 2)
            await asyncio.to_thread(_belong_together, context)
            return await sending.end()


def _belong_together(context: Context) -> None:
    with context.queue.write() as connection:
        for number in whatsapp_numbers.every(connection):
            whatsapp_numbers.learn(connection, number.account_id, business_account="102290129340398")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.code))
def test_an_error_reaches_as_far_as_it_is_about(context: Context, tmp_path: Path, case: Expected) -> None:
    shown = asyncio.run(play(context, tmp_path, case))
    assert shown.status is case.status
    first, second = shown.accounts
    assert second.state is case.second
    assert case.first in (None, first.state)
    counts = shown.counts
    assert counts["failed"] == case.failed
    if case.status is CampaignStatus.COMPLETED:
        assert counts["sent"] == CONTACTS - case.failed
    else:
        assert counts["sent"] + counts["queued"] + counts["sending"] == CONTACTS
        assert f"number-1: {case.code}: " in (shown.pause_reason or "")
    if case.first in (LIMITED, BROKEN):
        assert (shown.accounts[0].reason or "").startswith(str(case.code))
    with context.queue.read() as connection:
        found = suppressions.after(connection, "", 10, workspace_id=1, channel="whatsapp")
    assert len(found) == (1 if case.code == 131050 else 0)
