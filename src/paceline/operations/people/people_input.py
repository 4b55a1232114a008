"""What people type about themselves, checked: addresses, names."""

from __future__ import annotations

import unicodedata

from paceline.domain.address import parse_address
from paceline.domain.errors import InputError, Problem

LONGEST_NAME = 200


def checked_email(text: str, *, field: str = "email") -> str:
    """One e-mail address. Raises InputError with the reason."""
    try:
        return parse_address(text.strip())
    except ValueError as error:
        raise InputError([Problem(file="", field=field, message=f"is not an e-mail address: {error}")]) from None


def checked_name(text: str, *, field: str = "name") -> str:
    """A name of somebody or something, without spaces around it. Raises InputError."""
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        message = "must not be empty"
    elif len(name) > LONGEST_NAME:
        message = f"may have at most {LONGEST_NAME} characters, this one has {len(name)}"
    elif any(unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") for one in name):
        message = "must not hold line breaks or control characters"
    else:
        return name
    raise InputError([Problem(file="", field=field, message=message)])
