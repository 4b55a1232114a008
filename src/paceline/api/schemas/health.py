"""Answers about health."""

from __future__ import annotations

from typing import Literal

from paceline.api.schemas.base import Answer


class Liveness(Answer):
    """This process answers."""

    status: Literal["live"]


class CheckAnswer(Answer):
    """One part of the installation."""

    ok: bool
    sentence: str
    milliseconds: float


class ReadinessAnswer(Answer):
    """Whether the installation can do its work, part by part."""

    status: Literal["ready", "not ready"]
    checks: dict[str, CheckAnswer]
