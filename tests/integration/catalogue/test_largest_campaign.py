"""A start that does not wait for the count: the launch itself stops where the largest allowed campaign ends."""

from __future__ import annotations

import json

import pytest

from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.launch import catalogue_launch
from paceline.launch.catalogue_audience import AudienceChoice
from paceline.launch.launcher import Launcher
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.queue import campaigns, launching, suppressions
from surroundings.subscribers import add_list, add_subscribers
from surroundings.working import no_filter, started_campaign

PEOPLE, LIMIT = 1_000, 333


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the limit lies within a part and within a window."""
    monkeypatch.setattr(catalogue_launch, "_PART", 40)
    monkeypatch.setattr(catalogue_launch, "_FIRST_WINDOW", 100)


def _limit(context: Context, messages: int) -> None:
    settings = json.dumps({"largest_campaign": messages})
    context.catalogue.execute("UPDATE workspaces SET settings = :settings", settings=settings)


def _campaign(context: Context) -> int:
    news = add_list(context.catalogue, "news")
    add_subscribers(context.catalogue, news, PEOPLE)
    return started_campaign(context, AudienceChoice(list_ids=(news,)).frozen(no_filter))


def _launch(context: Context) -> None:
    launcher = Launcher(queue=context.queue, catalogue=context.catalogue, now=context.clock.now)
    while launcher.round():
        pass


def _standing(context: Context, number: int) -> tuple[int, CampaignStatus, str | None, bool]:
    with context.queue.read() as connection:
        row = campaigns.get(connection, number)
        return launching.launched(connection, number), row.status, row.pause_reason, row.launched_at is not None


def test_launch_pauses_at_the_limit_and_goes_on_when_it_is_raised(context: Context) -> None:
    number = _campaign(context)
    _limit(context, LIMIT)
    _launch(context)
    queued, status, reason, launched = _standing(context, number)
    assert (queued, status, launched) == (LIMIT, CampaignStatus.PAUSED_HEALTH, False)
    assert reason is not None
    assert "more than 333 people" in reason
    assert "the workspace (setting largest_campaign)" in reason
    for _ in range(2):  # whoever only resumes it is told again, and nobody more is queued
        with context.queue.write() as connection:
            assert campaigns.move(connection, number, CampaignMove.RESUME, now=context.clock.now())
        _launch(context)
        assert _standing(context, number)[:2] == (LIMIT, CampaignStatus.PAUSED_HEALTH)
    _limit(context, PEOPLE)
    with context.queue.write() as connection:
        assert campaigns.move(connection, number, CampaignMove.RESUME, now=context.clock.now())
    _launch(context)
    assert _standing(context, number) == (PEOPLE, CampaignStatus.RUNNING, None, True)
    with context.queue.read() as connection:
        words = sql("SELECT COUNT(DISTINCT address) FROM messages WHERE campaign_id = :id")
        assert connection.execute(words, {"id": number}).scalar_one() == PEOPLE


def test_campaign_of_exactly_the_limit_is_launched(context: Context) -> None:
    number = _campaign(context)
    with context.queue.write() as connection:
        suppressions.suppress(
            connection,
            [f"user{n}@example.com" for n in range(PEOPLE - LIMIT)],
            workspace_id=context.workspace_id,
            channel="email",
            reason="hard bounce",
            source="test",
            now=context.clock.now(),
        )
    _limit(context, LIMIT)
    _launch(context)
    assert _standing(context, number) == (LIMIT, CampaignStatus.RUNNING, None, True)


def test_a_paused_campaign_waits_at_the_limit_for_its_person(context: Context) -> None:
    number = _campaign(context)
    _limit(context, LIMIT)
    with context.queue.write() as connection:
        assert campaigns.move(connection, number, CampaignMove.PAUSE, now=context.clock.now(), reason="by a person")
    _launch(context)
    assert _standing(context, number) == (LIMIT, CampaignStatus.PAUSED, "by a person", False)
