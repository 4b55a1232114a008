"""Streams the contacts of lists and segments into the queue, by contact id; killed and repeated it goes on where it was.

Each part and the cursor behind it (a contact id) are one transaction of the queue, so that two launches of one campaign
cannot double anything: the second finds the cursor moved. Excluded and suppressed people are not part of the campaign.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from paceline.content.whatsapp import WhatsAppContent
from paceline.domain.campaign import ENDED, MOVES, CampaignMove
from paceline.launch.catalogue_audience import frozen_audience
from paceline.launch.largest_campaign import SizeLimit, size_limits
from paceline.store.catalogue.audiences import AudienceWalk, Recipient
from paceline.store.database import Database
from paceline.store.queue import campaigns, fallbacks, launching, suppressions
from paceline.store.queue.campaigns import CampaignRow
from paceline.store.queue.erasures import Forgotten
from paceline.store.queue.launching import NewMessage

_PART = 500
_FIRST_WINDOW = 500
_LARGEST_WINDOW = 20_000
_SPARSE = 100


class CatalogueLaunch:
    """The launch of one campaign, step by step; each step is short, so that several can take turns."""

    def __init__(
        self,
        campaign: CampaignRow,
        *,
        queue: Database,
        catalogue: Database,
        now: Callable[[], float],
        forgotten: Forgotten | None = None,
    ) -> None:
        self._forgotten = forgotten
        self._id = campaign.id
        self._workspace_id = campaign.workspace_id
        self._channel = campaign.channel
        self._templates = (
            WhatsAppContent.from_json(json.loads(campaign.content)) if campaign.channel == "whatsapp" else None
        )
        with queue.read() as connection:
            self._has_fallback = fallbacks.of_campaign(connection, campaign.id) is not None
        self._queue = queue
        self._now = now
        self._catalogue = catalogue
        self._window = _FIRST_WINDOW
        self._walk = AudienceWalk(
            database=catalogue,
            audience=frozen_audience(campaign.audience, workspace_id=campaign.workspace_id, channel=campaign.channel),
            now=campaign.started_at or now(),
        )

    def step(self) -> bool:
        """Bring the next part into the queue; False when there is nothing more to do, now or ever."""
        limit = min(self._limits(), key=lambda limit: limit.messages, default=None)
        with self._queue.read() as connection:
            campaign = campaigns.get(connection, self._id)
            room = None if limit is None else limit.messages - launching.launched(connection, self._id)
        if campaign.launched_at is not None or campaign.status in ENDED:
            return False
        if room is not None and room <= 0 and campaign.status not in MOVES[CampaignMove.ALARM].sources:
            return False  # a person has to decide
        with self._catalogue.read() as connection:
            end, found = self._walk.window(connection, after=campaign.launch_cursor, size=self._window)
        if end is None:
            with self._queue.write() as connection:
                launching.finish(connection, self._id, now=self._now())
            return False
        wanted = self._wanted(found)
        fitting = found if room is None else list(_fitting(found, wanted, room))
        if limit is not None and len(fitting) < len(found):
            if fitting:
                self._queue_found(campaign, fitting, wanted, fitting[-1].contact_id)
            self._hold(limit)
            return False
        self._queue_found(campaign, found, wanted, end)
        self._adapt_window(len(found))
        return True

    def _limits(self) -> list[SizeLimit]:
        return size_limits(self._queue, self._catalogue, self._id, workspace_id=self._workspace_id)

    def _hold(self, limit: SizeLimit) -> None:
        """Nobody beyond the limit is queued; a person raises it and resumes, and the launch goes on from here."""
        reason = (
            f"it has more than {limit.messages:,} people, and {limit.whose} allows campaigns of {limit.messages:,} at "
            "most: raise that and resume, or stop the campaign; nobody beyond the limit is written to"
        )
        with self._queue.write() as connection:
            campaigns.move(connection, self._id, CampaignMove.ALARM, now=self._now(), reason=reason)

    def _queue_found(
        self, campaign: CampaignRow, found: Sequence[Recipient], wanted: Mapping[int, int], end: int
    ) -> None:
        """Queue what a window held, in parts; leaves when another launch of this campaign is ahead."""
        cursor, refused = campaign.launch_cursor, campaign.refused
        for start in range(0, max(len(found), 1), _PART):
            part = found[start : start + _PART]
            is_last = start + _PART >= len(found)
            messages = [
                NewMessage(
                    contact_id=recipient.contact_id,
                    address=recipient.address,
                    fields=self._fields(recipient),
                    part=wanted[recipient.contact_id],
                )
                for recipient in part
                if recipient.contact_id in wanted
            ]
            refused += len(part) - len(messages)
            upto = end if is_last else part[-1].contact_id
            with self._queue.write_much() as connection:
                added = launching.add(
                    connection,
                    self._queue,
                    self._id,
                    messages,
                    after=cursor,
                    cursor=upto,
                    refused=refused,
                    slot=0,
                    now=self._now(),
                    forgotten=self._forgotten,
                )
            if not added:
                return
            cursor = upto

    def _wanted(self, found: Sequence[Recipient]) -> dict[int, int]:
        """Those whom nothing keeps from being written to, by number, with the part of the campaign that each belongs to:
        that of its template.
        """
        parts = {recipient.contact_id: self._part_of(recipient) for recipient in found}
        free = self._not_suppressed(found)
        return {number: part for number, part in parts.items() if part is not None and number in free}

    def _part_of(self, recipient: Recipient) -> int | None:
        return 0 if self._templates is None else self._templates.template_of(recipient.address, self._fields(recipient))

    def _fields(self, recipient: Recipient) -> dict[str, str]:
        """The fields of a message: both addresses where another channel may need them."""
        own = {"email": recipient.address} if self._channel == "email" else {"phone": recipient.address}
        if self._templates is not None and recipient.email:
            own["email"] = recipient.email
        elif self._has_fallback and recipient.phone:
            own["phone"] = recipient.phone
        return {**recipient.fields, **own}

    def _not_suppressed(self, found: Sequence[Recipient]) -> set[int]:
        keys = {recipient.contact_id: recipient.address.casefold() for recipient in found}
        with self._queue.read() as connection:
            suppressed = suppressions.among(
                connection,
                self._queue,
                list(keys.values()),
                workspace_id=self._workspace_id,
                channel=self._channel,
                now=self._now(),
            )
        return {number for number, key in keys.items() if key not in suppressed}

    def _adapt_window(self, found: int) -> None:
        """Few of many are wanted: look at more of them at once, within what one statement may cost."""
        if found < _SPARSE:
            self._window = min(self._window * 2, _LARGEST_WINDOW)
        elif found > _PART:
            self._window = max(self._window // 2, _PART)


def _fitting(found: Sequence[Recipient], wanted: Collection[int], room: int) -> Iterator[Recipient]:
    """The first of them, until there is no room for the next message."""
    for recipient in found:
        room -= recipient.contact_id in wanted
        if room < 0:
            return
        yield recipient
