"""How fast a campaign went is on record: it survives a reload of the page, a rest is a rest, and old detail goes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from paceline.chores.rate_recorder import RateRecorder
from paceline.domain.campaign import CampaignMove
from paceline.domain.errors import StoreUnavailable
from paceline.domain.message import MessageState
from paceline.operations.campaigns.rates import POINTS, Rate, rates_of
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.queue import campaigns
from paceline.store.queue.tally import Tally
from surroundings.sending import Hands, opened
from surroundings.working import started_campaign

_BEGIN = 1_800_000_000.0


class _Course:
    """A campaign that goes as the test says, with a recorder that looks every ten seconds."""

    def __init__(self, context: Context, hands: Hands) -> None:
        self.context, self.hands = context, hands
        self.recorder = RateRecorder(context.queue)
        self.id = started_campaign(context, "{}")
        self._count(lambda tally: tally.launched(self.id, 1_000_000))

    def goes(self, seconds: int, per_second: int) -> None:
        """Time passes while so many messages are sent."""
        for _ in range(seconds // 10):
            self.hands.turn(10)
            if per_second:
                self._count(lambda tally: tally.moved(self.id, MessageState.QUEUED, MessageState.SENT, 10 * per_second))
            self.recorder.look(now=self.hands.at)

    def rates(self, last_seconds: float | None = None) -> list[Rate]:
        return rates_of(self.context, self.id, last_seconds=last_seconds)

    def rows(self) -> int:
        with self.context.queue.read() as connection:
            return int(connection.execute(sql("SELECT COUNT(*) FROM rate_samples")).scalar_one())

    def move(self, what: CampaignMove) -> None:
        with self.context.queue.write() as connection:
            assert campaigns.move(connection, self.id, what, now=self.hands.at)

    def _count(self, what: object) -> None:
        tally = Tally()
        assert callable(what)
        what(tally)
        with self.context.queue.write() as connection:
            tally.write(connection, self.context.queue, slot=0, now=self.hands.at)


@pytest.fixture
def course(database_url: str, tmp_path: Path) -> Iterator[_Course]:
    hands = Hands(at=_BEGIN)
    with opened(database_url, tmp_path, hands) as context:
        yield _Course(context, hands)


def test_rates_add_up_and_a_rest_stands_where_it_was(course: _Course) -> None:
    course.goes(60, 5)
    course.move(CampaignMove.PAUSE)
    course.goes(600, 0)
    rows = course.rows()
    course.goes(600, 0)
    assert course.rows() == rows, "a campaign that rests is written about"
    course.move(CampaignMove.RESUME)
    course.goes(60, 20)
    rates = course.rates()
    assert sum(one.messages for one in rates) == 60 * 5 + 60 * 20
    assert {one.per_second for one in rates} == {5.0, 0.0, 20.0}
    (rest,) = [one for one in rates if not one.messages]
    assert (rest.start_at, rest.end_at) == (_BEGIN + 60, _BEGIN + 1260)
    assert all(before.end_at == after.start_at for before, after in pairwise(rates))


def test_end_of_a_campaign_is_asked_for_alone_and_time_after_its_end_does_not_count(course: _Course) -> None:
    course.goes(300, 1)
    course.goes(100, 7)
    assert {one.per_second for one in course.rates(last_seconds=100)} == {7.0}
    course.move(CampaignMove.STOP)
    course.hands.turn(86_400)
    rates = course.rates()
    assert rates[-1].end_at == _BEGIN + 400
    assert sum(one.messages for one in rates) == 300 + 700


def test_detail_goes_with_its_time_and_the_sums_stay(course: _Course) -> None:
    course.goes(5400, 2)
    assert course.rows() < 370 + 100, "samples of each look are kept for longer than an hour"
    rates = course.rates()
    assert len(rates) <= POINTS
    assert {round(one.per_second, 9) for one in rates} == {2.0}
    assert sum(one.messages for one in rates) == 5400 * 2


def test_night_is_a_rest_still_when_its_detail_is_gone(course: _Course) -> None:
    course.goes(1210, 5)
    course.hands.turn(8 * 3600)
    course.goes(10, 0)
    morning = course.hands.at
    course.goes(1210, 5)
    evening = course.hands.at
    course.hands.turn(86_400 + 3600)
    course.goes(10, 0)
    rates = course.rates()
    assert {one.per_second for one in rates} == {5.0, 0.0}
    rests = [(one.start_at, one.end_at) for one in rates if not one.messages]
    assert rests == [(_BEGIN + 1210, morning), (evening, course.hands.at)]
    assert course.rows() <= 7


def test_look_that_cannot_be_kept_is_no_look(postgresql_url: str, tmp_path: Path) -> None:
    hands = Hands(at=_BEGIN)
    with opened(postgresql_url, tmp_path, hands, lock_timeout_seconds=0.1) as context:
        course = _Course(context, hands)
        hands.turn(10)
        with context.queue.write() as connection:
            connection.execute(sql("LOCK TABLE rate_samples"))
            with pytest.raises(StoreUnavailable):
                course.recorder.look(now=hands.at)
        course.goes(1210, 5)
        hands.turn(86_400)
        course.recorder.look(now=hands.at)
        with context.queue.read() as connection:
            rows = connection.execute(sql("SELECT at FROM rate_samples ORDER BY at"))
            assert [row.at - _BEGIN for row in rows] == [20, 900, 1220]


def test_recorder_that_begins_in_the_middle_draws_a_straight_line_to_where_it_is(course: _Course) -> None:
    course.goes(50, 4)
    course.recorder = RateRecorder(course.context.queue)  # another process has taken over
    course.goes(50, 8)
    rates = course.rates()
    assert [one.per_second for one in rates][-4:] == [8.0] * 4
    assert sum(one.messages for one in rates) == 600


def test_campaign_that_has_not_begun_has_no_rates(course: _Course) -> None:
    assert course.rates() == []
