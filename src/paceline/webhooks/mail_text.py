"""A notification as a person reads it: the fact as the subject, what there is to know, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from paceline.domain.event import EVENTS

_SUBJECTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "campaign.completed": lambda data: (
        f"{data['key']} is completed: {data['sent']} sent, {data['failed']} failed, {data['uncertain']} uncertain"
    ),
    "campaign.paused": lambda data: f"{data['key']} is paused{_by(data)}",
    "campaign.resumed": lambda data: f"{data['key']} goes on",
    "campaign.stopped": lambda data: f"{data['key']} was stopped",
    "campaign.warning": lambda data: f"{data['key']} is about to harm its senders' reputation",
    "account.warning": lambda data: f"the account {data['name']} is about to lose its reputation",
    "account.broken": lambda data: f"the account {data['name']} is broken",
    "mailbox.broken": lambda data: f"the mailbox {data['name']} cannot be read",
    "database.unreachable": lambda data: f"the {data['database']}'s database did not answer",
    "database.back": lambda data: f"the {data['database']}'s database is back after {data['seconds']} s",
    "import.completed": lambda data: f"{data['file_name']} is imported",
    "import.failed": lambda data: f"the import of {data['file_name']} failed",
}
_BY = {"limits": " by its limits", "health": " and needs a person", "person": " by a person"}
_IDS = ("campaign", "account", "mailbox", "import", "webhook")


def mail_text(event: str, body: str) -> tuple[str, str]:
    """Subject and text for the body of a notification."""
    data = json.loads(body)["data"]
    fact = _SUBJECTS[event](data) if event in _SUBJECTS else EVENTS[event].meaning
    details = [f"{name.replace('_', ' ')}: {value}" for name, value in data.items() if value is not None]
    known = [
        line for line, name in zip(details, (n for n in data if data[n] is not None), strict=True) if name not in _IDS
    ]
    advice = EVENTS[event].advice
    reason = "You get this mail because you chose to be told of this kind of event."
    return f"[Paceline] {fact}", "\n".join(
        [f"{fact[0].upper()}{fact[1:]}.", "", *known, "", *filter(None, [advice]), reason, ""]
    )


def _by(data: dict[str, Any]) -> str:
    return _BY.get(data.get("by", ""), "")
