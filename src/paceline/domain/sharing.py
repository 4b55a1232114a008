"""How several senders share the work: how many accounts each holds, and when one more is worth its start."""

from __future__ import annotations

_WORTH_A_START = 5_000
"""Messages: about what a process sends in the time that another one needs to start."""
_BUSY = 0.7


def fair_share(accounts: int, senders: int) -> int:
    """The most accounts that one of so many senders may hold. All shares together are never too few for all accounts."""
    return -(-accounts // max(senders, 1))


def one_more_helps(*, busy: float, messages: int, senders: int, accounts: int, cores: int) -> bool:
    """Whether one more sender process makes a campaign faster.

    ``busy`` is the part of one core that this process uses: what waits for a pace, a limit or a server uses little of it, and then a
    second process would only wait as well. ``messages`` are those that are left.
    """
    return busy >= _BUSY and messages >= _WORTH_A_START and senders < min(accounts, cores)
