"""A person's data: told in full, erased everywhere, with every campaign's counts as they were, and not brought back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paceline.chores.person_eraser import erase_some
from paceline.cli.main import run
from paceline.domain.errors import InputError
from paceline.domain.fact import Fact, FactKind
from paceline.domain.message import ReportKind
from paceline.domain.tokens import Purpose
from paceline.launch.catalogue_audience import AudienceChoice
from paceline.launch.launcher import Launcher
from paceline.operations.audience import lists, privacy, suppressions
from paceline.operations.audience.contacts import ContactDraft, ContactQuery, create_contact, find_contacts
from paceline.operations.audience.lists import ListDraft
from paceline.operations.auditing import record
from paceline.operations.campaigns import campaigns as campaign_operations, reporting
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.operations.people.access import Principal
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import erasures, facts, launching
from paceline.store.queue.erasures import Forgotten
from paceline.store.queue.launching import NewMessage
from paceline.tracking.unsubscribes import ERASED, Way, find, resubscribe, unsubscribe
from surroundings.imports import imported, write_csv
from surroundings.tracked import Tracked
from surroundings.working import no_filter, started_campaign

ADDRESS = "user1@example.com"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else writes in these tests, so nothing has to be waited for."""
    from paceline.chores import person_eraser

    monkeypatch.setattr(person_eraser, "_LATE_COMMIT_SECONDS", 0.0)
    monkeypatch.setattr(erasures, "_STRETCH", 3)


@pytest.fixture
def tracked(context: Context, at_once: None) -> Tracked:
    """Five messages were sent and five wait, one of each to the person (the waiting one written in capitals)."""
    tracked = Tracked.campaign(context, sent=5, queued=5)
    context.queue.execute("UPDATE messages SET address = 'User1@Example.com' WHERE address = 'user7@example.com'")
    context.queue.execute('UPDATE messages SET fields = \'{"city": "Rome"}\' WHERE lower(address) = :a', a=ADDRESS)
    said = f"250 {ADDRESS} ok"
    own = tracked.message_ids[1]
    context.queue.execute("UPDATE messages SET reply = :r WHERE id = :id", r=said, id=own)
    context.queue.execute("UPDATE events SET detail = :r WHERE message_id = :id", r=said, id=own)
    _came_back(tracked, FactKind.BOUNCED, rule="hard", detail=f"no such user {ADDRESS}")
    contact = create_contact(context, ContactDraft(email=ADDRESS, phone="+41446681800", fields={"city": "Rome"}))
    news = lists.create_list(context, ListDraft(name="news"))
    lists.subscribe(context, news.id, contact.id)
    suppressions.add(context, [ADDRESS], "asked by phone")
    _audited(context, "suppression.add", {"addresses": ["USER1@example.com", "ben@example.com"]})
    context.queue.execute(
        "INSERT INTO soft_bounces (workspace_id, address, message_id, at) VALUES (1, :a, 2, 1)", a=ADDRESS
    )
    context.queue.execute(
        "INSERT INTO kept_mail (workspace_id, digest, at, source, sent_to, sender, subject, kind, raw) VALUES "
        "(1, 'a', 1, 'pipe', '', '', '', 'unknown', :raw), (1, 'b', 1, 'pipe', '', '', '', 'unknown', :other)",
        raw=f"From: Ann <{ADDRESS.upper()}>\n\nhm".encode(),
        other=b"hm",
    )
    return tracked


def _came_back(tracked: Tracked, kind: FactKind, **more: Any) -> None:
    queue = tracked.queue.context.queue
    fact = Fact(message_id=tracked.message_ids[1], campaign_id=tracked.campaign_id, kind=kind, key="1", at=1.0, **more)
    with queue.write() as connection:
        facts.record(connection, queue, [fact], now=1.0)


def _audited(context: Context, action: str, detail: dict[str, Any]) -> None:
    somebody = Principal(id="usr_x", name="Ann", workspace_id=1, permissions=frozenset(), user_id=None)
    record(context, somebody, action, "", detail)


