"""Limits that stand above single accounts, as people see and set them: of the workspace, servers, campaigns, domains, providers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from paceline.clock import iso
from paceline.domain.errors import InputError, Problem
from paceline.domain.layer import Layer, LayerKind
from paceline.operations.campaign_file.campaign_limits import read_limits
from paceline.operations.campaign_file.toml_document import Document
from paceline.operations.campaign_file.toml_lines import TomlLines
from paceline.operations.context import Context
from paceline.store.queue import campaigns, layers
from paceline.store.queue.layers import LayerStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLimit:
    """One layer with its limits. ``kind`` campaign is named by its key; ``until_at``: it is full until then."""

    kind: str
    name: str
    minute_limit: int
    hourly_limit: int
    daily_limit: int
    monthly_limit: int
    window: str
    timezone: str
    reason: str | None
    until_at: float | None

    def to_json(self) -> dict[str, Any]:
        """As the command line and the API show it."""
        values = asdict(self)
        return {"for": values.pop("kind"), **values, "until_at": iso(self.until_at)}


def list_limits(context: Context) -> list[SetLimit]:
    """Every layer of the workspace that limits something."""
    with context.queue.read() as connection:
        found = layers.every(connection, workspace_id=context.workspace_id)
        keys = {
            one.id: key
            for one in found
            if one.layer.kind is LayerKind.CAMPAIGN
            and (key := campaigns.key_of(connection, int(one.layer.name), workspace_id=context.workspace_id))
        }
    now = context.clock.now()
    return [_shown(one, keys.get(one.id, one.layer.name), now) for one in found]


def set_limit(context: Context, values: Mapping[str, Any]) -> list[SetLimit]:
    """Set the limits of a layer by the fields of a [[limits]] block; what is not given is 0, and all 0 takes it away.

    A campaign is named by its key. Holds at once in every process. Raises InputError that names the field, UnknownCampaign.
    """
    given = dict(values)
    key = given.pop("name", "") if given.get("for") == LayerKind.CAMPAIGN else ""
    layer = _read(given)
    if layer.kind is LayerKind.CAMPAIGN:
        layer = Layer(kind=layer.kind, name=str(context.campaign(str(key)).id), limits=layer.limits)
    with context.queue.write() as connection:
        layers.save(connection, layer, workspace_id=context.workspace_id, now=context.clock.now())
    return list_limits(context)


def _read(given: Mapping[str, Any]) -> Layer:
    document = Document(Path("limits"), {"limits": [dict(given)]}, TomlLines(""))
    found = read_limits(document)
    try:
        document.raise_problems()
    except InputError as error:
        problems = [(problem, (problem.field or "").rpartition(".")[2]) for problem in error.problems]
        raise InputError([Problem(file="limits", field=f or None, message=p.message) for p, f in problems]) from None
    (layer,) = found
    return layer


def _shown(one: LayerStanding, name: str, now: float) -> SetLimit:
    limits = one.layer.limits
    full = one.until_at is not None and one.until_at > now
    return SetLimit(
        kind=str(one.layer.kind),
        name=name,
        minute_limit=limits.minute,
        hourly_limit=limits.hour,
        daily_limit=limits.day,
        monthly_limit=limits.month,
        window=str(limits.window),
        timezone=limits.timezone.key,
        reason=one.reason if full else None,
        until_at=one.until_at if full else None,
    )
