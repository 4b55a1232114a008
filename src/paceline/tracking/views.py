"""A message in the browser: rendered again from what its campaign and its recipient were frozen to, with the same links."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass

from paceline.content.email import EmailContent, EmailRenderer
from paceline.content.letter import read_letter
from paceline.domain.errors import ContentError, InputError
from paceline.domain.tokens import CampaignTokens, Token, Tokens
from paceline.store.database import Database
from paceline.store.queue import facts, installation, links

_MOST_CAMPAIGNS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one message shows: its HTML, or where it has none its text."""

    subject: str
    html: str | None
    text: str


class Views:
    """The contents of campaigns that are looked at now; safe to use from several threads."""

    def __init__(self, queue: Database, tokens: Tokens) -> None:
        self._queue = queue
        self._tokens = tokens
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[int, int], EmailRenderer] = OrderedDict()

    def show(self, token: Token) -> View | None:
        """What a genuine token's message shows; None when it is not there (any more) or shows nothing."""
        with self._queue.read() as connection:
            message = facts.find_message(
                connection, token.message_id, workspace_id=token.workspace_id, campaign_id=token.campaign_id
            )
        if message is None or not message.address or message.channel != "email":  # without: its recipient was erased
            return None
        try:
            renderer = self._renderer(token)
            if renderer is None:
                return None
            rendered = renderer.render(
                address=message.address,
                fields=json.loads(message.fields),
                message_key=str(message.id),
                account_from="",
                at=0.0,
                message_number=message.id,
            )
        except (ContentError, InputError, ValueError):
            return None
        letter = read_letter(rendered.data)
        return View(subject=letter.subject, html=letter.html, text=letter.text or "")

    def _renderer(self, token: Token) -> EmailRenderer | None:
        key = token.workspace_id, token.campaign_id
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        with self._queue.read() as connection:
            found = links.content_of(connection, token.campaign_id)
            secret = installation.name(connection).encode()
        if found is None or found[0] != token.workspace_id:
            return None
        made = EmailRenderer(
            EmailContent.from_json(json.loads(found[1])),
            domain="example.com",  # of a Message-ID that nobody sees
            secret=secret,
            tokens=CampaignTokens(tokens=self._tokens, workspace_id=token.workspace_id, campaign_id=token.campaign_id),
        )
        with self._lock:
            self._known[key] = made
            while len(self._known) > _MOST_CAMPAIGNS:
                self._known.popitem(last=False)
        return made
