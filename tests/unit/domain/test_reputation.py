"""When a sender's reputation is at risk: the shares, their least numbers, and from where on messages are counted."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from paceline.domain.reputation import (
    BEGINNING,
    LAST_MESSAGES,
    LAST_SECONDS,
    Level,
    Sample,
    Sign,
    Thresholds,
    Verdict,
    advanced_by_messages,
    advanced_by_time,
    judge,
)

THRESHOLDS = Thresholds(
    complaints_warn=0.001, complaints_pause=0.003, hard_bounces_pause=0.05, spam_refusals_pause=0.05
)
NEVER = Thresholds(complaints_warn=0, complaints_pause=0, hard_bounces_pause=0, spam_refusals_pause=0)


def _judged(
    messages: int, *, complaints: int = 0, hard: int = 0, spam: int = 0, thresholds: Thresholds = THRESHOLDS
) -> Verdict:
    signs = {Sign.COMPLAINT: complaints, Sign.HARD_BOUNCE: hard, Sign.SPAM_REFUSAL: spam}
    sample = Sample(messages=messages, signs=signs)
    return judge(sample, sample, thresholds)


@pytest.mark.parametrize(
    ("messages", "complaints", "level"),
    [
        (5000, 4, Level.GOOD),
        (5000, 5, Level.WARNED),  # 0.1 %
        (5000, 14, Level.WARNED),
        (5000, 15, Level.PAUSED),  # 0.3 %
        (100, 2, Level.WARNED),  # 2 %, but two wrong buttons
        (100, 3, Level.PAUSED),
        (0, 3, Level.PAUSED),
    ],
)
def test_complaints_warn_and_pause(messages: int, complaints: int, level: Level) -> None:
    assert _judged(messages, complaints=complaints).level is level


@pytest.mark.parametrize("sign", ["hard", "spam"])
@pytest.mark.parametrize(
    ("messages", "count", "level"),
    [
        (200, 5, Level.GOOD),
        (200, 6, Level.WARNED),
        (200, 10, Level.WARNED),  # exactly 5 %
        (200, 11, Level.PAUSED),
        (220, 11, Level.WARNED),
        (10, 10, Level.WARNED),  # the missing 190 count as good ones
        (11, 11, Level.PAUSED),  # more of 200 than is allowed, whatever the others do
    ],
)
def test_share_of_the_last_messages_pauses(sign: str, messages: int, count: int, level: Level) -> None:
    assert _judged(messages, **{sign: count}).level is level  # type: ignore[arg-type]  # of a test


def test_evidence_names_the_numbers_of_what_is_worst_only() -> None:
    verdict = _judged(1000, complaints=3, hard=60, spam=30)
    assert verdict == Verdict(
        level=Level.PAUSED,
        evidence="3 of the 1,000 messages of the last 3 days were called spam (0.30%; 0.3% is too much); "
        "60 of the 1,000 last messages bounced hard (6.0%; more than 5.0% is too much)",
    )
    assert _judged(1000).evidence == ""


def test_threshold_of_zero_is_none() -> None:
    assert _judged(200, complaints=200, hard=200, spam=200, thresholds=NEVER) == Verdict(level=Level.GOOD)


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0.1, 86400.0)), max_size=80))
def test_anchors_leave_as_few_messages_as_they_can_but_never_too_few(steps: list[tuple[int, float]]) -> None:
    by_messages, by_time = [BEGINNING], [BEGINNING]
    now, sent = 0.0, 0
    for more, seconds in steps:
        now, sent = now + seconds, sent + more
        by_messages = advanced_by_messages(by_messages, now, sent)
        by_time = advanced_by_time(by_time, now, sent)
        counted = sent - by_messages[0][1]
        assert counted >= min(LAST_MESSAGES, sent)
        assert len(by_messages) == 1 or by_messages[1][1] > sent - LAST_MESSAGES
        assert len(by_messages) <= LAST_MESSAGES / 20 + 2
        assert len(by_time) == 1 or by_time[1][0] > now - LAST_SECONDS
        assert len(by_time) <= 14
