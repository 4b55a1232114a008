"""The pace of one account: the grid of its messages, and the provider's rate where there is one that moves."""

from __future__ import annotations

import random
from collections.abc import Callable

from paceline.domain.account import Account, WhatsAppLogin
from paceline.domain.pacing import begin_at, interval_seconds, slot
from paceline.domain.rate import AdaptiveRate


class AccountPace:
    """When the account's next message may begin."""

    def __init__(self, account: Account, next_at: float, *, keep: Callable[[float], None]) -> None:
        """``keep`` stores the next grid point, so that a crash grants no burst."""
        self._own_interval = interval_seconds(account.rate_per_minute)
        self._lowered_interval = 0.0
        self._next_at = next_at
        self._keep = keep
        self._jitter = random.random()
        self._rate = self._whole = _adaptive_rate(account)
        self.interval = self._own_interval
        """Seconds between two messages; 0 when there is no pace."""
        if self._rate is not None:
            self._follow(self._rate)

    @property
    def has_rate(self) -> bool:
        """Whether the provider sets a rate: its refusals because of it are no trouble."""
        return self._rate is not None

    def begins_at(self, now: float) -> float:
        """When the next message may begin, as far as the account's pace goes."""
        if not self.interval:
            return now
        return begin_at(slot(self._next_at, now, self.interval), self.interval, self._jitter)

    def began(self, now: float) -> None:
        """A message begins: move the grid on; jitter moves single messages, never the grid."""
        if self.interval:
            self._next_at = slot(self._next_at, now, self.interval) + self.interval
            self._jitter = random.random()
            self._keep(self._next_at)

    def accepted(self, now: float) -> None:
        """The provider has accepted a message."""
        if self._rate is not None:
            self._follow(self._rate.accepted(now))

    def refused(self, now: float) -> None:
        """The provider has refused a message because of the rate."""
        if self._rate is not None:
            self._follow(self._rate.refused(now))

    def leave_room(self, share: float) -> None:
        """Keep back this share of the provider's rate, where there is one: somebody else needs it."""
        if self._rate is not None and self._whole is not None:
            self._follow(self._rate.below(self._whole.ceiling * (1 - share)))

    def lower(self, rate_per_minute: float | None) -> bool:
        """Keep to this pace for now, None: no longer; whether that is new."""
        lowered = interval_seconds(rate_per_minute or 0.0)
        if lowered == self._lowered_interval:
            return False
        self._lowered_interval = lowered
        self._follow(self._rate)
        return True

    def _follow(self, rate: AdaptiveRate | None) -> None:
        self._rate = rate
        of_provider = 0.0 if rate is None else 1 / rate.rate
        self.interval = max(self._own_interval, self._lowered_interval, of_provider)


def _adaptive_rate(account: Account) -> AdaptiveRate | None:
    login = account.login
    return AdaptiveRate.at_ceiling(login.messages_per_second) if isinstance(login, WhatsAppLogin) else None
