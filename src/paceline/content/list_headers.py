"""The headers of a list: List-Id (RFC 2919), List-Unsubscribe (RFC 2369), one-click (RFC 8058), and Google's Feedback-ID."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b

from paceline.content.headers import encode_phrase
from paceline.content.template.nodes import Parsed, Text

ONE_CLICK = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"

_LIST_ID = re.compile(r"(?:(?P<name>[^<>]*?)\s*<)?(?P<id>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+)>?")
_NOT_LABEL = re.compile(r"[^a-z0-9]+")
_LONGEST_LIST_ID = 255  # RFC 2919 section 2
_URL = re.compile(r"[!#-;=?-Z_a-z~%\[\]@&]+")
_FIXED_BEGINNING = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:[/?#].*)?|mailto:[^\s@?{}<>]+@[A-Za-z0-9.-]+(?:\?.*)?", re.DOTALL
)
_OPEN_END = re.compile(r"https?://[^/?#]*|mailto:[^?]*")


def list_id_header(list_id: str, key: str, from_domain: str) -> str:
    """The List-Id field; made from the campaign's key and the From domain when ``list_id`` is empty."""
    match = _LIST_ID.fullmatch(list_id)
    if match is None:
        return f"List-Id: <{_label(key)}.{from_domain}>\r\n"
    if not match["name"]:
        return f"List-Id: <{match['id']}>\r\n"
    phrase = encode_phrase(match["name"].strip('" '), len("List-Id: "))
    return f"List-Id: {phrase}\r\n <{match['id']}>\r\n"


def feedback_id_header(list_id: str, key: str, from_domain: str, *, secret: bytes) -> str:
    """The Feedback-ID field: campaign, list, kind, and a name of the sender that stays the same for a From domain.

    Google groups complaints by each of them, in messages that are signed by their domain
    (https://support.google.com/a/answer/6254652). ``secret`` makes the name one of this installation.
    """
    match = _LIST_ID.fullmatch(list_id)
    label = _label(key)
    sender = blake2b(from_domain.encode(), key=secret[:64], digest_size=5, person=b"feedback-id").hexdigest()
    return f"Feedback-ID: {label}:{match['id'] if match else label}:campaign:pl{sender}\r\n"


def _label(key: str) -> str:
    return _NOT_LABEL.sub("-", key.lower()).strip("-")[:63] or "campaign"


def check_list_id(list_id: str) -> str | None:
    """What is wrong with a List-Id that was given, in words."""
    match = _LIST_ID.fullmatch(list_id)
    if match is None or (match["name"] is None) == list_id.endswith(">"):
        return "it is not a List-Id; write it as news.example.com or Spring news <news.example.com>"
    if not list_id.isprintable() or len(match["id"]) > _LONGEST_LIST_ID:
        return f"it contains a control character or is longer than {_LONGEST_LIST_ID} characters"
    return None


def unsubscribe_header(url: str, mailto: str = "") -> str:
    """The List-Unsubscribe field, folded before each URL and never inside; https adds the one-click field.

    ``mailto`` is a second way, for programs that cannot send a form.
    """
    by_mail = f",\r\n <{mailto}>" if mailto else ""
    return f"List-Unsubscribe:\r\n <{url}>{by_mail}\r\n{ONE_CLICK if url.startswith('https:') else ''}"


def is_url(url: str) -> bool:
    """Whether a rendered URL holds nothing but characters of a URL (RFC 3986 section 2)."""
    return _URL.fullmatch(url) is not None


def check_unsubscribe_url(parsed: Parsed) -> Iterator[str]:
    """What is wrong with the template of an unsubscribe URL, in words.

    Scheme and host must be written out: no contact may choose where the link leads.
    """
    first = parsed.steps[0] if parsed.steps else None
    beginning = first.text.strip() if isinstance(first, Text) else ""
    more_follows = len(parsed.steps) > 1
    if not beginning.startswith(("https://", "http://", "mailto:")):
        yield "it must begin with https://, http:// or mailto:, written out"
    elif not _FIXED_BEGINNING.fullmatch(beginning) or (more_follows and _OPEN_END.fullmatch(beginning)):
        yield "its host (or its mailbox) must be written out, before any {{ }}"
    if any(isinstance(step, Text) and not _is_url_part(step.text.strip()) for step in parsed.steps):
        yield "it contains a space or another character that a URL cannot hold; write it percent-encoded"


def _is_url_part(text: str) -> bool:
    return not text or is_url(text)
