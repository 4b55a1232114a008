"""Brute force is slowed down: attempts are counted per account and per network address, before they are looked at.

Counting first means that a hundred attempts at the same moment are a hundred attempts, not one. Addresses of accounts
are kept as hashes, whether there is such an account or not.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterator
from contextlib import contextmanager

from paceline.domain.address import address_key
from paceline.domain.errors import PacelineError
from paceline.domain.login_pace import ACCOUNT_PACE, ADDRESS_PACE, FORGOTTEN_AFTER_SECONDS, LoginPace
from paceline.operations.context import Context
from paceline.operations.people.access import hash_of
from paceline.store.catalogue import login_attempts
from paceline.store.catalogue.login_attempts import Attempts


class TooManyAttempts(PacelineError):
    """Wait first; ``retry_after_seconds`` says how long."""

    def __init__(self, reason: str, *, retry_after_seconds: float) -> None:
        self.retry_after_seconds = max(1, math.ceil(retry_after_seconds))
        super().__init__(f"{reason}: try again in {self.retry_after_seconds} s")


class SecondFactorNeeded(PacelineError):
    """The password is right; a code of the second factor, or a recovery code, has to come with it."""


@contextmanager
def one_attempt(context: Context, *, email: str, network_address: str) -> Iterator[None]:
    """One attempt at a secret of an account: leaving the block by an error is a failure.

    Raises TooManyAttempts without entering it. ``network_address`` is empty where there is none.
    """
    subjects = _subjects(email, network_address)
    _refuse_blocked(context, subjects)
    _count(context, subjects)
    try:
        yield
    except SecondFactorNeeded:
        _take_back(context, list(subjects))
        raise
    with context.catalogue.write() as connection:
        for subject, pace in subjects.items():
            if pace is ACCOUNT_PACE:
                login_attempts.forget(connection, subject)
            else:  # others behind this address have failed, and still have
                login_attempts.take_back(connection, subject, now=context.clock.now())


def count_request(context: Context, *, kind: str, email: str, network_address: str) -> None:
    """Count something that cannot fail but should not be asked too often, such as a password reset.

    Raises TooManyAttempts, for addresses that nobody has as well.
    """
    subjects = _subjects(email, network_address, account=kind)
    _refuse_blocked(context, subjects)
    _count(context, subjects)


def count_network(context: Context, *, network_address: str) -> None:
    """Count what strangers may ask for without an account, such as to join a list, per network alone.

    Raises TooManyAttempts.
    """
    if network_address:
        subjects = {f"stranger {_network(network_address)}": ADDRESS_PACE}
        _refuse_blocked(context, subjects)
        _count(context, subjects)


def _subjects(email: str, network_address: str, *, account: str = "account") -> dict[str, LoginPace]:
    """Whom an attempt is counted for, in the order in which rows are locked."""
    found = {f"{account} {hash_of(address_key(email.strip()))}": ACCOUNT_PACE}
    if network_address:
        found[f"network {_network(network_address)}"] = ADDRESS_PACE
    return found


def _network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address: whoever has one of those has them all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return hash_of(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def _refuse_blocked(context: Context, subjects: dict[str, LoginPace]) -> None:
    """A read, so that a flood of refused attempts writes nothing."""
    now = context.clock.now()
    with context.catalogue.read() as connection:
        until = max((login_attempts.find(connection, subject).blocked_until_at for subject in subjects), default=0.0)
    _refuse_before(until, now)


def _refuse_before(until_at: float, now: float) -> None:
    if until_at > now:
        raise TooManyAttempts("too many attempts", retry_after_seconds=until_at - now)


def _count(context: Context, subjects: dict[str, LoginPace]) -> None:
    now = context.clock.now()
    with context.catalogue.write() as connection:
        for subject, pace in subjects.items():
            known = login_attempts.locked(connection, subject)
            _refuse_before(known.blocked_until_at, now)  # an attempt at the same moment was faster
            recent = now - known.blocked_until_at < FORGOTTEN_AFTER_SECONDS
            failures = (known.failures if recent else 0) + 1
            pause = pace.pause_seconds(failures)
            login_attempts.save(connection, subject, Attempts(failures=failures, blocked_until_at=now + pause))


def _take_back(context: Context, subjects: list[str]) -> None:
    with context.catalogue.write() as connection:
        for subject in subjects:
            login_attempts.take_back(connection, subject, now=context.clock.now())
