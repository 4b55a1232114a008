"""The pace of a phone number against a provider whose limit moves: real pace, real bucket of the simulator, made-up time."""

from __future__ import annotations

from heapq import heappop, heappush

from paceline.domain.account import Account, WhatsAppLogin
from paceline.engine.account_pace import AccountPace
from paceline.sandbox.whatsapp_inbox import Throughput

LATENCY_SECONDS = 0.35
MESSAGES = 10_000
LOWERED_AT, RAISED_AT = 30.0, 90.0


def test_rate_follows_a_limit_that_is_lowered_and_raised_and_few_are_refused() -> None:
    """10,000 messages at 80 a second; the provider takes 40 for a minute. A refused message goes again, so none is lost."""
    login = WhatsAppLogin(phone_number_id="1", token="t", messages_per_second=80)
    pace = AccountPace(Account(id=1, name="n", login=login), 0.0, keep=lambda at: None)
    bucket = Throughput(80)
    answers: list[tuple[float, bool]] = []
    accepted_at: list[float] = []
    refused = 0
    now = 0.0
    while len(accepted_at) < MESSAGES:
        begins = pace.begins_at(now)
        while answers and answers[0][0] <= begins:
            at, taken = heappop(answers)
            (pace.accepted if taken else pace.refused)(at)
            begins = max(pace.begins_at(at), at)
        now = max(now, begins)
        bucket.per_second = 40 if LOWERED_AT <= now < RAISED_AT else 80
        pace.began(now)
        taken = bucket.take("1", now)
        heappush(answers, (now + LATENCY_SECONDS, taken))
        refused += not taken
        if taken:
            accepted_at.append(now)

    def rate(since: float, until: float) -> float:
        return sum(since <= at < until for at in accepted_at) / (until - since)

    assert refused / MESSAGES < 0.02
    assert rate(0, LOWERED_AT) > 79
    assert 34 < rate(LOWERED_AT + 5, RAISED_AT) <= 41
    assert rate(RAISED_AT + 60, accepted_at[-1]) > 78
