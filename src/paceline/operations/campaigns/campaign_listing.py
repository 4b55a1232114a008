"""Campaigns and their messages page by page, as the API gives them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paceline.content.message_id import message_id as make_message_id
from paceline.domain.campaign import CampaignKind, CampaignStatus
from paceline.operations.campaigns.campaign_drafts import row_of
from paceline.operations.campaigns.single_messages import SingleMessage
from paceline.operations.context import Context
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaign_drafts, installation, messages


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCampaign:
    """A campaign in a list: where it stands, and its counts by message state."""

    number: int
    id: str
    key: str
    name: str
    kind: CampaignKind
    channel: str
    status: CampaignStatus
    counts: dict[str, int]
    refused: int
    starts_at: float | None
    pause_reason: str | None
    created_at: float
    updated_at: float
    started_at: float | None
    finished_at: float | None


def page(
    context: Context, before: int | None, limit: int, *, statuses: Sequence[CampaignStatus] = ()
) -> list[ListedCampaign]:
    """Some campaigns, the newest first, older than that of the number ``before``."""
    with context.queue.read() as connection:
        found = campaign_drafts.page(
            connection, workspace_id=context.workspace_id, before=before, limit=limit, statuses=statuses
        )
    return [
        ListedCampaign(
            number=one.campaign.id,
            id=context.ids.encode(IdKind.CAMPAIGN, one.campaign.id),
            key=one.campaign.key,
            name=one.campaign.name,
            kind=one.campaign.kind,
            channel=one.campaign.channel,
            status=one.campaign.status,
            counts=one.counts,
            refused=one.campaign.refused,
            starts_at=one.campaign.starts_at,
            pause_reason=one.campaign.pause_reason,
            created_at=one.campaign.created_at,
            updated_at=one.campaign.updated_at,
            started_at=one.campaign.started_at,
            finished_at=one.campaign.finished_at,
        )
        for one in found
    ]


def messages_page(
    context: Context, campaign_id: str, after: int | None, limit: int, *, state: str | None = None
) -> list[tuple[int, SingleMessage]]:
    """Some messages of a campaign in the order of its audience, each with its place, behind the place ``after``."""
    row = row_of(context, campaign_id)
    with context.queue.read() as connection:
        secret = installation.name(connection).encode()
        found = messages.page(connection, row.id, after=after, limit=limit, state=state)
    return [
        (
            place,
            SingleMessage(
                id=context.ids.encode(IdKind.MESSAGE, message.id),
                address=message.address,
                state=message.state,
                account=message.account,
                attempts=message.attempts,
                message_id=make_message_id(str(message.id), domain=row.message_id_domain, secret=secret),
                reply=message.reply,
                at=message.at,
                due_at=message.due_at,
            ),
        )
        for place, message in found
    ]
