"""Forecasts of what is shared and chosen: limits of some recipients, other campaigns on the same accounts, choice of account."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from paceline.domain.account import Limits, Window
from paceline.domain.account_choice import AccountChoice
from paceline.domain.campaign import CampaignStatus
from paceline.domain.sending_window import SendingWindow
from paceline.engine.forecast.forecast import Forecast, forecast
from paceline.engine.forecast.plan import (
    Expectation,
    Plan,
    PlannedAccount,
    PlannedLayer,
    RecipientGroup,
    RecipientLimit,
    Rival,
)

NOON = datetime.fromisoformat("2027-03-01T12:00:00+00:00").timestamp()
HOUR = 3600.0


def accounts(count: int, **fields: Any) -> tuple[PlannedAccount, ...]:
    return tuple(PlannedAccount(name=f"relay-{n}", **fields) for n in range(count))


def some_to_google(messages: int, *, share: float, limits: Limits, **fields: Any) -> Plan:
    google = round(messages * share)
    return Plan(
        start=NOON,
        messages=messages,
        recipient_limits=(RecipientLimit(limits=limits),),
        groups=(RecipientGroup(messages=messages - google), RecipientGroup(messages=google, limits=(0,))),
        **fields,
    )


def finish(plan: Plan) -> float:
    found = forecast(plan).finish_at
    assert found is not None
    return found - plan.start


# Limits of some recipients.


def test_recipients_of_a_full_provider_wait_and_the_others_go_on() -> None:
    plan = some_to_google(1000, share=0.05, limits=Limits(hour=20), accounts=accounts(1))
    seen = forecast(plan)
    assert seen.finish_at == pytest.approx(NOON + 2 * HOUR + 1, abs=2)  # 20, 20, 10 of fifty
    assert [one.status for one in seen.timeline] == [CampaignStatus.RUNNING, CampaignStatus.COMPLETED]
    assert dict(seen.per_account) == {"relay-0": 1000}


def test_what_others_have_sent_to_a_provider_counts() -> None:
    plan = some_to_google(100, share=1.0, limits=Limits(day=100), accounts=accounts(1))
    used = RecipientLimit(limits=Limits(day=100), usage=((int(NOON // 10) - 1, 40),))
    assert finish(plan) < 11
    assert finish(replace(plan, recipient_limits=(used,))) == pytest.approx(12 * HOUR + 4, abs=1)


def test_rolling_limit_of_a_domain_lets_them_go_as_its_window_moves() -> None:
    limits = Limits(hour=30, window=Window.ROLLING)
    plan = some_to_google(200, share=0.3, limits=limits, accounts=accounts(2))
    assert finish(plan) == pytest.approx(HOUR + 15, abs=15)


def test_refused_messages_leave_room_at_their_provider() -> None:
    plan = some_to_google(
        400, share=0.1, limits=Limits(hour=20), accounts=accounts(1), expected=Expectation(refused=0.5)
    )
    assert finish(plan) < 60


# Other campaigns on the same accounts.


def beside(plan: Plan, *rivals: Rival) -> Plan:
    everybody = tuple(range(len(rivals)))
    return replace(plan, rivals=rivals, accounts=tuple(replace(one, rivals=everybody) for one in plan.accounts))


@pytest.mark.parametrize(("weight", "parts"), [(1.0, 2.0), (3.0, 4 / 3)])
def test_small_campaign_beside_a_large_one_takes_as_long_as_its_share_gives(weight: float, parts: float) -> None:
    alone = Plan(start=NOON, messages=500, accounts=accounts(5, rate_per_minute=60), weight=weight)
    seen = forecast(beside(alone, Rival(messages=1_000_000)))
    assert seen.finish_at == pytest.approx(NOON + finish(alone) * parts, rel=0.01)
    assert sum(count for _, count in seen.per_day) == 500
    assert (seen.bottleneck == "other campaigns, which are sent through the same accounts") == (weight == 1.0)


def test_large_campaign_gets_back_what_a_small_one_leaves() -> None:
    alone = Plan(start=NOON, messages=10_000, accounts=accounts(4, rate_per_minute=60))
    assert finish(beside(alone, Rival(messages=500))) == pytest.approx(finish(alone) + 125, rel=0.01)


def test_others_use_up_the_limits_too() -> None:
    alone = Plan(start=NOON, messages=100, accounts=accounts(2, limits=Limits(hour=20)))
    assert finish(alone) == pytest.approx(2 * HOUR + 1, abs=3)
    seen = forecast(beside(alone, Rival(messages=100_000)))
    assert seen.finish_at == pytest.approx(NOON + 4 * HOUR + 2, abs=5)
    assert sum(one.status is CampaignStatus.PAUSED_LIMITS for one in seen.timeline) == 4


def test_campaign_with_a_slow_pace_takes_no_more_than_that() -> None:
    alone = Plan(start=NOON, messages=1000, accounts=accounts(1, rate_per_minute=60))
    slow = Rival(messages=100_000, rate_per_minute=6)
    assert finish(beside(alone, slow)) == pytest.approx(1000 / 0.9, rel=0.02)


def test_what_others_send_while_the_window_is_closed_is_used_up() -> None:
    window = SendingWindow(hours=((20 * 60, 24 * 60),), timezone=ZoneInfo("UTC"))
    alone = Plan(start=NOON, messages=50, accounts=accounts(1, limits=Limits(day=100)), window=window)
    assert finish(alone) == pytest.approx(8 * HOUR + 5, abs=5)
    rival = beside(alone, Rival(messages=100_000))
    assert finish(rival) > 24 * HOUR


def test_rival_that_also_sends_elsewhere_is_done_sooner() -> None:
    alone = Plan(start=NOON, messages=10_000, accounts=accounts(2, rate_per_minute=60))
    here = finish(beside(alone, Rival(messages=4000)))
    elsewhere = finish(beside(alone, Rival(messages=4000, messages_per_second_elsewhere=6.0)))
    assert finish(alone) < elsewhere < here


def test_paced_campaign_beside_others_keeps_its_pace_while_its_share_allows() -> None:
    alone = Plan(start=NOON, messages=100, accounts=accounts(2, rate_per_minute=60), rate_per_minute=30)
    assert finish(beside(alone, Rival(messages=1_000_000))) == pytest.approx(finish(alone), rel=0.02)
    fast = replace(alone, rate_per_minute=600)
    assert finish(beside(fast, Rival(messages=1_000_000))) == pytest.approx(100, rel=0.05)


# Choice of account.


def chosen(choice: AccountChoice, messages: int = 1000, **fields: Any) -> Plan:
    slow = PlannedAccount(name="slow", rate_per_minute=6, weight=1, **fields)
    fast = PlannedAccount(name="fast", rate_per_minute=60, weight=3, **fields)
    return Plan(start=NOON, messages=messages, accounts=(slow, fast), choice=choice)


def sent(seen: Forecast) -> dict[str, int]:
    return dict(seen.per_account)


def test_even_choice_waits_for_the_slowest_account() -> None:
    seen = forecast(chosen(AccountChoice.EVEN))
    assert sent(seen) == {"slow": 500, "fast": 500}
    assert seen.finish_at == pytest.approx(NOON + 4990, abs=20)


def test_weighted_choice_gives_by_weight() -> None:
    seen = forecast(chosen(AccountChoice.WEIGHTED))
    assert sent(seen) == {"slow": 250, "fast": 750}
    assert seen.finish_at == pytest.approx(NOON + 2490, abs=20)


def test_sticky_recipients_wait_for_their_account_even_while_it_rests() -> None:
    resting = PlannedAccount(
        name="resting", rests_until=NOON + HOUR, is_limited=True, rests_because="hourly limit 5 reached"
    )
    plan = Plan(start=NOON, messages=100, accounts=(*accounts(1), resting), choice=AccountChoice.STICKY)
    seen = forecast(plan)
    assert sent(seen) == {"relay-0": 50, "resting": 50}
    assert seen.finish_at == pytest.approx(NOON + HOUR + 5, abs=2)
    assert sent(forecast(replace(plan, choice=AccountChoice.EVEN))) == {"relay-0": 100, "resting": 0}


def test_what_an_account_was_dealt_goes_to_the_others_when_it_is_exhausted() -> None:
    small, large = accounts(1, limits=Limits(hour=40))[0], PlannedAccount(name="large")
    seen = forecast(Plan(start=NOON, messages=1000, accounts=(small, large), choice=AccountChoice.EVEN))
    assert sent(seen) == {"relay-0": 40, "large": 960}
    assert seen.finish_at == pytest.approx(NOON + 96, abs=2)


def test_remaining_choice_uses_all_up_together() -> None:
    parts = [PlannedAccount(name=f"{limit}", limits=Limits(day=limit)) for limit in (100, 300, 600)]
    seen = forecast(Plan(start=NOON, messages=500, accounts=tuple(parts), choice=AccountChoice.REMAINING))
    assert sent(seen) == {
        "100": pytest.approx(50, abs=3),
        "300": pytest.approx(150, abs=6),
        "600": pytest.approx(300, abs=6),
    }


def test_accounts_of_the_recipients_own_provider_come_first() -> None:
    google, other = replace(accounts(1)[0], provider="google"), PlannedAccount(name="other")
    plan = Plan(
        start=NOON,
        messages=1000,
        accounts=(google, other),
        choice=AccountChoice.SAME_PROVIDER,
        groups=(RecipientGroup(messages=100), RecipientGroup(messages=900, provider="google")),
    )
    seen = forecast(plan)
    assert sent(seen) == {"relay-0": pytest.approx(900, abs=10), "other": pytest.approx(100, abs=10)}
    assert seen.finish_at == pytest.approx(NOON + 90, abs=2)


@pytest.mark.parametrize("choice", list(AccountChoice))
@pytest.mark.parametrize("pace", [0, 120])
def test_every_choice_sends_everything_once_within_all_limits(choice: AccountChoice, pace: float) -> None:
    mixed = tuple(
        PlannedAccount(
            name=f"relay-{n}",
            limits=Limits(hour=(0, 30, 50)[n % 3], day=(0, 400)[n % 2]),
            provider=("google", None)[n % 2],
            weight=1 + n % 2,
            rivals=(0,) if n % 4 == 0 else (),
        )
        for n in range(8)
    )
    plan = some_to_google(3000, share=0.1, limits=Limits(hour=25), accounts=mixed, choice=choice, rate_per_minute=pace)
    plan = replace(
        plan,
        groups=(*plan.groups[:1], replace(plan.groups[1], provider="google")),
        rivals=(Rival(messages=2000),),
        layers=(PlannedLayer(title="the workspace", limits=Limits(hour=1000)),),
        expected=Expectation(deferred=(0.05,)),
    )
    seen = forecast(plan)
    assert seen.finish_at is not None
    assert sum(count for _, count in seen.per_account) == sum(count for _, count in seen.per_day) == 3000
    assert seen.finish_at - NOON >= 11 * HOUR  # 25 an hour of three hundred


@pytest.mark.parametrize("kind", ["choice", "rivals", "providers"])
def test_every_one_of_ten_million_messages_has_its_day_where_much_is_shared(kind: str) -> None:
    many = tuple(
        PlannedAccount(
            name=f"relay-{n}",
            limits=Limits(hour=(50, 100, 400)[n % 3], day=(500, 1000, 2000)[n % 2]),
            rate_per_minute=(0, 30)[n % 2],
            rivals=(0, 1) if kind == "rivals" else (),
        )
        for n in range(1000)
    )
    plan = Plan(start=NOON, messages=10_000_000, accounts=many)
    if kind == "choice":
        plan = replace(plan, choice=AccountChoice.REMAINING)
    if kind == "rivals":
        plan = replace(plan, rivals=(Rival(messages=3_000_000), Rival(messages=500_000, weight=2, rate_per_minute=600)))
    if kind == "providers":
        shared = some_to_google(10_000_000, share=0.3, limits=Limits(minute=400, hour=20_000), accounts=many)
        plan = shared
    seen = forecast(plan)
    assert sum(count for _, count in seen.per_day) == 10_000_000
