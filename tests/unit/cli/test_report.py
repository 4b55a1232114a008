"""A campaign in sentences, at its end or on the way."""

from __future__ import annotations

from datetime import UTC

from paceline.cli.report import report
from paceline.domain.campaign import CampaignStatus
from unit.cli.examples import NOON, summary


def test_completed_campaign_says_what_is_left_to_decide() -> None:
    shown = summary(CampaignStatus.COMPLETED, sent=996, failed=2, skipped=1, uncertain=1, refused=3, finished_at=NOON)
    assert report(shown, now=NOON, zone=UTC) == [
        "spring-2027 is completed: 996 of 1,000 messages sent, 2 failed, 1 skipped, 1 uncertain, in 1 min (6.7/s)",
        "2 failed: `paceline messages spring-2027 --state failed` shows why",
        "1 uncertain: handed over without an answer; decide with `paceline resolve spring-2027 --uncertain sent` "
        "or `resend`",
        "3 rows of the audience refused: see spring-2027.refused.csv beside the database",
    ]


def test_campaign_that_waits_for_a_person_says_how_it_goes_on() -> None:
    shown = summary(CampaignStatus.PAUSED_HEALTH, sent=10, pause_reason="no usable account: relay-1: 535 no")
    assert report(shown, now=NOON, zone=UTC) == [
        "spring-2027 is paused_health: 10 of 1,000 messages sent, 990 left",
        "no usable account: relay-1: 535 no; `paceline resume spring-2027` lets it go on",
    ]


def test_campaign_that_waits_for_limits_says_until_when() -> None:
    shown = summary(CampaignStatus.PAUSED_LIMITS, sent=10, pause_reason="no allowance", resumes_at=NOON + 3_600)
    assert report(shown, now=NOON, zone=UTC)[1] == "it goes on at 13:00: no allowance"


def test_deferred_messages_have_a_moment() -> None:
    shown = summary(sent=990, deferred=10, next_due_at=NOON + 120)
    assert report(shown, now=NOON, zone=UTC)[1] == "10 messages deferred: tried again from 12:02 on"
