"""Scheduled campaigns: they start at their moment, a missed one starts late or asks, and moments are read with their zone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from paceline.chores.campaign_starter import LATE_SECONDS, start_due
from paceline.clock import iso
from paceline.domain.campaign import CampaignStatus, LateStart
from paceline.domain.errors import InputError
from paceline.operations.campaigns import campaign_drafts, campaign_starting
from paceline.operations.campaigns.campaign_drafts import Campaign
from paceline.operations.context import Context, NotPossible
from paceline.store.public_ids import IdKind
from surroundings.sending import Hands, opened
from surroundings.subscribers import add_list, add_subscribers
from surroundings.waiting import until
from surroundings.working import add_account, at_work

CONTENT = {"from": "ann@example.com", "subject": "News", "text": "News"}
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC).timestamp()


def _draft(context: Context, name: str = "News") -> Campaign:
    news = add_list(context.catalogue, name)
    add_subscribers(context.catalogue, news, 5, first=5 * news)
    audience = {"lists": [context.ids.encode(IdKind.LIST, news)]}
    return campaign_drafts.create(
        context, name=name, content=CONTENT, audience=audience, accounts=[add_account(context, 9, name)]
    )


def _status(context: Context, campaign: Campaign) -> CampaignStatus:
    return campaign_drafts.get(context, campaign.id).status


def test_scheduled_campaign_starts_within_a_second_of_its_moment(context: Context) -> None:
    draft = _draft(context)

    async def story() -> None:
        async with at_work(context):
            at = datetime.fromtimestamp(context.clock.now() + 2, UTC).isoformat()
            scheduled = await asyncio.to_thread(campaign_starting.schedule, context, draft.id, at=at)
            assert scheduled.status is CampaignStatus.SCHEDULED
            await until(lambda: _status(context, draft) is CampaignStatus.RUNNING)
        started = campaign_drafts.get(context, draft.id)
        assert started.started_at is not None
        assert started.starts_at is not None
        assert 0 <= started.started_at - started.starts_at < 1

    asyncio.run(story())


def test_missed_start_asks_or_starts_as_the_campaign_says(database_url: str, tmp_path: Path) -> None:
    hands = Hands(at=NOON)
    with opened(database_url, tmp_path, hands) as context:
        asking, starting, early = (_draft(context, name) for name in ("asking", "starting", "early"))
        campaign_starting.schedule(context, asking.id, at="2027-03-01T13:00", late_start=LateStart.ASK)
        campaign_starting.schedule(context, starting.id, at="2027-03-01T13:00", late_start=LateStart.START)
        campaign_starting.schedule(context, early.id, at="2027-03-01T18:00")
        assert start_due(context.queue, now=context.clock.now()) == NOON + 3600
        hands.turn(3600 + LATE_SECONDS + 1)
        assert start_due(context.queue, now=context.clock.now()) == NOON + 6 * 3600
        assert start_due(context.queue, now=context.clock.now()) == NOON + 6 * 3600  # nothing is done twice
        held = campaign_drafts.get(context, asking.id)
        assert held.status is CampaignStatus.SCHEDULED
        assert held.pause_reason is not None
        assert "2027-03-01T13:00:00Z was missed" in held.pause_reason
        assert _status(context, starting) is CampaignStatus.RUNNING
        assert _status(context, early) is CampaignStatus.SCHEDULED
        again = campaign_starting.schedule(context, asking.id, at="2027-03-01T14:00")
        assert again.pause_reason is None
        hands.turn(3600 - LATE_SECONDS)
        start_due(context.queue, now=context.clock.now())
        assert _status(context, asking) is CampaignStatus.RUNNING


def test_moment_is_taken_back_moved_and_overtaken(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path, Hands(at=NOON)) as context:
        draft = _draft(context)
        campaign_starting.schedule(context, draft.id, at="2027-03-02T09:00", timezone="Europe/Berlin")
        with pytest.raises(NotPossible, match="take its start back first"):
            campaign_drafts.change(context, draft.id, name="Other")
        moved = campaign_starting.schedule(context, draft.id, at="2027-07-02T09:00", timezone="Europe/Berlin")
        assert (iso(moved.starts_at), moved.start_timezone) == ("2027-07-02T07:00:00Z", "Europe/Berlin")
        back = campaign_starting.unschedule(context, draft.id)
        assert (back.status, back.starts_at) == (CampaignStatus.DRAFT, None)
        assert campaign_starting.unschedule(context, draft.id).status is CampaignStatus.DRAFT
        campaign_drafts.change(context, draft.id, name="Other")
        campaign_starting.schedule(context, draft.id, at="2027-03-02T09:00Z")
        assert campaign_starting.start(context, draft.id).status is CampaignStatus.RUNNING
        with pytest.raises(NotPossible, match="there is no start to take back"):
            campaign_starting.unschedule(context, draft.id)


@pytest.mark.parametrize(
    ("at", "zone", "field", "reason"),
    [
        ("2027-03-28T02:30", "Europe/Berlin", "at", "does not exist in Europe/Berlin"),
        ("2027-02-28T09:00", "UTC", "at", "has passed"),
        ("2099-01-01T09:00", "UTC", "at", "more than five years away"),
        ("tomorrow", "UTC", "at", "accepts a time such as"),
        ("2027-03-28T09:00", "Mars/Olympus", "timezone", "there is no time zone"),
        ("0001-01-01T00:00", "Asia/Tokyo", "at", "accepts a time such as"),
    ],
)
def test_moments_that_cannot_be_are_refused(
    at: str, zone: str, field: str, reason: str, sqlite_url: str, tmp_path: Path
) -> None:
    with opened(sqlite_url, tmp_path, Hands(at=NOON)) as context:
        draft = _draft(context)
        with pytest.raises(InputError, match=reason) as refused:
            campaign_starting.schedule(context, draft.id, at=at, timezone=zone)
        assert [problem.field for problem in refused.value.problems] == [field]
        assert _status(context, draft) is CampaignStatus.DRAFT
