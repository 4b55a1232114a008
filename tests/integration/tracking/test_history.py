"""What happened to messages, told per campaign and per contact: each thing once, in order, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json

import pytest

from paceline.cli.main import run
from paceline.domain.errors import InputError
from paceline.domain.fact import Doer, Fact, FactKind
from paceline.operations.audience import timeline
from paceline.operations.audience.contacts import ContactDraft, create_contact
from paceline.operations.audience.exporting import ExportFormat, export_events, export_timeline
from paceline.operations.campaigns import reporting
from paceline.operations.campaigns.summary import summary
from paceline.operations.context import Context, NotFound, UnknownCampaign
from paceline.store.public_ids import IdKind
from paceline.store.queue import facts, history, links
from surroundings.tracked import Tracked

NOW = 1_800_000_100.0


@pytest.fixture
def tracked(context: Context, monkeypatch: pytest.MonkeyPatch) -> Tracked:
    """Five messages were sent; things came back of three. Pages are short."""
    monkeypatch.setattr(history, "_PAGE", 2)
    monkeypatch.setattr(timeline, "_PAGE", 2)
    tracked = Tracked.campaign(context, sent=5)
    with context.queue.write() as connection:
        links.save(connection, context.queue, tracked.campaign_id, ["https://shop.example.com/", "https://b.example/"])
        told = [
            _fact(tracked, 1, FactKind.OPENED, NOW + 1, doer=Doer.PERSON, detail="=1+1"),
            _fact(tracked, 1, FactKind.OPENED, NOW + 1, key="2", doer=Doer.PROXY, rule="apple"),
            _fact(tracked, 1, FactKind.CLICKED, NOW + 2, doer=Doer.PERSON, link=1),
            _fact(tracked, 1, FactKind.UNSUBSCRIBED, NOW + 3, detail="one-click"),
            _fact(tracked, 2, FactKind.BOUNCED, NOW + 4, rule="hard", detail="5.1.1 unknown"),
            _fact(tracked, 3, FactKind.COMPLAINED, NOW + 5),
        ]
        facts.record(connection, context.queue, told, now=NOW)
    return tracked


def _fact(tracked: Tracked, place: int, kind: FactKind, at: float, *, key: str = "1", **more: object) -> Fact:
    ids = {"message_id": tracked.message_ids[place], "campaign_id": tracked.campaign_id}
    return Fact(**ids, kind=kind, key=key, at=at, **more)  # type: ignore[arg-type]  # of a test


ALL = [
    ("user0@example.com", "accepted"),
    ("user1@example.com", "accepted"),
    ("user1@example.com", "opened"),
    ("user1@example.com", "opened"),
    ("user1@example.com", "clicked"),
    ("user1@example.com", "unsubscribed"),
    ("user2@example.com", "accepted"),
    ("user2@example.com", "bounced"),
    ("user3@example.com", "accepted"),
    ("user3@example.com", "complained"),
    ("user4@example.com", "accepted"),
]


def test_everything_that_happened_is_told_once_in_the_order_of_the_audience(context: Context, tracked: Tracked) -> None:
    told = list(reporting.events(context, "test"))
    assert [(one["address"], one["kind"]) for one in told] == ALL
    assert (told[0]["attempt"], told[0]["account"], told[0]["detail"]) == (1, "relay", "250 accepted")
    assert (told[4]["link"], told[4]["url"], told[4]["doer"]) == (1, "https://b.example/", "person")
    assert (told[7]["rule"], told[7]["detail"]) == ("hard", "5.1.1 unknown")


def test_export_is_the_same_in_both_formats_and_a_formula_is_text_in_csv(context: Context, tracked: Tracked) -> None:
    told = list(reporting.events(context, "test"))
    lines = "".join(export_events(context, "test", ExportFormat.NDJSON)).splitlines()
    assert [json.loads(line) for line in lines] == told
    text = "".join(export_events(context, "test", ExportFormat.CSV))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert rows[2].pop("detail") == "'=1+1"
    assert told[2].pop("detail") == "=1+1"
    assert rows == [{name: "" if value is None else str(value) for name, value in one.items()} for one in told]


def test_report_has_every_count_with_its_share_and_the_clicks_of_each_link(context: Context, tracked: Tracked) -> None:
    report = reporting.report_of(context, "test").to_json()
    assert {name: count for name, count in report["came_back"].items() if count} == {
        "bounced": 1,
        "bounced_hard": 1,
        "opened": 1,
        "clicked": 1,
        "unsubscribed": 1,
        "complained": 1,
        "opens": 1,
        "automatic_opens": 1,
        "clicks": 1,
    }
    assert report["rates"]["complained"] == 0.2
    assert report["rates"]["delivered"] == 0
    assert [link["clicks"] for link in report["links"]] == [0, 1]
    progress = summary(context, "test").to_json()
    assert (progress["opened"], progress["clicked"], progress["unsubscribed"], progress["complained"]) == (1, 1, 1, 1)


def test_nothing_sent_is_no_share_of_anything(context: Context) -> None:
    Tracked.campaign(context, sent=0, queued=1)
    assert set(reporting.report_of(context, "test").rates.values()) == {None}


def _contact_of_message(context: Context, tracked: Tracked, place: int) -> str:
    """Makes the campaign one of a list, in which this message is a new contact's."""
    contact = create_contact(context, ContactDraft(email="ann@example.com"))
    number = context.ids.decode(IdKind.CONTACT, contact.id)
    context.queue.execute("UPDATE campaigns SET kind = 'catalogue'")
    context.queue.execute("UPDATE messages SET contact_id = contact_id + 1000")
    message = tracked.message_ids[place]
    context.queue.execute("UPDATE messages SET contact_id = :contact WHERE id = :id", contact=number, id=message)
    return contact.id


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_timeline_of_a_contact_is_the_same_in_pages_of_any_size(context: Context, tracked: Tracked, limit: int) -> None:
    contact = _contact_of_message(context, tracked, 1)
    kinds, after = [], None
    while found := timeline.page(context, contact, after, limit):
        kinds += [entry["kind"] for _, entry in found]
        after = found[-1][0]
    assert kinds == ["unsubscribed", "clicked", "opened", "opened", "accepted"]
    everything = list(timeline.everything(context, contact))
    assert [one["kind"] for one in everything] == kinds
    assert {one["campaign_key"] for one in everything} == {"test"}
    lines = "".join(export_timeline(context, contact, ExportFormat.NDJSON)).splitlines()
    assert [json.loads(line) for line in lines] == everything


