"""Confirmation mails: how often one address may get them, and for how long their links are good."""

from __future__ import annotations

LINK_SECONDS = 7 * 86400.0
"""So long a link confirms."""

FORGOTTEN_AFTER_SECONDS = 6 * 86400.0
"""After so long without a mail the next one is a first one again."""

_FIRST_PAUSE_SECONDS = 900.0
_LONGEST_PAUSE_SECONDS = 86400.0


def pause_seconds(mails: int) -> float:
    """How long no further mail goes to an address after so many: a quarter of an hour, 1 h, 4 h, 16 h, then a day."""
    if mails < 1:
        return 0.0
    return min(_FIRST_PAUSE_SECONDS * 4.0 ** min(mails - 1, 10), _LONGEST_PAUSE_SECONDS)
