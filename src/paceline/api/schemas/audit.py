"""Shapes of the audit log."""

from __future__ import annotations

from typing import Any

from paceline.api.schemas.base import Answer, Instant


class AuditAnswer(Answer):
    """One thing that somebody did."""

    at: Instant
    actor: str
    actor_id: str
    action: str
    subject: str
    detail: dict[str, Any]
