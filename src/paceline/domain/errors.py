"""Errors that a person can act on.

PacelineError
├── InputError          what was given cannot be used; carries every problem; exit code 2
├── ContentError        one message cannot be rendered; that message fails, the campaign goes on
├── CampaignUnsendable  a campaign cannot be sent as it stands; it waits for a person, the others go on
├── AccountUnavailable  an account cannot send now; carries the trouble
└── StoreUnavailable    the database did not answer in time; nothing was handed over
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from paceline.domain.outcome import AccountTrouble


class PacelineError(Exception):
    """Root of every error that Paceline raises on purpose.

    ``is_bad_input``: what was asked for cannot be, and nothing was changed; commands end with 2 instead of 1.
    """

    is_bad_input: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with an input: where it stands, what is wrong, what is accepted."""

    file: str
    line: int | None = None
    field: str | None = None
    message: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (where, self.field, self.message) if part)


class InputError(PacelineError):
    """What was given cannot be used. Nothing was changed."""

    is_bad_input = True

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class ContentError(PacelineError):
    """One message cannot be rendered; the text names the field and the cure."""


class CampaignUnsendable(PacelineError):
    """A campaign cannot be sent as it stands; the text names the cause and the cure."""


class AccountUnavailable(PacelineError):
    """An account cannot send now."""

    def __init__(self, trouble: AccountTrouble) -> None:
        self.trouble = trouble
        super().__init__(trouble.reason)


class StoreUnavailable(PacelineError):
    """The database did not answer in time or not at all. ``retry_after_seconds``: when to ask again."""

    def __init__(self, reason: str, *, retry_after_seconds: float = 1.0) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(reason)
