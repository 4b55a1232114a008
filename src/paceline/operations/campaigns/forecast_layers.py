"""The limits above accounts that a forecast reckons with."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from paceline.domain.layer import BY_RECIPIENT, Layer, LayerKind
from paceline.engine.forecast.plan import PlannedLayer
from paceline.store.queue import layers, outlook
from paceline.store.queue.layers import LayerStanding


def planned_layers(
    connection: Connection, *, workspace_id: int, campaign_id: int | None, now: float, written: Sequence[Layer] = ()
) -> tuple[PlannedLayer, ...]:
    """The limits above accounts that hold for a campaign; ``written`` ones of its file replace those that are stored.

    Those of recipients are left out: nobody knows who is next.
    """
    stored = {(one.layer.kind, one.layer.name): one for one in layers.every(connection, workspace_id=workspace_id)}
    own = (LayerKind.CAMPAIGN, str(campaign_id))
    found: dict[tuple[LayerKind, str], tuple[Layer, LayerStanding | None]] = {
        key: (one.layer, one)
        for key, one in stored.items()
        if key[0] in (LayerKind.WORKSPACE, LayerKind.SERVER) or key == own
    }
    for layer in written:
        key = own if layer.kind is LayerKind.CAMPAIGN else (layer.kind, layer.name)
        if layer.kind not in BY_RECIPIENT:
            found[key] = (layer, stored.get(key))
    return tuple(_planned(connection, layer, standing, now) for layer, standing in found.values())


def _planned(connection: Connection, layer: Layer, standing: LayerStanding | None, now: float) -> PlannedLayer:
    return PlannedLayer(
        title=layer.title,
        limits=layer.limits,
        host=layer.name if layer.kind is LayerKind.SERVER else None,
        usage=() if standing is None else outlook.layer_usage(connection, standing.id, now=now),
        held=0 if standing is None else standing.held,
    )
