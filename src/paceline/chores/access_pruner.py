"""Forgets what lets nobody in any more: ended sessions, old one-time links, login attempts of long ago."""

from __future__ import annotations

from paceline.domain.login_pace import FORGOTTEN_AFTER_SECONDS
from paceline.store.catalogue import login_attempts, one_time_links, sessions
from paceline.store.database import Database

_KEPT_SECONDS = 30 * 86_400.0  # used links: whoever opens one again should be told


def prune(catalogue: Database, *, now: float) -> int:
    """Forget them; returns how many. A second call finds nothing."""
    with catalogue.write() as connection:
        return (
            sessions.prune(connection, now=now)
            + one_time_links.prune(connection, before=now - _KEPT_SECONDS)
            + login_attempts.prune(connection, before=now - FORGOTTEN_AFTER_SECONDS)
        )
