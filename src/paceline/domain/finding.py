"""What a look at a campaign before its start has found: a sentence, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # the campaign does not start
    WARNING = "warning"  # a person should know; what could not be looked up is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found. ``rule`` names what was looked at, ``field`` where it stands, "" for none in particular."""

    severity: Severity
    rule: str
    field: str = ""
    sentence: str
    cure: str


def error(rule: str, sentence: str, cure: str, *, field: str = "") -> Finding:
    """A finding that blocks the start."""
    return Finding(severity=Severity.ERROR, rule=rule, field=field, sentence=sentence, cure=cure)


def warning(rule: str, sentence: str, cure: str, *, field: str = "") -> Finding:
    """A finding that only informs."""
    return Finding(severity=Severity.WARNING, rule=rule, field=field, sentence=sentence, cure=cure)
