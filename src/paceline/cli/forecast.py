"""``paceline forecast``: when a campaign will finish, each pause on the way, and what holds it up."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated

import typer

from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json, print_lines
from paceline.cli.words import clean, duration, moment, number
from paceline.domain.campaign import CampaignStatus
from paceline.domain.wording import counted
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.forecasting import Forecast, Moment, WhatIf, forecast_campaign, forecast_file

_MOST_LINES = 40
_Limit = Annotated[int | None, typer.Option(min=0, show_default=False, help="What if every account had this limit?")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(forecast)


def _moment(text: str | None) -> float | None:
    """A moment as people write it, in the machine's time zone where it names none."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is no moment; accepts a time such as 2027-03-01T09:00") from None


def forecast(
    file_or_key: Annotated[
        str, typer.Argument(metavar="FILE.toml|KEY", help="A campaign file, or a campaign's key.", show_default=False)
    ],
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", show_default=False, help="What if it began then?")
    ] = None,
    more_accounts: Annotated[
        int, typer.Option("--more-accounts", min=0, max=10_000, help="What if so many more were like the last one?")
    ] = 0,
    minute_limit: _Limit = None,
    hourly_limit: _Limit = None,
    daily_limit: _Limit = None,
    monthly_limit: _Limit = None,
    rate_per_minute: Annotated[
        float | None, typer.Option(min=0, show_default=False, help="What if the campaign had this pace?")
    ] = None,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """When a campaign will finish, when it pauses and resumes on the way, and what holds it up. Nothing is sent."""
    what_if = WhatIf(
        start_at=_moment(start),
        more_accounts=more_accounts,
        minute_limit=minute_limit,
        hourly_limit=hourly_limit,
        daily_limit=daily_limit,
        monthly_limit=monthly_limit,
        rate_per_minute=rate_per_minute,
    )
    file = read_campaign_file(Path(file_or_key), os.environ) if _is_file(file_or_key) else None
    with opened(database) as context:
        if file is not None:
            seen = forecast_file(context, file, what_if)
        else:
            seen = forecast_campaign(context, file_or_key, what_if)
    if as_json:
        print_json(seen.to_json())
    else:
        print_lines(forecast_lines(seen, now=time.time()))


def _is_file(file_or_key: str) -> bool:
    return file_or_key.endswith(".toml") or Path(file_or_key).is_file()


def forecast_lines(seen: Forecast, *, now: float, zone: tzinfo | None = None) -> Iterator[str]:
    """A forecast as people read it; the first line says it all."""
    yield _first(seen, now, zone)
    if seen.finish_range is not None and seen.finish_range[1] - seen.finish_range[0] >= 1:
        earliest, latest = (moment(at, now, zone) for at in seen.finish_range)
        yield f"likely between {earliest} and {latest}"
    yield clean(f"bottleneck: {seen.bottleneck}")
    yield ""
    lines = [timeline_line(one, now, zone) for one in seen.timeline]
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"  … and {number(len(lines) - _MOST_LINES)} more; --json lists them all"
    yield from per_day_lines(seen.per_day, seen.zone.key)
    yield ""
    yield "per account:"
    yield from (clean(f"  {name}  {number(messages)}") for name, messages in seen.per_account[:_MOST_LINES])
    if len(seen.per_account) > _MOST_LINES:
        yield f"  … and {number(len(seen.per_account) - _MOST_LINES)} more"


def _first(seen: Forecast, now: float, zone: tzinfo | None) -> str:
    what = counted(seen.total, "message")
    last = seen.timeline[-1].status if seen.timeline else None
    if last is CampaignStatus.STOPPED:
        return f"{what}: it was stopped"
    if seen.finish_at is None:
        return f"{what}: it does not finish by itself"
    if seen.finish_at <= now and len(seen.timeline) == 1:
        return f"{what}: it finished at {moment(seen.finish_at, now, zone)}"
    return f"{what}: finishes at {moment(seen.finish_at, now, zone)}, in {duration(max(0.0, seen.finish_at - now))}"


def per_day_lines(per_day: Sequence[tuple[str, int]], zone_name: str) -> Iterator[str]:
    """Messages per day, where there is more than one day."""
    if len(per_day) < 2:
        return
    yield ""
    yield f"per day ({zone_name}):"
    yield from (f"  {date}  {number(messages)}" for date, messages in per_day[:_MOST_LINES])
    if len(per_day) > _MOST_LINES:
        yield f"  … and {number(len(per_day) - _MOST_LINES)} more"


def timeline_line(one: Moment, now: float, zone: tzinfo | None) -> str:
    """A change of the status, with its moment and reason."""
    return clean(f"  {moment(one.at, now, zone)}  {one.status}{f': {one.reason}' if one.reason else ''}")
