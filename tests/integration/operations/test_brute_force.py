"""Somebody tries passwords: per account, per network, many at once, and what it costs the people who belong there."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any

import pytest
from argon2 import PasswordHasher

from paceline.operations.people import passwords
from paceline.operations.people.login_limits import TooManyAttempts
from paceline.operations.people.logins import LoginRefused, prove_password
from surroundings.people import PASSWORD, Installation

OLGA = "olga@example.com"


def fail(installation: Installation, times: int, *, email: str = OLGA, **more: str) -> int:
    """Wrong passwords; returns how many were looked at."""
    refused = 0
    for _ in range(times):
        try:
            installation.log_in(email, "a wrong password", **more)
        except LoginRefused:
            refused += 1
        except TooManyAttempts:
            break
    return refused


def test_five_wrong_passwords_are_looked_at_and_then_the_right_one_has_to_wait(installation: Installation) -> None:
    installation.first_user()
    assert fail(installation, 10) == 5
    with pytest.raises(TooManyAttempts) as blocked:
        installation.log_in(OLGA)
    assert blocked.value.retry_after_seconds == 1
    installation.time.pass_by(1)
    installation.log_in(OLGA)
    assert fail(installation, 10) == 5  # a success wipes the slate


def test_pauses_double_up_to_a_quarter_of_an_hour(installation: Installation) -> None:
    pauses = []
    fail(installation, 4)
    for _ in range(13):
        fail(installation, 1)
        with pytest.raises(TooManyAttempts) as blocked:
            installation.log_in(OLGA)
        pauses.append(blocked.value.retry_after_seconds)
        installation.time.pass_by(pauses[-1])
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_addresses_that_nobody_has_are_slowed_down_alike(installation: Installation) -> None:
    installation.first_user()
    assert fail(installation, 10, email="nobody@example.com") == 5
    assert fail(installation, 10, email="NOBODY@example.com") == 0


def test_network_that_tries_many_accounts_is_slowed_down(installation: Installation) -> None:
    installation.first_user()
    tried = sum(fail(installation, 1, email=f"p{n}@example.com", network_address="203.0.113.7") for n in range(30))
    assert tried == 20
    with pytest.raises(TooManyAttempts):
        installation.log_in(OLGA, network_address="203.0.113.7")
    installation.log_in(OLGA, network_address="203.0.113.8")


def test_success_does_not_wipe_the_slate_of_a_network(installation: Installation) -> None:
    installation.first_user()
    here = "203.0.113.7"
    for n in range(19):
        fail(installation, 1, email=f"p{n}@example.com", network_address=here)
    installation.log_in(OLGA, network_address=here)
    assert fail(installation, 1, email="one@example.com", network_address=here) == 1
    assert fail(installation, 1, email="two@example.com", network_address=here) == 0


def test_addresses_of_one_ipv6_network_count_together(installation: Installation) -> None:
    tried = sum(
        fail(installation, 1, email=f"p{n}@example.com", network_address=f"2001:db8:1:2::{n:x}") for n in range(30)
    )
    assert tried == 20
    assert fail(installation, 1, email="q@example.com", network_address="2001:db8:1:3::1") == 1


def test_attempts_at_the_same_moment_are_counted_one_by_one(installation: Installation) -> None:
    installation.first_user()
    with ThreadPoolExecutor(8) as pool:
        looked_at = sum(pool.map(lambda _: fail(installation, 1), range(24)))
    assert looked_at == 5


def test_asking_for_the_password_again_is_counted_too(installation: Installation) -> None:
    who = installation.first_user()
    assert who.user_id is not None
    for _ in range(5):
        with pytest.raises(LoginRefused):
            prove_password(installation.context, who.user_id, "a wrong password")
    with pytest.raises(TooManyAttempts):
        prove_password(installation.context, who.user_id, PASSWORD)


def test_what_was_typed_as_an_address_is_not_stored(installation: Installation) -> None:
    fail(installation, 1, email="my secret password")
    with installation.context.catalogue.read() as connection:
        stored = str(connection.exec_driver_sql("SELECT * FROM login_attempts").all())
    assert "account" in stored
    assert "secret" not in stored


def test_flood_of_logins_is_refused_before_it_takes_every_thread(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.first_user()
    monkeypatch.setattr(passwords, "_PLACES", BoundedSemaphore(1))
    hashing, over = threading.Event(), threading.Event()
    verify = PasswordHasher.verify

    def verify_slowly(*given: Any) -> Any:
        hashing.set()
        assert over.wait(60)
        return verify(*given)

    monkeypatch.setattr(PasswordHasher, "verify", verify_slowly)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(installation.log_in, OLGA)
        assert hashing.wait(60)
        with pytest.raises(TooManyAttempts, match="at the same moment"):
            installation.log_in("ann@example.com")
        over.set()
        assert slow.result().token
