"""At a worker: who is to get nothing by its controller's word, or something again. Everything may be told twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from paceline.remote.luggage import WORKSPACE
from paceline.remote.protocol import (
    ErasedAddress,
    LiftedAddress,
    Suppressions,
    SuppressionsTaken,
    WithheldRecipient,
)
from paceline.store.database import Database
from paceline.store.queue import erasures, home, home_suppressions, leaving
from paceline.store.queue.erasures import Forgotten
from paceline.store.queue.home_suppressions import ToldLift, ToldSuppression
from paceline.store.secrets import SecretBox

_AT_ONCE = 500
_CHANNELS = ("email", "whatsapp")

_Item = TypeVar("_Item")


class Unwanted:
    """What the controller says of addresses and single recipients. Safe to use from several threads."""

    def __init__(self, database: Database, box: SecretBox, *, now: Callable[[], float]) -> None:
        self._database = database
        self._forgotten = Forgotten(box.digest)
        self._now = now

    def take(self, told: Suppressions) -> SuppressionsTaken:
        """Do as told, in short transactions; tested again in every intent, so it holds from the next message on."""
        lifted = added = withheld = 0
        for erased in _parts(told.erased):
            with self._database.write() as connection:
                self._erase(connection, erased)
        for lifts in _parts(told.lifted):
            with self._database.write() as connection:
                lifted += self._lift(connection, lifts)
        for suppressed in _parts(told.suppressions):
            with self._database.write() as connection:
                told_now = [
                    ToldSuppression(one.channel, one.address, one.reason, one.at, one.expires_at) for one in suppressed
                ]
                added += home_suppressions.suppress(connection, told_now, workspace_id=WORKSPACE, now=self._now())
        missing: list[int] = []
        for recipients in _parts(told.withheld):
            with self._database.write() as connection:
                withheld += self._withhold(connection, recipients, missing)
        return SuppressionsTaken(
            added=added, lifted=lifted, withheld=withheld, erased=len(told.erased), missing=missing
        )

    def _lift(self, connection: Connection, lifts: Sequence[LiftedAddress]) -> int:
        for one in lifts:  # whoever was erased before may be written to again
            digest = self._forgotten.digest(one.address, workspace_id=WORKSPACE)
            erasures.let_come_back(connection, digest, workspace_id=WORKSPACE, before=one.at)
        told = [ToldLift(one.channel, one.address, one.at) for one in lifts]
        return home_suppressions.lift(connection, told, workspace_id=WORKSPACE)

    def _erase(self, connection: Connection, erased: Sequence[ErasedAddress]) -> None:
        """Nothing to these from now on; a chore makes nobody's what was sent to them before."""
        for one in erased:
            at = self._now() if one.at is None else one.at
            digest = self._forgotten.digest(one.address, workspace_id=WORKSPACE)
            erasures.request(connection, one.address, digest, workspace_id=WORKSPACE, now=at)
            told = [ToldSuppression(channel, one.address, erasures.REASON, at, None) for channel in _CHANNELS]
            home_suppressions.suppress(connection, told, workspace_id=WORKSPACE, now=at)

    def _withhold(self, connection: Connection, recipients: Sequence[WithheldRecipient], missing: list[int]) -> int:
        """Skip what waits; ``missing`` gets those that are not here (yet)."""
        campaigns: dict[str, list[WithheldRecipient]] = {}
        for one in recipients:
            campaigns.setdefault(one.campaign, []).append(one)
        skipped = 0
        for remote_id, some in campaigns.items():
            found = home.find(connection, remote_id)
            numbers = [one.recipient for one in some]
            here = (
                {}
                if found is None
                else home_suppressions.messages_of(connection, self._database, found.campaign_id, numbers)
            )
            missing += [number for number in numbers if number not in here]
            for reason in dict.fromkeys(one.reason for one in some):
                ids = [here[one.recipient] for one in some if one.reason == reason and one.recipient in here]
                skipped += leaving.end_as_skipped(connection, self._database, ids, reason=reason, now=self._now())
        return skipped


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
