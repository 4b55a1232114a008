"""Clicks: where a tracked link leads. The target is looked up by number, and nothing of the request goes into it."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass

from paceline.content.email import EmailContent
from paceline.content.links import LinkTarget
from paceline.domain.errors import ContentError
from paceline.domain.tokens import Token
from paceline.store.database import Database
from paceline.store.queue import facts, links

_MOST_CAMPAIGNS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The links of a campaign."""

    workspace_id: int
    targets: tuple[LinkTarget, ...]


class ClickTargets:
    """The targets of campaigns that are clicked now; safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: OrderedDict[int, _Known] = OrderedDict()

    def at_once(self, token: Token) -> str | None:
        """Where a link leads, if that is known without a look at the database."""
        known = self._known.get(token.campaign_id)
        if known is None or known.workspace_id != token.workspace_id or token.number >= len(known.targets):
            return None
        target = known.targets[token.number]
        return None if target.needs_contact else target.url()

    def look_up(self, token: Token) -> str | None:
        """Where a link leads; None when campaign, link or message are not there (any more)."""
        known = self._known.get(token.campaign_id) or self._read(token.campaign_id)
        if known is None or known.workspace_id != token.workspace_id or token.number >= len(known.targets):
            return None
        target = known.targets[token.number]
        if not target.needs_contact:
            return target.url()
        with self._database.read() as connection:
            message = facts.find_message(
                connection, token.message_id, workspace_id=token.workspace_id, campaign_id=token.campaign_id
            )
        try:
            return target.url(message.address, json.loads(message.fields)) if message is not None else None
        except (ContentError, ValueError):
            return None

    def _read(self, campaign_id: int) -> _Known | None:
        with self._database.read() as connection:
            found = links.content_of(connection, campaign_id)
            if found is None:
                return None
            stored = links.of_campaign(connection, campaign_id)
        workspace_id, frozen = found
        content = EmailContent.from_json(json.loads(frozen))
        targets = tuple(link.target for link in stored) or content.link_targets()
        if targets and not stored:  # the first click of this campaign
            with self._database.write() as connection:
                links.save(connection, self._database, campaign_id, targets)
        surroundings = content.surroundings()
        known = _Known(workspace_id=workspace_id, targets=tuple(LinkTarget(t, surroundings) for t in targets))
        with self._lock:
            self._known[campaign_id] = known
            while len(self._known) > _MOST_CAMPAIGNS:
                self._known.popitem(last=False)
        return known
