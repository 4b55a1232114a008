"""What every operation needs: the settings, the database, the clock, the secrets and the way out."""

from __future__ import annotations

from dataclasses import dataclass

from paceline.channels.base import Channel
from paceline.clock import SteadyClock
from paceline.domain.errors import PacelineError
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.queue import campaigns
from paceline.store.queue.campaigns import CampaignRow
from paceline.store.secrets import SecretBox

WORKSPACE = 1
"""The workspace of the command line; every row belongs to one."""


class UnknownCampaign(PacelineError):
    """There is no campaign of this key."""


class NotPossible(PacelineError):
    """What was asked does not fit the state that something is in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The concrete parts, wired by bootstrap."""

    settings: Settings
    database: Database
    clock: SteadyClock
    box: SecretBox
    channel: Channel

    def campaign(self, key: str) -> CampaignRow:
        """The campaign of this key. Raises UnknownCampaign naming those that there are."""
        with self.database.read() as connection:
            found = campaigns.find(connection, key, workspace_id=WORKSPACE)
            if found is not None:
                return found
            keys = [campaign.key for campaign in campaigns.every(connection, workspace_id=WORKSPACE)]
        known = f"there are: {', '.join(keys[:10])}" if keys else "there is none yet"
        raise UnknownCampaign(f"no campaign with the key {key!r} in {self.database.name}; {known}")

    def close(self) -> None:
        """Let go of the database; a second call does nothing."""
        self.database.close()
