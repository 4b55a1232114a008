"""Reports spare the controller: spacing, intervals, batches, back-off and breaker, on a clock that the test turns."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from paceline.domain.circuit_breaker import BreakerState
from paceline.domain.update_schedule import SPACING_SECONDS, UpdateSchedule, Waiting, batch_size, interval_seconds


@pytest.mark.parametrize(
    ("messages_per_minute", "seconds"),
    [(1, 120), (20, 120), (21, 90), (60, 90), (61, 45), (120, 45), (121, 30), (300, 30), (float("inf"), 30)],
)
def test_interval_follows_the_speed_of_the_campaign(messages_per_minute: float, seconds: float) -> None:
    assert interval_seconds(messages_per_minute) == seconds


def test_batch_is_a_hundred_until_that_cannot_carry_what_is_waiting() -> None:
    assert batch_size(0, 20_000) == 0
    assert batch_size(100, 20_000) == 100
    assert batch_size(101, 20_000) == 101
    assert batch_size(30_000, 20_000) == 20_000
    assert batch_size(30_000, 10) == 100


@dataclass
class Worker:
    """A worker with evenly paced campaigns, its schedule, and the controller's count of what arrives."""

    rates: list[float]
    messages_each: int
    schedule: UpdateSchedule = field(default_factory=lambda: UpdateSchedule(announced=20_000))
    now: float = 0.0
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    told: int = 0
    ends_told: int = 0

    def made(self) -> int:
        """Messages that have ended by now; the first of each campaign after one interval of its pace."""
        return sum(min(int(self.now * rate / 60), self.messages_each) for rate in self.rates)

    def ended(self) -> int:
        """Campaigns that have ended by now."""
        return sum(self.now * rate / 60 >= self.messages_each for rate in self.rates)

    def run(self, until: float = 7200.0) -> None:
        """Let time pass in steps of a second."""
        while self.now < until:
            ended = self.ended()
            waiting = Waiting(
                events=self.made() - self.told + ended - self.ends_told,
                urgent=ended > self.ends_told,
                active=ended < len(self.rates),
                messages_per_minute=sum(rate for rate in self.rates if self.now * rate / 60 < self.messages_each),
            )
            due = self.schedule.next_at(waiting, self.now)
            if due is not None and due <= self.now:
                self.report(waiting.events)
                self.told, self.ends_told = self.made(), ended
            self.now += 1.0

    def report(self, events: int) -> None:
        self.schedule.begin(self.now)
        self.arrivals.append((self.now, events))
        self.schedule.succeeded(self.now)

    def gaps(self) -> list[float]:
        times = [at for at, _ in self.arrivals]
        return [after - before for before, after in pairwise(times)]


def test_small_campaign_takes_four_to_six_requests() -> None:
    worker = Worker(rates=[20.0], messages_each=100)
    worker.run()
    assert 4 <= len(worker.arrivals) <= 6
    assert min(worker.gaps()) >= SPACING_SECONDS
    assert worker.told == 100
    assert worker.ends_told == 1


@pytest.mark.parametrize(("rate", "interval"), [(10.0, 120.0), (40.0, 90.0), (100.0, 45.0), (300.0, 30.0)])
def test_turtle_campaigns_report_at_their_intervals(rate: float, interval: float) -> None:
    worker = Worker(rates=[rate], messages_each=int(rate * 30))
    worker.run()
    assert worker.gaps()[:-1] == [interval] * (len(worker.gaps()) - 1)
    assert worker.gaps()[-1] <= interval
    assert worker.told == rate * 30


def test_five_campaigns_share_one_schedule() -> None:
    worker = Worker(rates=[10.0, 15.0, 20.0, 25.0, 30.0], messages_each=200)
    worker.run()
    assert min(worker.gaps()) >= SPACING_SECONDS
    assert worker.ends_told == 5
    former_requests = 200 * 5 / 25  # a batch every 25 messages of each campaign
    assert len(worker.arrivals) < former_requests * 0.7


