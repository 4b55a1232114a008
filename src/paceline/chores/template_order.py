"""Keeps the templates of WhatsApp campaigns in their order: one after the other, and those that are stopped wait.

A part of a campaign is the contacts of one template. At any time the messages of one part can be claimed; those of the
others wait. When nothing is left but what waits for stopped templates, the campaign needs a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from paceline.content.whatsapp import templates_of
from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.domain.wording import counted
from paceline.store.database import Database
from paceline.store.queue import campaign_work, campaigns, parts, template_stops
from paceline.store.queue.campaigns import CampaignRow
from paceline.store.queue.template_stops import Stop

_SOON_SECONDS = 1.0


class TemplateOrder:
    """The order of every campaign's templates; each call is harmless when nothing is due."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._templates: dict[int, tuple[str, ...]] = {}

    def keep_all(self, *, now: float) -> None:
        """Look after every running WhatsApp campaign."""
        with self._database.read() as connection:
            found = campaign_work.running_on(connection, "whatsapp")
        for campaign_id in found:
            self.keep(campaign_id, now=now)

    def keep(self, campaign_id: int, *, now: float) -> None:
        """Look after one campaign: hold what is stopped, release what is next."""
        with self._database.read() as connection:
            campaign = campaigns.get(connection, campaign_id)
            if campaign.channel != "whatsapp" or campaign.status is not CampaignStatus.RUNNING:
                return
            templates = self._templates_of(campaign)
            stops = template_stops.active(connection, workspace_id=campaign.workspace_id, now=now)
            stopped = [part for part, template in enumerate(templates) if template in stops]
            if len(templates) == 1 and not stopped and not parts.waiting(connection, campaign_id, (0,)):
                return
            fresh = parts.fresh_part(connection, campaign_id)
            returning = parts.has_returning(connection, campaign_id)
        for part in stopped:
            if part == fresh or returning:
                parts.hold(self._database, campaign_id, part)
        if fresh is None or fresh in stopped:
            self._go_on(campaign, templates, stops, now)

    def _go_on(self, campaign: CampaignRow, templates: Sequence[str], stops: Mapping[str, Stop], now: float) -> None:
        """Nothing fresh is left: once what is under way has ended, the next part begins."""
        with self._database.read() as connection:
            under_way = parts.is_under_way(connection, campaign.id, until=now + _SOON_SECONDS)
            waiting = parts.waiting(connection, campaign.id, range(len(templates)))
            returning = parts.has_returning(connection, campaign.id)
        free = [part for part in waiting if templates[part] not in stops]
        if under_way or campaign.launched_at is None:
            return
        if free:
            parts.release(self._database, campaign.id, free[0])
        elif waiting and not returning and all(stops[templates[part]].until_at is None for part in waiting):
            self._ask_a_person(campaign, [stops[templates[part]] for part in waiting], waiting, now)

    def _ask_a_person(self, campaign: CampaignRow, stops: Sequence[Stop], waiting: Sequence[int], now: float) -> None:
        with self._database.write() as connection:
            number = sum(parts.count_waiting(connection, campaign.id, part) for part in waiting)
            causes = "; ".join(f"the template {stop.template} is stopped: {stop.reason}" for stop in stops)
            reason = f"{causes}; {counted(number, 'contact waits', 'contacts wait')}" + " for it" * (len(stops) == 1)
            campaigns.move(connection, campaign.id, CampaignMove.ALARM, now=now, reason=reason)

    def _templates_of(self, campaign: CampaignRow) -> tuple[str, ...]:
        """The templates in their order; they never change once a campaign has started."""
        if campaign.id not in self._templates:
            self._templates[campaign.id] = templates_of(campaign)
        return self._templates[campaign.id]
