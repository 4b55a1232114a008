"""What a campaign says on its channel, and on the one that takes over: e-mail content, WhatsApp templates, or both.

A draft keeps both in its row; at the start the second part becomes a campaign of its own (``store/queue/fallback_start.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.content.email import EmailContent
from paceline.content.whatsapp import WhatsAppContent
from paceline.domain.errors import InputError, Problem
from paceline.operations.campaigns.email_values import read_content
from paceline.operations.whatsapp.template_values import read_template_values
from paceline.store.queue import campaigns, fallbacks
from paceline.store.queue.campaigns import CampaignRow

CHANNELS = ("email", "whatsapp")

Part = EmailContent | WhatsAppContent


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftContent:
    """The parts of one campaign; ``channel`` is where it begins, ``fallback`` the other channel, or "" for none."""

    channel: str
    fallback: str
    email: EmailContent
    """Empty where the campaign has no e-mail part."""
    whatsapp: WhatsAppContent
    """Without templates where it has no WhatsApp part."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Those that it is sent on, in their order."""
        return (self.channel, self.fallback) if self.fallback else (self.channel,)

    @property
    def main(self) -> Part:
        """What it says on its own channel."""
        return self._part(self.channel)

    @property
    def second(self) -> Part | None:
        """What it says on the channel that takes over."""
        return self._part(self.fallback) if self.fallback else None

    def _part(self, channel: str) -> Part:
        return self.whatsapp if channel == "whatsapp" else self.email

    def to_stored(self, *, message_id_domain: str = "") -> str:
        """For the row of a draft; ``message_id_domain`` is that of the e-mail part where that takes over."""
        stored = self.main.to_json()
        if self.second is not None:
            domain = message_id_domain if self.fallback == "email" else ""
            second = {"channel": self.fallback, "content": self.second.to_json(), "message_id_domain": domain}
            stored = {**stored, "fallback": second}
        return json.dumps(stored)


def read_draft_content(
    *,
    channel: str,
    fallback: str,
    content: Mapping[str, Any] | None,
    templates: Sequence[Mapping[str, Any]] | None,
    key: str,
    name: str,
) -> DraftContent:
    """The parts as people give them. Raises InputError, for a part as well that belongs to no channel of the campaign."""
    if channel not in CHANNELS:
        raise _refusal("channel", f"accepts {' or '.join(CHANNELS)}")
    if fallback and (fallback not in CHANNELS or fallback == channel):
        other = next(one for one in CHANNELS if one != channel)
        raise _refusal("fallback", f"accepts the other channel ({other}), or nothing")
    chosen = (channel, fallback)
    email = read_content(content or {}, key=key, name=name)
    whatsapp = read_template_values(templates or (), key=key, name=name)
    if "email" not in chosen and email != read_content({}, key=key, name=name):
        raise _refusal("content", "leave it out: it belongs to e-mail, and this campaign goes by WhatsApp only")
    if "whatsapp" not in chosen and whatsapp.templates:
        raise _refusal("templates", "leave them out: they belong to WhatsApp, and this campaign goes by e-mail only")
    return DraftContent(channel=channel, fallback=fallback, email=email, whatsapp=whatsapp)


def content_of(row: CampaignRow, second: CampaignRow | None = None) -> DraftContent:
    """The parts of a stored campaign; ``second`` is the campaign that takes over from it, once there is one."""
    stored = json.loads(row.content)
    waiting = stored.pop("fallback", None)
    parts: dict[str, dict[str, Any]] = {row.channel: stored}
    if second is not None:
        parts[second.channel] = json.loads(second.content)
    elif waiting is not None:
        parts[waiting["channel"]] = waiting["content"]
    nothing = read_content({}, key=row.key, name=row.name)
    no_templates = WhatsAppContent(templates=(), campaign_key=row.key, campaign_name=row.name)
    return DraftContent(
        channel=row.channel,
        fallback=next((channel for channel in parts if channel != row.channel), ""),
        email=EmailContent.from_json(parts["email"]) if "email" in parts else nothing,
        whatsapp=WhatsAppContent.from_json(parts["whatsapp"]) if "whatsapp" in parts else no_templates,
    )


def second_of(connection: Connection, row: CampaignRow) -> CampaignRow | None:
    """The campaign that takes over from this one, from its start on."""
    number = fallbacks.of_campaign(connection, row.id)
    return None if number is None else campaigns.get(connection, number)


def _refusal(field: str, message: str) -> InputError:
    return InputError([Problem(file="", field=field, message=message)])
