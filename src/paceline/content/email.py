"""A campaign's frozen e-mail content: what it holds, what is wrong with it, and one message of it for one contact."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import quote

from paceline.content.encodings import Part
from paceline.content.headers import (
    encode_mailbox,
    encode_recipient,
    encode_unstructured,
    format_date,
    one_line,
)
from paceline.content.links import (
    UNSUBSCRIBE,
    UNSUBSCRIBE_PATH,
    check_base_url,
    link_targets,
    place_of,
    token_tag,
    track,
)
from paceline.content.list_headers import (
    check_list_id,
    check_unsubscribe_url,
    is_url,
    list_id_header,
    unsubscribe_header,
)
from paceline.content.message_id import message_id as make_message_id
from paceline.content.plain_text import text_from_html
from paceline.content.template.nodes import Complaint, Parsed
from paceline.content.template.scope import MOST_COMPLAINTS, Surroundings
from paceline.content.templates import Source, Templates, columns_by_name, normal_name
from paceline.domain.address import Mailbox, parse_address, parse_mailbox
from paceline.domain.errors import ContentError, InputError, Problem
from paceline.domain.tokens import TOKEN_LENGTH, CampaignTokens, Purpose

LONGEST_SUBJECT = 998
"""Characters of a rendered subject."""

DO_NOT_TRACK = "do_not_track"
"""The field of contacts who are not to be tracked: anything but empty, no, false, off or 0."""

_NO = frozenset({"", "0", "no", "false", "off"})
_NO_TOKEN = "0" * TOKEN_LENGTH
_LONGEST_BOUNCE_LOCAL_PART = 15  # with "+" and a token that makes the 64 of RFC 5321 section 4.5.3.1.1
_PLAIN_LOCAL_PART = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{_LONGEST_BOUNCE_LOCAL_PART - 1}}}")
_NO_TEXT = "no text can be made from this HTML; give a text of its own"


class MissingFields(StrEnum):
    """What happens to a message whose template prints a field that is empty for its contact."""

    FAIL = "fail"  # the message fails, unless the template has a default
    EMPTY = "empty"  # nothing is printed


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailContent:
    """What a started campaign keeps of its content. Subject, bodies and unsubscribe_url are templates."""

    from_address: str
    """Ann Lee <ann@example.com>; an account may override it."""
    subject: str
    html: str = ""
    text: str | None = None
    """None: made from the HTML."""
    reply_to: str = ""
    list_id: str = ""
    """Made from the key and the From domain when empty."""
    unsubscribe_url: str = ""
    """Not used where there is a base_url."""
    base_url: str = ""
    """Where tracked links and the unsubscribe link begin; empty: no tracking."""
    track_opens: bool = True
    track_clicks: bool = True
    track_text_clicks: bool = False
    """Whether links of the text are tracked, too: they get long and lose their faces."""
    bounce_address: str = ""
    """Each message's envelope sender is this with a token behind a "+"; empty: the From address."""
    campaign_key: str
    campaign_name: str = ""
    missing_fields: MissingFields = MissingFields.FAIL

    def to_json(self) -> dict[str, str | bool | None]:
        """Plain values, for storing."""
        return asdict(self)

    def surroundings(self) -> Surroundings:
        """What its templates can use besides the contact."""
        return Surroundings(campaign_key=self.campaign_key, campaign_name=self.campaign_name or self.campaign_key)

    def link_targets(self) -> tuple[str, ...]:
        """Where its tracked links lead, by number: URLs, some of them templates."""
        text = _text_source(self)
        return link_targets(self.html, None if text is None else text.template)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> EmailContent:
        """What ``to_json`` gave. Raises TypeError for unknown or missing names, ValueError for an unknown policy."""
        values: dict[str, Any] = {**stored, "missing_fields": MissingFields(stored["missing_fields"] or "")}
        return cls(**values)


class RenderedEmail(NamedTuple):
    """One message: envelope sender, Message-ID with brackets, and its exact bytes (CRLF, dots not doubled)."""

    sender: str
    message_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Sender:
    address: str
    headers: str
    answers_to: str


class _Tracking:
    """A content with tracked links, and without them for contacts who do not want to be tracked."""

    def __init__(self, content: EmailContent, untracked: Templates, tokens: CampaignTokens | None) -> None:
        tracked = content
        if tokens is not None:
            text = _text_source(content)
            found = track(
                content.html,
                text.template if text is not None else None,
                base_url=content.base_url,
                clicks=content.track_clicks,
                opens=content.track_opens,
                text_clicks=content.track_text_clicks,
            )
            derived = text is not None and text.derived and not content.track_text_clicks
            tracked = replace(content, html=found.html, text=None if derived else found.text)
        self._sources = (_templates(tracked, text_from=content), untracked)
        self._tokens = tokens
        self._places = [[place_of(name) for name in templates.token_names] for templates in self._sources]

    def render(self, address: str, fields: Mapping[str, str], message_number: int) -> tuple[str, str, str]:
        """Subject, unsubscribe URL and body."""
        untracked = _wants_no_tracking(fields)
        places = self._places[untracked]
        made = [_NO_TOKEN] * len(places) if self._tokens is None else self._tokens.of(message_number, places)
        return self._sources[untracked].render(address, fields, made)


@dataclass(frozen=True, slots=True)
class _Envelopes:
    """Envelope senders that tell which message came back (VERP with a MAC)."""

    bounce_address: str
    tokens: CampaignTokens

    def address(self, message_number: int, purpose: Purpose = Purpose.BOUNCE) -> str:
        local, _, domain = self.bounce_address.rpartition("@")
        return f"{local}+{self.tokens.for_mail(message_number, purpose)}@{domain}"


