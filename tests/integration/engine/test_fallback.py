"""Campaigns with two channels: whom the first one cannot reach for a reason of their own goes on to the second, once."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from paceline.chores import fallback_channel
from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import InputError
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.preflight import looked_at
from paceline.operations.campaigns.summary import Summary, summary
from paceline.operations.context import Context
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule
from surroundings.numbers import simulator
from surroundings.sending import Sending
from surroundings.whatsapp_campaigns import ENVIRONMENT
from surroundings.whatsapp_webhooks import Callbacks, rows

FILE = """\
key = "both"
channel = "{first}"
fallback = "{second}"
audience = "contacts.csv"
default_country = "US"

[content]
from = "Ann Lee <ann@example.com>"
subject = "Hello {{{{ contact.first_name }}}}"
text = "body.txt"

[tracking]
unsubscribe_url = "https://example.com/u"

[[templates]]
name = "promo"
language = "en_US"
parameters = {{ body = ["{{{{ contact.first_name }}}}"] }}

[[accounts]]
name = "relay"
channel = "email"
host = "127.0.0.1"
port = {port}
security = "none"

[[accounts]]
name = "number-1"
channel = "whatsapp"
phone_number_id = "106540352242922"
token_env = "TEST_TOKEN"
api_url = "{url}"
messages_per_second = 1000
"""
REFUSED = {2: 131026, 5: 131049, 7: 131050, 8: 132012, 9: 130472}
"""The place of a contact, and the error that its WhatsApp message gets."""


def write(folder: Path, *, first: str, second: str, port: int, url: str) -> Path:
    lines = [f"{_phone(n)},{'' if n == 9 else f'user{n}@example.com'},Name {n}" for n in range(12)]
    (folder / "contacts.csv").write_text("\n".join(["phone,email,first_name", *lines]) + "\n")
    (folder / "body.txt").write_text("Hello {{ contact.first_name }}\n")
    path = folder / "both.toml"
    path.write_text(FILE.format(first=first, second=second, port=port, url=url))
    return path


def test_the_price_of_a_fallback_is_the_most_that_it_can_cost(context: Context, tmp_path: Path) -> None:
    for first, second in (("email", "whatsapp"), ("whatsapp", "email")):
        path = write(tmp_path, first=first, second=second, port=25, url="http://127.0.0.1:9")
        found = looked_at(context, str(path), ENVIRONMENT).estimate
        assert found is not None
        assert (found.is_fallback, found.exact, found.costs[0].messages) == (second == "whatsapp", True, 12)


def _phone(place: int) -> str:
    return f"+1650555{place:04d}"


async def send(context: Context, path: Path) -> Summary:
    async with Sending(context, path, environment=ENVIRONMENT) as sending:
        return await sending.end()


def test_contacts_whom_whatsapp_cannot_reach_get_mail(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        errors = tuple(
            WhatsAppRule(recipient=_phone(place), answer=Answer.ERROR, code=code) for place, code in REFUSED.items()
        )
        mail = SmtpSandbox()
        await mail.start()
        try:
            async with simulator(rules=errors) as server:
                path = write(tmp_path, first="whatsapp", second="email", port=mail.port, url=server.url)
                shown = await send(context, path)
                assert (shown.key, shown.status) == ("both", CampaignStatus.COMPLETED)
                assert (shown.counts["sent"], shown.counts["failed"]) == (7, 5)
                assert Counter(mail.mailbox.per_recipient) == {"user2@example.com": 1, "user5@example.com": 1}
                second = summary(context, "both.email")
                assert (second.status, second.total, second.counts["sent"]) == (CampaignStatus.COMPLETED, 2, 2)
                await told_later(context)
                await send(context, path)  # it has ended: nothing more is sent but what was handed over since
                assert Counter(mail.mailbox.per_recipient)["user0@example.com"] == 1
                assert set(Counter(mail.mailbox.per_recipient).values()) == {1}
                assert set(server.inbox.per_recipient.values()) == {1}
        finally:
            await mail.stop()

    asyncio.run(story())
    rules = dict(
        rows(
            context,
            "SELECT m.address, e.detail FROM events e JOIN messages m ON m.id = e.message_id WHERE e.kind = 'fallback'",
        )
    )
    assert set(rules) == {_phone(place) for place in (0, 2, 5, 9)}
    assert rules[_phone(2)].startswith("not reached: 131026: undeliverable")
    assert rules[_phone(2)].endswith("goes on as both.email")
    assert rules[_phone(9)].endswith("no e-mail address to go on with")


async def told_later(context: Context) -> None:
    """A webhook tells later that the first contact could not be reached; the second channel opens again for them."""
    callbacks = Callbacks(context, context.clock.now())

    def tell() -> None:
        first = callbacks.message_ids()[0]
        for _ in range(2):
            callbacks.statuses(callbacks.status(first, "failed", code=131026))
            fallback_channel.hand_over_all(context.queue, now=context.clock.now())

    await asyncio.to_thread(tell)
    again = summary(context, "both.email")
    assert (again.status, again.total, again.counts["queued"]) == (CampaignStatus.RUNNING, 3, 1)


def test_addresses_that_do_not_exist_get_whatsapp(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        gone = {"stage": "rcpt", "recipient": "user3@*", "reply": "550 5.1.1 no such user"}
        spam = {"stage": "rcpt", "recipient": "user4@*", "reply": "550 5.7.1 blocked for spam content"}
        mail = SmtpSandbox(behaviours=parse_behaviours({"rules": [gone, spam]}))
        await mail.start()
        try:
            async with simulator() as server:
                path = write(tmp_path, first="email", second="whatsapp", port=mail.port, url=server.url)
                shown = await send(context, path)
                assert shown.status is CampaignStatus.COMPLETED
                assert [one.recipient for one in server.inbox.arrivals] == [_phone(3)]
        finally:
            await mail.stop()

    asyncio.run(story())


def test_one_channel_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, first="whatsapp", second="whatsapp", port=25, url="http://127.0.0.1:1")
    with pytest.raises(InputError) as found:
        read_campaign_file(path, ENVIRONMENT)
    assert [problem.message for problem in found.value.problems] == ['accepts the other channel ("email")']
