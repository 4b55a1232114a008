"""Recurring work: one leader at a time, chores that fail beside chores that do not, and the record of both."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paceline.operations.context import Context
from paceline.operations.installation import doctor, recurring_work
from paceline.operations.installation.background import work_in_background
from paceline.operations.installation.leadership import Leadership, lead
from paceline.operations.installation.recurring_work import Chore, Watch, attend
from paceline.store import leaderships
from paceline.store.queue import chore_failures
from surroundings.sending import Hands, opened
from surroundings.serving import wait_until

SECONDS = 6.0


@pytest.fixture
def hands() -> Hands:
    return Hands(at=1_800_000_000.0)


@pytest.fixture
def context(database_url: str, tmp_path: Path, hands: Hands) -> Iterator[Context]:
    with opened(database_url, tmp_path, hands) as found:
        yield found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurring_work, "_FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(recurring_work, "_LONGEST_PAUSE_SECONDS", 0.05)


def _leadership(context: Context, table: str = leaderships.QUEUE) -> Leadership:
    database = context.queue if table == leaderships.QUEUE else context.catalogue
    return Leadership(database, table, "a chore", clock=context.clock, seconds=SECONDS)


@pytest.mark.parametrize("table", [leaderships.QUEUE, leaderships.CATALOGUE])
def test_one_leads_until_it_gives_back_or_falls_silent(context: Context, hands: Hands, table: str) -> None:
    first, second = _leadership(context, table), _leadership(context, table)
    assert first.hold()
    assert not second.hold()
    hands.turn(SECONDS - 1)
    assert first.hold()
    hands.turn(SECONDS - 1)
    assert not second.hold()
    hands.turn(2)
    assert second.hold()
    assert not first.hold()
    first.give_back()
    assert not first.hold()
    second.give_back()
    assert first.hold()


def test_dead_process_of_this_machine_is_followed_at_once(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _leadership(context), _leadership(context)
    monkeypatch.setattr("paceline.operations.installation.leadership.is_surely_dead", lambda process: True)
    assert first.hold()
    assert second.hold()


def test_of_many_that_want_it_at_once_one_leads(context: Context) -> None:
    candidates = [_leadership(context) for _ in range(8)]
    results: list[bool] = []
    threads = [threading.Thread(target=lambda one=one: results.append(one.hold())) for one in candidates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(results) == 1


def test_work_ends_when_the_lead_is_lost_and_begins_where_it_is_found(context: Context, hands: Hands) -> None:
    began, ended, stop = threading.Event(), threading.Event(), threading.Event()

    def work(over: threading.Event) -> None:
        began.set()
        over.wait()
        ended.set()

    mine = Leadership(context.queue, leaderships.QUEUE, "a chore", clock=context.clock, seconds=0.3)
    leading = threading.Thread(target=lead, args=(mine, work, stop))
    leading.start()
    assert began.wait(30)
    context.queue.execute("UPDATE queue_leaderships SET holder = 'somebody else', until_at = 9e9")
    assert ended.wait(30)
    began.clear()
    context.queue.execute("UPDATE queue_leaderships SET until_at = 0")
    assert began.wait(30)
    stop.set()
    leading.join()
    with context.queue.read() as connection:
        assert leaderships.every(connection, leaderships.QUEUE) == []


@pytest.mark.usefixtures("quick")
def test_failing_chore_is_told_tried_again_and_stops_no_other(context: Context) -> None:
    over, worked, mended = threading.Event(), threading.Event(), threading.Event()
    tries: list[int] = []

    def fail() -> float:
        tries.append(1)
        if not mended.is_set():
            raise RuntimeError("the disk of the moon is full")
        return 0.01

    def watch(stop: threading.Event) -> None:
        worked.set()
        stop.wait()

    def failures() -> list[str]:
        with context.queue.read() as connection:
            return [failure.reason for failure in chore_failures.every(connection)]

    chores = [Chore(name="moon", work=fail), Watch(name="earth", run=watch)]
    work = threading.Thread(target=attend, args=(context, chores, over))
    work.start()
    wait_until(lambda: len(tries) >= 4)
    assert worked.is_set()
    wait_until(lambda: failures() != [])
    assert "moon is full" in failures()[0]
    assert _recurring_work_finding(context) == "failed"
    mended.set()
    wait_until(lambda: failures() == [])
    assert _recurring_work_finding(context) != "failed"
    over.set()
    work.join()


def _recurring_work_finding(context: Context) -> str:
    findings = {f.check: f for f in doctor.examine(context.settings)}
    return str(findings["recurring work"].to_json()["status"])


def test_two_backgrounds_share_nothing_and_the_second_takes_over(context: Context) -> None:
    done: list[str] = []

    def chore(name: str) -> Chore:
        def work() -> float:
            done.append(name)
            return 0.02

        return Chore(name="count", work=work)

    stops = {name: threading.Event() for name in ("first", "second")}

    def start(name: str) -> Callable[[], None]:
        thread = threading.Thread(
            target=work_in_background, args=(context, stops[name]), kwargs={"chores": [chore(name)]}
        )
        thread.start()
        return thread.join

    first_ended = start("first")
    wait_until(lambda: "first" in done)
    second_ended = start("second")
    before = len(done)
    wait_until(lambda: len(done) > before + 5)
    assert set(done) == {"first"}
    stops["first"].set()
    first_ended()
    wait_until(lambda: "second" in done)
    stops["second"].set()
    second_ended()


def test_lead_that_cannot_be_renewed_holds_until_its_lease_is_over(
    postgresql_url: str, tmp_path: Path, hands: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    from surroundings.cuttable import cuttable_way

    caplog.set_level(logging.WARNING)
    with (
        cuttable_way(postgresql_url) as (url, way),
        opened(url, tmp_path, hands, connect_attempts=1, connect_timeout_seconds=2) as context,
    ):
        leadership = _leadership(context)
        assert leadership.hold()
        way.cut()
        hands.turn(SECONDS - 1)
        assert leadership.hold()
        hands.turn(2)
        assert not leadership.hold()
        way.heal()
        assert leadership.hold()
    assert "cannot be renewed" in caplog.text
