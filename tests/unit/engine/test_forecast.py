"""A forecast: finish, pauses, days, accounts and bottleneck by arithmetic, and how long that takes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from paceline.domain.account import Limits, Window
from paceline.domain.campaign import CampaignStatus
from paceline.domain.retry_policy import RetryPolicy
from paceline.domain.sending_window import SendingWindow
from paceline.domain.warm_up import Ramp, WarmUp
from paceline.engine.forecast.forecast import Forecast, forecast
from paceline.engine.forecast.plan import Expectation, Plan, PlannedAccount, PlannedLayer, Waiting

BERLIN = ZoneInfo("Europe/Berlin")


def instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


NOON = instant("2027-03-01T12:10:00+00:00")


def accounts(count: int, *, limits: Limits | None = None, rate_per_minute: float = 0) -> tuple[PlannedAccount, ...]:
    return tuple(
        PlannedAccount(name=f"relay-{n}", limits=limits or Limits(), rate_per_minute=rate_per_minute)
        for n in range(count)
    )


def pauses(seen: Forecast) -> list[tuple[str, str]]:
    """(begin, end) of every pause as times of day in UTC, whole seconds."""
    moments = [(one.at, one.status) for one in seen.timeline]
    found = []
    for (begins, status), (ends, _) in itertools.pairwise(moments):
        if status is CampaignStatus.PAUSED_LIMITS:
            found.append((begins, ends))
    return [tuple(f"{datetime.fromtimestamp(round(at), BERLIN):%H:%M:%S}" for at in pair) for pair in found]  # type: ignore[misc]


def test_unlimited_account_takes_as_long_as_its_server_needs() -> None:
    seen = forecast(Plan(start=NOON, messages=1000, accounts=accounts(1)))
    assert seen.finish_at == pytest.approx(NOON + 100, abs=0.2)
    assert [one.status for one in seen.timeline] == [CampaignStatus.RUNNING, CampaignStatus.COMPLETED]


def test_refusals_are_spread_over_accounts_as_their_messages_are() -> None:
    """What a quick account leaves, a slow one sends: it has no more refusals than its part of them."""
    plan = Plan(
        start=instant("2027-06-15T12:00:00+00:00"),
        messages=300,
        accounts=(
            PlannedAccount(name="hours", limits=Limits(hour=60), rate_per_minute=40, seconds_per_message=0.3),
            PlannedAccount(name="slow", rate_per_minute=2, seconds_per_message=0.3),
            PlannedAccount(name="ten", limits=Limits(day=10), rate_per_minute=12.5, seconds_per_message=0.3),
        ),
        expected=Expectation(refused=16 / 300),
    )
    seen = forecast(plan)
    assert seen.finish_at is not None
    tries_of_the_slow_one = (seen.finish_at - plan.start - 0.3) / 30 + 1
    assert tries_of_the_slow_one == pytest.approx(300 - (60 + 60 + 10) / (1 - 16 / 300), abs=1)


def test_hourly_limits_pause_the_campaign_until_the_hour_and_say_so() -> None:
    plan = Plan(start=NOON, messages=1000, accounts=accounts(10, limits=Limits(hour=40)))
    seen = forecast(plan)
    assert pauses(seen) == [("13:10:04", "14:00:00"), ("14:00:04", "15:00:00")]
    assert seen.finish_at == pytest.approx(instant("2027-03-01T14:00:02+00:00"), abs=0.5)
    reasons = {one.reason for one in seen.timeline if one.reason}
    assert reasons == {"no account has allowance left; the first to have it again is relay-0 (hourly limit 40 reached)"}
    assert seen.bottleneck.startswith("hourly limit 40 reached on 10 accounts")
    assert seen.per_account == tuple((f"relay-{n}", 100) for n in range(10))


def test_what_was_used_and_what_rests_counts() -> None:
    used = replace(accounts(1, limits=Limits(hour=40))[0], usage=((int(NOON // 10) - 1, 30),))
    resting = replace(
        used, name="other", usage=(), rests_until=NOON + 600, is_limited=True, rests_because="hourly limit 40 reached"
    )
    seen = forecast(Plan(start=NOON, messages=50, accounts=(used, resting)))
    assert seen.per_account == (("relay-0", 10), ("other", 40))
    assert pauses(seen) == [("13:10:01", "13:20:00")]


def test_rolling_window_frees_each_bucket_when_it_is_old_enough() -> None:
    limits = Limits(hour=4, window=Window.ROLLING)
    seen = forecast(Plan(start=NOON, messages=8, accounts=accounts(1, limits=limits)))
    assert pauses(seen) == [("13:10:00", "14:10:10")]


def test_pace_of_an_account_keeps_its_grid() -> None:
    seen = forecast(Plan(start=NOON, messages=10, accounts=accounts(1, rate_per_minute=2)))
    assert seen.finish_at == pytest.approx(NOON + 9 * 30, abs=1)
    assert seen.bottleneck == "the pace of the accounts, together 2 messages a minute"


def test_pace_of_the_campaign_rules_over_fast_accounts_and_is_shared_evenly() -> None:
    seen = forecast(Plan(start=NOON, messages=61, accounts=accounts(3), rate_per_minute=6))
    assert seen.finish_at == pytest.approx(NOON + 600, abs=1)
    assert sorted(count for _, count in seen.per_account) == [20, 20, 21]
    assert seen.bottleneck == "the campaign's own pace of 6 messages a minute"


@pytest.mark.parametrize("day", ["2027-03-28", "2027-10-31"], ids=["23 hours", "25 hours"])
def test_days_end_at_midnight_where_the_account_lives_across_summer_time(day: str) -> None:
    start = datetime.fromisoformat(f"{day}T00:30:00").replace(tzinfo=BERLIN).timestamp()
    seen = forecast(Plan(start=start, messages=15, accounts=accounts(1, limits=Limits(day=5, timezone=BERLIN))))
    assert [end for _, end in pauses(seen)] == ["00:00:00", "00:00:00"]
    assert [count for _, count in seen.per_day] == [5, 5, 5]
    assert seen.per_day[0][0] == day


def test_deferred_messages_come_back_by_the_schedule_of_their_campaign() -> None:
    plan = Plan(
        start=NOON,
        messages=100,
        accounts=accounts(1),
        expected=Expectation(deferred=(1.0,)),
        retries=RetryPolicy(max_attempts=5, retry_delay_seconds=600),
    )
    seen = forecast(plan)
    assert seen.finish_at == pytest.approx(NOON + 10 + 660, abs=15)


def test_refused_messages_use_no_allowance() -> None:
    plan = Plan(
        start=NOON, messages=80, accounts=accounts(1, limits=Limits(hour=40)), expected=Expectation(refused=0.5)
    )
    assert pauses(forecast(plan)) == []


def test_deferred_messages_that_wait_already_are_sent_at_their_moment() -> None:
    plan = Plan(start=NOON, messages=0, accounts=accounts(2), waiting=(Waiting(NOON + 3600, 3),), done=97)
    seen = forecast(plan)
    assert seen.finish_at == pytest.approx(NOON + 3600, abs=1)
    assert seen.total == 100


def test_more_accounts_other_limits_and_another_start_change_the_finish() -> None:
    plan = Plan(start=NOON, messages=100, accounts=accounts(2, limits=Limits(day=20)))
    likely = forecast(plan).finish_at
    more = forecast(plan.with_more_like_the_last(8)).finish_at
    higher = forecast(plan.with_limits(day=50)).finish_at
    later = forecast(plan.starting(NOON + 86_400)).finish_at
    assert likely is not None
    assert more is not None
    assert higher is not None
    assert later is not None
    assert more < NOON + 60
    assert higher < NOON + 60
    assert later == pytest.approx(likely + 86_400, abs=60)


def test_likely_finish_lies_within_its_range() -> None:
    seen = forecast(Plan(start=NOON, messages=500, accounts=accounts(3, limits=Limits(hour=100))))
    assert seen.finish_at is not None
    assert seen.finish_range is not None
    assert seen.finish_range[0] <= seen.finish_at <= seen.finish_range[1]


def test_campaign_without_an_account_never_finishes() -> None:
    seen = forecast(Plan(start=NOON, messages=10, accounts=()))
    assert seen.finish_at is None
    assert seen.finish_range is None
    assert seen.bottleneck == "there is no account that can send"


@pytest.mark.parametrize("kind", ["hours and days", "every account different", "minutes", "rolling", "campaign pace"])
def test_every_one_of_ten_million_messages_has_its_day_and_its_account(kind: str) -> None:
    zones = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York")]

    def limits(n: int) -> Limits:
        zone = zones[n % 4]
        if kind == "every account different":
            return Limits(hour=30 + n % 70, day=300 + n, timezone=zone)
        if kind == "minutes":
            return Limits(minute=5 + n % 3, day=2000, timezone=zone)
        if kind == "rolling":
            return Limits(hour=100, day=2000, window=Window.ROLLING)
        return Limits(hour=(50, 100, 400)[n % 3], day=(500, 1000, 2000)[n % 3], timezone=zone)

    many = tuple(
        PlannedAccount(name=f"relay-{n}", limits=limits(n), rate_per_minute=(0, 30)[n % 2]) for n in range(1000)
    )
    pace = 5_000 if kind == "campaign pace" else 0
    seen = forecast(Plan(start=NOON, messages=10_000_000, accounts=many, rate_per_minute=pace))
    assert sum(count for _, count in seen.per_day) == sum(count for _, count in seen.per_account) == 10_000_000
    assert seen.finish_at is not None


def test_sending_window_pauses_the_campaign_with_its_own_reason() -> None:
    window = SendingWindow(hours=((9 * 60, 13 * 60 + 20),), timezone=BERLIN)
    plan = Plan(start=NOON, messages=30, accounts=accounts(1, rate_per_minute=2), window=window)
    seen = forecast(plan)  # from 13:10 in Berlin
    assert [end for _, end in pauses(seen)] == ["09:00:00"]
    reasons = {one.reason for one in seen.timeline if one.reason}
    assert reasons == {"outside its sending window (09:00-13:20, Europe/Berlin)"}
    assert seen.per_day == (("2027-03-01", 20), ("2027-03-02", 10))


def test_ramp_of_a_new_account_grows_from_day_to_day() -> None:
    warm_up = WarmUp(ramp=Ramp.LINEAR, first=5, step=5, until=30, since=date(2027, 3, 1))
    plan = Plan(start=NOON, messages=60, accounts=accounts(1, limits=Limits(warm_up=warm_up, timezone=BERLIN)))
    assert [count for _, count in forecast(plan).per_day] == [5, 10, 15, 20, 10]


def test_limit_of_a_server_is_shared_by_its_accounts_only() -> None:
    one, two, other = accounts(3)
    here = [replace(account, host="a.example.com") for account in (one, two)]
    layer = PlannedLayer(title="the server a.example.com", limits=Limits(hour=10), host="a.example.com")
    slow = replace(other, host="b.example.com", rate_per_minute=1)
    plan = Plan(start=NOON, messages=25, accounts=(*here, slow), layers=(layer,))
    seen = forecast(plan)
    sent = dict(seen.per_account)
    assert sent["relay-0"] + sent["relay-1"] == 10
    assert sent["relay-2"] == 15
    assert pauses(seen) == []


def test_limit_of_the_campaign_holds_whatever_its_accounts_may_send() -> None:
    layer = PlannedLayer(
        title="the campaign", limits=Limits(day=30, timezone=BERLIN), usage=((int(NOON // 10) - 1, 10),)
    )
    seen = forecast(Plan(start=NOON, messages=70, accounts=accounts(4), layers=(layer,)), zone=BERLIN)
    assert [count for _, count in seen.per_day] == [20, 30, 20]
    assert {one.reason for one in seen.timeline if one.reason} == {"the campaign: daily limit 30 reached"}
