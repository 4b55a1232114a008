"""Exports: every row once, formulas as text, and what comes out goes in again."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from paceline.domain.errors import InputError
from paceline.operations.audience import exporting
from paceline.operations.audience.contacts import ContactDraft, ContactQuery, create_contact, find_contacts
from paceline.operations.audience.exporting import export_contacts, export_messages
from paceline.operations.audience.lists import ListDraft, create_list, subscribe, unsubscribe
from paceline.operations.context import Context, NotFound
from surroundings.imports import imported, write_csv


def _rows(context: Context, **wanted: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(export_contacts(context, **wanted)), newline="")))


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1"])
def test_formula_becomes_text(context: Context, value: str) -> None:
    create_contact(context, ContactDraft(email="ann@example.com", fields={"note": value, f"={value}": "x"}))
    header, row = _rows(context)
    assert header[2:4] == [f"'={value}", "note"]
    assert row[3] == f"'{value}"


def test_every_contact_is_exported_once_with_every_field_as_a_column(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_ROWS_IN_CHUNK", 3)
    for number in range(7):
        fields = {"phone": "see above"} if number == 6 else {f"f{number % 2}": str(number)}
        create_contact(context, ContactDraft(email=f"a{number}@example.com", fields=fields))
    header, *rows = _rows(context)
    assert header == ["email", "phone", "f0", "f1", "phone (field)", "created_at"]
    assert [row[0] for row in rows] == [f"a{number}@example.com" for number in range(7)]
    assert [row[2:4] for row in rows[:3]] == [["0", ""], ["", "1"], ["2", ""]]


def test_list_is_exported_with_subscriptions(context: Context) -> None:
    news = create_list(context, ListDraft(name="news"))
    for name in ("ann", "bob"):
        contact = create_contact(context, ContactDraft(email=f"{name}@example.com"))
        subscribe(context, news.id, contact.id)
        if name == "bob":
            unsubscribe(context, news.id, contact.id)
    create_contact(context, ContactDraft(email="cleo@example.com"))
    _, *rows = _rows(context, list_id=news.id)
    assert [(row[0], row[-1]) for row in rows] == [
        ("ann@example.com", "confirmed"),
        ("bob@example.com", "unsubscribed"),
    ]
    _, *confirmed = _rows(context, list_id=news.id, state="confirmed")
    assert [row[0] for row in confirmed] == ["ann@example.com"]


def test_what_was_exported_can_be_imported(context: Context, tmp_path: Path) -> None:
    create_contact(context, ContactDraft(email="ann@example.com", phone="+49301234567", fields={"city": "Köln, Süd"}))
    exported = _rows(context)
    imported(context.in_workspace(context.workspace_id), write_csv(tmp_path / "again.csv", *exported))
    (again,) = find_contacts(context, ContactQuery(), limit=10).contacts
    assert (again.phone, again.fields["city"]) == ("+49301234567", "Köln, Süd")


def test_what_is_not_there_is_refused_before_the_first_chunk(context: Context) -> None:
    with pytest.raises(NotFound):
        export_contacts(context, list_id="lst_aaaaaaaaaaaaaaaaaaaaaaaaaa")
    with pytest.raises(NotFound):
        export_messages(context, "cmp_aaaaaaaaaaaaaaaaaaaaaaaaaa")
    with pytest.raises(InputError, match="unconfirmed, confirmed, unsubscribed"):
        export_contacts(context, state="gone")
