"""The second factor: one-time codes from an app (TOTP, RFC 6238), and recovery codes for the day the telephone is gone."""

from __future__ import annotations

from dataclasses import dataclass

import pyotp

from paceline.domain.errors import InputError, Problem
from paceline.operations.context import Context, NotPossible
from paceline.operations.people.logins import prove_password
from paceline.operations.people.second_factor_codes import new_recovery_codes, seal, step_of
from paceline.store.catalogue import users


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an authenticator app needs: the secret to type, or the URI as a QR code."""

    secret: str
    uri: str


def recovery_codes_left(context: Context, user_id: int) -> int | None:
    """How many recovery codes a user has; None while no second factor is in force."""
    with context.catalogue.read() as connection:
        user = users.by_id(connection, user_id)
        if user is None or not user.has_second_factor:
            return None
        return users.count_recovery_codes(connection, user_id)


def enrol(context: Context, user_id: int, *, password: str, network_address: str = "") -> Enrolment:
    """Begin: a new secret, which is not asked for before a first code has confirmed it.

    Raises LoginRefused (the password), NotPossible when a second factor is in force, TooManyAttempts.
    """
    user = prove_password(context, user_id, password, network_address=network_address)
    secret = pyotp.random_base32()
    with context.catalogue.write() as connection:
        if not users.begin_totp(connection, user_id, seal(context, user_id, secret)):
            raise NotPossible("a second factor is in force already: switch it off first")
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name="Paceline")
    return Enrolment(secret=secret, uri=uri)


def confirm(context: Context, user_id: int, code: str) -> list[str]:
    """The first code: from now on logins need one. Returns the recovery codes, which are shown only now.

    Raises InputError for a wrong code, NotPossible when nothing was begun or everything is done.
    """
    with context.catalogue.read() as connection:
        user = users.by_id(connection, user_id)
    if user is None or user.totp is None or user.has_second_factor:
        raise NotPossible("no second factor is being set up: begin anew")
    step = step_of(context, user, code)
    if step is None:
        message = "is not the code that the app shows now; check that the telephone's clock is right"
        raise InputError([Problem(file="", field="code", message=message)])
    codes, hashes = new_recovery_codes()
    with context.catalogue.write() as connection:
        used = users.use_totp_step(connection, user_id, step)
        if not (used and users.confirm_totp(connection, user_id, sealed=user.totp, now=context.clock.now())):
            raise NotPossible("this second factor was confirmed, or begun anew, in the meantime")
        users.set_recovery_codes(connection, user_id, hashes)
    return codes


def renew_recovery_codes(context: Context, user_id: int, *, password: str, network_address: str = "") -> list[str]:
    """New recovery codes; the former ones stop working. Raises LoginRefused, NotPossible, TooManyAttempts."""
    user = prove_password(context, user_id, password, network_address=network_address)
    if not user.has_second_factor:
        raise NotPossible("no second factor is in force")
    codes, hashes = new_recovery_codes()
    with context.catalogue.write() as connection:
        users.set_recovery_codes(connection, user_id, hashes)
    return codes


def switch_off(context: Context, user_id: int, *, password: str, network_address: str = "") -> None:
    """The password alone is enough again. A second call changes nothing. Raises LoginRefused, TooManyAttempts."""
    prove_password(context, user_id, password, network_address=network_address)
    with context.catalogue.write() as connection:
        users.clear_totp(connection, user_id)
