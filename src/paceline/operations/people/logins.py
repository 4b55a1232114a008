"""Logging in by password, and what needs the password again. Nothing here tells whether an address has a user."""

from __future__ import annotations

from contextlib import suppress

from paceline.domain.address import parse_address
from paceline.domain.errors import PacelineError
from paceline.operations.context import Context, NotPossible
from paceline.operations.people import second_factor_codes, sessions
from paceline.operations.people.login_limits import SecondFactorNeeded, TooManyAttempts, one_attempt
from paceline.operations.people.passwords import check_password, hash_password, is_outdated, matches
from paceline.operations.people.sessions import NewSession
from paceline.store.catalogue import one_time_links, sessions as session_rows, users
from paceline.store.catalogue.one_time_links import LinkPurpose
from paceline.store.catalogue.users import UserRow


class LoginRefused(PacelineError):
    """Who asks is not who they say, as far as we can know."""


def log_in(
    context: Context, *, email: str, password: str, code: str = "", network_address: str = "", client: str = ""
) -> NewSession:
    """A new session for whoever knows the password, and has the second factor where there is one.

    Raises LoginRefused, SecondFactorNeeded when only the code is missing, TooManyAttempts.
    """
    user = authenticate(context, email=email, password=password, code=code, network_address=network_address)
    return sessions.start(context, user.id, client=client)


def authenticate(context: Context, *, email: str, password: str, code: str = "", network_address: str = "") -> UserRow:
    """The user with this address, password and second factor. Raises as ``log_in``; the work is the same for all."""
    with one_attempt(context, email=email, network_address=network_address):
        user = user_of(context, email)
        stored = None if user is None or user.disabled_at is not None else user.password_hash
        if not matches(stored, password) or user is None or stored is None:
            raise LoginRefused("the address or the password is wrong")
        if user.has_second_factor:
            if not code.strip():
                raise SecondFactorNeeded("this login needs a code of the second factor as well")
            if not second_factor_codes.accepts(context, user, code):
                raise LoginRefused("the code is wrong, too old, or was used before")
    if is_outdated(stored):
        with suppress(TooManyAttempts):  # many log in just now: the next login does it
            renewed = hash_password(password)
            with context.catalogue.write() as connection:
                users.rehash_password(connection, user.id, former=stored, password_hash=renewed)
    return user


def user_of(context: Context, email: str) -> UserRow | None:
    """The user with this address; None also for what is no address."""
    try:
        address = parse_address(email.strip())
    except ValueError:
        return None
    with context.catalogue.read() as connection:
        return users.by_email(connection, address)


def prove_password(context: Context, user_id: int, password: str, *, network_address: str = "") -> UserRow:
    """The user, who is logged in already and gives the password once more. Raises LoginRefused, TooManyAttempts."""
    with context.catalogue.read() as connection:
        user = users.by_id(connection, user_id)
    if user is None or user.disabled_at is not None:
        raise LoginRefused("this user cannot log in any more")
    if user.password_hash is None:
        raise NotPossible(
            "you have no password here, you log in through the identity provider: set one by a reset link"
        )
    with one_attempt(context, email=user.email, network_address=network_address):
        if not matches(user.password_hash, password):
            raise LoginRefused("the password is wrong")
    return user


def change_password(
    context: Context,
    user_id: int,
    *,
    session_id: int | None,
    password: str,
    new_password: str,
    network_address: str = "",
) -> None:
    """Another password; every other session of the user ends, and open reset links stop working.

    Raises InputError, LoginRefused, TooManyAttempts.
    """
    check_password(new_password, field="new_password")
    prove_password(context, user_id, password, network_address=network_address)
    hashed = hash_password(new_password)
    with context.catalogue.write() as connection:
        users.set_password(connection, user_id, hashed)
        session_rows.end_all(connection, user_id, but=session_id)
        one_time_links.void(connection, purpose=LinkPurpose.PASSWORD_RESET, user_id=user_id)
