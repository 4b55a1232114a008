"""What a check has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: ``ok`` is True, False (failed) or None (a warning); the cure says what to do about it."""

    check: str
    ok: bool | None
    sentence: str
    cure: str = ""

    @property
    def words(self) -> str:
        """The sentence, with the cure."""
        return f"{self.sentence}; {self.cure}" if self.cure else self.sentence

    def to_json(self) -> dict[str, Any]:
        """The object of the public surface."""
        status = {True: "ok", None: "warning", False: "failed"}[self.ok]
        return {"check": self.check, "status": status, "sentence": self.sentence, "cure": self.cure or None}


def fine(check: str, sentence: str) -> Finding:
    """Nothing to do."""
    return Finding(check=check, ok=True, sentence=sentence)


def warning(check: str, sentence: str, cure: str) -> Finding:
    """Something that will be trouble, or is not as it should be."""
    return Finding(check=check, ok=None, sentence=sentence, cure=cure)


def failed(check: str, sentence: str, cure: str) -> Finding:
    """Something that does not work."""
    return Finding(check=check, ok=False, sentence=sentence, cure=cure)
