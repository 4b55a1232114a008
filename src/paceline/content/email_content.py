"""A campaign's frozen e-mail content as it is stored, and the templates that it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from paceline.content.encodings import Part
from paceline.content.links import UNSUBSCRIBE, UNSUBSCRIBE_PATH, link_targets, token_tag
from paceline.content.plain_text import text_from_html
from paceline.content.template.scope import Surroundings
from paceline.content.templates import Source, Templates


class MissingFields(StrEnum):
    """What happens to a message whose template prints a field that is empty for its contact."""

    FAIL = "fail"  # the message fails, unless the template has a default
    EMPTY = "empty"  # nothing is printed


NEWER_FIELDS = ("attachments", "given_tokens", "mjml", "preheader")
"""Fields that earlier releases do not know: left out where they are empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailContent:
    """What a started campaign keeps of its content. Subject, preheader, bodies and unsubscribe_url are templates."""

    from_address: str
    """Ann Lee <ann@example.com>; an account may override it."""
    subject: str
    preheader: str = ""
    """Hidden at the beginning of the HTML, for the line that inboxes show behind the subject."""
    mjml: str = ""
    """What the HTML was compiled from; empty: it was written as HTML. Only people read it again."""
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
    attachments: tuple[str, ...] = ()
    """Public ids of hosted files."""
    given_tokens: bool = False
    """At a remote worker: the tokens of bounce_address are its controller's and come with each recipient."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, for storing; an earlier release reads them as long as it knows what is used."""
        values = asdict(self)
        for name in NEWER_FIELDS:
            if not values[name]:
                del values[name]
        return values

    def surroundings(self) -> Surroundings:
        """What its templates can use besides the contact."""
        return Surroundings(
            campaign_key=self.campaign_key,
            campaign_name=self.campaign_name or self.campaign_key,
            base_url=self.base_url.rstrip("/"),
        )

    def link_targets(self) -> tuple[str, ...]:
        """Where its tracked links lead, by number: URLs, some of them templates."""
        text = text_source(self)
        return link_targets(self.html, None if text is None else text.template)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> EmailContent:
        """What ``to_json`` gave. Raises TypeError for unknown or missing names, ValueError for an unknown policy."""
        values: dict[str, Any] = {
            **stored,
            "missing_fields": MissingFields(stored["missing_fields"] or ""),
            "attachments": tuple(stored.get("attachments") or ()),
        }
        return cls(**values)


def templates_of(content: EmailContent, *, text_from: EmailContent | None = None) -> Templates:
    """Its templates, read. ``text_from``: the content whose HTML a text is made from, where that is not this one."""
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
    if content.preheader.strip():
        yield Source(part=Part.PREHEADER, template=content.preheader)
    if text := text_source(content if content.text is not None else text_from):
        yield replace(text, derived=text_from.text is None)
    if content.html:
        yield Source(part=Part.HTML, template=_ends_line(content.html))


def text_source(content: EmailContent) -> Source | None:
    """The template of its text, its own or made from the HTML; None where there is neither."""
    if content.text is not None:
        return Source(part=Part.TEXT, template=_ends_line(content.text))
    if content.html:
        return Source(part=Part.TEXT, template=_ends_line(text_from_html(content.html)), derived=True)
    return None


def _ends_line(body: str) -> str:
    return body if body.endswith("\n") else body + "\n"
