"""What failed is told by cause and can be tried again; nobody gets two by it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import InputError
from paceline.operations.campaigns.failures import cause_of, failures_of, retry
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.public_ids import IdKind
from surroundings.sending import logins, opened, send_to_the_end, write_campaign
from surroundings.working import counts_of

FULL = "552 5.2.2 the mailbox of <{0}@example.com> is full (reference 8A7F3B{0}99)"
RULES = [
    *(
        {"stage": "rcpt", "recipient": f"{who}@*", "per": "recipient", "first": 1, "reply": FULL.format(who)}
        for who in ("user3", "user4", "user5")
    ),
    {"stage": "rcpt", "recipient": "user7@*", "reply": "552 5.3.4 too large for this mailbox"},
]


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("550 5.1.1 <ann@example.com>: no such user", "550 5.1.1 …: no such user"),
        ("452 4.2.2 full 8A7F3B2C99", "452 4.2.2 full …"),
        ("554 5.7.1 blocked, 192.0.2.1 is listed", "554 5.7.1 blocked, … is listed"),
        ("", "no reason is on record"),
    ],
)
def test_cause_is_the_reply_without_what_is_about_one_message(reply: str, cause: str) -> None:
    assert cause_of(reply) == cause


def _id(context: Context) -> str:
    return context.ids.encode(IdKind.CAMPAIGN, context.campaign("test").id)


def test_failed_ones_of_a_cause_are_tried_again_and_arrive_once(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": RULES}))
        await server.start()
        path = write_campaign(tmp_path, contacts=10, accounts=logins(server.port, 1))
        with opened(database_url, tmp_path) as context:
            first = await send_to_the_end(context, path)
            assert (first.status, first.counts["failed"]) == (CampaignStatus.COMPLETED, 4)
            found = failures_of(context, _id(context))
            assert [(one.messages, one.cause) for one in found.causes] == [
                (3, "552 5.2.2 the mailbox of … is full (reference …)"),
                (1, "552 5.3.4 too large for this mailbox"),
            ]
            assert found.exact
            assert sum(found.causes[0].accounts.values()) == 3
            assert retry(context, _id(context), found.causes[0].cause) == 3
            assert counts_of(context, _id(context)) == {"sent": 6, "failed": 1, "queued": 3}
            with pytest.raises(InputError, match="nothing has failed for this cause"):
                retry(context, _id(context), found.causes[0].cause)
            second: Summary = await send_to_the_end(context, path)
            assert second.status is CampaignStatus.COMPLETED
            assert counts_of(context, _id(context)) == {"sent": 9, "failed": 1}
            assert retry(context, _id(context), None) == 1
            await send_to_the_end(context, path)
            assert counts_of(context, _id(context)) == {"sent": 9, "failed": 1}
        await server.stop()
        assert set(server.per_recipient.values()) == {1}

    asyncio.run(story())
