"""Facts that come back doubled, in any order, and from several processes at once: kept once and counted once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from paceline.domain.fact import Doer, Fact, FactKind
from paceline.operations.context import Context
from paceline.store.queue import facts, links
from surroundings.tracked import Tracked

NOW = 1_800_000_100.0


def fact(tracked: Tracked, kind: FactKind, key: str = "1", *, place: int = 0, at: float = NOW, **more: object) -> Fact:
    ids = {"message_id": tracked.message_ids[place], "campaign_id": tracked.campaign_id}
    return Fact(**ids, kind=kind, key=key, at=at, **more)  # type: ignore[arg-type]  # of a test


def record(tracked: Tracked, *found: Fact) -> list[Fact]:
    queue = tracked.queue.context.queue
    with queue.write() as connection:
        return facts.record(connection, queue, found, now=NOW)


@pytest.fixture
def tracked(context: Context) -> Tracked:
    """Three messages were sent."""
    return Tracked.campaign(context, sent=3)


def test_fact_told_again_changes_nothing(tracked: Tracked) -> None:
    told = [fact(tracked, FactKind.OPENED, doer=Doer.PERSON), fact(tracked, FactKind.DELIVERED, place=1)]
    assert len(record(tracked, *told)) == 2
    assert record(tracked, *told, *told) == []
    assert tracked.counts() == {"opened": 1, "opens": 1, "delivered": 1}


def test_message_counts_once_however_often_it_is_opened(tracked: Tracked) -> None:
    opens = [fact(tracked, FactKind.OPENED, str(n), doer=Doer.PERSON, at=NOW + n) for n in range(5)]
    record(tracked, *opens[2:])
    record(tracked, *opens[:2], fact(tracked, FactKind.OPENED, "6", place=1, doer=Doer.PERSON))
    assert tracked.counts() == {"opened": 2, "opens": 6}


@pytest.mark.parametrize("doer", [Doer.PREFETCH, Doer.PROXY, Doer.SCANNER])
def test_programs_are_counted_apart(tracked: Tracked, doer: Doer) -> None:
    record(tracked, fact(tracked, FactKind.OPENED, doer=doer), fact(tracked, FactKind.CLICKED, doer=doer, link=0))
    assert tracked.counts() == {"automatic_opens": 1, "automatic_clicks": 1}
    record(tracked, fact(tracked, FactKind.OPENED, "2", doer=Doer.PERSON))
    assert tracked.counts()["opened"] == 1


def test_bounce_changes_the_facts_and_not_what_was_sent(tracked: Tracked) -> None:
    before = tracked.queue.counts()
    record(
        tracked,
        fact(tracked, FactKind.BOUNCED, rule=facts.HARD),
        fact(tracked, FactKind.BOUNCED, place=1, rule="soft"),
        fact(tracked, FactKind.DELAYED, place=2),
    )
    assert tracked.counts() == {"bounced": 2, "bounced_hard": 1}
    assert tracked.queue.counts() == before == {"sent": 3}


def test_clicks_are_counted_per_link_and_taken_back_when_a_program_did_it(tracked: Tracked) -> None:
    queue = tracked.queue.context.queue
    with queue.write() as connection:
        links.save(connection, queue, tracked.campaign_id, ["https://a.example/", "https://b.example/"])
        links.save(connection, queue, tracked.campaign_id, ["https://other.example/"])
    early = fact(tracked, FactKind.CLICKED, "1", doer=Doer.PERSON, link=0, at=NOW - 60)
    burst = [fact(tracked, FactKind.CLICKED, str(n), doer=Doer.PERSON, link=n % 2, at=NOW) for n in range(2, 6)]
    record(tracked, early, *burst)
    assert tracked.counts() == {"clicked": 1, "clicks": 5}
    assert tracked.rows("SELECT target, clicks FROM links ORDER BY number") == [
        ("https://a.example/", 3),
        ("https://b.example/", 2),
    ]
    for since, left in ((NOW - 1, 1), (NOW - 100, 0)):
        for _ in range(2):
            with queue.write() as connection:
                message = {tracked.message_ids[0]: (since, NOW)}
                facts.reclassify(connection, queue, message, doer=Doer.SCANNER, rule="many links", now=NOW)
            counts = tracked.counts()
            assert (counts.get("clicks", 0), counts.get("clicked", 0)) == (left, left)
            assert counts["automatic_clicks"] == 5 - left
    assert tracked.rows("SELECT SUM(clicks) FROM links") == [(0,)]


def test_several_processes_agree_on_the_first_time(tracked: Tracked) -> None:
    def tell(key: int) -> None:
        record(tracked, *(fact(tracked, FactKind.OPENED, str(key), place=p, doer=Doer.PERSON) for p in range(3)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tell, range(24)))
    assert tracked.counts() == {"opened": 3, "opens": 72}


KINDS = st.sampled_from([FactKind.DELIVERED, FactKind.READ, FactKind.BOUNCED, FactKind.OPENED, FactKind.COMPLAINED])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.lists(st.tuples(KINDS, st.integers(0, 2), st.integers(0, 2)), max_size=8), max_size=6))
def test_any_order_gives_exact_counts(tracked: Tracked, groups: list[list[tuple[FactKind, int, int]]]) -> None:
    """``tracked.counts`` compares the counters with what is known of each message."""
    for group in groups:
        record(tracked, *(fact(tracked, kind, str(key), place=place) for kind, place, key in group))
        tracked.counts()
    for group in groups:
        assert record(tracked, *(fact(tracked, kind, str(key), place=place) for kind, place, key in group)) == []


def test_export_gives_every_fact_of_every_message(tracked: Tracked) -> None:
    record(
        tracked,
        fact(tracked, FactKind.OPENED, "1", doer=Doer.PERSON, detail="Mail/1.0"),
        fact(tracked, FactKind.CLICKED, "2", doer=Doer.PERSON, link=1, at=NOW + 5),
        fact(tracked, FactKind.BOUNCED, "3", place=2, rule=facts.HARD),
    )
    exported = [(message, row.kind) for message, row in facts.every(tracked.queue.context.queue, tracked.campaign_id)]
    first, _, third = tracked.message_ids
    assert exported == [(first, FactKind.OPENED), (first, FactKind.CLICKED), (third, FactKind.BOUNCED)]
