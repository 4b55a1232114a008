"""A content with tracked links, and envelope senders that name their message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from paceline.content.email_content import EmailContent, templates_of, text_source
from paceline.content.links import place_of, track
from paceline.content.templates import Templates
from paceline.domain.tokens import TOKEN_LENGTH, CampaignTokens, Purpose

DO_NOT_TRACK = "do_not_track"
"""The field of contacts who are not to be tracked: anything but empty, no, false, off or 0."""

GIVEN_TOKENS = {Purpose.BOUNCE: "envelope:bounce", Purpose.UNSUBSCRIBE_MAIL: "envelope:unsubscribe"}
"""The fields in which tokens of another installation stand."""

_TOKEN = re.compile(r"[a-z0-9]{1,100}")
_NO = frozenset({"", "0", "no", "false", "off"})
_NO_TOKEN = "0" * TOKEN_LENGTH


class Tracking:
    """A content with tracked links, and without them for contacts who do not want to be tracked."""

    def __init__(self, content: EmailContent, untracked: Templates, tokens: CampaignTokens | None) -> None:
        tracked = content
        if tokens is not None:
            text = text_source(content)
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
        self._sources = (templates_of(tracked, text_from=content), untracked)
        self._tokens = tokens
        self._places = [[place_of(name) for name in templates.token_names] for templates in self._sources]

    def render(self, address: str, fields: Mapping[str, str], message_number: int) -> tuple[str, str, str]:
        """Subject, unsubscribe URL and body."""
        untracked = _wants_no_tracking(fields)
        places = self._places[untracked]
        made = [_NO_TOKEN] * len(places) if self._tokens is None else self._tokens.of(message_number, places)
        return self._sources[untracked].render(address, fields, made)


@dataclass(frozen=True, slots=True)
class Envelopes:
    """Envelope senders that tell which message came back (VERP with a MAC)."""

    bounce_address: str
    tokens: CampaignTokens | None
    """None: they come with each contact's fields, because another installation made them."""

    def address(self, message_number: int, fields: Mapping[str, str], purpose: Purpose = Purpose.BOUNCE) -> str:
        """That of one message."""
        local, _, domain = self.bounce_address.rpartition("@")
        if self.tokens is not None:
            return f"{local}+{self.tokens.for_mail(message_number, purpose)}@{domain}"
        token = fields.get(GIVEN_TOKENS[purpose], "")
        return f"{local}+{token}@{domain}" if _TOKEN.fullmatch(token) else self.bounce_address


def _wants_no_tracking(fields: Mapping[str, str]) -> bool:
    """Whether the contact's field "do_not_track" says yes."""
    value = fields.get(DO_NOT_TRACK) or ""
    return value.strip().casefold() not in _NO
