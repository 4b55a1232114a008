"""Imports: what becomes of each row, in each mode, and what ends an import."""

from __future__ import annotations

import threading
from pathlib import Path

import openpyxl
import pytest

from paceline.domain.contact_import import ImportMode, ImportStatus
from paceline.domain.errors import InputError
from paceline.operations.audience.contacts import (
    ContactDraft,
    ContactQuery,
    create_contact,
    find_contacts,
    subscriptions_of,
)
from paceline.operations.audience.importing import (
    ImportRequest,
    cancel_import,
    get_import,
    import_runner,
    list_imports,
    preview,
    run_import,
    start_import,
)
from paceline.operations.audience.lists import ListDraft, create_list, get_list, list_lists, subscribe, unsubscribe
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.store.catalogue import imports
from paceline.store.public_ids import IdKind
from surroundings.imports import counters_are_right, imported, refused_rows, write_csv

HEADER = ("email", "city", "plan")


def _fields(context: Context) -> dict[str, dict[str, str]]:
    found = find_contacts(context, ContactQuery(), limit=1000).contacts
    return {one.email or one.phone or "": one.fields for one in found}


def _states(context: Context) -> dict[str, list[str]]:
    found = find_contacts(context, ContactQuery(), limit=1000).contacts
    return {one.email or "": [s.state for s in subscriptions_of(context, one.id)] for one in found}


def test_every_row_is_counted_once_and_refused_rows_come_back_with_line_and_reason(
    context: Context, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "people.csv",
        HEADER,
        ("ann@example.com", "Rome", "pro"),
        ("nobody", "Oslo", ""),
        ("bob@example.com", "", "free"),
        ("ANN@example.com", "Paris", "free"),
        ("", "", ""),
        ("cleo@example.com", "=1+1", "free", "too much"),
    )
    done = imported(context, path)
    assert done.status is ImportStatus.COMPLETED
    assert done.counts == {"rows": 5, "imported": 2, "updated": 0, "duplicates": 1, "refused": 2}
    assert _fields(context) == {
        "ann@example.com": {"city": "Rome", "plan": "pro"},
        "bob@example.com": {"city": "", "plan": "free"},
    }
    assert [(row[0], row[1]) for row in refused_rows(done)] == [
        ("3", "email: it has no @"),
        ("5", "duplicate of line 2"),
        ("7", "4 cells, but the header has 3"),
    ]
    (news,) = list_lists(context, limit=10)
    assert (news.name, news.confirmed, news.consent) == ("news", 2, None)
    assert counters_are_right(context)


def test_same_file_again_changes_nothing(context: Context, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", HEADER, ("ann@example.com", "Rome", "pro"))
    imported(context, path)
    (before,) = find_contacts(context, ContactQuery(), limit=10).contacts
    done = imported(context, path)
    assert done.counts == {"rows": 1, "imported": 0, "updated": 1, "duplicates": 0, "refused": 0}
    assert find_contacts(context, ContactQuery(), limit=10).contacts == [before]
    assert counters_are_right(context)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (ImportMode.ADD, {"city": "Rome", "note": "x"}),
        (ImportMode.UPDATE, {"city": "Rome", "note": "x", "plan": "pro"}),
        (ImportMode.REPLACE, {"city": "", "plan": "pro"}),
    ],
)
def test_mode_decides_about_the_fields_of_known_contacts(
    context: Context, tmp_path: Path, mode: ImportMode, expected: dict[str, str]
) -> None:
    create_contact(context, ContactDraft(email="Ann@example.com", fields={"city": "Rome", "note": "x"}))
    path = write_csv(
        tmp_path / "people.csv", HEADER, ("ann@example.com", "", "pro"), ("bob@example.com", "Oslo", "free")
    )
    done = imported(context, path, mode=mode)
    assert done.counts == {"rows": 2, "imported": 1, "updated": 1, "duplicates": 0, "refused": 0}
    assert _fields(context) == {"Ann@example.com": expected, "bob@example.com": {"city": "Oslo", "plan": "free"}}
    assert _states(context) == {"Ann@example.com": ["confirmed"], "bob@example.com": ["confirmed"]}