def _everything_stored(context: Context) -> str:
    """Every text of every table of both databases."""
    found = []
    for database in {context.queue, context.catalogue}:
        with database.read() as connection:
            names = [
                row[0]
                for row in connection.execute(
                    sql(
                        "SELECT name FROM sqlite_master WHERE type = 'table'"
                        if not database.lock_rows
                        else "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
                    )
                )
            ]
            for name in names:
                for row in connection.execute(sql(f"SELECT * FROM {name}")):
                    found += [
                        bytes(v).decode("utf-8", "replace") if isinstance(v, bytes | memoryview) else str(v)
                        for v in row
                    ]
    return "\n".join(found).casefold()


def test_everything_that_is_known_is_told(context: Context, tracked: Tracked) -> None:
    told = list(privacy.everything_about(context, " USER1@example.com "))
    kinds = [one["kind"] for one in told]
    assert kinds == ["contact", "subscription", "suppression", "message", "message"]
    assert told[0]["phone"] == "+41446681800"
    assert (told[1]["list"], told[2]["reason"]) == ("news", "asked by phone")
    assert [one["state"] for one in told[3:]] == ["sent", "queued"]
    assert told[3]["fields"] == {"city": "Rome"}
    assert [event["kind"] for event in told[3]["events"]] == ["bounced", "accepted"]
    assert list(privacy.everything_about(context, "+41 44 668 18 00")) == told[:1] + told[1:]
    assert list(privacy.everything_about(context.in_workspace(2), ADDRESS)) == []
    with pytest.raises(InputError, match="neither an address"):
        privacy.everything_about(context, "nobody")


def test_person_is_erased_everywhere_and_the_counts_stay(context: Context, tracked: Tracked) -> None:
    before = reporting.report_of(context, "test").to_json()
    assert ADDRESS in _everything_stored(context)
    done = privacy.erase(context, ADDRESS, wait=_never)
    assert sorted(one.messages for one in done) == [0, 2]
    stored = _everything_stored(context)
    for trace in (ADDRESS, "+41446681800", "rome"):
        assert trace not in stored, trace
    assert "ben@example.com" in stored
    assert list(privacy.everything_about(context, ADDRESS)) == []
    after = reporting.report_of(context, "test").to_json()
    assert after["counts"] == {**before["counts"], "queued": 4, "skipped": 1}
    assert after["came_back"] == before["came_back"]
    assert tracked.queue.counts() == {"sent": 5, "queued": 4, "skipped": 1}
    assert [one["address"] for one in campaign_operations.messages(context, "test", state=None)].count("") == 2
    assert tracked.counts() == {"bounced": 1, "bounced_hard": 1}


def _never(seconds: float) -> None:
    raise AssertionError("nothing is being delivered")


def test_erased_one_does_not_come_back_by_mistake(context: Context, tracked: Tracked, tmp_path: Path) -> None:
    privacy.erase(context, ADDRESS, wait=_never)
    again = imported(context, write_csv(tmp_path / "again.csv", ("email",), (ADDRESS,), ("ben@example.com",)))
    assert (again.counts["imported"], again.counts["refused"]) == (1, 1)
    assert again.refused_file is not None
    assert "this person was erased" in Path(again.refused_file).read_text()
    with pytest.raises(NotPossible, match="erased"):
        create_contact(context, ContactDraft(email="User1@Example.com"))
    with pytest.raises(NotPossible, match="erased"):
        create_contact(context, ContactDraft(phone="+41446681800"))
    create_contact(context.in_workspace(2), ContactDraft(email=ADDRESS))  # another workspace knows its own people
    assert suppressions.lift(context, ADDRESS)
    assert not suppressions.lift(context, ADDRESS)
    create_contact(context, ContactDraft(email=ADDRESS))


def test_launch_of_a_file_that_still_names_the_erased_one_skips_the_message(context: Context, tracked: Tracked) -> None:
    privacy.erase(context, ADDRESS, wait=_never)
    rows = [NewMessage(contact_id=100 + n, address=f"user{n}@example.com", fields={"n": "1"}) for n in range(3)]
    with context.queue.write() as connection:
        assert launching.add(
            connection,
            context.queue,
            tracked.campaign_id,
            rows,
            after=10,
            cursor=13,
            refused=0,
            slot=0,
            now=1.0,
            forgotten=Forgotten(context.box.digest),
        )
    holder = tracked.queue.holder("another")
    claimed = {message.address: message for message in holder.claim(50)}
    assert ADDRESS not in claimed
    assert [message.suppressed for address, message in claimed.items() if not address] == [True]
    assert not claimed["user0@example.com"].suppressed


