"""Launches every started campaign that is not in the queue altogether: one step of each in turn, so that none waits."""

from __future__ import annotations

from collections.abc import Callable

from paceline.launch.catalogue_launch import CatalogueLaunch
from paceline.store.database import Database
from paceline.store.queue import campaign_drafts
from paceline.store.queue.erasures import Forgotten


class Launcher:
    """All launches of one process; what it remembers can be lost at any time."""

    def __init__(
        self,
        *,
        queue: Database,
        catalogue: Database,
        now: Callable[[], float],
        forgotten: Forgotten | None = None,
    ) -> None:
        self._forgotten = forgotten
        self._queue = queue
        self._catalogue = catalogue
        self._now = now
        self._launches: dict[int, CatalogueLaunch] = {}

    def round(self) -> bool:
        """One step of every launch; False when there is none under way."""
        with self._queue.read() as connection:
            wanted = {campaign.id: campaign for campaign in campaign_drafts.launching(connection)}
        self._launches = {number: launch for number, launch in self._launches.items() if number in wanted}
        for number, campaign in wanted.items():
            if number not in self._launches:
                self._launches[number] = CatalogueLaunch(
                    campaign,
                    queue=self._queue,
                    catalogue=self._catalogue,
                    now=self._now,
                    forgotten=self._forgotten,
                )
        steps = [launch.step() for launch in self._launches.values()]
        return any(steps)