def test_timeline_of_another_workspace_and_invented_places_are_refused(context: Context, tracked: Tracked) -> None:
    contact = _contact_of_message(context, tracked, 1)
    with pytest.raises(NotFound):
        timeline.page(context.in_workspace(2), contact, None, 10)
    with pytest.raises(NotFound):
        export_timeline(context, "con_aaaaaaaaaaaaaaaaaaaaaaaaaa", ExportFormat.CSV)
    for place in (
        "",
        "null",
        "[1, 2]",
        '[NaN, 1, "a", "b"]',
        '[1.0, true, "a", "b"]',
        "[" * 5000,
        f'[1.0, {2**70}, "a", "b"]',
    ):
        with pytest.raises(InputError, match="next_cursor"):
            timeline.page(context, contact, place, 10)


def test_commands_show_report_and_events(
    context: Context,
    tracked: Tracked,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PACELINE_DATA_DIR", str(context.settings.data_dir))
    for command in (["report", "test", "--json"], ["events", "test", "--json"], ["events", "test", "--csv"]):
        assert run([*command, "--database", database_url]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert json.loads(shown[0]) == reporting.report_of(context, "test").to_json()
    assert [json.loads(line)["kind"] for line in shown[1 : 1 + len(ALL)]] == [kind for _, kind in ALL]
    assert len(shown) == 1 + len(ALL) + 1 + len(ALL)
    assert run(["report", "test", "--database", database_url]) == 0
    assert "  complained             1   20.00 %" in capsys.readouterr().out.splitlines()
    assert run(["events", "test", "--json", "--csv", "--database", database_url]) == 2
    assert run(["events", "nothing", "--database", database_url]) == 2
    with pytest.raises(UnknownCampaign):
        reporting.events(context, "nothing")
