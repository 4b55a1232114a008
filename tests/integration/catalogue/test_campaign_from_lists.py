"""A campaign written, checked and started by operations: everybody it is meant for gets it once, nobody else gets it."""

from __future__ import annotations

import asyncio
import json

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.domain.contact import SubscriptionState
from paceline.domain.errors import InputError
from paceline.domain.segment_rules import Person
from paceline.operations.audience import segments, suppressions
from paceline.operations.campaigns import (
    campaign_checks,
    campaign_drafts,
    campaign_listing,
    campaign_starting,
    campaigns,
    templates,
)
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from surroundings.subscribers import add_list, add_people
from surroundings.waiting import until
from surroundings.working import add_account, at_work, counts_of

CONTENT = {
    "from": "Ann Lee <ann@example.com>",
    "subject": "Hello {{ contact.first_name }}",
    "text": "Hello {{ contact.first_name }}\n",
    "unsubscribe_url": "https://example.com/leave",
}
IN, ASKED, LEFT = SubscriptionState.CONFIRMED, SubscriptionState.UNCONFIRMED, SubscriptionState.UNSUBSCRIBED


def _person(name: str, lists: dict[int, SubscriptionState] | None = None, plan: str = "pro") -> Person:
    return Person(email=f"{name}@example.com", fields={"first_name": name, "plan": plan}, subscriptions=lists or {})


def _public(context: Context, kind: IdKind, number: int) -> str:
    return context.ids.encode(kind, number)


def test_campaign_reaches_whom_it_is_meant_for_once(context: Context) -> None:
    news, offers, staff = (add_list(context.catalogue, name) for name in ("news", "offers", "staff"))
    people = [
        _person("both", {news: IN, offers: IN}),
        _person("news", {news: IN}),
        _person("free", {news: IN}, "free"),
        _person("asked", {news: ASKED}),
        _person("left", {news: LEFT}),
        _person("left-news-only", {news: LEFT, offers: IN}),
        _person("staff", {news: IN, staff: IN}),
        _person("suppressed", {news: IN}),
        Person(phone="+491701234567", fields={"plan": "pro"}, subscriptions={news: IN}),
        _person("nowhere"),
    ]
    add_people(context.catalogue, people)
    suppressions.add(context, ["Suppressed@Example.com"], "by hand")

    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        account = add_account(context, server.port, max_connections=3)
        pro = segments.create(context, name="pro", filter={"field": "plan", "equals": "PRO"})
        draft = campaign_drafts.create(
            context,
            name="Spring news",
            content=CONTENT,
            audience={
                "lists": [_public(context, IdKind.LIST, news), _public(context, IdKind.LIST, offers)],
                "segment": pro.id,
                "exclude_lists": [_public(context, IdKind.LIST, staff)],
            },
            accounts=[account],
        )
        checked = campaign_checks.check(context, draft.id)
        assert (checked.problems, checked.notices) == ([], [])
        assert (checked.recipients.number, checked.recipients.exact) == (4, True)
        async with at_work(context):
            started = await asyncio.to_thread(campaign_starting.start, context, draft.id)
            assert started.status is CampaignStatus.RUNNING
            segments.change(
                context, pro.id, filter={"all": []}
            )  # whatever becomes of it, the campaign goes on as it began
            await until(lambda: campaign_drafts.get(context, draft.id).status is CampaignStatus.COMPLETED)
        await server.stop()
        assert dict(server.per_recipient) == dict.fromkeys(
            ["both@example.com", "news@example.com", "left-news-only@example.com"], 1
        )
        assert counts_of(context, draft.id) == {"sent": 3}
        with pytest.raises(NotPossible, match="only drafts can be changed"):
            campaign_drafts.change(context, draft.id, name="Other")
        with pytest.raises(NotPossible, match="only a draft"):
            campaign_starting.start(context, draft.id)
        listed = campaign_listing.page(context, None, 10)
        assert [(one.id, one.counts["sent"], one.refused) for one in listed] == [(draft.id, 3, 1)]
        shown = campaign_listing.messages_page(context, draft.id, None, 2)
        rest = campaign_listing.messages_page(context, draft.id, shown[-1][0], 2)
        assert [m.address.partition("@")[0] for _, m in [*shown, *rest]] == ["both", "news", "left-news-only"]
        assert {m.state for _, m in shown} == {"sent"}

    asyncio.run(story())


def test_pause_resume_and_stop_take_the_public_id_too(context: Context) -> None:
    news = add_list(context.catalogue, "news")
    add_people(context.catalogue, [_person("ann", {news: IN})])
    draft = campaign_drafts.create(
        context,
        name="News",
        content=CONTENT,
        audience={"lists": [_public(context, IdKind.LIST, news)]},
        accounts=[add_account(context, 9)],
    )
    campaign_starting.start(context, draft.id)
    assert campaign_starting.start(context, draft.id).status is CampaignStatus.RUNNING  # a second call changes nothing
    assert campaigns.pause(context, draft.id).status is CampaignStatus.PAUSED
    assert campaigns.resume(context, draft.id).status is CampaignStatus.RUNNING
    assert campaigns.stop(context, draft.key).status is CampaignStatus.STOPPED
    with pytest.raises(NotFound):
        campaigns.pause(context.in_workspace(2), draft.id)


