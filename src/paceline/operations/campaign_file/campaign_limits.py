"""The [[limits]] of a campaign file: limits of the campaign, and of servers, domains, providers and the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from paceline.domain.account import Limits
from paceline.domain.layer import Layer, LayerKind
from paceline.domain.mail_provider import PROVIDERS
from paceline.operations.campaign_file.campaign_fields import LIMITS, read_section
from paceline.operations.campaign_file.field_kinds import HOST, did_you_mean, shown
from paceline.operations.campaign_file.toml_document import Document
from paceline.operations.campaign_file.toml_lines import TomlPath

_NAMELESS = (LayerKind.WORKSPACE, LayerKind.CAMPAIGN)
_AMOUNTS = ("minute_limit", "hourly_limit", "daily_limit", "monthly_limit")


def read_limits(document: Document) -> tuple[Layer, ...]:
    """The layers that the file limits, each once; the campaign's own has no name here."""
    tables = document.table.get("limits", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        message = f"accepts one [[limits]] block per layer, with two brackets on each side, got {shown(tables)}"
        document.refuse(("limits",), message)
        return ()
    found: dict[tuple[LayerKind, str], Layer] = {}
    for index, table in enumerate(tables):
        layer = _layer(document, ("limits", index), table)
        if layer is None:
            continue
        if (layer.kind, layer.name) in found:
            document.refuse(("limits", index), f"{layer.title} is limited twice; accepts one block for each")
        found[layer.kind, layer.name] = layer
    return tuple(found.values())


def _layer(document: Document, path: TomlPath, table: Mapping[str, object]) -> Layer | None:
    values = read_section(document, path, table, LIMITS)
    if len(values) < len(LIMITS.fields):
        return None
    try:
        name = layer_name(values["for"], values["name"])
    except ValueError as error:
        document.refuse((*path, "name"), str(error))
        return None
    if not any(values[amount] for amount in _AMOUNTS) and not any(amount in table for amount in _AMOUNTS):
        document.refuse(path, f"it limits nothing: accepts {', '.join(_AMOUNTS)}; 0 takes a limit away")
    return Layer(kind=values["for"], name=name, limits=limits_of_values(values))


def layer_name(kind: LayerKind, name: str) -> str:
    """A layer's name as it is stored. Raises ValueError with a sentence for one that it cannot have."""
    name = name.strip().lower()
    if kind in _NAMELESS:
        if name:
            raise ValueError(f"leave it out: there is one {kind} only")
        return ""
    if not name:
        wanted = {LayerKind.SERVER: "its host", LayerKind.DOMAIN: "the domain"}.get(kind, ", ".join(PROVIDERS))
        raise ValueError(f"is missing; accepts {wanted}")
    if kind is LayerKind.PROVIDER and name not in PROVIDERS and "." not in name:
        known = f"accepts {', '.join(PROVIDERS)}, or how the names of its mail servers end, such as mx.example.net"
        raise ValueError(did_you_mean(name, PROVIDERS) or known)
    return str(HOST.parse(name))


def limits_of_values(values: Mapping[str, Any]) -> Limits:
    """The limits of a block."""
    return Limits(
        minute=values["minute_limit"],
        hour=values["hourly_limit"],
        day=values["daily_limit"],
        month=values["monthly_limit"],
        window=values["window"],
        timezone=values["timezone"] or ZoneInfo("UTC"),
    )
