"""The WhatsApp demo: two templates to a thousand made-up numbers through three phone numbers, into the simulator."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from paceline.operations.installation.demo import CAMPAIGN, CONTACTS, RECORD, Play

_PEOPLE = 1_000
_AREAS = (201, 212, 303, 312, 404, 415, 503, 617, 702, 808)
_MESSAGES_PER_SECOND = 40
_NUMBERS = 3
_NUMBER = re.compile(r"\+1[0-9]{10}")


def _write(folder: Path, port: int) -> Path:
    """The campaign file beside its audience; returns its path."""
    shipped = (files("paceline.sandbox") / "demo" / CONTACTS).read_text(encoding="utf-8-sig")
    people = list(csv.DictReader(io.StringIO(shipped, newline="")))
    with (folder / CONTACTS).open("w", encoding="utf-8", newline="") as target:
        rows = csv.writer(target)
        rows.writerow(["phone", "first_name", "city", "plan"])
        for place, person in enumerate(people):
            rows.writerow([_phone(place), person["first_name"] or "friend", person["city"], person["plan"]])
    path = folder / CAMPAIGN
    path.write_text(whatsapp_campaign_text(port), encoding="utf-8")
    return path


def _phone(place: int) -> str:
    """A number that belongs to nobody (555-01xx is kept for fiction); behind the thousandth, doubles and nonsense."""
    if place >= _PEOPLE:
        return _phone(place - _PEOPLE) if place % 2 else "no number"
    return f"+1{_AREAS[place // 100]}55501{place % 100:02d}"


def whatsapp_campaign_text(port: int) -> str:
    """The demo's campaign file."""
    numbers = (
        f"""\
[[accounts]]
name = "number-{number}"
phone_number_id = "10000000000000{number}"
token_env = "DEMO_TOKEN"
api_url = "http://127.0.0.1:{port}"
messages_per_second = {_MESSAGES_PER_SECOND}
"""
        for number in range(1, _NUMBERS + 1)
    )
    return "\n".join([_CAMPAIGN, *numbers])


_CAMPAIGN = f"""\
key = "demo"
name = "The Long Way Round, spring"
channel = "whatsapp"
audience = "{CONTACTS}"

[[templates]]
name = "spring_rides"
language = "en_US"
share = 0.75
parameters = {{ body = ["{{{{ contact.first_name }}}}"] }}

[[templates]]
name = "spring_rides_near_you"
language = "en_US"
share = 0.25
parameters = {{ body = {{ city = "{{{{ contact.city | default('your town', true) }}}}" }} }}
"""


def _eligible(folder: Path) -> set[str]:
    """Who must get a message: every number of the file, once. Read here, not by what sends."""
    with (folder / CONTACTS).open(encoding="utf-8", newline="") as file:
        return {row["phone"] for row in csv.DictReader(file) if _NUMBER.fullmatch(row["phone"] or "")}


def _arrived(folder: Path) -> Iterator[str]:
    record = folder / RECORD
    if record.exists():
        with record.open(encoding="utf-8") as lines:
            yield from (json.loads(line)["recipient"] for line in lines)


WHATSAPP = Play(
    environment={"DEMO_TOKEN": "the simulator takes any"},
    write=_write,
    sandbox_options=lambda folder: (
        *("--smtp-port", "0", "--whatsapp-port", "0", "--whatsapp-rate", str(_MESSAGES_PER_SECOND)),
        *("--whatsapp-record", str(folder / RECORD)),
    ),
    listening="listening on http://",
    eligible=_eligible,
    arrived=_arrived,
    contents={
        CAMPAIGN: "the campaign that was sent",
        CONTACTS: "its audience",
        "demo.refused.csv": "the refused rows, each with its line and the reason",
        RECORD: "what the simulator recorded, one line per message",
    },
)
"""The demo of ``paceline demo --channel whatsapp``."""
