"""What a remote worker tells of a message, and where that moves it at home: one rule, in one direction.

A message at a worker is ``intended`` or ``deferred`` here without a lease, because the worker may have sent it. The worker's
ledger is right about its messages; what has been given back, and is in the hands of a sender here, is no longer its own.
"""

from __future__ import annotations

from paceline.domain.message import MessageState

RELEASED = "released"
"""The worker gives a message back: it has not sent it and never will."""

_S = MessageState
_TOLD: dict[str, MessageState] = {
    "queued": _S.INTENDED,
    "sending": _S.INTENDED,
    "deferred": _S.DEFERRED,
    "sent": _S.SENT,
    "failed": _S.FAILED,
    "skipped": _S.SKIPPED,
    "uncertain": _S.UNCERTAIN,
    "cancelled": _S.CANCELLED,
    RELEASED: _S.QUEUED,
}
_AT_THE_WORKER = frozenset({_S.INTENDED, _S.DEFERRED})

EVENT_KINDS: dict[str, str] = {
    "deferred": "deferred",
    "sent": "accepted",
    "failed": "refused",
    "skipped": "skipped",
    "uncertain": "uncertain",
}
"""What is kept of it as an event of the message."""


def where_told(word: str, *, state: MessageState, lease: int) -> MessageState | None:
    """The state that a message takes on hearing this; None when it stays where it is. ``lease`` 0: none here had it."""
    target = _TOLD.get(word)
    if target is None or state is _S.SENT or target is state:
        return None
    if target is _S.SENT:  # an acceptance wins, unless a sender here has just handed the message over
        return None if state is _S.INTENDED and lease else target
    if lease:
        return None
    if state in _AT_THE_WORKER:
        return target
    return target if state is _S.UNCERTAIN and target not in _AT_THE_WORKER else None
