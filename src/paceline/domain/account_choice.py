"""Which of its accounts sends a campaign's message, where that is not simply the one that is free first. Only arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from paceline.domain.mail_provider import domain_of, provider_of

LEAST_DEALT = 4
"""So many messages for each account are dealt at once: whoever comes next finds some."""


class AccountChoice(StrEnum):
    """How a campaign spreads its messages over its accounts."""

    FREE = "free"  # whichever is free first: as fast as the accounts together can
    EVEN = "even"  # every account the same number
    WEIGHTED = "weighted"  # every account by its weight
    REMAINING = "remaining"  # every account by what its limits leave
    STICKY = "sticky"  # a recipient always has the same account
    SAME_PROVIDER = "same_provider"  # accounts of the recipient's own provider first, else even


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An account that may get messages of a campaign."""

    account_id: int
    dealt: int
    """Messages of this campaign that it has got already."""
    weight: float = 1.0
    remaining: int | None = None
    """What its limits leave; None: they do not limit it."""
    provider: str | None = None


def deal(choice: AccountChoice, candidates: Sequence[Candidate], addresses: Sequence[str]) -> list[int]:
    """The account of each message, in the order of the addresses. ``candidates`` must not be empty, nor choice FREE."""
    dealt = {one.account_id: one.dealt for one in candidates}
    now = dict.fromkeys(dealt, 0)
    chosen = []
    for address in addresses:
        account_id = _choose(choice, candidates, address, dealt, now).account_id
        dealt[account_id] += 1
        now[account_id] += 1
        chosen.append(account_id)
    return chosen


def _choose(
    choice: AccountChoice, candidates: Sequence[Candidate], address: str, dealt: dict[int, int], now: dict[int, int]
) -> Candidate:
    if choice is AccountChoice.STICKY:
        return max(candidates, key=lambda one: _rendezvous(one.account_id, address))
    if choice is AccountChoice.WEIGHTED:
        return min(candidates, key=lambda one: (dealt[one.account_id] + 1) / max(one.weight, 1e-9))
    if choice is AccountChoice.REMAINING:
        unlimited = [one for one in candidates if one.remaining is None]
        if unlimited:
            return min(unlimited, key=lambda one: now[one.account_id])
        return min(candidates, key=lambda one: (now[one.account_id] + 1) / max(one.remaining or 0, 1e-9))
    if choice is AccountChoice.SAME_PROVIDER:
        provider = provider_of(domain_of(address))
        candidates = [one for one in candidates if provider and one.provider == provider] or candidates
    return min(candidates, key=lambda one: dealt[one.account_id])


def _rendezvous(account_id: int, address: str) -> bytes:
    """The highest wins: when an account goes or comes, only its own recipients move."""
    return blake2b(f"{account_id} {address.casefold()}".encode("utf-8", "replace"), digest_size=8).digest()
