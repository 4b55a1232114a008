"""When a campaign will finish: one that is under way or written, or the one of a file; and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from paceline.domain.account_choice import AccountChoice
from paceline.domain.campaign import ENDED, CampaignKind, CampaignStatus
from paceline.domain.campaign_pacing import CampaignPacing
from paceline.domain.errors import InputError, Problem
from paceline.domain.retry_policy import RetryPolicy
from paceline.engine.forecast.forecast import Forecast, Moment, forecast
from paceline.engine.forecast.plan import Plan, PlannedAccount
from paceline.operations.campaign_file.campaign_file import CampaignFile
from paceline.operations.campaigns import campaign_checks
from paceline.operations.campaigns.forecast_inputs import count_audience, expectation, planned_accounts, planned_of_file
from paceline.operations.campaigns.forecast_layers import Layers, layers_of
from paceline.operations.campaigns.forecast_recipients import Grouping
from paceline.operations.campaigns.forecast_rivals import with_rivals
from paceline.operations.context import Context
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, campaigns, outlook
from paceline.store.queue.campaigns import CampaignRow, Progress

__all__ = ["Forecast", "Moment", "WhatIf", "forecast_campaign", "forecast_file"]

_WAITS_FOR_A_PERSON = (CampaignStatus.PAUSED, CampaignStatus.PAUSED_HEALTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What would be different. None: as it is."""

    start_at: float | None = None
    more_accounts: int = 0
    """So many more with the settings of the last one."""
    account_ids: Sequence[int] = ()
    """Stored accounts that would send as well."""
    minute_limit: int | None = None
    hourly_limit: int | None = None
    daily_limit: int | None = None
    monthly_limit: int | None = None
    rate_per_minute: float | None = None

    def applied_to(self, plan: Plan) -> Plan:
        """The plan with what would be different."""
        limits = (self.minute_limit, self.hourly_limit, self.daily_limit, self.monthly_limit)
        if any(limit is not None for limit in limits):
            minute, hour, day, month = limits
            plan = plan.with_limits(minute=minute, hour=hour, day=day, month=month)
        plan = plan.with_more_like_the_last(self.more_accounts)
        if self.rate_per_minute is not None:
            plan = plan.with_pace(self.rate_per_minute)
        return plan if self.start_at is None else plan.starting(self.start_at)


AS_IT_IS = WhatIf()


def forecast_campaign(context: Context, key: str, what_if: WhatIf = AS_IT_IS) -> Forecast:
    """The forecast of a stored campaign by its key or public id, in whatever status. Raises UnknownCampaign."""
    row = context.campaign(key)
    with context.queue.read() as connection:
        progress = campaigns.progress(connection, row.id)
    if row.status in ENDED:
        return _ended(row, progress)
    now = context.clock.now()
    with context.queue.read() as connection:
        standings = accounts.standings(connection, campaign_id=row.id)
        known = {standing.id for standing in standings}
        every = {standing.id: standing for standing in accounts.standings(connection, workspace_id=row.workspace_id)}
        standings += [every[i] for i in what_if.account_ids if i in every and i not in known]
        planned = planned_accounts(connection, context.queue, standings, now=now)
    plan = _live_plan(context, row, progress, planned, now)
    return _told(row, forecast(what_if.applied_to(plan)), now)


def forecast_file(context: Context, file: CampaignFile, what_if: WhatIf = AS_IT_IS) -> Forecast:
    """The forecast of a campaign file: a new campaign from now on, or the rest of the one with its key, as `send` would.

    Raises InputError for an audience that cannot be read, or accounts that are not stored.
    """
    with context.queue.read() as connection:
        found = campaigns.find(connection, file.key, workspace_id=context.workspace_id)
        progress = None if found is None else campaigns.progress(connection, found.id)
    if found is not None and progress is not None and found.status in ENDED:
        return _ended(found, progress)
    return forecast(what_if.applied_to(plan_of_file(context, file)))


def plan_of_file(context: Context, file: CampaignFile) -> Plan:
    """What a forecast of a file starts from."""
    now = context.clock.now()
    planned = planned_of_file(context, file, now=now)
    with context.queue.read() as connection:
        found = campaigns.find(connection, file.key, workspace_id=context.workspace_id)
        progress = None if found is None else campaigns.progress(connection, found.id)
        above = layers_of(
            connection,
            workspace_id=context.workspace_id,
            campaign_id=None if found is None else found.id,
            now=now,
            written=file.limits,
        )
    grouping = _grouping(above, planned, file.pacing)
    plan = _plan(file, above, planned, start=now)
    if found is not None and progress is not None:
        plan = _under_way(context, plan, found, progress, grouping, now)
    if found is None or found.launched_at is None:
        plan = replace(plan, messages=max(plan.messages, count_audience(file, grouping.look_at) - plan.done))
    return _beside_others(context, replace(plan, groups=grouping.groups()), found, now)