@pytest.mark.parametrize("mode", list(ImportMode))
def test_import_moves_nobody_who_is_or_was_on_the_list(context: Context, tmp_path: Path, mode: ImportMode) -> None:
    news = create_list(context, ListDraft(name="news", double_opt_in=True))
    for name in ("gone", "asked", "sure"):
        contact = create_contact(context, ContactDraft(email=f"{name}@example.com"))
        subscribe(context, news.id, contact.id, explicitly=name == "sure")
        if name == "gone":
            unsubscribe(context, news.id, contact.id)
    names = ("gone", "asked", "sure", "new")
    path = write_csv(tmp_path / "people.csv", ("email",), *((f"{name}@example.com",) for name in names))
    imported(context, path, mode=mode, consent="they signed up")
    assert _states(context) == {
        "gone@example.com": ["unsubscribed"],
        "asked@example.com": ["unconfirmed"],
        "sure@example.com": ["confirmed"],
        "new@example.com": ["unconfirmed"],
    }
    assert get_list(context, news.id).consent == "they signed up"
    assert counters_are_right(context)


def test_consent_is_added_to_what_is_on_record(context: Context, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", ("email",), ("ann@example.com",))
    for consent in (None, "fair 2026", "fair 2026", "shop", "fair 2026"):
        done = imported(context, path, consent=consent)
    assert done.list_id is not None
    assert get_list(context, done.list_id).consent == "fair 2026; shop"


def test_columns_are_mapped_and_left_out(context: Context, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", ("Adresse", "Stadt", "Notiz"), ("ann@example.com", "Rom", "geheim"))
    with pytest.raises(InputError, match=r'"email" .* is needed'):
        imported(context, path)
    imported(context, path, mapping={"Adresse": "email", "Stadt": "city", "Notiz": ""})
    assert _fields(context) == {"ann@example.com": {"city": "Rom"}}
    with pytest.raises(InputError, match="no such column"):
        imported(context, path, mapping={"Adresse": "email", "Ort": "city"})


def test_preview_shows_rows_and_guesses_addresses(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("E-Mail;Mobile;Größe\nann@example.com;+49 30 1234567;1,70\n".encode("cp1252"))
    head = preview(path)
    assert (head.delimiter, head.encoding, head.columns) == (";", "windows-1252", ("E-Mail", "Mobile", "Größe"))
    assert head.rows == (("ann@example.com", "+49 30 1234567", "1,70"),)
    assert head.guess == {"E-Mail": "email", "Mobile": "phone", "Größe": "Größe"}


def test_preview_shows_a_table_whose_address_nobody_can_guess(tmp_path: Path) -> None:
    head = preview(write_csv(tmp_path / "people.csv", ("Adresse", "Stadt"), ("ann@example.com", "Rom")))
    assert head.columns == ("Adresse", "Stadt")
    assert head.guess == {"Adresse": "Adresse", "Stadt": "Stadt"}


def test_phone_number_of_another_contact_stays_a_field(context: Context, tmp_path: Path) -> None:
    create_contact(context, ContactDraft(email="ann@example.com", phone="+49301234567"))
    path = write_csv(
        tmp_path / "people.csv",
        ("email", "phone"),
        ("ann@example.com", "+49 30 1234567"),
        ("bob@example.com", "+49 30 1234567"),
        ("cleo@example.com", "+49 30 7654321"),
        ("dora@example.com", "0049 30 7654321"),
        ("emil@example.com", "030 1234"),
    )
    assert imported(context, path).counts["refused"] == 0
    found = {one.email: one for one in find_contacts(context, ContactQuery(), limit=10).contacts}
    phones = {email: one.phone for email, one in found.items()}
    assert phones == {
        "ann@example.com": "+49301234567",
        "bob@example.com": None,
        "cleo@example.com": "+49307654321",
        "dora@example.com": None,
        "emil@example.com": None,
    }
    assert found["bob@example.com"].fields == {"phone": "+49301234567"}
    assert found["emil@example.com"].fields == {"phone": "030 1234"}


def test_file_without_addresses_but_phone_numbers_is_known_by_them(context: Context, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "people.csv",
        ("Mobile", "city"),
        ("+49 30 1234567", "Berlin"),
        ("0049301234567", "Bonn"),
        ("030", "Köln"),
    )
    for counts in ({"imported": 1, "updated": 0}, {"imported": 0, "updated": 1}):
        done = imported(context, path)
        assert done.counts == {"rows": 3, **counts, "duplicates": 1, "refused": 1}
    assert _fields(context) == {"+49301234567": {"city": "Berlin"}}


def test_xlsx_is_imported_like_csv(context: Context, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (HEADER, ("ann@example.com", "Rome", 7), ("nobody", None, None), ("bob@example.com", "Oslo", 1.5)):
        book.active.append(row)
    path = tmp_path / "people.xlsx"
    book.save(path)
    done = imported(context, path)
    assert done.counts == {"rows": 3, "imported": 2, "updated": 0, "duplicates": 0, "refused": 1}
    assert _fields(context)["ann@example.com"] == {"city": "Rome", "plan": "7"}
    assert refused_rows(done)[0][0] == "3"


def test_row_that_would_give_a_contact_too_many_fields_is_refused(context: Context, tmp_path: Path) -> None:
    create_contact(context, ContactDraft(email="ann@example.com", fields={f"f{n}": "x" for n in range(199)}))
    path = write_csv(tmp_path / "people.csv", HEADER, ("ann@example.com", "Rome", "pro"), ("bob@example.com", "a", "b"))
    done = imported(context, path)
    assert done.counts == {"rows": 2, "imported": 1, "updated": 0, "duplicates": 0, "refused": 1}
    assert refused_rows(done) == [["2", "201 fields; a contact has at most 200", "ann@example.com", "Rome", "pro"]]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [(["email", *(f"c{n}" for n in range(200))], "201 columns"), (["email", "c" * 101], "longer")],
)
def test_table_with_more_than_a_contact_can_hold_is_refused_at_once(
    context: Context, tmp_path: Path, columns: list[str], reason: str
) -> None:
    path = write_csv(tmp_path / "people.csv", columns, ["ann@example.com"])
    with pytest.raises(InputError, match=reason):
        imported(context, path)
    assert (list_imports(context, limit=10), list_lists(context, limit=10)) == ([], [])


def test_import_that_was_stopped_goes_on_and_is_found_again(context: Context, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", ("email",), *((f"a{n}@example.com",) for n in range(2_000)), ("no",))
    request = ImportRequest(file=path, file_name=path.name, list_name="news")
    started = start_import(context, request)
    stop = threading.Event()
    stopped = run_import(context, started, stop=stop, on_progress=lambda _: stop.set())
    assert stopped.status is ImportStatus.WAITING
    assert 0 < stopped.counts["imported"] < 2_000
    assert start_import(context, request) == started
    done = run_import(context, started, stop=threading.Event())
    assert done.counts == {"rows": 2_001, "imported": 2_000, "updated": 0, "duplicates": 0, "refused": 1}
    assert [row[0] for row in refused_rows(done)] == ["2002"]
    assert start_import(context, request) != started
    assert counters_are_right(context)


@pytest.mark.parametrize("change", ["changed", "no such file"])
def test_file_that_is_not_what_it_was_ends_the_import_with_the_reason(
    context: Context, tmp_path: Path, change: str
) -> None:
    path = write_csv(tmp_path / "people.csv", ("email",), ("ann@example.com",))
    started = start_import(context, ImportRequest(file=path, file_name="mine.csv", list_name="news"))
    if change == "changed":
        write_csv(path, ("email",), ("bob@example.com",))
    else:
        path.unlink()
    done = run_import(context, started, stop=threading.Event())
    assert done.status is ImportStatus.FAILED
    assert "mine.csv" in str(done.reason)
    assert change in str(done.reason)
    assert str(tmp_path) not in str(done.reason)
    assert done.counts["rows"] == 0


def test_cancelled_import_keeps_what_it_brought_and_brings_no_more(context: Context, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", ("email",), *((f"a{n}@example.com",) for n in range(3_000)))
    started = start_import(context, ImportRequest(file=path, file_name=path.name, list_name="news"))
    cancelled: list[int] = []

    def cancel(counts: dict[str, int]) -> None:
        if not cancelled:
            cancel_import(context, started)
            cancelled.append(counts["imported"])

    done = run_import(context, started, stop=threading.Event(), on_progress=cancel)
    assert done.status is ImportStatus.CANCELLED
    assert [done.counts["imported"]] == cancelled
    (news,) = list_lists(context, limit=10)
    assert [news.confirmed] == cancelled
    with pytest.raises(NotPossible, match="cancelled"):
        cancel_import(context, started)


def test_import_that_another_process_works_on_is_left_to_it(context: Context, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", ("email",), ("ann@example.com",))
    started = start_import(context, ImportRequest(file=path, file_name=path.name, list_name="news"))
    number = context.ids.decode(IdKind.IMPORT, started)
    assert number is not None
    with context.catalogue.write() as connection:
        row = imports.get(connection, number)
        assert row is not None
        until = context.clock.now() + 1000
        assert imports.take(connection, row, holder="elsewhere", until=until, now=context.clock.now())
        assert not imports.take(connection, row, holder="a second one", until=until, now=context.clock.now())
    with pytest.raises(NotPossible, match="another process"):
        run_import(context, started, stop=threading.Event())
    assert not import_runner(context).run_next(threading.Event())


def test_silent_process_loses_its_import_and_can_write_no_more(context: Context, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", ("email",), *((f"a{n}@example.com",) for n in range(2_000)))
    started = start_import(context, ImportRequest(file=path, file_name=path.name, list_name="news"))
    taken_over: list[ImportStatus] = []

    def take_over(counts: dict[str, int]) -> None:
        if taken_over:
            return
        taken_over.append(ImportStatus.RUNNING)
        number = context.ids.decode(IdKind.IMPORT, started)
        context.catalogue.execute("UPDATE imports SET held_until_at = 1, holder = 'silent' WHERE id = :id", id=number)
        taken_over.append(run_import(context, started, stop=threading.Event()).status)

    done = run_import(context, started, stop=threading.Event(), on_progress=take_over)
    assert taken_over[1] is ImportStatus.COMPLETED
    assert done.counts == {"rows": 2_000, "imported": 2_000, "updated": 0, "duplicates": 0, "refused": 0}
    assert counters_are_right(context)


def test_background_process_does_what_waits_the_oldest_first_and_removes_uploads(
    context: Context, tmp_path: Path
) -> None:
    started = []
    for name in "ab":
        path = write_csv(tmp_path / f"{name}.csv", ("email",), (f"{name}@example.com",))
        request = ImportRequest(file=path, file_name=path.name, list_name="news", keep_file=name == "a")
        started.append(start_import(context, request))
    runner, stop = import_runner(context), threading.Event()
    assert runner.run_next(stop)
    assert [get_import(context, one).status for one in started] == [ImportStatus.COMPLETED, ImportStatus.WAITING]
    assert runner.run_next(stop)
    assert not runner.run_next(stop)
    assert [path.name for path in tmp_path.glob("*.csv")] == ["a.csv"]


def test_background_process_ends_when_told_to(context: Context, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", ("email",), ("ann@example.com",))
    started = start_import(context, ImportRequest(file=path, file_name=path.name, list_name="news"))
    stop = threading.Event()
    thread = threading.Thread(target=import_runner(context).run, args=[stop])
    thread.start()
    waiting = threading.Event()
    while get_import(context, started).status is not ImportStatus.COMPLETED:
        assert thread.is_alive()
        waiting.wait(0.01)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def test_import_of_another_workspace_is_not_there(context: Context, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", ("email",), ("ann@example.com",))
    done = imported(context, path)
    other = context.in_workspace(2)
    assert list_imports(other, limit=10) == []
    for act in (get_import, cancel_import):
        with pytest.raises(NotFound):
            act(other, done.id)
