"""What happened to messages reaches the contacts: from one database to another, once, however often it is brought over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from paceline.chores import activity_recorder
from paceline.chores.activity_recorder import record_activity
from paceline.domain.fact import Doer, Fact, FactKind
from paceline.launch.catalogue_audience import AudienceChoice
from paceline.launch.launcher import Launcher
from paceline.operations.audience import segments
from paceline.operations.context import Context
from paceline.store.catalogue import activity
from paceline.store.database import sql
from paceline.store.queue import facts
from surroundings.sending import opened
from surroundings.subscribers import add_list, add_subscribers
from surroundings.working import no_filter, started_campaign

NOW = 1_800_000_000.0
PEOPLE = 30


@pytest.fixture(params=["queue in SQLite", "queue in PostgreSQL"])
def context(request: pytest.FixtureRequest, sqlite_url: str, postgresql_url: str, tmp_path: Path) -> Iterator[Context]:
    """The queue in one database, the catalogue in another."""
    queue, catalogue = sqlite_url, postgresql_url
    if request.param == "queue in PostgreSQL":
        queue, catalogue = catalogue, queue
    with opened(catalogue, tmp_path, queue_database=queue) as context:
        yield context


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity_recorder, "_BATCH", 7)


def _sent(context: Context, campaign: int) -> None:
    """Every message of a campaign was accepted, one a second up to now; the first was opened twice by a person."""
    words = (
        "INSERT INTO events (message_id, attempt, kind, campaign_id, at) "
        "SELECT id, 1, 'accepted', campaign_id, :now - contact_id FROM messages WHERE campaign_id = :c"
    )
    context.queue.execute(words, c=campaign, now=NOW)
    for at in (NOW - 2, NOW - 1):
        _came_back(context, campaign, FactKind.OPENED, at=at)


def _came_back(
    context: Context, campaign: int, kind: FactKind, *, at: float, place: int = 0, doer: Doer = Doer.PERSON
) -> int:
    """Somebody, or something, opened or clicked the message at this place; returns it."""
    with context.queue.write() as connection:
        ids = connection.execute(sql("SELECT id FROM messages WHERE campaign_id = :c ORDER BY id"), {"c": campaign})
        number = int(ids.scalars().all()[place])
        fact = Fact(message_id=number, campaign_id=campaign, kind=kind, key=f"{at}", at=at, doer=doer, link=0)
        assert facts.record(connection, context.queue, [fact], now=NOW) == [fact]
    return number


def _known(context: Context) -> dict[str, tuple[int, int]]:
    """Kind -> contacts it is known of, and times in all."""
    with context.catalogue.read() as connection:
        rows = connection.execute(sql("SELECT kind, COUNT(*) AS n, SUM(count) AS times FROM activity GROUP BY kind"))
        return {row.kind: (int(row.n), int(row.times)) for row in rows}


def _launched(context: Context) -> int:
    news = add_list(context.catalogue, "news")
    add_subscribers(context.catalogue, news, PEOPLE)
    number = started_campaign(context, AudienceChoice(list_ids=(news,)).frozen(no_filter))
    launcher = Launcher(queue=context.queue, catalogue=context.catalogue, now=context.clock.now)
    while launcher.round():
        pass
    return number


def test_facts_come_over_once_however_often_they_are_read(context: Context) -> None:
    _sent(context, _launched(context))
    assert record_activity(context.queue, context.catalogue, now=NOW + 60, batches=2)  # there is more
    while record_activity(context.queue, context.catalogue, now=NOW + 60, batches=1):
        pass
    assert _known(context) == {"sent": (PEOPLE, PEOPLE), "opened": (1, 2)}
    context.catalogue.execute("DELETE FROM chore_cursors")  # as if every cursor had been lost
    record_activity(context.queue, context.catalogue, now=NOW + 5000)
    assert _known(context) == {"sent": (PEOPLE, PEOPLE), "opened": (1, 2)}


def test_killed_between_the_databases_it_reads_again(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    _sent(context, _launched(context))

    def dies(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(activity, "move_cursor", dies)
        with pytest.raises(RuntimeError):
            record_activity(context.queue, context.catalogue, now=NOW + 60)
    assert _known(context) == {}
    record_activity(context.queue, context.catalogue, now=NOW + 60)
    assert _known(context)["sent"] == (PEOPLE, PEOPLE)


def test_report_that_was_committed_late_is_found_on_the_second_reading(context: Context) -> None:
    number = _launched(context)
    record_activity(context.queue, context.catalogue, now=NOW + 60)
    _sent(context, number)  # older than what was read
    for name in ("activity", "activity of facts"):
        words = "INSERT INTO chore_cursors (name, at, message_id) VALUES (:name, :at, 0)"
        context.catalogue.execute(words, name=name, at=NOW + 58)
    record_activity(context.queue, context.catalogue, now=NOW + 60)
    assert _known(context) == {}
    record_activity(context.queue, context.catalogue, now=NOW + 1000)
    assert _known(context) == {"sent": (PEOPLE, PEOPLE), "opened": (1, 2)}


def test_contacts_that_are_gone_and_campaigns_from_files_leave_nothing(context: Context) -> None:
    number = _launched(context)
    _sent(context, number)
    context.catalogue.execute("DELETE FROM subscriptions WHERE contact_id = (SELECT MIN(id) FROM contacts)")
    context.catalogue.execute("DELETE FROM contacts WHERE id = (SELECT MIN(id) FROM contacts)")
    record_activity(context.queue, context.catalogue, now=NOW + 60)
    assert _known(context) == {"sent": (PEOPLE - 1, PEOPLE - 1)}
    context.catalogue.execute("DELETE FROM activity")
    context.catalogue.execute("DELETE FROM chore_cursors")
    context.queue.execute("UPDATE campaigns SET kind = 'file'")
    record_activity(context.queue, context.catalogue, now=NOW + 60)
    assert _known(context) == {}


def test_programs_are_no_people(context: Context) -> None:
    number = _launched(context)
    _came_back(context, number, FactKind.OPENED, at=NOW - 5, doer=Doer.PROXY)
    _came_back(context, number, FactKind.CLICKED, at=NOW - 4, doer=Doer.SCANNER)
    _came_back(context, number, FactKind.CLICKED, at=NOW - 3, place=1)
    record_activity(context.queue, context.catalogue, now=NOW + 60)
    assert _known(context) == {"clicked": (1, 1)}
    assert segments.count_filter(context, {"activity": "clicked"}).number == 1
    assert segments.count_filter(context, {"activity": "opened"}).number == 0
    assert segments.count_filter(context, {"activity": "opened", "never": True}).number == PEOPLE


def test_click_that_turns_out_to_be_a_programs_is_taken_back(context: Context) -> None:
    number = _launched(context)
    message = _came_back(context, number, FactKind.CLICKED, at=NOW - 3)
    record_activity(context.queue, context.catalogue, now=NOW)
    assert _known(context) == {"clicked": (1, 1)}
    with context.queue.write() as connection:
        spans = {message: (NOW - 10, NOW)}
        assert facts.reclassify(connection, context.queue, spans, doer=Doer.SCANNER, rule="many links", now=NOW) == 1
    record_activity(context.queue, context.catalogue, now=NOW + 1000)
    assert _known(context) == {}


def test_click_that_is_no_longer_kept_still_counts(context: Context) -> None:
    number = _launched(context)
    message = _came_back(context, number, FactKind.CLICKED, at=NOW - 3)
    record_activity(context.queue, context.catalogue, now=NOW)
    context.queue.execute("DELETE FROM facts WHERE message_id = :id", id=message)  # as the pruner does in its time
    _came_back(context, number, FactKind.CLICKED, at=NOW + 50, doer=Doer.SCANNER)
    record_activity(context.queue, context.catalogue, now=NOW + 1000)
    assert _known(context) == {"clicked": (1, 1)}