def test_unfinished_draft_says_all_that_is_missing_and_does_not_start(context: Context) -> None:
    draft = campaign_drafts.create(context, name="Empty")
    fields = {problem.field for problem in campaign_checks.check(context, draft.id).problems}
    assert fields == {"content.from", "content.subject", "content.html", "accounts", "audience"}
    with pytest.raises(InputError, match="nobody is chosen"):
        campaign_starting.start(context, draft.id)
    assert campaign_drafts.get(context, draft.id).status is CampaignStatus.DRAFT
    empty = _public(context, IdKind.LIST, add_list(context.catalogue, "empty"))
    changed = campaign_drafts.change(
        context, draft.id, content=CONTENT, audience={"lists": [empty]}, accounts=[add_account(context, 9)]
    )
    assert changed.content["subject"] == CONTENT["subject"]
    with pytest.raises(InputError, match="nobody belongs to it"):
        campaign_starting.start(context, draft.id)
    kept = campaign_drafts.change(context, draft.id, name="Still a draft")
    assert (kept.name, kept.audience, kept.accounts) == ("Still a draft", changed.audience, changed.accounts)


def test_larger_campaigns_than_allowed_are_refused_with_who_says_so(context: Context) -> None:
    news = add_list(context.catalogue, "news")
    add_people(context.catalogue, [_person(f"p{n}", {news: IN}) for n in range(5)])
    account = add_account(context, 9)
    draft = campaign_drafts.create(
        context,
        name="News",
        content=CONTENT,
        audience={"lists": [_public(context, IdKind.LIST, news)]},
        accounts=[account],
    )
    context.catalogue.execute("UPDATE workspaces SET settings = :s", s=json.dumps({"largest_campaign": 4}))
    with pytest.raises(InputError, match=r"5 people, and the workspace .* allows campaigns of 4 at most"):
        campaign_starting.start(context, draft.id)
    context.catalogue.execute("UPDATE workspaces SET settings = '{}'")
    context.queue.execute("UPDATE accounts SET largest_campaign = 3")
    with pytest.raises(InputError, match=r"the account relay .* allows campaigns of 3 at most"):
        campaign_starting.start(context, draft.id)
    context.queue.execute("UPDATE accounts SET largest_campaign = 5")
    assert campaign_starting.start(context, draft.id).status is CampaignStatus.RUNNING


def test_drafts_are_copied_deleted_and_made_from_templates(context: Context) -> None:
    template = templates.create(context, name="Letter", content=CONTENT)
    draft = campaign_drafts.create(context, name="One", template=template.id, content={"subject": "Own"}, key="one")
    assert draft.content == {**templates.get(context, template.id).content, "subject": "Own"}
    copy = campaign_drafts.duplicate(context, draft.id)
    assert (copy.name, copy.content["subject"], copy.status) == ("One (copy)", "Own", CampaignStatus.DRAFT)
    assert copy.key != draft.key
    with pytest.raises(NotPossible, match="the key 'one'"):
        campaign_drafts.create(context, name="Another", key="one")
    campaign_drafts.delete(context, draft.id)
    with pytest.raises(NotFound):
        campaign_drafts.get(context, draft.id)
    with pytest.raises(NotFound):
        campaign_drafts.get(context.in_workspace(2), copy.id)
    with context.queue.read() as connection:
        assert connection.execute(sql("SELECT COUNT(*) FROM campaigns")).scalar_one() == 1


def test_lists_segments_and_accounts_of_others_are_unknown(context: Context) -> None:
    with context.catalogue.write() as connection:
        connection.execute(sql("INSERT INTO workspaces (id, name, created_at) VALUES (2, 'Other', 0)"))
    foreign = _public(context, IdKind.LIST, add_list(context.catalogue, "theirs", workspace_id=2))
    account = add_account(context.in_workspace(2), 9)
    segment = segments.create(context.in_workspace(2), name="theirs", filter={"all": []})
    for field, values in (
        ("audience.lists", {"audience": {"lists": [foreign]}}),
        ("audience.exclude_lists", {"audience": {"exclude_lists": [foreign, "lst_x"]}}),
        ("audience.segment", {"audience": {"segment": segment.id}}),
        ("accounts", {"accounts": [account]}),
    ):
        with pytest.raises(InputError) as refused:
            campaign_drafts.create(context, name="Mine", **values)
        assert refused.value.problems[0].field == field
    with pytest.raises(InputError, match=f"there is no list {foreign}"):
        segments.create(context, name="Mine", filter={"not": {"list": foreign}})
    with pytest.raises(NotFound):
        segments.get(context, segment.id)
