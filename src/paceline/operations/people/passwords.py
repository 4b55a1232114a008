"""Passwords of people: what is accepted, and how they are kept (argon2id).

Hashing takes 19 MB and some 30 ms on purpose. It releases the interpreter, so it belongs in a thread; not more than
two run at once, or a flood of logins would take the memory and the cores that campaigns need.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from paceline.domain.errors import InputError, Problem
from paceline.operations.people.login_limits import TooManyAttempts

SHORTEST = 12
LONGEST = 256

# The least that OWASP's Password Storage Cheat Sheet asks of argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE = BoundedSemaphore(2)
_PLACES = BoundedSemaphore(10)  # hashing or waiting for it: a flood must not take all threads that answer requests
_LONGEST_WAIT_SECONDS = 5.0

_MOST_COMMON = """
    000000000000 111111111111 112233445566 121212121212 123123123123 123412341234 123456789000 123456789012
    1234567890123 12345678901234 123456789012345 1234567890123456 1234567891011 123456789123 123456789abc
    1234567890ab 1234567890qw 123qweasdzxc 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv
    222222222222 333333333333 555555555555 666666666666 777777777777 888888888888 987654321000 987654321012
    999999999999 aaaaaaaaaaaa abababababab abc123abc123 abcd1234abcd abcdefghijkl abcdefghijklm abcdefghijklmnop
    abcdef123456 admin1234567 admin12345678 adminadminadmin administrator administrator1 asdasdasdasd
    asdfasdfasdf asdfghjkl123 asdfghjkl1234 changeme1234 changemechangeme correcthorsebatterystaple dragondragon
    football1234 iloveyou1234 iloveyouiloveyou letmein12345 letmeinletmein monkeymonkey motdepasse123
    paceline1234 pacelinepaceline pass12345678 pass1234pass passpasspass password0000 password1111 password1234
    password12345 password123456 password2024 password2025 password2026 password2027 passwordpassword
    p@ssw0rd1234 p@ssword1234 passw0rd1234 passwort1234 princess1234 q1w2e3r4t5y6 qazwsxedcrfv qazwsxqazwsx
    qqqqqqqqqqqq qwerty123456 qwerty1234567 qwertyqwerty qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopasdf
    qwertyuiopasdfghjkl qwertzuiop12 secret123456 starwarsstarwars sunshine1234 superman1234 test12345678
    testtesttest trustno1trustno1 welcome12345 welcome123456 xxxxxxxxxxxx zaq12wsxcde3 zxcvbnm12345
    zxcvbnmzxcvbnm zzzzzzzzzzzz
"""
_COMMON = frozenset(_MOST_COMMON.split())


def check_password(password: str, *, field: str = "password") -> None:
    """Refuse a password that is too short, too long or among the most common ones; there are no other rules.

    Raises InputError.
    """
    if len(password) < SHORTEST:
        problem = f"must have at least {SHORTEST} characters, this one has {len(password)}; several words are easiest"
    elif len(password) > LONGEST:
        problem = f"may have at most {LONGEST} characters, this one has {len(password)}"
    elif password.casefold() in _COMMON:
        problem = "is one of the most common passwords and would be tried first; choose another one"
    else:
        return
    raise InputError([Problem(file="", field=field, message=problem)])


def hash_password(password: str) -> str:
    """A new hash of a password, with its parameters and salt in it. Raises TooManyAttempts when others wait too long."""
    with _one_of_few():
        return _HASHER.hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the one of this hash.

    Takes the same time when there is no hash (nobody has this address), so that the answer is all that can be learnt.
    """
    with _one_of_few():
        try:
            _HASHER.verify(stored or _hash_of_nothing(), _normal(password))
        except (Argon2Error, InvalidHashError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _hash_of_nothing() -> str:
    return _HASHER.hash("nobody's password")


def _normal(password: str) -> bytes:
    """The same bytes from every keyboard: composed and decomposed letters are one."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@contextmanager
def _one_of_few() -> Iterator[None]:
    with _held(_PLACES, 0.0), _held(_AT_ONCE, _LONGEST_WAIT_SECONDS):
        yield


@contextmanager
def _held(semaphore: BoundedSemaphore, seconds: float) -> Iterator[None]:
    if not semaphore.acquire(timeout=seconds):
        raise TooManyAttempts("too many logins at the same moment", retry_after_seconds=_LONGEST_WAIT_SECONDS)
    try:
        yield
    finally:
        semaphore.release()
