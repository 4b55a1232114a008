"""Allowance: whatever is sent when, no limit is ever exceeded in any window, and the named moment is the right one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from paceline.domain.account import Limits, Window
from paceline.domain.allowance import BUCKET_SECONDS, Allowance, bucket_of, limit_windows
from paceline.domain.warm_up import Ramp, WarmUp

START = datetime(2027, 3, 1, 12, 10, tzinfo=UTC).timestamp()
LENGTHS = {"minute": 60, "hour": 3600, "day": 86400}


def ramp_of(*table: int) -> WarmUp:
    return WarmUp(ramp=Ramp.TABLE, table=table, since=date(2027, 3, 1))


limits = st.builds(
    Limits,
    minute=st.integers(0, 6),
    hour=st.integers(0, 12),
    day=st.integers(0, 20),
    window=st.sampled_from(Window),
    timezone=st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/Berlin")]),
    warm_up=st.one_of(
        st.none(), st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda table: ramp_of(*table))
    ),
)


def send_greedily(given_limits: Limits, pauses: list[float]) -> list[float]:
    """Send whenever it is allowed; between two attempts some time passes."""
    now, sent = START, []
    allowance = Allowance(given_limits, (), 0, now)
    for pause in pauses:
        if allowance.remaining(now) != 0:
            allowance.open()
            allowance.charge(now)
            sent.append(now)
        now += pause
    return sent


@given(limits, st.lists(st.floats(0, 4000), max_size=120))
def test_no_window_ever_holds_more_than_its_limit(given_limits: Limits, pauses: list[float]) -> None:
    sent = send_greedily(given_limits, pauses)
    for unit, limit in (("minute", given_limits.minute), ("hour", given_limits.hour), ("day", given_limits.day)):
        if not limit:
            continue
        if given_limits.window is Window.ROLLING:
            length = LENGTHS[unit]
            assert all(sum(at - length < other <= at for other in sent) <= limit for at in sent)
        else:
            for at in sent:
                window = next(w for w in limit_windows(given_limits, at) if w.unit == unit)
                assert window.end is not None
                assert sum(window.start <= other < window.end for other in sent) <= limit


@given(limits, st.lists(st.floats(0, 30_000), max_size=60))
def test_no_day_holds_more_than_its_step_of_the_ramp(given_limits: Limits, pauses: list[float]) -> None:
    sent = send_greedily(given_limits, pauses)
    days = [datetime.fromtimestamp(at, given_limits.timezone).date() for at in sent]
    for day in days:
        step = given_limits.warm_up.limit_on(day) if given_limits.warm_up is not None else None
        assert step is None or days.count(day) <= step


@given(limits, st.lists(st.floats(0, 900), min_size=1, max_size=60))
def test_the_moment_of_return_is_the_first_one_with_allowance(given_limits: Limits, pauses: list[float]) -> None:
    sent = send_greedily(given_limits, pauses)
    now = START + sum(pauses)
    usage = [(bucket_of(at), 1) for at in sent]
    exhaustion = Allowance(given_limits, usage, 0, now).exhaustion(now)
    if exhaustion is None:
        assert Allowance(given_limits, usage, 0, now).remaining(now) != 0
        return
    assert exhaustion.resumes_at > now
    just_before = max(exhaustion.resumes_at - 0.001, now)
    assert Allowance(given_limits, usage, 0, just_before).remaining(just_before) == 0
    assert Allowance(given_limits, usage, 0, exhaustion.resumes_at).exhaustion(exhaustion.resumes_at) is None or (
        given_limits.window is Window.CALENDAR or given_limits.warm_up is not None
    )


@given(limits, st.lists(st.tuples(st.floats(0, 4000), st.sampled_from(["charge", "refund", "keep"])), max_size=80))
def test_running_sums_agree_with_counting_anew(given_limits: Limits, steps: list[tuple[float, str]]) -> None:
    now = START
    buckets: dict[int, int] = {}
    allowance = Allowance(given_limits, (), 0, now)
    open_count = 0
    for pause, ending in steps:
        allowance.open()
        open_count += 1
        if ending == "charge":
            allowance.charge(now)
            buckets[bucket_of(now)] = buckets.get(bucket_of(now), 0) + 1
        if ending == "refund":
            allowance.refund()
        open_count -= ending != "keep"
        assert allowance.remaining(now) == Allowance(given_limits, buckets.items(), open_count, now).remaining(now)
        now += pause


def test_open_message_counts_in_every_window_until_it_is_answered() -> None:
    end_of_hour = datetime(2027, 3, 1, 13, 59, 59, tzinfo=UTC).timestamp()
    allowance = Allowance(Limits(hour=1), (), 0, end_of_hour)
    allowance.open()
    assert allowance.remaining(end_of_hour) == 0
    assert allowance.remaining(end_of_hour + 2) == 0  # 14:00:01, still open
    allowance.charge(end_of_hour + 2)
    assert allowance.remaining(end_of_hour + 3) == 0  # answered in the new window and charged there
    assert allowance.remaining(end_of_hour + 3602) == 1


def test_definite_refusal_is_given_back() -> None:
    allowance = Allowance(Limits(hour=1), (), 0, START)
    allowance.open()
    allowance.refund()
    assert allowance.remaining(START) == 1


def test_unlimited_account_has_no_number() -> None:
    assert Allowance(Limits(), (), 0, START).remaining(START) is None
    assert Allowance(Limits(), [(1, 5)], 3, START).exhaustion(START) is None


def test_the_limit_that_holds_longest_is_named() -> None:
    usage = [(bucket_of(START), 5)]
    exhaustion = Allowance(Limits(minute=1, hour=5, day=5), usage, 0, START).exhaustion(START)
    assert exhaustion is not None
    assert exhaustion.unit_name == "daily"
    assert exhaustion.resumes_at == datetime(2027, 3, 2, tzinfo=UTC).timestamp()


def test_day_of_summer_time_has_23_hours() -> None:
    berlin = Limits(day=1, timezone=ZoneInfo("Europe/Berlin"))
    window = limit_windows(berlin, datetime(2027, 3, 28, 10, tzinfo=UTC).timestamp())[0]
    assert window.end is not None
    assert window.end - window.start == 23 * 3600


def test_each_hour_that_autumn_repeats_is_a_window_of_its_own() -> None:
    berlin = Limits(hour=1, timezone=ZoneInfo("Europe/Berlin"))
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC).timestamp()  # 02:30 summer time
    second = first + 3600  # 02:30 again
    assert limit_windows(berlin, first)[0].end == limit_windows(berlin, second)[0].start


def test_month_begins_on_the_first_in_the_zone() -> None:
    tokyo = Limits(month=1, timezone=ZoneInfo("Asia/Tokyo"))
    window = limit_windows(tokyo, datetime(2027, 3, 31, 16, tzinfo=UTC).timestamp())[0]  # already 1 April in Tokyo
    assert window.start == datetime(2027, 3, 31, 15, tzinfo=UTC).timestamp()
    assert window.end == datetime(2027, 4, 30, 15, tzinfo=UTC).timestamp()


def test_rolling_window_counts_a_cut_bucket_whole() -> None:
    sent_at = bucket_of(START) * BUCKET_SECONDS + 9.9
    allowance = Allowance(Limits(hour=1, window=Window.ROLLING), [(bucket_of(sent_at), 1)], 0, sent_at)
    assert allowance.remaining(sent_at + 3600) == 0
    assert allowance.remaining(sent_at + 3600.2) == 1


@given(limits, st.lists(st.tuples(st.floats(0, 4000), st.booleans()), max_size=80))
def test_what_others_have_charged_is_learnt(given_limits: Limits, steps: list[tuple[float, bool]]) -> None:
    now = START
    buckets: dict[int, int] = {}
    allowance = Allowance(given_limits, (), 0, now)
    for pause, own in steps:
        bucket = bucket_of(now)
        buckets[bucket] = buckets.get(bucket, 0) + 1
        if own:
            allowance.open()
            allowance.charge(now)
        else:
            allowance.learn(bucket, buckets[bucket])
        assert allowance.remaining(now) == Allowance(given_limits, buckets.items(), 0, now).remaining(now)
        now += pause
