"""Tables as people have them, 10,000 contacts each, at two servers that we did not write: complete, once, byte for byte.

What must arrive is computed here, with the standard library and without the product.
"""

from __future__ import annotations

import csv
import html
import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path

import openpyxl
import pytest

from surroundings.certificates import Certificates
from surroundings.post_office import PASSWORD, post_office
from surroundings.sink import running_sink

CONTACTS = 10_000

_LONG = "Ein Satz, der kein Ende findet, " * 40
_SUBJECT = "Grüße an {{ contact.first_name }} aus {{ contact.city }} 🌷"
_TEXT = f"Hallo {{{{ contact.first_name }}}},\n\n{{{{ contact.note }}}}\n.\n..\n.{{{{ contact.city }}}}\n{_LONG}\n-- \nAnn\n"
_HTML = "<p title='{{ contact.city }}'>Hallo {{ contact.first_name }}</p>\n.\n<p>{{ contact.note }}</p>\n"
_NAMES = ("Jürgen", "Zoë", "Søren", "Ann", "François", "Ärmel & Söhne")
_CITIES = ("München", "Graz", "Köln\nam Rhein", "Sankt Pölten", "A.\nB.")
_NOTES = (
    'Sie sagte: "bis <bald>"',
    "erste Zeile\nzweite; mit Semikolon,\n.dritte beginnt mit einem Punkt",
    "100 € – „nur heute“",
    "hier ist =3D kein =\nund Leerzeichen  \nam Ende",
)
_EMOJI = ("🎈", "👩🏽‍🚀 fliegt", "naïve café ☕", "日本語")
_BAD = (
    "",
    "keine-adresse",
    "zwei@at@example.com",
    "leer zeichen@example.com",
    "punkt..punkt@example.com",
    "@example.com",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A row that must get its message."""

    address: str
    first_name: str
    city: str
    note: str

    @property
    def subject(self) -> str:
        """The subject on one line."""
        return f"Grüße an {self.first_name} aus {' '.join(self.city.splitlines())} 🌷"

    @property
    def text(self) -> str:
        """The plain body."""
        return f"Hallo {self.first_name},\n\n{self.note}\n.\n..\n.{self.city}\n{_LONG}\n-- \nAnn\n"

    @property
    def html(self) -> str:
        """The HTML body, with its values escaped."""
        name, city, note = (html.escape(value) for value in (self.first_name, self.city, self.note))
        return f"<p title='{city}'>Hallo {name}</p>\n.\n<p>{note}</p>\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows in order; ``modern`` ones cannot be written in Windows-1252."""

    rows: list[tuple[str, str, str, str]]
    eligible: dict[str, Contact]

    @property
    def refused(self) -> int:
        """Rows that are no part of the campaign."""
        return len(self.rows) - len(self.eligible)


def _table() -> Table:
    """10,000 contacts, and between them duplicates in another case and addresses that are none."""
    rows: list[tuple[str, str, str, str]] = []
    eligible: dict[str, Contact] = {}
    for n in range(CONTACTS):
        emoji = f" {_EMOJI[n % len(_EMOJI)]}" if n % 5 == 0 else ""
        name, city = _NAMES[n % len(_NAMES)] + emoji, _CITIES[n % len(_CITIES)]
        address = f"user{n}@example{n % 9}.com"
        contact = Contact(address=address, first_name=name, city=city, note=f"{_NOTES[n % len(_NOTES)]} {n}")
        eligible[address] = contact
        rows.append((address, name, city, contact.note))
        if n % 97 == 0:
            rows.append((address.upper(), "Doppelt", city, contact.note))
        if n % 101 == 0:
            rows.append((_BAD[n % len(_BAD)], "Falsch", city, contact.note))
    return Table(rows=rows, eligible=eligible)


def _write_csv(table: Table, folder: Path) -> str:
    """Row by row in Windows-1252 where that can be, every second time, else in UTF-8."""
    with (folder / "contacts.csv").open("wb") as file:
        for n, row in enumerate([("email", "first_name", "city", "note"), *table.rows]):
            line = io.StringIO()
            csv.writer(line, lineterminator="\r\n").writerow(row)
            try:
                file.write(line.getvalue().encode("cp1252" if n % 2 else "utf-8"))
            except UnicodeEncodeError:
                file.write(line.getvalue().encode())
    return "contacts.csv"


def _write_xlsx(table: Table, folder: Path) -> str:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Kontakte")
    for row in [("email", "first_name", "city", "note"), *table.rows]:
        sheet.append(row)
    book.save(folder / "contacts.xlsx")
    return "contacts.xlsx"


@pytest.fixture(params=[_write_csv, _write_xlsx], ids=["csv", "xlsx"])
def write(request: pytest.FixtureRequest) -> Callable[[Table, Path], str]:
    """Writes a table as one kind of file."""
    found: Callable[[Table, Path], str] = request.param
    return found


def _write_campaign(folder: Path, audience: str, accounts: Iterable[str]) -> Path:
    (folder / "body.txt").write_text(_TEXT, encoding="utf-8")
    (folder / "body.html").write_text(_HTML, encoding="utf-8")
    file = folder / "campaign.toml"
    file.write_text(
        f'key = "real"\naudience = "{audience}"\n[content]\nfrom = "Ann Lee <ann@example.com>"\n'
        f'subject = "{_SUBJECT}"\nhtml = "body.html"\ntext = "body.txt"\n' + "\n".join(accounts),
        encoding="utf-8",
    )
    return file


def _send(campaign: Path) -> dict[str, object]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PACELINE_")}
    environment = {**kept, "PACELINE_DATA_DIR": str(campaign.parent / "data"), "RELAY_PASSWORD": PASSWORD}
    finished = subprocess.run(
        [sys.executable, "-m", "paceline.cli.main", "send", str(campaign), "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    summary: dict[str, object] = json.loads(finished.stdout)
    return summary


def _assert_complete(table: Table, summary: dict[str, object], arrived: Counter[str]) -> None:
    assert (summary["status"], summary["sent"], summary["total"]) == ("completed", CONTACTS, CONTACTS)
    assert summary["refused"] == table.refused
    assert arrived == Counter(table.eligible.keys())


def _part(message: Message, kind: str) -> str:
    """A body after transport decoding; its bytes must be UTF-8 with the line ends of the wire."""
    (part,) = (part for part in message.walk() if part.get_content_type() == kind)
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def _assert_as_rendered(contact: Contact, content: bytes, line_end: str) -> None:
    message = message_from_bytes(content)
    assert str(make_header(decode_header(message["Subject"]))) == contact.subject
    assert _part(message, "text/plain") == contact.text.replace("\n", line_end)
    assert _part(message, "text/html") == contact.html.replace("\n", line_end)


def test_every_contact_arrives_once_at_aiosmtpd_through_logins_and_starttls(
    write: Callable[[Table, Path], str], certificates: Certificates, tmp_path: Path
) -> None:
    table = _table()
    with post_office(certificates, tmp_path / "arrived") as office:
        accounts = [
            f'[[accounts]]\nname = "relay-{n}"\nhost = "127.0.0.1"\nport = {office.port}\nsecurity = "starttls"\n'
            f'ca_file = "{certificates.ca_file}"\nusername = "user-{n}"\npassword_env = "RELAY_PASSWORD"\n'
            "max_connections = 2\n"
            for n in range(5)
        ]
        summary = _send(_write_campaign(tmp_path, write(table, tmp_path), accounts))
    arrived: Counter[str] = Counter()
    logins: Counter[str] = Counter()
    for delivered in office.delivered():
        (recipient,) = delivered.recipients
        arrived[recipient] += 1
        logins[delivered.login] += 1
        _assert_as_rendered(table.eligible[recipient], delivered.content, "\r\n")
    _assert_complete(table, summary, arrived)
    assert set(logins) == {f"user-{n}" for n in range(5)}


def test_every_contact_arrives_once_at_postfix_sink(
    write: Callable[[Table, Path], str], smtp_sink: str, tmp_path: Path
) -> None:
    table = _table()
    arrived: Counter[str] = Counter()
    with running_sink(smtp_sink) as sink:
        account = (
            f'[[accounts]]\nname = "relay"\nhost = "127.0.0.1"\nport = {sink.port}\nsecurity = "none"\n'
            "max_connections = 10\n"
        )
        summary = _send(_write_campaign(tmp_path, write(table, tmp_path), [account]))
        for content in sink.messages():
            recipient = message_from_bytes(content)["To"]
            arrived[recipient] += 1
            _assert_as_rendered(table.eligible[recipient], content, "\n")
    _assert_complete(table, summary, arrived)
