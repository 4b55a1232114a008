"""Phone numbers: the one place that says what is one, and in which form it is kept."""

from __future__ import annotations

import re

_FILLING = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]+")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164: up to 15 digits


def parse_phone(text: str) -> str:
    """Check one number with its country code and return it as E.164: "+" and digits.

    Spaces, dashes, dots, slashes and brackets are dropped, 00 in front is taken for +. Raises ValueError with the
    reason in plain words.
    """
    number = _FILLING.sub("", text)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if number.isascii() and number.isdigit():
        raise ValueError("it has no country code; accepted is a number such as +41 44 668 18 00")
    if not _NUMBER.fullmatch(number):
        raise ValueError("it is no phone number; accepted is a number such as +41 44 668 18 00")
    return number
