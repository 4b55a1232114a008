"""The body of a notification: the JSON that a webhook gets, with ids as people and programs outside know them."""

from __future__ import annotations

import json
from typing import Any

from paceline.clock import iso
from paceline.store.public_ids import IdKind, PublicIds
from paceline.store.queue.notices import Notice

_SUBJECTS = {"campaign": IdKind.CAMPAIGN, "account": IdKind.ACCOUNT, "mailbox": IdKind.MAILBOX}
_INSTANTS = ("at", "resumes_at", "since", "back_at")


def body_of(event: str, data: dict[str, Any], *, at: float) -> str:
    """``{"type", "timestamp", "data"}`` as text; instants in ``data`` become UTC with Z."""
    shown = {name: iso(value) if name in _INSTANTS else value for name, value in data.items()}
    return json.dumps({"type": event, "timestamp": iso(at), "data": shown}, ensure_ascii=False)


def notice_body(notice: Notice, ids: PublicIds) -> str:
    """The body that tells of a notice of the queue."""
    what = notice.kind.partition(".")[0]
    subject = {what: ids.encode(_SUBJECTS[what], notice.subject_id)}
    return body_of(notice.kind, {**subject, **notice.data, "at": notice.at}, at=notice.at)


def notice_key(notice: Notice) -> str:
    """What makes it this fact and no other, also when the queue was restored and gives its numbers again."""
    return f"{notice.kind} {notice.subject_id} {notice.at!r}"
