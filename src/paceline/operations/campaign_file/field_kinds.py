"""What fields of a file can accept: each kind says it in words, and reads a value or refuses it with the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from paceline.domain.address import parse_mailbox

_LONGEST_SHOWN = 60
_LONGEST_TEXT = 200
_LARGEST_SHOWN_BITS = 200
_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_ENDS_LIKE_AN_ADDRESS = re.compile(r"(?:^|\.)(?:[0-9]+|0[xX][0-9A-Fa-f]*)$")
_ADDRESS_CHARACTERS = re.compile(r"[0-9A-Za-z.:%_-]+")
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """``read`` returns the value as the program uses it, or raises ValueError, with the reason if there is more to say."""

    accepts: str
    read: Callable[[Any], Any]
    secret: bool = False
    """What was given is not repeated in the refusal: it may be a password in the wrong place."""

    def parse(self, value: object) -> Any:
        """The value. Raises ValueError with a sentence: what is accepted, what was given."""
        try:
            return self.read(value)
        except ValueError as error:
            got = "" if self.secret else f", got {shown(value)}"
            reason = f": {error}" if str(error) else ""
            raise ValueError(f"accepts {self.accepts}{got}{reason}") from None


def shown(value: object) -> str:
    """A TOML value as a person may see it: cut, and without control characters."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "an array"
    if isinstance(value, int) and value.bit_length() > _LARGEST_SHOWN_BITS:
        return "a huge number"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)
    text = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def did_you_mean(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """``did you mean "hourly_limit"?``, or "" when nothing is that much alike, in [0, 1]."""
    by_form = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_form, n=1, cutoff=likeness)
    return f'did you mean "{by_form[close[0]]}"?' if close else ""


def whole(least: int, most: int) -> Kind:
    """A whole number."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError
        return value

    return Kind(accepts=f"a whole number from {least} to {most}", read=read)


def number(least: float, most: float, *, or_zero: bool = False) -> Kind:
    """A number, whole or not."""

    def read(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ValueError
        if not least <= value <= most and not (or_zero and value == 0):  # also refuses nan
            raise ValueError
        return float(value)

    zero = "0 or " if or_zero else ""
    return Kind(accepts=f"{zero}a number from {least} to {most}", read=read)


def one_of(words: type[StrEnum] | Iterable[str], *, or_nothing: bool = False) -> Kind:
    """One of some words; of an enumeration its member."""
    members = {str(word): word for word in words}

    def read(value: object) -> str:
        if or_nothing and value == "":
            return ""
        if not isinstance(value, str) or value not in members:
            raise ValueError
        return members[value]

    *others, last = (f'"{word}"' for word in members)
    return Kind(accepts=f"{', '.join(others)} or {last}" if others else last, read=read)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _line(value: object) -> str:
    text = _string(value).strip()
    if not text.isprintable():
        raise ValueError("it contains a line break or a control character")
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"it has {len(text)} characters")
    return text


def _some_line(value: object) -> str:
    if not (text := _line(value)):
        raise ValueError
    return text


def _path(value: object) -> str:
    if not _string(value).isprintable():
        raise ValueError("it contains a line break or a control character")
    return _string(value)


def _some_path(value: object) -> str:
    if not (text := _path(value)):
        raise ValueError
    return text


def matching(pattern: re.Pattern[str], *, or_nothing: bool = False) -> Callable[[object], str]:
    """Reads a text that a pattern matches as a whole."""

    def read(value: object) -> str:
        text = _string(value)
        if not pattern.fullmatch(text) and not (or_nothing and not text):
            raise ValueError
        return text

    return read


def _host(value: object) -> str:
    """One spelling per IP address, since the host is part of what makes two accounts the same."""
    text = _string(value)
    if ":" in text or _ENDS_LIKE_AN_ADDRESS.search(text):
        return _ip_address(text)
    if not _HOST.fullmatch(text):
        raise ValueError
    return text


def _ip_address(text: str) -> str:
    if not _ADDRESS_CHARACTERS.fullmatch(text):  # a scope id may hold anything
        raise ValueError
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError from None


def _mailbox(value: object) -> str:
    text = _string(value)
    if not text:
        return text
    if "{{" in text or "{%" in text:
        raise ValueError("it is not a template")
    if not parse_mailbox(text).address.isascii():
        raise ValueError("the part before the @ must be plain ASCII")
    return text


def _time_zone(value: object) -> ZoneInfo:
    name = _string(value)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: names of folders
        raise ValueError(did_you_mean(name, available_timezones(), likeness=0.8)) from None


def _https_url(value: object) -> str:
    url = _line(value)
    if url and (not url.startswith("https://") or not urlsplit(url).hostname or " " in url):
        raise ValueError
    return url


def _web_url(value: object) -> str:
    url = _line(value)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in url or parts.query or parts.fragment:
        raise ValueError
    return url.rstrip("/")


FLAG = Kind(accepts="true or false", read=_flag)
TEXT = Kind(accepts="text", read=_string)  # whose content is judged elsewhere


def _paths(value: object) -> list[str]:
    if not isinstance(value, list):
        raise ValueError
    return [_some_path(one) for one in value]


LINE = Kind(accepts=f"one line of text, up to {_LONGEST_TEXT} characters", read=_line)
SOME_LINE = Kind(accepts=f"one line of text, 1 to {_LONGEST_TEXT} characters", read=_some_line)
PATH = Kind(accepts="the path of a file", read=_path)
SOME_PATH = Kind(accepts="the path of a file", read=_some_path)
PATHS = Kind(accepts="a list of paths of files", read=_paths)
KEY = Kind(
    accepts="1 to 100 letters (A-Z, a-z), digits, dots, dashes and underscores, not beginning with a dot or a dash",
    read=matching(_KEY),
)
HOST = Kind(accepts="a host name or an IP address, without a port", read=_host)
MAILBOX = Kind(accepts="an address such as Ann Lee <ann@example.com>", read=_mailbox)
TIME_ZONE = Kind(accepts="a time zone such as Europe/Berlin", read=_time_zone)
WEB_URL = Kind(accepts="a URL such as https://graph.facebook.com", read=_web_url)
HTTPS_URL = Kind(accepts="a URL that begins with https://", read=_https_url)
TENANT = Kind(accepts="the name or id of a Microsoft tenant", read=matching(_TENANT, or_nothing=True))
VARIABLE = Kind(
    accepts="the name of an environment variable (letters, digits and underscores), not the secret itself",
    read=matching(_VARIABLE, or_nothing=True),
    secret=True,
)
