"""A campaign's frozen e-mail content: what it holds, what is wrong with it, and one message of it for one contact."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import NamedTuple
from urllib.parse import quote

from paceline.content.attachments import Attachment, Attachments
from paceline.content.email_content import NEWER_FIELDS, EmailContent, MissingFields, templates_of
from paceline.content.email_tracking import Envelopes, Tracking
from paceline.content.encodings import Part
from paceline.content.headers import (
    encode_mailbox,
    encode_recipient,
    encode_unstructured,
    format_date,
    one_line,
)
from paceline.content.links import (
    check_base_url,
)
from paceline.content.list_headers import (
    check_list_id,
    check_unsubscribe_url,
    feedback_id_header,
    is_url,
    list_id_header,
    unsubscribe_header,
)
from paceline.content.message_id import message_id as make_message_id
from paceline.content.mjml import compile_mjml
from paceline.content.preheader import check_preheader
from paceline.content.template.nodes import Complaint, Parsed
from paceline.content.template.scope import MOST_COMPLAINTS
from paceline.content.templates import Templates, columns_by_name, normal_name
from paceline.domain.address import Mailbox, parse_address, parse_mailbox
from paceline.domain.errors import ContentError, InputError, Problem
from paceline.domain.tokens import CampaignTokens, Purpose

__all__ = ["NEWER_FIELDS", "EmailContent", "EmailRenderer", "MissingFields", "RenderedEmail", "check"]

MJML = "mjml"
"""The field that an HTML body may be written in."""

LONGEST_SUBJECT = 998
"""Characters of a rendered subject."""

_LONGEST_BOUNCE_LOCAL_PART = 15  # with "+" and a token that makes the 64 of RFC 5321 section 4.5.3.1.1
_PLAIN_LOCAL_PART = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{_LONGEST_BOUNCE_LOCAL_PART - 1}}}")
_NO_TEXT = "no text can be made from this HTML; give a text of its own"


class RenderedEmail(NamedTuple):
    """One message: envelope sender, Message-ID with brackets, and its exact bytes (CRLF, dots not doubled)."""

    sender: str
    message_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Sender:
    address: str
    domain: str
    headers: str
    answers_to: str


class EmailRenderer:
    """Renders the messages of one campaign. Compiled once; ``render`` is pure and gives the same bytes each time.

    ``domain`` is that of the Message-IDs, ``secret`` makes them unguessable. Raises InputError for content that
    ``check`` refuses. ``attachments`` are the files that the content names; without them (a preview, a view in the
    browser) they are left out. ``tokens`` are needed for tracking and for bounce addresses; without them (a preview) links stay
    as they are, and the unsubscribe link leads nowhere.
    """

    def __init__(
        self,
        content: EmailContent,
        *,
        domain: str,
        secret: bytes,
        tokens: CampaignTokens | None = None,
        attachments: Sequence[Attachment] = (),
    ) -> None:
        self._templates = templates_of(content)
        if problems := _check(content, self._templates, None, "content", {}):
            raise InputError(problems)
        self._tracking = Tracking(content, self._templates, tokens) if content.base_url else None
        given = None if content.given_tokens else tokens
        self._envelopes = Envelopes(content.bounce_address, given) if content.bounce_address and tokens else None
        self._attachments = Attachments(attachments) if attachments else None
        self._content = content
        self._domain = domain
        self._secret = secret
        from_mailbox = parse_mailbox(content.from_address)
        self._list_id = list_id_header(content.list_id, content.campaign_key, from_mailbox.address.rpartition("@")[2])
        self._senders = {"": self._build_sender(from_mailbox)}
        self._date = (-1, "")

    def sender(self, account_from: str = "") -> str:
        """The envelope sender: the bare address of the account's From, or of the content's where that is empty."""
        return self._sender(account_from).address

    def from_domain(self, account_from: str = "") -> str:
        """The domain that recipients see in From, lower-case ASCII: what a signature must be aligned with."""
        return self._sender(account_from).domain

    def render(
        self,
        *,
        address: str,
        fields: Mapping[str, str],
        message_key: str,
        account_from: str,
        at: float,
        message_number: int = 0,
    ) -> RenderedEmail:
        """The message for one contact, sent at ``at``.

        ``message_key`` names the message: its Message-ID is the same on every attempt. ``message_number`` is what its
        tokens name; 0 is a test, of which nothing is recorded. Line breaks that a contact brings into the subject become
        spaces. Raises ContentError with a sentence: a field without value or default, characters that cannot be sent, a
        message that gets too large.
        """
        sender = self._sender(account_from)
        mailto = ""
        if self._tracking is None:
            subject, url, body = self._templates.render(address, fields)
        else:
            subject, url, body = self._tracking.render(address, fields, message_number)
            mailto = self._unsubscribe_mailto(sender, message_number, fields)
        if self._attachments is not None:
            body = self._attachments.around(body)
        message_id = make_message_id(message_key, domain=self._domain, secret=self._secret)
        message = (
            f"Date: {self._date_at(at)}\r\n{sender.headers}{_recipient(address)}"
            f"{_subject(subject)}Message-ID: {message_id}\r\n{_unsubscribe(url, mailto)}{body}"
        )
        envelope = sender.address if self._envelopes is None else self._envelopes.address(message_number, fields)
        return RenderedEmail(sender=envelope, message_id=message_id, data=message.encode("ascii"))

    def _unsubscribe_mailto(self, sender: _Sender, message_number: int, fields: Mapping[str, str]) -> str:
        """To the bounce address, which programs read; without one to where answers go, which people read."""
        if self._envelopes is not None:
            address = self._envelopes.address(message_number, fields, Purpose.UNSUBSCRIBE_MAIL)
            return f"mailto:{address}?subject=unsubscribe"
        return f"mailto:{quote(sender.answers_to, safe='@')}?subject=unsubscribe"

    def _sender(self, account_from: str) -> _Sender:
        sender = self._senders.get(account_from)
        if sender is None:
            try:
                mailbox = _ascii_mailbox(account_from)
            except ValueError as error:
                raise ContentError(f"the account's from address {account_from!r} cannot be used: {error}") from None
            sender = self._senders[account_from] = self._build_sender(mailbox)
        return sender

    def _build_sender(self, mailbox: Mailbox) -> _Sender:
        reply_to = encode_mailbox("Reply-To", parse_mailbox(self._content.reply_to)) if self._content.reply_to else ""
        answers_to = parse_mailbox(self._content.reply_to).address if reply_to else mailbox.address
        domain = mailbox.address.rpartition("@")[2]
        feedback_id = feedback_id_header(self._content.list_id, self._content.campaign_key, domain, secret=self._secret)
        headers = encode_mailbox("From", mailbox) + reply_to + self._list_id + feedback_id
        return _Sender(mailbox.address, domain, headers, answers_to)

    def _date_at(self, at: float) -> str:
        second, text = self._date
        if second != int(at):
            text = format_date(at)
            self._date = (int(at), text)
        return text


def check(
    content: EmailContent, columns: Sequence[str] | None, file: str, *, files: Mapping[str, str] | None = None
) -> list[Problem]:
    """Everything that is wrong with a content, before anything is sent.

    ``columns`` are those of the audience, None when they are not known. ``files`` names the file of a field that
    comes from one of its own ({"html": "spring.html"}); lines count within the template.
    """
    return _check(content, templates_of(content), columns, file, files or {})


def _check(
    content: EmailContent, templates: Templates, columns: Sequence[str] | None, file: str, files: Mapping[str, str]
) -> list[Problem]:
    problems = [
        Problem(file=file, field=field, message=message) for field, message in _check_headers(content, templates)
    ]
    written = _WrittenAsMjml(content.mjml, templates) if content.mjml.strip() else None
    if written is not None:
        problems += written.problems(columns, files.get(MJML, file))
    complaints = templates.complaints()
    for part, found in complaints.items():
        if part is Part.HTML and written is not None:
            continue
        if part is Part.TEXT and content.text is None:
            found = () if Part.HTML in complaints else (Complaint(1, f"{_NO_TEXT} ({found[0].message})"),)
        for complaint in found:
            line = complaint.line if _has_lines(part, content) else None
            problems.append(Problem(file=files.get(part, file), line=line, field=part, message=complaint.message))
    if columns is not None:
        for part, parsed in templates.parsed.items():
            if (part is not Part.TEXT or content.text is not None) and (part is not Part.HTML or written is None):
                problems += _unknown_fields(parsed, columns, files.get(part, file), part)
    return problems


class _WrittenAsMjml:
    """What is wrong with a body that was written as MJML, at its own lines."""

    def __init__(self, source: str, templates: Templates) -> None:
        self._parsed = templates.read(source)
        self._complaints = compile_mjml(source).complaints or self._parsed.complaints
        if not self._complaints:  # sizes are only known of what it was compiled to
            self._complaints = tuple(replace(one, line=0) for one in templates.complaints().get(Part.HTML, ()))

    def problems(self, columns: Sequence[str] | None, file: str) -> Iterator[Problem]:
        for complaint in self._complaints:
            yield Problem(file=file, line=complaint.line or None, field=MJML, message=complaint.message)
        if columns is not None and not self._complaints:
            yield from _unknown_fields(self._parsed, columns, file, MJML)


def _has_lines(part: Part, content: EmailContent) -> bool:
    return part is Part.HTML or (part is Part.TEXT and content.text is not None)


def _check_headers(content: EmailContent, templates: Templates) -> Iterator[tuple[str, str]]:
    """Problems as pairs of field and message."""
    for field, text in (("from", content.from_address), ("reply_to", content.reply_to)):
        if text or field == "from":
            try:
                _ascii_mailbox(text)
            except ValueError as error:
                yield field, f"{error}; accepted is one address such as Ann Lee <ann@example.com>"
    if content.list_id and (reason := check_list_id(content.list_id)):
        yield "list_id", reason
    if content.base_url and (reason := check_base_url(content.base_url)):
        yield "base_url", reason
    if content.bounce_address and (reason := _check_bounce_address(content.bounce_address)):
        yield "bounce_address", reason
    if content.unsubscribe_url and not content.base_url:
        parsed = templates.parsed[Part.UNSUBSCRIBE_URL]
        if not parsed.complaints:
            yield from (("unsubscribe_url", message) for message in check_unsubscribe_url(parsed))
    if not content.subject.strip():
        yield "subject", "it is empty"
    elif len(content.subject.strip().splitlines()) > 1:
        yield "subject", "it has more than one line"
    html = content.html.strip() or content.mjml.strip()
    yield from (("preheader", reason) for reason in check_preheader(content.preheader, html, content.text))
    if not html and not (content.text or "").strip():
        yield "html", "there is no content: neither html nor text is given"


def _ascii_mailbox(text: str) -> Mailbox:
    if "{{" in text or "{%" in text:
        raise ValueError("it is not a template")
    mailbox = parse_mailbox(text)
    if not mailbox.address.isascii():
        raise ValueError("the part before the @ must be plain ASCII")
    return mailbox


def _check_bounce_address(address: str) -> str | None:
    try:
        local = _ascii_mailbox(address).address.rpartition("@")[0]
    except ValueError as error:
        return f"{error}; accepted is one address such as bounce@example.com"
    if parse_mailbox(address).name or not _PLAIN_LOCAL_PART.fullmatch(local):
        most = _LONGEST_BOUNCE_LOCAL_PART
        return f"the part before the @ has at most {most} letters, digits, dots and dashes, and there is no name"
    return None


def _unknown_fields(parsed: Parsed, columns: Sequence[str], file: str, part: Part | str) -> Iterator[Problem]:
    known = columns_by_name(columns)
    unknown = [
        reference
        for reference in dict.fromkeys(parsed.references)
        if reference.name not in known and normal_name(reference.name) not in ("email", *known)
    ]
    for reference in unknown[:MOST_COMPLAINTS]:
        close = get_close_matches(normal_name(reference.name), known, n=1)
        hint = f'; did you mean "{known[close[0]]}"?' if close else f"; it has {', '.join(columns)}"
        line = reference.line if part in (Part.HTML, Part.TEXT, MJML) else None
        message = f'the audience has no column "{reference.name}"{hint}'
        yield Problem(file=file, line=line, field=part, message=message)


def _recipient(address: str) -> str:
    try:
        return encode_recipient(parse_address(address))
    except ValueError as error:
        raise ContentError(f"the address {address!r} cannot be used: {error}") from None


def _subject(rendered: str) -> str:
    subject = one_line(rendered)
    if not subject:
        raise ContentError("the subject is empty for this contact")
    if len(subject) > LONGEST_SUBJECT:
        raise ContentError(f"the subject has {len(subject)} characters; at most {LONGEST_SUBJECT} are accepted")
    return encode_unstructured("Subject", subject)


def _unsubscribe(url: str, mailto: str) -> str:
    if not url:
        return ""
    if not is_url(url):
        raise ContentError("the unsubscribe URL has characters that a URL cannot hold")
    return unsubscribe_header(url, mailto)
