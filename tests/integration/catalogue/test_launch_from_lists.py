"""Launches of lists and segments: cut off anywhere and repeated, or done twice at once, nobody is queued twice."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest

from paceline.domain.campaign import CampaignMove
from paceline.domain.segment import parse_segment
from paceline.launch import catalogue_launch
from paceline.launch.catalogue_audience import AudienceChoice
from paceline.launch.launcher import Launcher
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.queue import campaigns, launching
from surroundings.subscribers import add_list, add_subscribers
from surroundings.working import no_filter, started_campaign

PEOPLE = 3_000


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a launch has many parts, and windows of several."""
    monkeypatch.setattr(catalogue_launch, "_PART", 40)
    monkeypatch.setattr(catalogue_launch, "_FIRST_WINDOW", 100)
    monkeypatch.setattr(catalogue_launch, "_LARGEST_WINDOW", 500)
    monkeypatch.setattr(catalogue_launch, "_SPARSE", 10)


def _launcher(context: Context) -> Launcher:
    return Launcher(queue=context.queue, catalogue=context.catalogue, now=context.clock.now)


def _addresses(context: Context, campaign_id: int) -> list[str]:
    with context.queue.read() as connection:
        statement = sql("SELECT address FROM messages WHERE campaign_id = :id ORDER BY id")
        return list(connection.execute(statement, {"id": campaign_id}).scalars())


def _audience(context: Context, lists: int = 1) -> tuple[AudienceChoice, set[str]]:
    """Overlapping lists, and who is on them."""
    ids = [add_list(context.catalogue, f"list {n}") for n in range(lists)]
    for number in ids[:1]:
        add_subscribers(context.catalogue, number, PEOPLE)
    for number in ids[1:]:
        words = "INSERT INTO subscriptions (list_id, contact_id, state, at) SELECT :l, id, 1, 0 FROM contacts WHERE id % 3 = 0"
        context.catalogue.execute(words, l=number)
    return AudienceChoice(list_ids=tuple(ids)), {f"user{n}@example.com" for n in range(PEOPLE)}


class _Killed(Exception):
    """The process ended here."""


def test_launch_killed_anywhere_goes_on_without_doubling(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    choice, everybody = _audience(context, lists=3)
    number = started_campaign(context, choice.frozen(no_filter))
    original, chance = launching.add, random.Random(7)

    def add(*arguments: Any, **named: Any) -> bool:
        if chance.random() < 0.1:
            raise _Killed  # before the part is committed
        return original(*arguments, **named)

    monkeypatch.setattr(launching, "add", add)
    deaths = 0
    under_way = True
    while under_way:
        launcher = _launcher(context)
        try:
            while under_way := launcher.round():
                if chance.random() < 0.1:
                    raise _Killed  # after it
        except _Killed:
            deaths += 1
            under_way = True
    assert deaths > 3
    addresses = _addresses(context, number)
    assert len(addresses) == len(set(addresses)) == PEOPLE
    assert set(addresses) == everybody
    with context.queue.read() as connection:
        progress = campaigns.progress(connection, number)
        assert progress.campaign.launched_at is not None
        assert progress.counts == campaigns.count_anew(connection, number)


def test_two_launchers_at_once_share_the_work(context: Context) -> None:
    choice, everybody = _audience(context)
    number = started_campaign(context, choice.frozen(no_filter))

    def launch() -> None:
        launcher = _launcher(context)
        while launcher.round():
            pass

    threads = [threading.Thread(target=launch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    addresses = _addresses(context, number)
    assert len(addresses) == PEOPLE
    assert set(addresses) == everybody


def test_launches_take_turns_and_a_stopped_one_ends(context: Context) -> None:
    choice, _ = _audience(context)
    numbers = [started_campaign(context, choice.frozen(no_filter), key=f"c{n}") for n in range(3)]
    launcher = _launcher(context)
    assert launcher.round()
    assert [len(_addresses(context, number)) for number in numbers] == [100, 100, 100]
    with context.queue.write() as connection:
        campaigns.move(connection, numbers[1], CampaignMove.STOP, now=context.clock.now())
    while launcher.round():
        pass
    assert [len(_addresses(context, number)) for number in numbers] == [PEOPLE, 100, PEOPLE]


def test_sparse_segment_is_walked_in_windows_of_bounded_size(context: Context) -> None:
    choice, _ = _audience(context)
    node = parse_segment({"field": "first_name", "one_of": ["Name 5", "Name 2990"]})
    filtered = AudienceChoice(list_ids=choice.list_ids, segment_id=1)
    number = started_campaign(context, filtered.frozen(lambda _: node))
    launcher = _launcher(context)
    rounds = 0
    while launcher.round():
        rounds += 1
    assert sorted(_addresses(context, number)) == ["user2990@example.com", "user5@example.com"]
    assert rounds < 15
