"""Forecasts over HTTP: as a campaign stands, and what if."""

from __future__ import annotations

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.forecasts import (
    AccountShareAnswer,
    DayAnswer,
    ForecastAnswer,
    MomentAnswer,
    WhatIfRequest,
)
from paceline.domain.permission import Permission
from paceline.operations.campaigns.campaign_drafts import row_of
from paceline.operations.campaigns.campaign_starting import read_moment
from paceline.operations.campaigns.forecasting import Forecast, WhatIf, account_numbers, forecast_campaign

routes = Routes(tag="campaigns")


@routes.get("/campaigns/{campaign_id}/forecast", permission=Permission.CAMPAIGNS_READ)
def forecast_of_campaign(asked: Asked, campaign_id: str) -> ForecastAnswer:
    """When it will finish, each pause and resume on the way, and what holds it up most."""
    row_of(asked.context, campaign_id)
    return _answer(forecast_campaign(asked.context, campaign_id))


@routes.post("/campaigns/{campaign_id}/forecast", permission=Permission.CAMPAIGNS_READ)
def forecast_what_if(asked: Asked, campaign_id: str, given: WhatIfRequest) -> ForecastAnswer:
    """The forecast if something were different: more accounts, other limits, another start. Changes nothing."""
    row_of(asked.context, campaign_id)
    what_if = WhatIf(
        start_at=None if given.start_at is None else read_moment(given.start_at, given.timezone),
        more_accounts=given.more_accounts,
        account_ids=account_numbers(asked.context, given.accounts),
        minute_limit=given.minute_limit,
        hourly_limit=given.hourly_limit,
        daily_limit=given.daily_limit,
        monthly_limit=given.monthly_limit,
        rate_per_minute=given.rate_per_minute,
    )
    return _answer(forecast_campaign(asked.context, campaign_id, what_if))


def _answer(seen: Forecast) -> ForecastAnswer:
    return ForecastAnswer(
        finish_at=seen.finish_at,
        finish_range=None if seen.finish_range is None else list(seen.finish_range),
        total=seen.total,
        bottleneck=seen.bottleneck,
        timeline=[MomentAnswer(at=one.at, status=str(one.status), reason=one.reason) for one in seen.timeline],
        per_day=[DayAnswer(date=date, messages=messages) for date, messages in seen.per_day],
        per_account=[AccountShareAnswer(name=name, messages=messages) for name, messages in seen.per_account],
        timezone=seen.zone.key,
    )
