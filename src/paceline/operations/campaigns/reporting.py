"""What a campaign has led to: its report in numbers, and everything that happened to each of its messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from paceline.clock import iso
from paceline.domain.campaign import CampaignStatus
from paceline.operations.context import Context
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns, facts, health, history, links
from paceline.store.queue.health import Standing
from paceline.store.queue.history import HistoryRow
from paceline.store.queue.links import LinkRow

RATES = ("delivered", "read", "bounced", "bounced_hard", "opened", "clicked", "unsubscribed", "complained")
"""Counts of messages that are also told as shares of the sent ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignReport:
    """What a campaign has led to until now; reading it costs the same at any size."""

    key: str
    name: str
    channel: str
    status: CampaignStatus
    total: int
    refused: int
    counts: dict[str, int]
    """By state; they add up to the total."""
    came_back: dict[str, int]
    """Messages by the first time of each fact, and every single open and click."""
    links: tuple[LinkRow, ...]
    health: Standing
    """How its reputation stands."""
    started_at: float | None
    finished_at: float | None
    updated_at: float

    @property
    def rates(self) -> dict[str, float | None]:
        """Shares of the sent messages; None while there is none."""
        sent = self.counts["sent"]
        return {name: round(self.came_back[name] / sent, 6) if sent else None for name in RATES}

    def to_json(self) -> dict[str, Any]:
        """The object of the public surface."""
        return {
            "key": self.key,
            "name": self.name,
            "channel": self.channel,
            "status": str(self.status),
            "total": self.total,
            "refused": self.refused,
            "counts": self.counts,
            "came_back": self.came_back,
            "rates": self.rates,
            "links": [{"number": link.number, "url": link.target, "clicks": link.clicks} for link in self.links],
            "health": {"level": self.health.level.name.lower(), "evidence": self.health.evidence or None},
            "started_at": iso(self.started_at),
            "finished_at": iso(self.finished_at),
            "updated_at": iso(self.updated_at),
        }


def report_of(context: Context, key: str) -> CampaignReport:
    """The report of the campaign of this key or public id. Raises UnknownCampaign."""
    number = context.campaign(key).id
    with context.queue.read() as connection:
        progress = campaigns.progress(connection, number)
        came_back = facts.counts(connection, number)
        found = tuple(links.of_campaign(connection, number))
        standing = health.of_campaign(connection, number)
    campaign = progress.campaign
    return CampaignReport(
        key=campaign.key,
        name=campaign.name,
        channel=campaign.channel,
        status=campaign.status,
        total=progress.total,
        refused=campaign.refused,
        counts=progress.counts,
        came_back=came_back,
        links=found,
        health=standing,
        started_at=campaign.started_at,
        finished_at=campaign.finished_at,
        updated_at=progress.updated_at,
    )


EVENT_COLUMNS = ("address", "message", "at", "kind", "attempt", "account", "doer", "rule", "link", "url", "detail")


def events(context: Context, key: str) -> Iterator[dict[str, Any]]:
    """Everything that happened to every message of a campaign, in the order of its audience, then of time.

    Raises UnknownCampaign at once, before the first one.
    """
    number = context.campaign(key).id
    return (shown(context, row) for row in history.of_campaign(context.queue, number))


def shown(context: Context, row: HistoryRow) -> dict[str, Any]:
    """One thing that happened, as people see it."""
    return {
        "address": row.address,
        "message": context.ids.encode(IdKind.MESSAGE, row.message_id),
        "at": iso(row.at),
        "kind": row.kind,
        "attempt": row.attempt,
        "account": row.account,
        "doer": row.doer,
        "rule": row.rule,
        "link": row.link,
        "url": row.url,
        "detail": row.detail,
    }
