"""Phone numbers: the one place that says what is one, and in which form it is kept."""

from __future__ import annotations

import re
from functools import cache

_FILLING = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]+")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164: up to 15 digits


def parse_phone(text: str, *, country: str = "") -> str:
    """Check one number and return it as E.164: "+" and digits.

    Spaces, dashes, dots, slashes and brackets are dropped, 00 in front is taken for +. A number without a country code
    belongs to ``country`` (such as CH), and is refused without one. Raises ValueError with the reason in plain words.
    """
    number = _FILLING.sub("", text)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if number.isascii() and number.isdigit():
        if country:
            return _national(number, country)
        raise ValueError("it has no country code; accepted is a number such as +41 44 668 18 00")
    if not _NUMBER.fullmatch(number):
        raise ValueError("it is no phone number; accepted is a number such as +41 44 668 18 00")
    return number


def _national(number: str, country: str) -> str:
    import phonenumbers  # imported here because it takes a tenth of a second and few processes need it

    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise ValueError(
            f"it is no phone number of {country}; accepted is one such as +41 44 668 18 00 or 044 668 18 00"
        )
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def is_country(code: str) -> bool:
    """Whether this is a country with numbers of its own, such as CH."""
    import phonenumbers

    return code in phonenumbers.SUPPORTED_REGIONS


def spellings(number: str) -> list[str]:
    """The forms in which the provider may write a number: in Brazil and Mexico it adds or drops a digit."""
    if number.startswith("+55") and len(number) == 14 and number[5] == "9":
        return [number, number[:5] + number[6:]]
    if number.startswith("+55") and len(number) == 13:
        return [number, f"{number[:5]}9{number[5:]}"]
    if number.startswith("+521") and len(number) == 14:
        return [number, f"+52{number[4:]}"]
    if number.startswith("+52") and len(number) == 13:
        return [number, f"+521{number[3:]}"]
    return [number]


def calling_code(number: str) -> str:
    """The country calling code of a number such as +41446681800: "41"; "" when there is none."""
    import phonenumbers  # imported here because it takes a tenth of a second and few processes need it

    digits = number.removeprefix("+")
    return next((digits[:n] for n in (1, 2, 3) if int(digits[:n] or 0) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), "")


def is_in_united_states(number: str) -> bool:
    """Whether a number such as +16505551234 has an area code of the United States; +1 is Canada and the Caribbean too."""
    return number.startswith("+1") and len(number) == 12 and _is_area_of_united_states(number[2:5])


@cache
def _is_area_of_united_states(area: str) -> bool:
    import phonenumbers

    usual = phonenumbers.parse(f"+1{area}2345678")  # any number of the area will do
    return phonenumbers.region_code_for_number(usual) == "US"
