"""Starting: now, at a moment, or not after all. From here on content and audience stay as they were checked."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from paceline.domain.campaign import CampaignMove, CampaignStatus, LateStart
from paceline.domain.errors import InputError, Problem
from paceline.operations.campaigns import campaign_checks, preflight
from paceline.operations.campaigns.campaign_checks import Checked
from paceline.operations.campaigns.campaign_drafts import Campaign, get, row_of
from paceline.operations.campaigns.preflight import as_problem
from paceline.operations.context import Context, NotPossible
from paceline.operations.whatsapp import campaign_check
from paceline.store.catalogue import workspace_rules
from paceline.store.queue import campaign_drafts, campaigns, fallback_start, remote_campaigns

_FARTHEST_SECONDS = 5 * 366 * 86_400.0


def start(context: Context, campaign_id: str) -> Campaign:
    """Start a draft, or a scheduled campaign before its moment. One that runs already stays as it is.

    Raises InputError with everything that ``check`` finds, NotPossible for a campaign that has ended or is paused.
    """
    row = row_of(context, campaign_id)
    if row.status is CampaignStatus.RUNNING:
        return get(context, campaign_id)
    if row.status not in (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED):
        raise NotPossible(f"{row.key} is {row.status}: only a draft or a scheduled campaign can be started")
    _freeze_and_move(context, _sendable(context, campaign_id), CampaignMove.START)
    return get(context, campaign_id)


def schedule(
    context: Context, campaign_id: str, *, at: str, timezone: str | None = None, late_start: LateStart | None = None
) -> Campaign:
    """Let a draft start by itself; a scheduled one gets another moment.

    ``at`` is a local time of ``timezone`` (without one: the workspace's), or an instant with Z or an offset.
    ``late_start`` says what happens when the moment is missed; None: what the workspace says.
    """
    now = context.clock.now()
    with context.catalogue.read() as connection:
        zone_of_workspace = workspace_rules.setting(connection, "timezone", workspace_id=context.workspace_id)
        late_of_workspace = workspace_rules.setting(connection, "late_start", workspace_id=context.workspace_id)
    zone = timezone or zone_of_workspace or "UTC"
    starts_at = read_moment(at, zone)
    if not now < starts_at < now + _FARTHEST_SECONDS:
        what = "has passed" if starts_at <= now else "is more than five years away"
        raise InputError([Problem(file="", field="at", message=f"{at} ({zone}) {what}; accepts a moment to come")])
    row = row_of(context, campaign_id)
    if row.status not in (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED):
        raise NotPossible(f"{row.key} is {row.status}: only a draft can be scheduled")
    late = late_start or LateStart(late_of_workspace or LateStart.ASK)
    _freeze_and_move(
        context, _sendable(context, campaign_id), CampaignMove.SCHEDULE, starts_at=starts_at, timezone=zone, late=late
    )
    return get(context, campaign_id)


def unschedule(context: Context, campaign_id: str) -> Campaign:
    """Take the moment back: the campaign is a draft again. A draft stays one."""
    row = row_of(context, campaign_id)
    with context.queue.write() as connection:
        moved = campaigns.move(connection, row.id, CampaignMove.UNSCHEDULE, now=context.clock.now())
        status = campaigns.get(connection, row.id).status
        if not moved and status is not CampaignStatus.DRAFT:
            raise NotPossible(f"{row.key} is {status}: there is no start to take back")
        campaign_drafts.set_start(connection, row.id, starts_at=None, timezone=None, late=row.late_start)
        remote_campaigns.raise_revision(connection, row.id)
    return get(context, campaign_id)


def read_moment(at: str, timezone: str) -> float:
    """A moment as a person writes it, in UTC seconds. Raises InputError, for a time that a clock change leaves out too."""
    try:
        zone = ZoneInfo(timezone)
    except (OSError, ValueError, KeyError):  # zoneinfo's own is a KeyError
        message = f"there is no time zone {timezone[:60]!r}; accepts names such as Europe/Berlin"
        raise InputError([Problem(file="", field="timezone", message=message)]) from None
    try:
        written = datetime.fromisoformat(at)
        instant = (written if written.tzinfo is not None else written.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"accepts a time such as 2027-03-01T09:00, got {at[:60]!r}"
        raise InputError([Problem(file="", field="at", message=message)]) from None
    if written.tzinfo is None and instant.astimezone(zone).replace(tzinfo=None) != written.replace(fold=0):
        message = f"{at} does not exist in {timezone}: clocks are put forward over it; choose an hour later"
        raise InputError([Problem(file="", field="at", message=message)])
    return instant.timestamp()


def _sendable(context: Context, campaign_id: str) -> Checked:
    checked = campaign_checks.check(context, campaign_id, to_start=True)
    problems = checked.problems
    if not problems:
        with context.queue.read() as connection:
            known = campaign_drafts.sending_accounts(connection, checked.row.id)
        senders = [account.from_address for account in known if account.channel == "email"]
        found = [] if checked.email is None else preflight.blocking(context, checked.email, senders=senders)
        if checked.whatsapp is not None:
            found += campaign_check.blocking(context, checked.whatsapp)
        problems = [as_problem(one) for one in found]
    if problems:
        raise InputError(problems)
    return checked


def _freeze_and_move(
    context: Context,
    checked: Checked,
    what: CampaignMove,
    *,
    starts_at: float | None = None,
    timezone: str | None = None,
    late: LateStart = LateStart.ASK,
) -> None:
    """Keep what was checked and make the move, or neither: the draft may have been changed in the meantime."""
    row, now = checked.row, context.clock.now()
    with context.queue.write() as connection:
        frozen = campaign_drafts.freeze(
            connection,
            row,
            content=checked.frozen_content,
            audience=checked.audience,
            message_id_domain=checked.message_id_domain,
            now=now,
        )
        if not frozen:
            raise NotPossible(f"{row.key} was changed while it was checked; look at it and try again")
        if what is CampaignMove.SCHEDULE:
            campaign_drafts.set_start(connection, row.id, starts_at=starts_at, timezone=timezone, late=late)
        if row.status is CampaignStatus.DRAFT or what is CampaignMove.SCHEDULE:
            remote_campaigns.raise_revision(connection, row.id)
        moved = campaigns.move(connection, row.id, what, now=now)
        if moved and what is CampaignMove.START:
            fallback_start.split(connection, row.id, now=now)