def test_launch_from_a_list_skips_who_was_erased_meanwhile(context: Context, at_once: None) -> None:
    news = lists.create_list(context, ListDraft(name="news"))
    for name in ("ann", "ben"):
        contact = create_contact(context, ContactDraft(email=f"{name}@example.com"))
        lists.subscribe(context, news.id, contact.id)
    with context.queue.write() as connection:  # as if the contact had been read just before it was deleted
        digest = Forgotten(context.box.digest).digest("ann@example.com", workspace_id=1)
        erasures.request(connection, "ann@example.com", digest, workspace_id=1, now=1.0)
    number = context.ids.decode(IdKind.LIST, news.id)
    assert number is not None
    campaign = started_campaign(context, AudienceChoice(list_ids=(number,)).frozen(no_filter))
    launcher = Launcher(
        queue=context.queue,
        catalogue=context.catalogue,
        now=context.clock.now,
        forgotten=Forgotten(context.box.digest),
    )
    while launcher.round():
        pass
    with context.queue.read() as connection:
        rows = connection.execute(
            sql("SELECT address FROM messages WHERE campaign_id = :c ORDER BY id"), {"c": campaign}
        )
        assert list(rows.scalars()) == ["", "ben@example.com"]


def test_message_that_is_being_delivered_is_waited_for_and_withheld_if_it_can_be(
    context: Context, tracked: Tracked
) -> None:
    holder = tracked.queue.holder("another")
    claimed = holder.claim(5)
    (own,) = [message for message in claimed if message.address.casefold() == ADDRESS]
    under_way = holder.intend([own])
    assert under_way == frozenset([own.id])
    (begun, _) = privacy.request_erasure(context, ADDRESS)
    now = context.clock.now()
    while erase_some(context.queue, context.catalogue, now=now):
        pass
    assert privacy.erasure(context, begun.id).done_at is None
    holder.tell(holder.report(own, ReportKind.ACCEPTED))
    while erase_some(context.queue, context.catalogue, now=now):
        pass
    assert privacy.erasure(context, begun.id).done_at is not None
    assert ADDRESS not in _everything_stored(context)
    assert tracked.queue.counts() == {"sent": 6, "sending": 4}


def test_what_still_comes_back_is_counted_and_names_nobody(context: Context, tracked: Tracked) -> None:
    privacy.erase(context, ADDRESS, wait=_never)
    token = tracked.tokens.read(tracked.token(Purpose.UNSUBSCRIBE, 1), Purpose.UNSUBSCRIBE)
    assert token is not None
    assert unsubscribe(context.queue, token, Way.ONE_CLICK, now=1.0)
    assert find(context.queue, token, now=1.0) is ERASED
    assert not resubscribe(context.queue, token, now=1.0)
    with context.queue.read() as connection:
        assert connection.execute(sql("SELECT COUNT(*) FROM suppressions")).scalar_one() == 0


def test_killed_erasure_is_finished_by_the_background_and_a_second_one_changes_nothing(
    context: Context, tracked: Tracked
) -> None:
    begun = privacy.request_erasure(context, ADDRESS)
    erase_some(context.queue, context.catalogue, now=context.clock.now())  # and the process is killed
    while erase_some(context.queue, context.catalogue, now=context.clock.now()):
        pass
    assert all(privacy.erasure(context, one.id).done_at for one in begun)
    counts = tracked.queue.counts()
    privacy.erase(context, ADDRESS, wait=_never)
    assert tracked.queue.counts() == counts
    with pytest.raises(NotFound):
        privacy.erasure(context.in_workspace(2), begun[0].id)


def test_commands_tell_and_erase(
    context: Context,
    tracked: Tracked,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PACELINE_DATA_DIR", str(context.settings.data_dir))
    where = ("--database", database_url)
    assert run(["privacy", "export", ADDRESS, *where]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["kind"] == "contact"
    assert run(["privacy", "erase", ADDRESS, *where]) == 2
    assert find_contacts(context, ContactQuery(), limit=10).contacts
    capsys.readouterr()
    assert run(["privacy", "erase", ADDRESS, "--yes", *where]) == 0
    assert capsys.readouterr().out == "erased; 2 messages are nobody's now\n"
    assert find_contacts(context, ContactQuery(), limit=10).contacts == []
