"""Paths and parameters of MAIL and RCPT, read strictly (RFC 5321 section 4.1.2, RFC 6531)."""

from __future__ import annotations

import re
from typing import Final

from paceline.sandbox import replies

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_LABEL: Final = r"[A-Za-z0-9\x80-\U0010ffff](?:[A-Za-z0-9\x80-\U0010ffff-]*[A-Za-z0-9\x80-\U0010ffff])?"
_ADDRESS: Final = re.compile(
    rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@(?:{_LABEL}(?:\.{_LABEL})*|\[[A-Za-z0-9.:]+\])|[Pp]ostmaster"
)
_PATH: Final = re.compile(rf"<([^<>\"]*(?:{_QUOTED}[^<>\"]*)*)>(?: (.+))?")
_LONGEST: Final = 320


class Refused(Exception):
    """The command cannot be accepted; ``reply`` says why."""

    def __init__(self, reply: bytes) -> None:
        self.reply = reply
        super().__init__(replies.as_text(reply))


def read_path(argument: bytes, keyword: bytes) -> tuple[str, dict[str, str]]:
    """Address and parameters of ``FROM:<address> NAME=value``; "" is the null path. Raises Refused."""
    if argument[: len(keyword)].upper() != keyword:
        raise Refused(replies.BAD_ARGUMENT)
    try:
        match = _PATH.fullmatch(argument[len(keyword) :].decode())
    except UnicodeDecodeError:
        raise Refused(replies.BAD_ADDRESS) from None
    if match is None:
        raise Refused(replies.BAD_ARGUMENT)
    address, parameters = match.groups()
    if address and not is_address(address):
        raise Refused(replies.BAD_ADDRESS)
    return address, _read_parameters(parameters) if parameters else {}


def is_address(text: str) -> bool:
    """Whether this is a mailbox as RFC 5321 and 6531 write one, free of control characters and separators."""
    return len(text) <= _LONGEST and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def _read_parameters(text: str) -> dict[str, str]:
    pairs = (item.partition("=") for item in text.split(" ") if item)
    return {name.upper(): value for name, _, value in pairs}
