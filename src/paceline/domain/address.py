"""E-mail addresses and mailboxes: the one place that says what is an address, and when two are the same recipient."""

from __future__ import annotations

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

LONGEST_LOCAL_PART = 64  # RFC 5321 section 4.5.3.1.1
LONGEST_ADDRESS = 254  # RFC 5321 section 4.5.3.1.3: a path of 256 with its two brackets

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # "xn--" and its like are for the library
_PLAIN = re.compile(rf"(?!-)({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+[A-Za-z]{{2,63}}|localhost)")
_ASCII_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])|localhost"
)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MAILBOX = re.compile(r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^"<>]*?))\s*<(?P<address>[^<>]*)>')
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name to show, "" when there is none, and an address."""

    name: str
    address: str


def parse_address(text: str) -> str:
    """Check one addr-spec and return it with its domain in lower-case ASCII (IDNA); the local part stays as it is.

    Spaces around it are dropped. Neither DNS nor a list of special names is asked: ``example.com``, ``.test`` and
    ``localhost`` are addresses. Quoted local parts, address literals and comments are not (RFC 5321 section 4.1.2
    advises against the first). Raises ValueError with the reason in plain words.
    """
    match = _PLAIN.fullmatch(text) if len(text) <= LONGEST_ADDRESS else None
    if match is None or match.end(1) > LONGEST_LOCAL_PART or "=?" in text:
        return _parse_unusual_address(text.strip(" \t\u00a0"))
    return f"{match[1]}@{match[2].lower()}"


def address_key(address: str) -> str:
    """What makes two addresses the same recipient: the whole address without regard to case."""
    return address.casefold()


def parse_mailbox(text: str) -> Mailbox:
    """Read ``ann@example.com``, ``Ann Lee <ann@example.com>`` or ``"Lee, Ann" <ann@example.com>``: exactly one mailbox.

    Raises ValueError with the reason in plain words.
    """
    if found := _UNPRINTABLE.search(text):
        raise ValueError(f"it contains a line break or a control character (U+{ord(found[0]):04X})")
    text = text.strip()
    if "<" not in text and ">" not in text:
        return Mailbox(name="", address=parse_address(text))
    match = _MAILBOX.fullmatch(text)
    if match is None:
        raise ValueError('it is not one mailbox; write it as Ann Lee <ann@example.com> or "Lee, Ann" <ann@example.com>')
    name = _mailbox_name(match)
    if "=?" in name:
        raise ValueError("its name holds an encoded word (=?...?=); write the name itself")
    return Mailbox(name=name, address=parse_address(match["address"]))


def _mailbox_name(match: re.Match[str]) -> str:
    if match["quoted"] is not None:
        return _ESCAPED.sub(r"\1", match["quoted"])
    name = match["plain"].strip()
    if found := re.search(r"[,;:@\\]", name):
        raise ValueError(f'its name holds "{found[0]}"; put the name in double quotes if this is one mailbox')
    return name


def _parse_unusual_address(text: str) -> str:
    """The addresses that are not plain ASCII, and the reasons for those that are none."""
    _refuse_obvious_mistakes(text)
    try:
        found = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise ValueError(str(error).rstrip(".").removeprefix("The email address is not valid. ")) from None
    except UnicodeError:
        raise ValueError("the domain is not a valid name") from None
    local, domain = found.local_part, found.ascii_domain.lower()
    if _ASCII_DOMAIN.fullmatch(domain) is None:
        raise ValueError(f'the domain "{domain}" is not complete')
    if len(local.encode()) > LONGEST_LOCAL_PART:
        raise ValueError(f"the part before the @ is longer than {LONGEST_LOCAL_PART} bytes")
    if len(local.encode()) + 1 + len(domain) > LONGEST_ADDRESS:
        raise ValueError(f"it is longer than {LONGEST_ADDRESS} bytes")
    return f"{local}@{domain}"


def _refuse_obvious_mistakes(text: str) -> None:
    if not text:
        raise ValueError("the address is empty")
    if len(text) > LONGEST_ADDRESS:
        raise ValueError(f"it is longer than {LONGEST_ADDRESS} characters")
    if found := _UNPRINTABLE.search(text):
        raise ValueError(f"it contains a line break or a control character (U+{ord(found[0]):04X})")
    if text.count("@") > 1:
        raise ValueError("it has more than one @; give one address only")
    if "@" not in text:
        raise ValueError("it has no @")
    if text.startswith("-"):
        raise ValueError('it begins with "-"')
    if "=?" in text:
        raise ValueError("it holds an encoded word (=?...?=)")
