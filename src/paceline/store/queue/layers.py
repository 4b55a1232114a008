"""Limits that stand above single accounts: kept, changed and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from paceline.domain.account import Limits, Window
from paceline.domain.allowance import Allowance, bucket_of, limit_windows
from paceline.domain.block import FullLayer
from paceline.domain.layer import Layer, LayerKind, why
from paceline.store.database import sql
from paceline.store.queue.piles import ON_A_PILE

_LIMITED = "minute_limit + hourly_limit + daily_limit + monthly_limit > 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStanding:
    """A layer as it stands. ``until_at``: a claim has found it full, and that is when it has room again."""

    id: int
    workspace_id: int
    layer: Layer
    held: int
    until_at: float | None
    reason: str | None


def limits_of_layer(row: Any) -> Limits:
    """The limits of a row."""
    return Limits(
        minute=row.minute_limit,
        hour=row.hourly_limit,
        day=row.daily_limit,
        month=row.monthly_limit,
        window=Window(row.limit_window),
        timezone=ZoneInfo(row.timezone),
    )


def save(connection: Connection, layer: Layer, *, workspace_id: int, now: float) -> bool:
    """Set a layer's limits; without any it limits nothing, but what counts in it goes on. False when they are the same.

    Messages that a limit by recipient has put off are looked at anew.
    """
    values = {
        "workspace": workspace_id,
        "kind": str(layer.kind),
        "name": layer.name,
        "minute": layer.limits.minute,
        "hour": layer.limits.hour,
        "day": layer.limits.day,
        "month": layer.limits.month,
        "window": str(layer.limits.window),
        "zone": layer.limits.timezone.key,
    }
    found = get(connection, layer.kind, layer.name, workspace_id=workspace_id)
    if found is None and layer.limits == Limits(window=layer.limits.window, timezone=layer.limits.timezone):
        return False
    if found is not None and found.layer == layer:
        return False
    connection.execute(
        sql(
            "INSERT INTO layers (workspace_id, kind, name, minute_limit, hourly_limit, daily_limit, monthly_limit, "
            "limit_window, timezone) VALUES (:workspace, :kind, :name, :minute, :hour, :day, :month, :window, :zone) "
            "ON CONFLICT (workspace_id, kind, name) DO UPDATE SET minute_limit = excluded.minute_limit, "
            "hourly_limit = excluded.hourly_limit, daily_limit = excluded.daily_limit, "
            "monthly_limit = excluded.monthly_limit, limit_window = excluded.limit_window, "
            "timezone = excluded.timezone, until_at = NULL, reason = NULL, parked_at = 0, parked = 0"
        ),
        values,
    )
    connection.execute(
        sql(
            f"UPDATE messages SET due_at = :now WHERE state = 0 AND due_at > :now AND due_at < {ON_A_PILE} AND campaign_id IN "
            "(SELECT id FROM campaigns WHERE workspace_id = :workspace AND status NOT IN ('stopped', 'completed'))"
        ),
        {"now": now, "workspace": workspace_id},
    )
    return True


def get(connection: Connection, kind: LayerKind, name: str, *, workspace_id: int) -> LayerStanding | None:
    """One layer."""
    row = connection.execute(
        sql("SELECT * FROM layers WHERE workspace_id = :workspace AND kind = :kind AND name = :name"),
        {"workspace": workspace_id, "kind": kind, "name": name},
    ).one_or_none()
    return None if row is None else _standing(row)


def every(connection: Connection, *, workspace_id: int) -> list[LayerStanding]:
    """The layers of a workspace that limit something."""
    rows = connection.execute(
        sql(f"SELECT * FROM layers WHERE workspace_id = :workspace AND {_LIMITED} ORDER BY kind, name"),
        {"workspace": workspace_id},
    )
    return [_standing(row) for row in rows]


def full(connection: Connection, *, now: float) -> list[LayerStanding]:
    """Those that have no room now, of every workspace."""
    rows = connection.execute(sql("SELECT * FROM layers WHERE until_at > :now ORDER BY id"), {"now": now})
    return [_standing(row) for row in rows]


def used_up(connection: Connection, *, workspace_id: int, now: float) -> list[FullLayer]:
    """The layers of a workspace of which no window leaves anything now, whether or not a claim has met them."""
    found = []
    for one in every(connection, workspace_id=workspace_id):
        first = bucket_of(min(window.start for window in limit_windows(one.layer.limits, now)))
        rows = connection.execute(
            sql("SELECT bucket, count FROM layer_usage WHERE layer_id = :id AND bucket >= :first"),
            {"id": one.id, "first": first},
        )
        usage = [(row[0], row[1]) for row in rows.all()]
        if (end := Allowance(one.layer.limits, usage, 0, now).exhaustion(now)) is not None:
            found.append(FullLayer(layer=one.layer, reason=why(one.layer, end), until=end.resumes_at))
    return found


def full_servers(connection: Connection, *, now: float) -> set[tuple[int, str]]:
    """(workspace, host) of every server whose limit leaves nothing now."""
    return {
        (one.workspace_id, one.layer.name) for one in full(connection, now=now) if one.layer.kind is LayerKind.SERVER
    }


def used_since(connection: Connection, layer_id: int, *, bucket: int) -> int:
    """Messages that count in a layer since a bucket of 10 s."""
    statement = sql("SELECT COALESCE(SUM(count), 0) FROM layer_usage WHERE layer_id = :id AND bucket >= :bucket")
    return int(connection.execute(statement, {"id": layer_id, "bucket": bucket}).scalar_one())


def _standing(row: Any) -> LayerStanding:
    return LayerStanding(
        id=row.id,
        workspace_id=row.workspace_id,
        layer=Layer(kind=LayerKind(row.kind), name=row.name, limits=limits_of_layer(row)),
        held=row.held,
        until_at=row.until_at,
        reason=row.reason,
    )