def finish_at(context: Context, campaign_id: int) -> float | None:
    """When this campaign will finish, for those who show it beside its progress; None: not by itself."""
    return forecast_campaign(context, context.ids.encode(IdKind.CAMPAIGN, campaign_id)).finish_at


def account_numbers(context: Context, ids: Sequence[str]) -> list[int]:
    """Public ids of accounts as numbers. Raises InputError for one that is none."""
    numbers = [context.ids.decode(IdKind.ACCOUNT, one) for one in ids]
    strange = [one for one, number in zip(ids, numbers, strict=True) if number is None]
    if strange:
        problems = [Problem(file="", field="accounts", message=f"there is no account {one[:60]}") for one in strange]
        raise InputError(problems)
    return [number for number in numbers if number is not None]


def _plan(of: CampaignFile | CampaignRow, above: Layers, planned: tuple[PlannedAccount, ...], *, start: float) -> Plan:
    """A campaign's own terms; how many messages there are is for the caller to say."""
    return Plan(
        start=start,
        messages=0,
        accounts=planned,
        rate_per_minute=of.rate_per_minute,
        retries=RetryPolicy(max_attempts=of.max_attempts, retry_delay_seconds=of.retry_delay_seconds),
        window=of.pacing.window,
        choice=of.pacing.account_choice,
        weight=of.weight,
        layers=above.planned,
        recipient_limits=above.recipient_limits,
    )


def _live_plan(
    context: Context, row: CampaignRow, progress: Progress, planned: tuple[PlannedAccount, ...], now: float
) -> Plan:
    with context.queue.read() as connection:
        above = layers_of(connection, workspace_id=row.workspace_id, campaign_id=row.id, now=now)
    grouping = _grouping(above, planned, row.pacing)
    start = max(now, row.starts_at or now) if row.status is CampaignStatus.SCHEDULED else now
    plan = _plan(row, above, planned, start=start)
    plan = _under_way(context, plan, row, progress, grouping, now)
    if row.status in (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED) and row.kind is CampaignKind.CATALOGUE:
        checked = campaign_checks.check(context, context.ids.encode(IdKind.CAMPAIGN, row.id))
        plan = replace(plan, messages=checked.recipients.number)
        if grouping.matters and checked.recipients.number:
            campaign_checks.first_addresses(context, checked, grouping.look_at)
    return _beside_others(context, replace(plan, groups=grouping.groups()), row, now)


def _grouping(above: Layers, planned: Sequence[PlannedAccount], pacing: CampaignPacing) -> Grouping:
    by_provider = pacing.account_choice is AccountChoice.SAME_PROVIDER
    return Grouping(above.by_recipient, planned, mail_servers=above.mail_servers, by_provider=by_provider)


def _under_way(
    context: Context, plan: Plan, row: CampaignRow, progress: Progress, grouping: Grouping, now: float
) -> Plan:
    """The plan with what is left of a campaign that is in the queue, and what was seen of its receivers."""
    with context.queue.read() as connection:
        waiting = grouping.waiting(*outlook.waiting(connection, row.id, now=now))
        next_at = outlook.next_slot(connection, row.id)
        if grouping.matters:
            for address in outlook.some_addresses(connection, row.id):
                grouping.look_at(address)
    return replace(
        plan,
        messages=max(0, progress.left - sum(one.messages for one in waiting)),
        next_at=next_at,
        waiting=waiting,
        expected=expectation(progress.counts),
        done=progress.total - progress.left,
    )


def _beside_others(context: Context, plan: Plan, row: CampaignRow | None, now: float) -> Plan:
    with context.queue.read() as connection:
        return with_rivals(connection, context.queue, plan, campaign_id=None if row is None else row.id, now=now)


def _told(row: CampaignRow, seen: Forecast, now: float) -> Forecast:
    """What comes before the first message: a start at a moment to come, or a pause that a person has to end."""
    if row.status is CampaignStatus.SCHEDULED and seen.timeline and seen.timeline[0].at > now:
        return replace(seen, timeline=(Moment(at=now, status=CampaignStatus.SCHEDULED), *seen.timeline))
    if row.status in _WAITS_FOR_A_PERSON:
        reason = f"{row.pause_reason or 'no reason is on record'}; reckoned as if it were resumed now"
        return replace(seen, timeline=(Moment(at=now, status=row.status, reason=reason), *seen.timeline))
    return seen


def _ended(row: CampaignRow, progress: Progress) -> Forecast:
    end = row.finished_at or row.updated_at
    return replace(
        forecast(Plan(start=end, messages=0, accounts=(), done=progress.total)),
        finish_at=end,
        finish_range=(end, end),
        timeline=(Moment(at=end, status=row.status),),
    )
