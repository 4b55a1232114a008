"""What a forecast starts from: messages, accounts with what they have used, pace, and what is expected to go wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from paceline.domain.account import Limits
from paceline.domain.account_choice import AccountChoice
from paceline.domain.retry_policy import RetryPolicy
from paceline.domain.sending_window import SendingWindow

SECONDS_PER_MESSAGE = 0.1
"""How long a server takes for one message over one connection, where nothing is measured yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAccount:
    """One account as it stands at the start of the forecast. ``usage`` and ``open_intents`` as in domain/allowance.py."""

    name: str
    id: int = 0
    """Its number; 0: it is not stored yet."""
    limits: Limits = field(default_factory=Limits)
    rate_per_minute: float = 0
    seconds_per_message: float = SECONDS_PER_MESSAGE
    """Of one connection."""
    connections: int = 1
    is_measured: bool = False
    """Whether the speed was measured; else it is assumed."""
    next_at: float = 0
    usage: tuple[tuple[int, int], ...] = ()
    open_intents: int = 0
    rests_until: float = 0
    """Sends nothing before this."""
    rests_because: str = ""
    host: str = ""
    is_limited: bool = False
    """Whether that rest comes from a limit: a campaign of which all accounts are limited is paused."""
    weight: float = 1.0
    """Its part of a campaign that deals its messages by weight, or of the recipients that stick to their accounts."""
    provider: str | None = None
    """The operator of its server, as in domain/mail_provider.py."""
    rivals: tuple[int, ...] = ()
    """Places in ``Plan.rivals``: the other campaigns that are sent through it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLayer:
    """A limit above accounts, with what counts in it: for all accounts, or for those of one host."""

    title: str
    limits: Limits
    host: str | None = None
    of_campaign: bool = False
    """It holds for this campaign only."""
    usage: tuple[tuple[int, int], ...] = ()
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientLimit:
    """A limit that holds for some recipients only, whoever sends to them."""

    limits: Limits
    usage: tuple[tuple[int, int], ...] = ()
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientGroup:
    """Recipients for whom the same holds, mixed evenly with all others."""

    messages: int
    """Of those that nobody has looked at yet; only the proportions of the groups matter."""
    limits: tuple[int, ...] = ()
    """Places in ``Plan.recipient_limits``."""
    provider: str | None = None
    """The operator of their mailboxes, where the campaign chooses its accounts by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another campaign that is sent through some of the same accounts, as it stands at the start of the forecast."""

    messages: int
    weight: float = 1.0
    rate_per_minute: float = 0
    window: SendingWindow | None = None
    starts_at: float = 0
    messages_per_second_elsewhere: float = 0
    """What its other accounts send."""


class Waiting(NamedTuple):
    """Messages that are tried again, or sent at last, from a moment on."""

    at: float
    messages: int
    attempts: int = 1
    """That they have had."""
    group: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What receivers are expected to refuse. ``deferred[n]``: the share of messages whose attempt n + 1 is deferred, of
    those that make it; ``refused``: the share that is refused for good at once.
    """

    refused: float = 0
    deferred: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A campaign from ``start`` on. Instants are UTC seconds since the epoch."""

    start: float
    messages: int
    """That are still to be sent, those that wait for another attempt left out."""
    accounts: tuple[PlannedAccount, ...]
    rate_per_minute: float = 0
    next_at: float = 0
    """The campaign's next slot."""
    waiting: tuple[Waiting, ...] = ()
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    expected: Expectation = field(default_factory=Expectation)
    window: SendingWindow | None = None
    """When the campaign may send; on the recipients' clocks it is taken as if they were all in the campaign's zone."""
    layers: tuple[PlannedLayer, ...] = ()
    recipient_limits: tuple[RecipientLimit, ...] = ()
    groups: tuple[RecipientGroup, ...] = ()
    """Empty: all recipients are alike."""
    choice: AccountChoice = AccountChoice.FREE
    weight: float = 1.0
    """Its share of accounts that it has together with ``rivals``."""
    rivals: tuple[Rival, ...] = ()
    done: int = 0
    """Messages that have ended before."""

    @property
    def total(self) -> int:
        """All messages of the campaign."""
        return self.done + self.left

    @property
    def left(self) -> int:
        """Messages that have not ended."""
        return self.messages + sum(one.messages for one in self.waiting)

    def starting(self, at: float) -> Plan:
        """What if it started then (never before the plan's own start)?"""
        return replace(self, start=max(at, self.start))

    def with_accounts(self, more: Iterable[PlannedAccount]) -> Plan:
        """What if these sent as well?"""
        return replace(self, accounts=(*self.accounts, *more))

    def with_more_like_the_last(self, count: int) -> Plan:
        """What if there were ``count`` more accounts with the settings of the last one, unused so far?"""
        if not self.accounts or count < 1:
            return self
        last = self.accounts[-1]
        fresh = replace(
            last,
            id=0,
            rivals=(),
            next_at=0,
            usage=(),
            open_intents=0,
            rests_until=0,
            rests_because="",
            is_limited=False,
        )
        return self.with_accounts(replace(fresh, name=f"another account {n + 1}") for n in range(count))

    def with_limits(
        self, *, minute: int | None = None, hour: int | None = None, day: int | None = None, month: int | None = None
    ) -> Plan:
        """What if every account had these limits (0 is unlimited; None: its own)? What is used stays used."""

        def changed(limits: Limits) -> Limits:
            return replace(
                limits,
                minute=limits.minute if minute is None else minute,
                hour=limits.hour if hour is None else hour,
                day=limits.day if day is None else day,
                month=limits.month if month is None else month,
            )

        return replace(
            self,
            accounts=tuple(
                replace(
                    account,
                    limits=changed(account.limits),
                    rests_until=0 if account.is_limited else account.rests_until,
                    is_limited=False,
                )
                for account in self.accounts
            ),
        )

    def with_pace(self, rate_per_minute: float) -> Plan:
        """What if the campaign had this pace?"""
        return replace(self, rate_per_minute=rate_per_minute, next_at=0)
