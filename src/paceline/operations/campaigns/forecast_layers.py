"""The limits above accounts that a forecast reckons with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.layer import BY_RECIPIENT, Layer, LayerKind
from paceline.engine.forecast.plan import PlannedLayer, RecipientLimit
from paceline.store.queue import layers, mail_operators, outlook
from paceline.store.queue.layers import LayerStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The limits above accounts that hold for a campaign, and those that hold for some of its recipients."""

    planned: tuple[PlannedLayer, ...]
    by_recipient: tuple[Layer, ...]
    recipient_limits: tuple[RecipientLimit, ...]
    """Those of ``by_recipient``, in their order, with what they have used."""
    mail_servers: Mapping[str, str]
    """Domain -> who takes its mail, as far as that was looked up; empty where no limit asks for it."""


def layers_of(
    connection: Connection, *, workspace_id: int, campaign_id: int | None, now: float, written: Sequence[Layer] = ()
) -> Layers:
    """The layers of a campaign; ``written`` ones of its file replace those that are stored."""
    stored = {(one.layer.kind, one.layer.name): one for one in layers.every(connection, workspace_id=workspace_id)}
    own = (LayerKind.CAMPAIGN, str(campaign_id))
    found: dict[tuple[LayerKind, str], tuple[Layer, LayerStanding | None]] = {
        key: (one.layer, one) for key, one in stored.items() if key[0] is not LayerKind.CAMPAIGN or key == own
    }
    for layer in written:
        key = own if layer.kind is LayerKind.CAMPAIGN else (layer.kind, layer.name)
        found[key] = (layer, stored.get(key))
    usage = {
        key: () if standing is None else outlook.layer_usage(connection, standing.id, now=now)
        for key, (_, standing) in found.items()
    }
    by_recipient = {key: one for key, one in found.items() if key[0] in BY_RECIPIENT}
    return Layers(
        planned=tuple(
            PlannedLayer(
                title=layer.title,
                limits=layer.limits,
                host=layer.name if layer.kind is LayerKind.SERVER else None,
                of_campaign=layer.kind is LayerKind.CAMPAIGN,
                usage=usage[key],
                held=0 if standing is None else standing.held,
            )
            for key, (layer, standing) in found.items()
            if key not in by_recipient
        ),
        by_recipient=tuple(layer for layer, _ in by_recipient.values()),
        recipient_limits=tuple(
            RecipientLimit(limits=layer.limits, usage=usage[key], held=0 if standing is None else standing.held)
            for key, (layer, standing) in by_recipient.items()
        ),
        mail_servers=(
            mail_operators.every(connection) if any(kind is LayerKind.PROVIDER for kind, _ in by_recipient) else {}
        ),
    )
