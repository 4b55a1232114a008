"""What a reply rule holds back for a time: something that is suspended, or sent at a lower pace."""

from __future__ import annotations

from dataclasses import dataclass

from paceline.domain.reply_rule import RuleScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Restraint:
    """One thing that is held back. ``reason`` names the rule; ``rate_per_minute`` None: nothing is sent."""

    scope: RuleScope
    target: str
    """The account's or campaign's number, the host or the domain."""
    reason: str
    rate_per_minute: float | None
    until_at: float

    @property
    def is_suspension(self) -> bool:
        """Whether nothing is sent."""
        return self.rate_per_minute is None


def suspended_domains(restraints: list[Restraint]) -> dict[str, float]:
    """Domain of recipients -> until when they get nothing."""
    found: dict[str, float] = {}
    for one in restraints:
        if one.scope is RuleScope.DOMAIN and one.is_suspension:
            found[one.target] = max(one.until_at, found.get(one.target, 0.0))
    return found


def lowered_rate(restraints: list[Restraint], scope: RuleScope, target: str) -> float | None:
    """The lowest pace to which something is slowed down; None where it is not."""
    rates = [
        one.rate_per_minute
        for one in restraints
        if one.rate_per_minute is not None and (one.scope, one.target) == (scope, target)
    ]
    return min(rates, default=None)
