"""A contact's fields, its phone number, and its subscription to a list: every state and every move, in one table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

MOST_FIELDS = 200
MOST_FIELD_BYTES = 64 * 1024
"""Of all names and values of one contact together, in UTF-8."""
LONGEST_FIELD_NAME = 100

_PUNCTUATION = re.compile(r"[\s\-./()\u00a0]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164: at most 15 digits
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class SubscriptionState(IntEnum):
    """Where a contact stands on a list; the number is what the database keeps."""

    UNCONFIRMED = 0  # asked for, and the person has not confirmed it yet
    CONFIRMED = 1  # gets what is sent to the list
    UNSUBSCRIBED = 2  # the person has left, and stays away until somebody says otherwise in so many words


PUBLIC_SUBSCRIPTION_STATES = {state: state.name.lower() for state in SubscriptionState}
"""The states as the API and the exports call them."""


class SubscriptionMove(StrEnum):
    """What can happen to a subscription."""

    ASK = "ask"
    ADD = "add"
    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    REINSTATE = "reinstate"


@dataclass(frozen=True, slots=True)
class _Row:
    sources: frozenset[SubscriptionState | None]
    target: SubscriptionState
    meaning: str


_S = SubscriptionState


def _row(sources: tuple[SubscriptionState | None, ...], target: SubscriptionState, meaning: str) -> _Row:
    return _Row(frozenset(sources), target, meaning)


# None: the contact is not on the list.
# fmt: off
SUBSCRIPTION_MOVES: dict[SubscriptionMove, _Row] = {
    SubscriptionMove.ASK:         _row((None,), _S.UNCONFIRMED, "added to a list that asks for confirmation"),
    SubscriptionMove.ADD:         _row((None,), _S.CONFIRMED, "added by a person or an import"),
    SubscriptionMove.CONFIRM:     _row((None, _S.UNCONFIRMED, _S.UNSUBSCRIBED), _S.CONFIRMED, "the contact confirms it"),
    SubscriptionMove.UNSUBSCRIBE: _row((None, _S.UNCONFIRMED, _S.CONFIRMED), _S.UNSUBSCRIBED, "the contact leaves"),
    SubscriptionMove.REINSTATE:   _row((_S.UNCONFIRMED, _S.UNSUBSCRIBED), _S.CONFIRMED,
                                       "a person says explicitly that the contact wants it"),
}
# fmt: on


def entry_move(*, double_opt_in: bool) -> SubscriptionMove:
    """How somebody else than the contact puts it on a list; one that is or was on it stays as it is."""
    return SubscriptionMove.ASK if double_opt_in else SubscriptionMove.ADD


def parse_phone(text: str) -> str:
    """A number in E.164 form: "+" and 7 to 15 digits. Spaces and punctuation are dropped, a leading 00 is a "+", and the
    apostrophe is dropped that marks text in spreadsheets and in our own exports.

    Raises ValueError with the reason in plain words.
    """
    bare = _PUNCTUATION.sub("", text.removeprefix("'"))
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    if not bare:
        raise ValueError("the number is empty")
    if not bare.startswith("+"):
        raise ValueError('it does not begin with "+" and the country code, such as +49 or +91')
    if _E164.fullmatch(bare) is None:
        raise ValueError('it is no number of 7 to 15 digits after the "+"')
    return bare


def check_fields(fields: Mapping[str, str]) -> str | None:
    """Why these cannot be a contact's fields, in plain words; None when they can."""
    if len(fields) > MOST_FIELDS:
        return f"{len(fields):,} fields; a contact has at most {MOST_FIELDS}"
    for name, value in fields.items():
        if not name or name != name.strip() or len(name) > LONGEST_FIELD_NAME:
            return f"{name[:LONGEST_FIELD_NAME]!r}: a field's name has 1 to {LONGEST_FIELD_NAME} characters, no space around"
        if _UNSTORABLE.search(name) or _UNSTORABLE.search(value):
            return f"{name!r}: it contains a NUL character or half of a character (a lone surrogate)"
    size = sum(len(name.encode()) + len(value.encode()) for name, value in fields.items())
    if size > MOST_FIELD_BYTES:
        return f"the fields are {size:,} bytes together; at most {MOST_FIELD_BYTES:,} are accepted"
    return None


def merge_fields(present: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The fields after an update: what is given and not empty wins, everything else stays."""
    return {**present, **{name: value for name, value in given.items() if value or name not in present}}
