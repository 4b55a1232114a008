"""Other campaigns that are sent through the same accounts, as a forecast reckons with them."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from paceline.domain.campaign_pacing import pacing_of
from paceline.engine.forecast.gathering import messages_per_day
from paceline.engine.forecast.plan import Plan, Rival
from paceline.operations.campaigns.forecast_inputs import planned_accounts
from paceline.store.database import Database
from paceline.store.queue import accounts, outlook

_DAY = 86_400.0


def with_rivals(connection: Connection, database: Database, plan: Plan, *, campaign_id: int | None, now: float) -> Plan:
    """The plan with the campaigns that share its accounts now."""
    own = {account.id for account in plan.accounts if account.id}
    found = outlook.rivals(connection, campaign_id, own)
    if not found:
        return plan
    rivals = []
    for one in found:
        elsewhere = [s for s in accounts.standings(connection, campaign_id=one.campaign_id) if s.id not in own]
        planned = planned_accounts(connection, database, elsewhere, now=now)
        rivals.append(
            Rival(
                messages=one.left,
                weight=one.weight,
                rate_per_minute=one.rate_per_minute,
                window=pacing_of(one.pacing).window,
                messages_per_second_elsewhere=sum(map(messages_per_day, planned)) / _DAY,
            )
        )
    return replace(
        plan,
        rivals=tuple(rivals),
        accounts=tuple(
            replace(account, rivals=tuple(n for n, one in enumerate(found) if account.id in one.account_ids))
            for account in plan.accounts
        ),
    )
