"""When a message is tried again, and when an account is: only arithmetic; jitter is a number in [0, 1) from outside."""

from __future__ import annotations

from dataclasses import dataclass

_SCHEDULE_SECONDS = (120, 300, 900, 1800, 3600, 7200, 14400)
_GIVE_UP_SECONDS = 48 * 3600
_JITTER = 0.2

_ACCOUNT_FIRST_SECONDS = 1.0
_ACCOUNT_LONGEST_SECONDS = 900.0

_FREE_RETURNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and when a deferred message is tried again.

    Both None: 2, 5, 15, 30 minutes, 1, 2, 4 hours and then every 4 hours, up to 48 hours (common practice of mail
    servers). Otherwise the campaign's own number of attempts and fixed delay; what is absent of the two is 5 and 1 s.
    """

    max_attempts: int | None = None
    retry_delay_seconds: float | None = None

    def delay_seconds(
        self, attempts: int, *, asked_seconds: float | None, elapsed_seconds: float, jitter: float
    ) -> float | None:
        """Seconds until the next attempt after ``attempts`` have failed; None: give up.

        ``asked_seconds`` is what the receiver asked for; we never come back sooner than that.
        """
        if self.max_attempts is None and self.retry_delay_seconds is None:
            if elapsed_seconds >= _GIVE_UP_SECONDS:
                return None
            delay = _SCHEDULE_SECONDS[min(attempts, len(_SCHEDULE_SECONDS)) - 1] * (1 + _JITTER * jitter)
        else:
            if attempts >= (5 if self.max_attempts is None else self.max_attempts):
                return None
            own = 1.0 if self.retry_delay_seconds is None else self.retry_delay_seconds
            delay = own * (1 + _JITTER * jitter / 2)
        return delay if asked_seconds is None else max(delay, min(asked_seconds, _GIVE_UP_SECONDS))


def account_delay_seconds(failures: int, *, jitter: float) -> float:
    """Seconds an account rests after its ``failures``-th failure in a row: 1 s doubled up to 15 minutes, full-jittered
    over its upper half."""
    delay = min(_ACCOUNT_FIRST_SECONDS * 2.0 ** (max(failures, 1) - 1), _ACCOUNT_LONGEST_SECONDS)
    return delay * (0.5 + 0.5 * jitter)


def return_delay_seconds(returns: int, *, jitter: float) -> float:
    """Seconds until a message that came back for free may be claimed again: at once the first times, then ever later,
    so that a message that breaks connections cannot hold up the others."""
    if returns < _FREE_RETURNS:
        return 0.0
    return account_delay_seconds(returns - _FREE_RETURNS + 4, jitter=jitter)


def usual_retries(channel: str) -> RetryPolicy:
    """The policy of a campaign that names none: WhatsApp is asked again after 5 and 10 s, mail servers for two days."""
    return RetryPolicy(max_attempts=3, retry_delay_seconds=5.0) if channel == "whatsapp" else RetryPolicy()
