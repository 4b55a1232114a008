"""Complaints: feedback reports (ARF, RFC 5965) of providers whose readers called a message spam."""

from __future__ import annotations

from email.message import Message

from paceline.tracking.bounces import Report, ReportKind
from paceline.tracking.mail_parts import field_blocks, parts

_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "other", "virus"})  # not "not-spam", not "auth-failure"


def read_complaint(message: Message) -> Report | None:
    """What a feedback report says; None for mail that is none. Its recipient is often redacted: then it is ""."""
    for part in parts(message):
        if part.get_content_type() == "message/feedback-report":
            fields: dict[str, str] = {}
            for block in field_blocks(part):
                fields = {**block, **fields}
            kind = fields.get("feedback-type", "").split(";")[0].strip().lower()
            if kind not in _COMPLAINTS:
                return Report(kind=ReportKind.UNKNOWN, diagnosis=f"feedback report of type {kind[:50] or 'unknown'}")
            agent = fields.get("user-agent", "")
            return Report(
                kind=ReportKind.COMPLAINT,
                recipient=_recipient(fields),
                diagnosis=f"{kind}; {fields.get('source-ip', '')}; {agent}"[:300],
            )
    return None


def _recipient(fields: dict[str, str]) -> str:
    """The address in Original-Rcpt-To, unless it was redacted."""
    stated = fields.get("original-rcpt-to", "").strip("<> ").lower()
    return stated if "@" in stated and "redact" not in stated and not stated.startswith("x@") else ""