def test_fast_worker_keeps_up_with_batches_of_the_announced_size() -> None:
    worker = Worker(rates=[60_000.0], messages_each=600_000)
    worker.run(until=700)
    assert min(worker.gaps()) >= SPACING_SECONDS
    assert max(events for _, events in worker.arrivals) <= 31_000
    assert worker.told == 600_000


def _waiting(events: int = 10, *, urgent: bool = False) -> Waiting:
    return Waiting(events=events, urgent=urgent, active=True, messages_per_minute=20)


def test_urgent_facts_take_the_next_free_slot_and_no_earlier_one() -> None:
    schedule = UpdateSchedule()
    schedule.begin(100.0)
    schedule.succeeded(102.0)
    assert schedule.next_at(_waiting(urgent=True), 103.0) == 102.0 + SPACING_SECONDS
    assert schedule.next_at(_waiting(), 103.0) == 102.0 + 120.0


def test_nothing_is_asked_while_an_answer_is_awaited_and_nothing_when_there_is_nothing_to_say() -> None:
    schedule = UpdateSchedule()
    idle = Waiting(events=0, urgent=False, active=False, messages_per_minute=0)
    assert schedule.next_at(idle, 0.0) is None
    schedule.begin(0.0)
    assert schedule.next_at(_waiting(urgent=True), 60.0) is None


def test_retry_after_is_a_least() -> None:
    schedule = UpdateSchedule()
    schedule.begin(0.0)
    schedule.failed(1.0, jitter=0.0, retry_after_seconds=400.0)
    assert schedule.next_at(_waiting(urgent=True), 2.0) == 401.0


def test_breaker_opens_after_three_failures_and_probes_ever_more_rarely() -> None:
    schedule = UpdateSchedule()
    now, pauses = 0.0, []
    for _ in range(8):
        schedule.begin(now)
        schedule.failed(now, jitter=0.0)
        after = schedule.next_at(_waiting(urgent=True), now)
        assert after is not None
        pauses.append(after - now)
        now = after
    assert pauses == [15.0, 15.0, 60.0, 120.0, 240.0, 480.0, 900.0, 900.0]
    assert schedule.breaker_state(now - 1) is BreakerState.OPEN
    assert schedule.breaker_state(now) is BreakerState.HALF_OPEN
    schedule.begin(now)
    schedule.succeeded(now)
    assert schedule.breaker_state(now) is BreakerState.CLOSED
    assert schedule.next_at(_waiting(urgent=True), now) == now + SPACING_SECONDS


@given(jitters=st.lists(st.floats(0, 0.999), min_size=1, max_size=12))
def test_back_off_is_spread_and_never_below_the_spacing(jitters: list[float]) -> None:
    schedule, now = UpdateSchedule(), 0.0
    for jitter in jitters:
        schedule.begin(now)
        schedule.failed(now, jitter=jitter)
        due = schedule.next_at(_waiting(urgent=True), now)
        assert due is not None
        assert SPACING_SECONDS - 0.001 <= due - now <= 900.001
        now = due


def test_controller_that_is_away_for_an_hour_is_asked_seldom() -> None:
    schedule, now, asked = UpdateSchedule(), 0.0, 0
    chance = random.Random(7)
    while now < 3600.0:
        schedule.begin(now)
        asked += 1
        schedule.failed(now + 1.0, jitter=chance.random())
        due = schedule.next_at(_waiting(urgent=True), now + 1.0)
        assert due is not None
        now = due
    assert asked <= 14


def test_scale_shortens_every_interval_alike() -> None:
    schedule = UpdateSchedule(scale=0.01)
    schedule.begin(0.0)
    schedule.succeeded(0.0)
    assert schedule.next_at(_waiting(), 0.0) == pytest.approx(1.2)
    assert schedule.next_at(_waiting(urgent=True), 0.0) == pytest.approx(0.15)


def test_new_process_waits_the_spacing_because_the_one_before_may_have_asked() -> None:
    schedule = UpdateSchedule(not_before=115.0)
    assert schedule.next_at(_waiting(urgent=True), 100.0) == 115.0
