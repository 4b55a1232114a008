"""How many messages of a campaign had ended at which instant: what its rate over time is read from.

Only a look every few seconds writes here, never a message. Counts are sums, so a sample that goes takes nothing but
detail with it: the finest ones go after an hour, those of each minute after a day. The last one before a rest stays as
long as the coarsest, or the work before it would seem to have gone on through the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import Connection

from paceline.store.database import Database, rows_json, sql

_MINUTE, _QUARTER, _HOUR, _DAY = 60.0, 900.0, 3600.0, 86400.0
_COUNTED = "sent + failed + skipped + uncertain"  # ended by being worked on; cancelled messages say nothing of speed


class Grain(IntEnum):
    """What a sample stands for."""

    FINE = 0
    """A look."""
    MINUTE = 1
    """The first look of a minute."""
    QUARTER = 2
    """The first look of a quarter of an hour."""


_KEPT_SECONDS = {Grain.FINE: _HOUR, Grain.MINUTE: _DAY}
_COARSER_SECONDS = {Grain.FINE: _MINUTE, Grain.MINUTE: _QUARTER}
"""How far apart the samples are that are left of each grain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How many messages of a campaign had ended at an instant (UTC seconds since the epoch)."""

    campaign_id: int
    at: float
    ended: int


def under_way(connection: Connection) -> dict[int, int]:
    """Campaign id -> messages that have ended, of every campaign that is under way; costs the same at any size of theirs."""
    rows = connection.execute(
        sql(
            f"SELECT c.id, COALESCE(SUM({_COUNTED}), 0) AS ended FROM campaigns c "
            "JOIN campaign_counters k ON k.campaign_id = c.id "
            "WHERE c.status IN ('running', 'paused', 'paused_limits', 'paused_health') GROUP BY c.id"
        )
    )
    return {row.id: int(row.ended) for row in rows}


def grain_of(sample: Sample, *, after: float) -> Grain:
    """What a sample stands for where the one before it was taken at ``after``."""
    if sample.at // _QUARTER != after // _QUARTER:
        return Grain.QUARTER
    return Grain.MINUTE if sample.at // _MINUTE != after // _MINUTE else Grain.FINE


def keep(connection: Connection, database: Database, samples: Iterable[tuple[Sample, Grain]]) -> None:
    """Keep samples; one of the same campaign and instant stays as it is."""
    rows = database.rows("rows", campaign_id="integer", at="number", ended="integer", grain="integer")
    values = rows_json((one.campaign_id, one.at, one.ended, int(grain)) for one, grain in samples)
    connection.execute(
        sql(
            f"INSERT INTO rate_samples (campaign_id, at, ended, grain) SELECT campaign_id, at, ended, grain FROM ({rows}) AS r "
            "WHERE true ON CONFLICT DO NOTHING"
        ),
        {"rows": values},
    )


def thin(connection: Connection, *, now: float) -> None:
    """Remove what is finer than anybody looks at any more."""
    statement = sql("DELETE FROM rate_samples WHERE grain = :grain AND at < :before")
    for grain, seconds in _KEPT_SECONDS.items():
        values = {"grain": int(grain), "before": now - seconds}
        _raise_grain(connection, {**values, "gap": _COARSER_SECONDS[grain]})
        connection.execute(statement, values)


def _raise_grain(connection: Connection, values: dict[str, float]) -> None:
    """Samples with which a rest begins, longer than what is left will show, become of the next grain: one of each at most."""
    connection.execute(
        sql(
            "UPDATE rate_samples SET grain = grain + 1 WHERE grain = :grain AND at < :before AND NOT EXISTS ("
            "SELECT 1 FROM rate_samples n WHERE n.campaign_id = rate_samples.campaign_id "
            "AND n.at > rate_samples.at AND n.at <= rate_samples.at + :gap)"
        ),
        values,
    )


def of_campaign(connection: Connection, campaign_id: int, *, since: float) -> list[Sample]:
    """The samples of a campaign from an instant on, and the last one before it; the oldest first."""
    rows = connection.execute(
        sql(
            "SELECT campaign_id, at, ended FROM rate_samples WHERE campaign_id = :id AND at >= COALESCE("
            "(SELECT MAX(at) FROM rate_samples WHERE campaign_id = :id AND at < :since), :since) ORDER BY at"
        ),
        {"id": campaign_id, "since": since},
    )
    return [Sample(campaign_id=row.campaign_id, at=row.at, ended=int(row.ended)) for row in rows]
