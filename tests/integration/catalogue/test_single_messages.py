"""Messages that a program or a person waits for: one now, and a look at a draft; ahead of campaigns, within the limits."""

from __future__ import annotations

import asyncio

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import InputError
from paceline.domain.segment_rules import Person
from paceline.operations.campaigns import (
    campaign_drafts,
    campaign_listing,
    campaign_starting,
    single_messages,
    templates,
    test_sending as trial,
)
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns
from surroundings.subscribers import add_list, add_people, add_subscribers
from surroundings.waiting import until
from surroundings.working import add_account, at_work, counts_of

CONTENT = {
    "from": "Ann Lee <ann@example.com>",
    "subject": "Code {{ contact.code }}",
    "text": "Hello {{ contact.first_name }}, {{ contact.code }}\n",
}


def _state(context: Context, message_id: str) -> str:
    return single_messages.status(context, message_id).state


def test_one_message_goes_out_once_and_before_a_campaign_that_is_under_way(context: Context) -> None:
    news = add_list(context.catalogue, "news")
    add_subscribers(context.catalogue, news, 400)
    add_people(context.catalogue, [Person(email="bob@example.com", fields={"first_name": "Bob", "code": "old"})])

    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        account = add_account(context, server.port, rate_per_minute=600.0)
        template = templates.create(context, name="Code", content=CONTENT)
        draft = campaign_drafts.create(
            context,
            name="News",
            content={**CONTENT, "subject": "News", "text": "News"},
            audience={"lists": [context.ids.encode(IdKind.LIST, news)]},
            accounts=[account],
        )
        async with at_work(context):
            await asyncio.to_thread(campaign_starting.start, context, draft.id)
            await until(lambda: len(server.per_recipient) >= 3)
            sent = await asyncio.to_thread(
                single_messages.send_one, context, template=template.id, to="bob@example.com", fields={"code": "42"}, key="k1"
            )  # fmt: skip
            again = await asyncio.to_thread(
                single_messages.send_one, context, template=template.id, to="bob@example.com", fields={"code": "42"}, key="k1"
            )  # fmt: skip
            assert again.id == sent.id
            with pytest.raises(NotPossible, match="was used for another message"):
                single_messages.send_one(context, template=template.id, to="eve@example.com", key="k1")
            await until(lambda: _state(context, sent.id) == "sent")
            assert counts_of(context, draft.id)["queued"] > 100  # it did not wait for the campaign
            other = await asyncio.to_thread(
                single_messages.send_one, context, template=template.id, to="carl@example.com", fields={"first_name": "C", "code": "7"}
            )  # fmt: skip
            await until(lambda: _state(context, other.id) == "sent")
        await server.stop()
        assert server.per_recipient["bob@example.com"] == server.per_recipient["carl@example.com"] == 1
        status = single_messages.status(context, sent.id)
        assert (status.account, status.attempts, status.address) == ("relay", 1, "bob@example.com")
        with pytest.raises(NotFound):
            single_messages.status(context.in_workspace(2), sent.id)
        assert [one.id for one in campaign_listing.page(context, None, 10)] == [draft.id]

    asyncio.run(story())


def test_standing_campaign_rests_between_messages_and_a_changed_template_gets_its_own(context: Context) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        add_account(context, server.port)
        template = templates.create(context, name="Code", content={**CONTENT, "text": "{{ contact.code }}"})

        def statuses() -> list[CampaignStatus]:
            with context.queue.read() as connection:
                ids = connection.execute(sql("SELECT id FROM campaigns ORDER BY id")).scalars().all()
                return [campaigns.get(connection, number).status for number in ids]

        async with at_work(context):
            for place in range(2):
                await asyncio.to_thread(
                    single_messages.send_one, context, template=template.id, to=f"a{place}@example.com", fields={"code": "1"}
                )  # fmt: skip
                await until(lambda: statuses() == [CampaignStatus.COMPLETED])
            templates.change(context, template.id, content={**CONTENT, "subject": "New", "text": "new"})
            await asyncio.to_thread(single_messages.send_one, context, template=template.id, to="b@example.com")
            await until(lambda: statuses() == [CampaignStatus.COMPLETED] * 2)
        await server.stop()
        assert dict(server.per_recipient) == dict.fromkeys(["a0@example.com", "a1@example.com", "b@example.com"], 1)

    asyncio.run(story())


def test_what_cannot_be_sent_is_refused_at_once(context: Context) -> None:
    template = templates.create(context, name="Code", content=CONTENT)
    with pytest.raises(NotPossible, match="no account can send it"):
        single_messages.send_one(context, template=template.id, to="a@example.com")
    add_account(context, 9)
    with pytest.raises(InputError):
        single_messages.send_one(context, template=template.id, to="nobody")
    with pytest.raises(NotFound):
        single_messages.send_one(context, template="tpl_x", to="a@example.com")
    with pytest.raises(NotFound):
        single_messages.send_one(context.in_workspace(2), template=template.id, to="a@example.com")


def test_draft_is_shown_in_a_mailbox_without_any_trace_on_it(context: Context) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        account = add_account(context, server.port, hourly_limit=2)
        draft = campaign_drafts.create(context, name="News", content=CONTENT)
        before = campaign_drafts.get(context, draft.id)
        async with at_work(context):
            sent = await asyncio.to_thread(
                trial.send_test,
                context,
                draft.id,
                ["ann@example.com", "bob@example.com", "carl@example.com"],
                account=account,
                fields={"first_name": "Ann", "code": "1"},
            )
            await until(
                lambda: sum(_state(context, one.id) == "sent" for one in sent) == 2
            )  # the account's limit holds
        await server.stop()
        assert sum(server.per_recipient.values()) == 2
        assert campaign_drafts.get(context, draft.id) == before
        assert counts_of(context, draft.id) == {}
        assert [one.id for one in campaign_listing.page(context, None, 10)] == [draft.id]
        with pytest.raises(InputError, match="accepts 1 to 10 addresses"):
            trial.send_test(context, draft.id, [], account=account)

    asyncio.run(story())
