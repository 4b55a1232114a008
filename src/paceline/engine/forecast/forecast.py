"""A forecast: the likely course of a campaign, the range around it, and what holds it up most."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from paceline.clock import iso
from paceline.domain.campaign import CampaignStatus
from paceline.domain.wording import counted
from paceline.engine.forecast.course import Course, Pause
from paceline.engine.forecast.days import DayCounts
from paceline.engine.forecast.plan import Expectation, Plan
from paceline.engine.forecast.reckoning import reckon

_ASSUMED_SPEED = (0.5, 2.0)
_MEASURED_SPEED = (0.9, 1.25)
_MORE_DEFERRED = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """From here on the campaign is in this status."""

    at: float
    status: CampaignStatus
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When a campaign will finish, and what happens on the way. Instants are UTC seconds since the epoch."""

    finish_at: float | None
    """None: not by itself."""
    finish_range: tuple[float, float] | None
    """The earliest and the latest likely finish."""
    total: int
    bottleneck: str
    timeline: tuple[Moment, ...]
    per_day: tuple[tuple[str, int], ...]
    """(date in ``zone``, messages)."""
    per_account: tuple[tuple[str, int], ...]
    zone: ZoneInfo

    def to_json(self) -> dict[str, Any]:
        """The object of the public surface."""
        return {
            "finish_at": iso(self.finish_at),
            "finish_range": None if self.finish_range is None else [iso(at) for at in self.finish_range],
            "total": self.total,
            "bottleneck": self.bottleneck,
            "timeline": [
                {"at": iso(moment.at), "status": str(moment.status), "reason": moment.reason}
                for moment in self.timeline
            ],
            "per_day": [{"date": date, "messages": messages} for date, messages in self.per_day],
            "per_account": [{"name": name, "messages": messages} for name, messages in self.per_account],
        }


def forecast(plan: Plan, *, zone: ZoneInfo | None = None) -> Forecast:
    """Forecast a campaign. Days are those of ``zone``; without one, of the accounts' zone if all share one, else UTC."""
    zone = zone or _common_zone(plan)
    course = reckon(plan, per_day=DayCounts(zone))
    return Forecast(
        finish_at=course.finish_at,
        finish_range=_range(plan, course),
        total=plan.total,
        bottleneck=bottleneck(plan, course),
        timeline=tuple(_timeline(plan, course)),
        per_day=tuple(course.per_day.listed()),
        per_account=_in_the_order_of(plan, course),
        zone=zone,
    )


def _common_zone(plan: Plan) -> ZoneInfo:
    zones = {account.limits.timezone.key for account in plan.accounts}
    return ZoneInfo(zones.pop() or "UTC") if len(zones) == 1 else ZoneInfo("UTC")


def _in_the_order_of(plan: Plan, course: Course) -> tuple[tuple[str, int], ...]:
    sent = Counter[str]()
    for name, messages in course.per_account:
        sent[name] += messages
    return tuple((name, sent[name]) for name in dict.fromkeys(account.name for account in plan.accounts))


def _range(plan: Plan, likely: Course) -> tuple[float, float] | None:
    """The finish when servers answer faster and receivers refuse nothing, and when both are worse than expected."""
    if likely.finish_at is None:
        return None
    expected = plan.expected
    first = expected.deferred[0] if expected.deferred else 0.0
    worse = replace(expected, deferred=(min(1.0, first * 1.5 + _MORE_DEFERRED), *expected.deferred[1:]))
    best = reckon(_at_speed(replace(plan, expected=Expectation()), 0), per_day=likely.per_day.empty())
    worst = reckon(_at_speed(replace(plan, expected=worse), 1), per_day=likely.per_day.empty())
    ends = [course.finish_at for course in (best, likely, worst) if course.finish_at is not None]
    return min(ends), max(ends)


def _at_speed(plan: Plan, which: int) -> Plan:
    accounts = (
        replace(
            account,
            seconds_per_message=account.seconds_per_message
            * (_MEASURED_SPEED if account.is_measured else _ASSUMED_SPEED)[which],
        )
        for account in plan.accounts
    )
    return replace(plan, accounts=tuple(accounts))


def _timeline(plan: Plan, course: Course) -> list[Moment]:
    moments = []
    if not course.pauses or course.pauses[0].begins_at > plan.start:
        moments.append(Moment(at=plan.start, status=CampaignStatus.RUNNING))
    for pause in course.pauses:
        moments.append(Moment(at=pause.begins_at, status=CampaignStatus.PAUSED_LIMITS, reason=reason_of(pause)))
        moments.append(Moment(at=pause.ends_at, status=CampaignStatus.RUNNING))
    if course.finish_at is not None:
        moments.append(Moment(at=course.finish_at, status=CampaignStatus.COMPLETED))
    return moments


def reason_of(pause: Pause) -> str:
    """As the campaign itself will say it."""
    if pause.of_campaign:
        return pause.reason
    return f"no account has allowance left; the first to have it again is {pause.account} ({pause.reason})"


def bottleneck(plan: Plan, course: Course) -> str:
    """What takes most of the accounts' time, in words, with the account that it holds up longest."""
    if not plan.left:
        return "nothing is left to send"
    if not plan.accounts:
        return "there is no account that can send"
    if course.finish_at is None and not course.sending_seconds:
        return "no account can ever send: their limits leave no room"
    kinds: defaultdict[str, float] = defaultdict(float)
    for (_, reason), seconds in course.waits.items():
        kinds[reason] += seconds
    longest = max(kinds, key=lambda kind: kinds[kind], default="")
    limited = sum(kinds.values())
    if longest and limited >= max(course.slot_seconds, course.sending_seconds, course.lent_seconds):
        return _limits_in_words(longest, course)
    if course.lent_seconds and course.lent_seconds >= max(course.sending_seconds, course.slot_seconds):
        return "other campaigns, which are sent through the same accounts"
    if course.slot_seconds > course.sending_seconds:
        return f"the campaign's own pace of {counted(plan.rate_per_minute, 'message')} a minute"
    paces = [a.rate_per_minute for a in plan.accounts]
    if all(paces):
        return f"the pace of the accounts, together {counted(sum(paces), 'message')} a minute"
    return "how fast the servers take messages; more accounts or connections make it faster"


def _limits_in_words(reason: str, course: Course) -> str:
    held = {name: seconds / course.alike.get(name, 1) for (name, why), seconds in course.waits.items() if why == reason}
    count = sum(course.alike.get(name, 1) for name in held)
    worst = max(held, key=lambda name: held[name])
    if count == 1 or count == course.alike.get(worst, 1):
        return f"{worst}: {reason}" if count == 1 else f"{reason} on {count} accounts such as {worst}"
    return f"{reason} on {count} accounts, {worst} waits longest"
