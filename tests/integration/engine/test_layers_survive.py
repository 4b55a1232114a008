"""Layers through crashes: whatever two senders claim, report, give back and lose, the count is right and never above a limit."""

from __future__ import annotations

import random

import pytest

from paceline.domain.account import Limits
from paceline.domain.layer import Layer, LayerKind
from paceline.domain.message import ReportKind
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.queue import layers
from paceline.store.queue.claiming import ClaimedMessage
from surroundings.queue import Holder, Queue

_HOURLY = {LayerKind.WORKSPACE: 9, LayerKind.DOMAIN: 7, LayerKind.SERVER: 5}
_ENDINGS = [ReportKind.ACCEPTED, ReportKind.DEFERRED, ReportKind.REFUSED, ReportKind.UNCERTAIN, ReportKind.WITHDRAWN]


class _Senders:
    """Two senders with an account each, and what they hold."""

    def __init__(self, queue: Queue, chance: random.Random) -> None:
        self._queue = queue
        self._chance = chance
        self._holders = [queue.holder(name) for name in ("one", "two")]
        self._held: list[list[ClaimedMessage]] = [[], []]

    def step(self) -> None:
        place = self._chance.randrange(2)
        holder, held = self._holders[place], self._held[place]
        what = self._chance.choice(["claim", "claim", "deliver", "deliver", "deliver", "give back", "crash", "wait"])
        if what == "claim":
            held += holder.claim(self._chance.randint(1, 6))
        elif what == "deliver" and held:
            self._deliver(holder, held.pop(0))
        elif what == "give back" and held:
            holder.exchange(releases=[held.pop()])
        elif what == "crash" and self._chance.random() < 0.3:
            holder.intend(held[:1])
            holder.deliveries.rescue(holder.account_id, holder.sender_id, self._queue.tick())
            self._holders[place], self._held[place] = self._queue.holder(("one", "two")[place]), []
        elif what == "wait":
            self._queue.now += self._chance.choice([1, 60, 60, 60, 1500])

    def _deliver(self, holder: Holder, message: ClaimedMessage) -> None:
        if holder.intend([message]):
            report = holder.report(message, self._chance.choice(_ENDINGS))
            holder.tell(report)
            if self._chance.random() < 0.2:
                holder.tell(report)  # a commit whose end was not heard of is told again


def _check(context: Context, now: float) -> int:
    """Whether the counts are right; returns what counts in the layer of the domain."""
    used = {}
    with context.queue.read() as connection:
        for one in layers.every(connection, workspace_id=1):
            hour = layers.used_since(connection, one.id, bucket=int(now // 3600 * 360))
            counted = connection.execute(
                sql("SELECT COUNT(*) FROM messages WHERE state BETWEEN 1 AND 2 AND (layers LIKE :a OR layers LIKE :b)"),
                {"a": f"[{one.id}%", "b": f"%, {one.id}%"},
            ).scalar_one()
            assert one.held == counted
            assert hour + one.held <= _HOURLY[one.layer.kind]
            used[one.layer.kind] = hour + one.held
    return used[LayerKind.DOMAIN]


@pytest.mark.parametrize("seed", range(3))
def test_no_crash_lets_a_layer_exceed_its_limit_or_forget_a_place(context: Context, seed: int) -> None:
    queue = Queue.filled(context, 120)
    names = {LayerKind.WORKSPACE: "", LayerKind.DOMAIN: "example.com", LayerKind.SERVER: "one.example.com"}
    with context.queue.write() as connection:
        for kind, name in names.items():
            layer = Layer(kind=kind, name=name, limits=Limits(hour=_HOURLY[kind]))
            layers.save(connection, layer, workspace_id=1, now=queue.now)
    senders = _Senders(queue, random.Random(seed))
    most = 0
    for _ in range(120):
        senders.step()
        most = max(most, _check(context, queue.now))
    queue.counts()
    assert most == _HOURLY[LayerKind.DOMAIN]
