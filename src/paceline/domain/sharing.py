"""How several senders share the work: how many accounts each of them holds."""

from __future__ import annotations


def fair_share(accounts: int, senders: int) -> int:
    """The most accounts that one of so many senders may hold. All shares together are never too few for all accounts."""
    return -(-accounts // max(senders, 1))
