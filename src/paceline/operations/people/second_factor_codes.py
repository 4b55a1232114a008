"""Codes of the second factor: which is right now, and that none is right twice."""

from __future__ import annotations

import base64
import hmac
import secrets

import pyotp

from paceline.operations.context import Context
from paceline.operations.people.access import hash_of
from paceline.store.catalogue import users
from paceline.store.catalogue.users import UserRow

RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 80 bits: a plain hash of them cannot be searched
_STEPS_AROUND = (0, -1, 1)  # clocks of telephones are up to 30 s off
_LONGEST_CODE = 64


def seal(context: Context, user_id: int, secret: str) -> bytes:
    """A secret as it is stored: it opens for this user only."""
    return context.box.seal({"totp": secret}, row=_row(user_id))


def accepts(context: Context, user: UserRow, code: str) -> bool:
    """Whether a code (of the app, or a recovery code) lets this user in; it never does so again."""
    step = step_of(context, user, code)
    with context.catalogue.write() as connection:
        if step is not None:
            return users.use_totp_step(connection, user.id, step)
        return users.use_recovery_code(connection, user.id, hash_of(_plain(code)))


def step_of(context: Context, user: UserRow, code: str) -> int | None:
    """The 30 s for which a code is right, if there is one near now."""
    digits = _plain(code)
    if user.totp is None or not (digits.isascii() and digits.isdigit()):
        return None
    totp = pyotp.TOTP(context.box.open(user.totp, row=_row(user.id))["totp"])
    step = int(context.clock.now() // totp.interval)
    matching = [near for near in _STEPS_AROUND if hmac.compare_digest(totp.generate_otp(step + near), digits)]
    return step + matching[0] if matching else None


def new_recovery_codes() -> tuple[list[str], list[str]]:
    """Codes as people see them, in groups of four, and their hashes."""
    plain = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    shown = ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in plain]
    return shown, [hash_of(code) for code in plain]


def _plain(code: str) -> str:
    return code[:_LONGEST_CODE].replace("-", "").replace(" ", "").lower()


def _row(user_id: int) -> str:
    return f"user {user_id}"
