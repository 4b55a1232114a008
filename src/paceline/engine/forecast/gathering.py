"""Accounts that are reckoned as one: those alike in everything; and where there would be too many steps, those nearly alike.

Gathered accounts that are only nearly alike have the sum of their limits and of their speed. So what they send in a
window is right, and the moment at which they have done so is their average.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from paceline.domain.account import Limits
from paceline.domain.account_choice import AccountChoice
from paceline.domain.allowance import BUCKET_SECONDS
from paceline.engine.forecast.plan import Plan, PlannedAccount

_DAY = 86_400.0
_MOST_STEPS = 10_000
_FEW = 200
_FINENESS = (20, 10, 5)
"""Nearly alike: the same twentieth of each window, or else a coarser part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Accounts as one. Either each is like ``account`` (no ``shares``), or together they are, and share as said."""

    account: PlannedAccount
    names: tuple[str, ...]
    shares: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """How many accounts like ``account`` these are."""
        return 1 if self.shares else len(self.names)


def gather(plan: Plan) -> list[Gathered]:
    """The accounts of a plan, as few as the answer allows."""
    accounts = plan.accounts
    if plan.rate_per_minute and len(accounts) <= _FEW:  # they take turns, one message each
        return [Gathered(account=account, names=(account.name,)) for account in accounts]
    kin = _Kin(plan)
    alike = _alike(accounts, plan.start, kin)
    if _steps(plan, [one.account for one in alike]) <= _MOST_STEPS:
        return alike
    for fineness in _FINENESS:
        nearly = _nearly_alike(accounts, plan.start, fineness, kin)
        if _steps(plan, [one.account for one in nearly]) <= _MOST_STEPS:
            return nearly
    return [replace(one, account=_without_minutes(one.account)) for one in nearly]


class _Kin:
    """What accounts must have in common in any case, as far as the plan makes a difference of it."""

    def __init__(self, plan: Plan) -> None:
        self._by_host = any(layer.host is not None for layer in plan.layers)
        self._by_weight = plan.choice in (AccountChoice.WEIGHTED, AccountChoice.STICKY)
        self._by_provider = plan.choice is AccountChoice.SAME_PROVIDER

    def of(self, account: PlannedAccount) -> object:
        return (
            account.host if self._by_host else "",
            account.weight if self._by_weight else 1.0,
            account.provider if self._by_provider else None,
            account.rivals,
        )


def _alike(accounts: Iterable[PlannedAccount], start: float, kin: _Kin) -> list[Gathered]:
    groups: dict[object, list[PlannedAccount]] = {}
    for account in accounts:
        limits = account.limits
        key = (
            (limits.minute, limits.hour, limits.day, limits.month, limits.window, limits.timezone.key, limits.warm_up),
            (account.rate_per_minute, account.seconds_per_message, account.connections, kin.of(account)),
            (max(account.next_at, start), account.usage, account.open_intents),
            (max(account.rests_until, start), account.is_limited, account.rests_because),
        )
        groups.setdefault(key, []).append(account)
    return [Gathered(account=group[0], names=tuple(one.name for one in group)) for group in groups.values()]


def _steps(plan: Plan, accounts: Sequence[PlannedAccount]) -> float:
    """About how many windows these go through until the campaign is done."""
    days = days_of(plan)
    return sum(days * _windows_per_day(account) for account in accounts)


def days_of(plan: Plan) -> float:
    """About how many days the accounts need by themselves."""
    return plan.left / max(sum(messages_per_day(account) for account in plan.accounts), 1e-9)


def _windows_per_day(account: PlannedAccount) -> float:
    """How many windows an account uses up in a day."""
    limits, day = account.limits, messages_per_day(account)
    if limits.minute:
        return day / limits.minute
    return min(day / limits.hour, 24.0) if limits.hour else 1.0


def messages_per_day(account: PlannedAccount) -> float:
    """The most that an account can send in a day, in the long run."""
    limits = account.limits
    speed = _DAY * account.connections / account.seconds_per_message
    most = [
        speed,
        account.rate_per_minute * 1440,
        limits.minute * 1440,
        limits.hour * 24,
        limits.day,
        limits.month / 30,
    ]
    return min(amount for amount in most if amount > 0)


def _nearly_alike(accounts: Sequence[PlannedAccount], start: float, fineness: int, kin: _Kin) -> list[Gathered]:
    """Those that warm up only where they are alike in everything: sums of ramps are no ramp."""
    groups: dict[object, list[PlannedAccount]] = {}
    for account in accounts:
        if account.limits.warm_up is None:
            groups.setdefault((kin.of(account), _shape(account, start, fineness)), []).append(account)
    ramps = _alike((account for account in accounts if account.limits.warm_up is not None), start, kin)
    return [*map(_together, groups.values()), *ramps]


def _shape(account: PlannedAccount, start: float, fineness: int) -> object:
    """What nearly alike accounts share: which limits they have, and how much of each window it takes to reach them."""
    limits = account.limits
    speed = account.connections / account.seconds_per_message
    if account.rate_per_minute:
        speed = min(speed, account.rate_per_minute / 60)
    parts: list[int] = []
    for amount, seconds in (
        (limits.minute, 60),
        (limits.hour, 3600),
        (limits.day, 86_400),
        (limits.month, 30 * 86_400),
    ):
        part = min(1.0, amount / (speed * seconds)) if amount else -1.0
        parts.append(round(part * fineness))
        if amount:
            speed = min(speed, amount / seconds)
    longest = limits.month or limits.day or limits.hour or limits.minute
    since = start - (31 if limits.month else 1 if limits.day else 0) * _DAY
    used = sum(count for bucket, count in account.usage if bucket * BUCKET_SECONDS >= since)
    rest = max(0.0, account.rests_until - start)
    return (
        limits.timezone.key,
        limits.window,
        tuple(parts),
        account.rate_per_minute > 0,
        round(4 * used / longest) if longest else 0,
        (round(rest / 3600), account.is_limited),
    )


def _together(group: list[PlannedAccount]) -> Gathered:
    first, limits = group[0], group[0].limits
    usage = Counter[int]()
    for account in group:
        usage.update(dict(account.usage))
    total = Limits(
        minute=sum(account.limits.minute for account in group),
        hour=sum(account.limits.hour for account in group),
        day=sum(account.limits.day for account in group),
        month=sum(account.limits.month for account in group),
        window=limits.window,
        timezone=limits.timezone,
    )
    one = replace(
        first,
        limits=total,
        rate_per_minute=sum(account.rate_per_minute for account in group),
        connections=sum(account.connections for account in group),
        seconds_per_message=sum(account.seconds_per_message for account in group) / len(group),
        next_at=sum(account.next_at for account in group) / len(group),
        usage=tuple(sorted(usage.items())),
        open_intents=sum(account.open_intents for account in group),
        rests_until=max(account.rests_until for account in group),
    )
    per_day = [messages_per_day(account) for account in group]
    whole = sum(per_day)
    return Gathered(
        account=one, names=tuple(account.name for account in group), shares=tuple(part / whole for part in per_day)
    )


def _without_minutes(account: PlannedAccount) -> PlannedAccount:
    """A limit per minute as an even pace: over days nobody sees the difference."""
    minute = account.limits.minute
    if not minute:
        return account
    pace = min(minute, account.rate_per_minute) if account.rate_per_minute else minute
    return replace(account, limits=replace(account.limits, minute=0), rate_per_minute=pace)
