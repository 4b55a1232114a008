"""What every operation needs: the settings, the databases, the clock, the secrets and the way out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from paceline.channels.base import Channel
from paceline.clock import SteadyClock
from paceline.domain.errors import PacelineError
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.public_ids import IdKind, PublicIds
from paceline.store.queue import campaigns
from paceline.store.queue.campaigns import CampaignRow
from paceline.store.secrets import SecretBox

FIRST_WORKSPACE = 1
"""The workspace of the command line; it is there from the start."""


class NotFound(PacelineError):
    """There is nothing of this id in this workspace."""

    is_bad_input = True


class UnknownCampaign(NotFound):
    """There is no campaign of this key."""


class NotPossible(PacelineError):
    """What was asked does not fit the state that something is in."""

    is_bad_input = True


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueContext:
    """The concrete parts that sending needs, wired by bootstrap, and the workspace they are used for."""

    settings: Settings
    queue: Database
    clock: SteadyClock
    box: SecretBox
    channel: Channel
    workspace_id: int = FIRST_WORKSPACE

    def campaign(self, key: str) -> CampaignRow:
        """The campaign of this key. Raises UnknownCampaign naming those that there are."""
        with self.queue.read() as connection:
            found = campaigns.find(connection, key, workspace_id=self.workspace_id)
            if found is not None:
                return found
            keys = [campaign.key for campaign in campaigns.every(connection, workspace_id=self.workspace_id)]
        known = f"there are: {', '.join(keys[:10])}" if keys else "there is none yet"
        raise UnknownCampaign(f"no campaign with the key {key!r} in {self.queue.name}; {known}")

    def in_workspace(self, workspace_id: int) -> Self:
        """The same parts, used for another workspace."""
        return replace(self, workspace_id=workspace_id)

    def close(self) -> None:
        """Let go of the database; a second call does nothing."""
        self.queue.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(QueueContext):
    """The same with the catalogue: for everything but senders."""

    catalogue: Database
    reports_queue: Database
    reports_catalogue: Database
    """What reports and exports read: replicas of queue and catalogue, or these themselves."""
    ids: PublicIds

    def for_reports(self) -> Self:
        """The same parts, with the databases that reports read: what is a few seconds old is good enough."""
        return replace(self, queue=self.reports_queue, catalogue=self.reports_catalogue)

    def campaign(self, key: str) -> CampaignRow:
        """The campaign of this key or this public id. Raises UnknownCampaign."""
        number = self.ids.decode(IdKind.CAMPAIGN, key)
        if number is None:
            return QueueContext.campaign(self, key)
        with self.queue.read() as connection:
            found = campaigns.numbered(connection, number, workspace_id=self.workspace_id)
        if found is None:
            raise UnknownCampaign(f"there is no campaign {key}")
        return found

    def close(self) -> None:
        """Let go of all databases; a second call does nothing."""
        for database in (self.reports_queue, self.reports_catalogue, self.catalogue):
            database.close()
        QueueContext.close(self)
