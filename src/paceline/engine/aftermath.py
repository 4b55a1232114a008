"""How an account stands after its worker has left: ready, at its limit, backing off, or broken. Pure but for the jitter given."""

from __future__ import annotations

from typing import Any

from paceline.domain.account import AccountState
from paceline.domain.allowance import Exhaustion
from paceline.domain.outcome import AccountTrouble, TroubleKind
from paceline.domain.retry_policy import account_delay_seconds
from paceline.engine.account_worker import Departure

_PROVIDER_LIMIT_SECONDS = 3600.0
_LOGINS_BEFORE_BROKEN = 2


def standing_after(
    departure: Departure, *, failures: int, accepted: bool, now: float, longest: float, jitter: float
) -> dict[str, Any]:
    """After this departure of a worker that found ``failures`` troubles in a row, and that had a message ``accepted``."""
    before = 0 if accepted else failures
    if departure.exhaustion is not None:
        return limited(departure.exhaustion)
    if departure.trouble is None:
        return ready(before)
    return troubled(departure.trouble, before + 1, now=now, longest=longest, jitter=jitter)


def limited(exhaustion: Exhaustion) -> dict[str, Any]:
    """Its allowance is used up."""
    reason = f"{exhaustion.unit_name} limit {exhaustion.limit} reached"
    return {"state": AccountState.LIMITED, "reason": reason, "until_at": exhaustion.resumes_at, "failures": 0}


def ready(failures: int) -> dict[str, Any]:
    """Nothing is wrong."""
    return {"state": AccountState.READY, "reason": None, "until_at": None, "failures": failures}


def troubled(trouble: AccountTrouble, failures: int, *, now: float, longest: float, jitter: float) -> dict[str, Any]:
    """It is in trouble, ``failures`` times in a row now; it backs off for ``longest`` seconds at most."""
    is_final = trouble.kind is TroubleKind.BROKEN and failures >= _LOGINS_BEFORE_BROKEN
    if is_final or trouble.kind is TroubleKind.ALARM:
        return {"state": AccountState.BROKEN, "reason": trouble.reason, "until_at": None, "failures": failures}
    if trouble.kind is TroubleKind.LIMITED:
        until = now + (trouble.retry_after_seconds or _PROVIDER_LIMIT_SECONDS)
        return {"state": AccountState.LIMITED, "reason": trouble.reason, "until_at": until, "failures": 0}
    delay = min(account_delay_seconds(failures, jitter=jitter), longest)
    until = now + max(delay, trouble.retry_after_seconds or 0.0)
    return {"state": AccountState.BACKING_OFF, "reason": trouble.reason, "until_at": until, "failures": failures}
