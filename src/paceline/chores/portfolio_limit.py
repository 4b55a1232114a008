"""Lets the WhatsApp numbers of a workspace rest when together they have reached as many recipients as they may in 24 hours."""

from __future__ import annotations

from paceline.domain.portfolio import free_at
from paceline.store.database import Database
from paceline.store.queue import portfolios
from paceline.store.queue.portfolios import Portfolio

_HEARD_WITHIN_SECONDS = 1.0
"""So long messages go on leaving before every worker has heard of it."""


def keep_limits(database: Database, *, now: float) -> None:
    """Look at every portfolio that has a limit; a second call changes nothing."""
    with database.read() as connection:
        found = [portfolio for portfolio in portfolios.limited(connection) if portfolio.ready]
    for portfolio in found:
        _keep(database, portfolio, now)


def _keep(database: Database, portfolio: Portfolio, now: float) -> None:
    limit = portfolio.limit - min(int(portfolio.messages_per_second * _HEARD_WITHIN_SECONDS), portfolio.limit // 2)
    with database.read() as connection:
        used = portfolios.used(connection, workspace_id=portfolio.workspace_id, now=now)
        if used < limit:
            return
        buckets = portfolios.buckets(connection, workspace_id=portfolio.workspace_id, now=now)
    until = free_at(buckets, limit, now)
    if until is None:  # what is under way will tell
        return
    reason = (
        f"{used:,} of the {portfolio.limit:,} recipients that all numbers together may reach in 24 hours are used up"
    )
    with database.write() as connection:
        for account_id in portfolio.ready:
            portfolios.rest(connection, account_id, reason=reason, until_at=until, now=now)