class EmailRenderer:
    """Renders the messages of one campaign. Compiled once; ``render`` is pure and gives the same bytes each time.

    ``domain`` is that of the Message-IDs, ``secret`` makes them unguessable. Raises InputError for content that
    ``check`` refuses. ``tokens`` are needed for tracking and for bounce addresses; without them (a preview) links stay
    as they are, and the unsubscribe link leads nowhere.
    """

    def __init__(
        self, content: EmailContent, *, domain: str, secret: bytes, tokens: CampaignTokens | None = None
    ) -> None:
        self._templates = _templates(content)
        if problems := _check(content, self._templates, None, "content", {}):
            raise InputError(problems)
        self._tracking = _Tracking(content, self._templates, tokens) if content.base_url else None
        self._envelopes = _Envelopes(content.bounce_address, tokens) if content.bounce_address and tokens else None
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
            mailto = self._unsubscribe_mailto(sender, message_number)
        message_id = make_message_id(message_key, domain=self._domain, secret=self._secret)
        message = (
            f"Date: {self._date_at(at)}\r\n{sender.headers}{_recipient(address)}"
            f"{_subject(subject)}Message-ID: {message_id}\r\n{_unsubscribe(url, mailto)}{body}"
        )
        envelope = sender.address if self._envelopes is None else self._envelopes.address(message_number)
        return RenderedEmail(sender=envelope, message_id=message_id, data=message.encode("ascii"))

    def _unsubscribe_mailto(self, sender: _Sender, message_number: int) -> str:
        """To the bounce address, which programs read; without one to where answers go, which people read."""
        if self._envelopes is not None:
            return f"mailto:{self._envelopes.address(message_number, Purpose.UNSUBSCRIBE_MAIL)}?subject=unsubscribe"
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
        return _Sender(mailbox.address, encode_mailbox("From", mailbox) + reply_to + self._list_id, answers_to)

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
    return _check(content, _templates(content), columns, file, files or {})


def _check(
    content: EmailContent, templates: Templates, columns: Sequence[str] | None, file: str, files: Mapping[str, str]
) -> list[Problem]:
    problems = [
        Problem(file=file, field=field, message=message) for field, message in _check_headers(content, templates)
    ]
    complaints = templates.complaints()
    for part, found in complaints.items():
        if part is Part.TEXT and content.text is None:
            found = () if Part.HTML in complaints else (Complaint(1, f"{_NO_TEXT} ({found[0].message})"),)
        for complaint in found:
            line = complaint.line if _has_lines(part, content) else None
            problems.append(Problem(file=files.get(part, file), line=line, field=part, message=complaint.message))
    if columns is not None:
        for part, parsed in templates.parsed.items():
            if part is not Part.TEXT or content.text is not None:
                problems += _unknown_fields(parsed, columns, files.get(part, file), part)
    return problems


def _has_lines(part: Part, content: EmailContent) -> bool:
    return part is Part.HTML or (part is Part.TEXT and content.text is not None)


def _templates(content: EmailContent, *, text_from: EmailContent | None = None) -> Templates:
    """``text_from``: the content whose HTML a text is made from, where that is not this one."""
    surroundings = content.surroundings()
    missing_is_empty = content.missing_fields == MissingFields.EMPTY
    sources = tuple(_sources(content, text_from or content))
    return Templates(sources, surroundings, missing_is_empty=missing_is_empty)


def _sources(content: EmailContent, text_from: EmailContent) -> Iterator[Source]:
    if content.base_url:
        url = f"{content.base_url.rstrip('/')}{UNSUBSCRIBE_PATH}{token_tag(UNSUBSCRIBE)}"
        yield Source(part=Part.UNSUBSCRIBE_URL, template=url)
    elif content.unsubscribe_url:
        yield Source(part=Part.UNSUBSCRIBE_URL, template=content.unsubscribe_url.strip())
    yield Source(part=Part.SUBJECT, template=content.subject)
    if text := _text_source(content if content.text is not None else text_from):
        yield replace(text, derived=text_from.text is None)
    if content.html:
        yield Source(part=Part.HTML, template=_ends_line(content.html))


def _text_source(content: EmailContent) -> Source | None:
    if content.text is not None:
        return Source(part=Part.TEXT, template=_ends_line(content.text))
    if content.html:
        return Source(part=Part.TEXT, template=_ends_line(text_from_html(content.html)), derived=True)
    return None


def _ends_line(body: str) -> str:
    return body if body.endswith("\n") else body + "\n"


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
    if not content.html.strip() and not (content.text or "").strip():
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


def _wants_no_tracking(fields: Mapping[str, str]) -> bool:
    """Whether the contact's field "do_not_track" says yes."""
    value = fields.get(DO_NOT_TRACK) or ""
    return value.strip().casefold() not in _NO


def _unknown_fields(parsed: Parsed, columns: Sequence[str], file: str, part: Part) -> Iterator[Problem]:
    known = columns_by_name(columns)
    unknown = [
        reference
        for reference in dict.fromkeys(parsed.references)
        if reference.name not in known and normal_name(reference.name) not in ("email", *known)
    ]
    for reference in unknown[:MOST_COMPLAINTS]:
        close = get_close_matches(normal_name(reference.name), known, n=1)
        hint = f'; did you mean "{known[close[0]]}"?' if close else f"; it has {', '.join(columns)}"
        line = reference.line if part in (Part.HTML, Part.TEXT) else None
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
