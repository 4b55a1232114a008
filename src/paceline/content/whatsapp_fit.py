"""Whether a campaign's template fits the provider's: the same parameters, each of the kind and at the place it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from paceline.content.whatsapp import WhatsAppTemplate

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_MEDIA = ("IMAGE", "VIDEO", "DOCUMENT", "LOCATION")


def misfits(ours: WhatsAppTemplate, listed: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with the parameters of a template, in sentences; ``listed`` are the provider's components."""
    given = {str(part.get("type", "")).lower(): part for part in ours.components if part.get("type") != "button"}
    asked = {str(part.get("type", "")).upper(): part for part in listed}
    found = _texts("body", _parameters(given.get("body")), _variables(asked.get("BODY")))
    found += _header(_parameters(given.get("header")), asked.get("HEADER"))
    return found + _buttons(ours.components, asked.get("BUTTONS"))


def _header(given: Sequence[Mapping[str, Any]], asked: Mapping[str, Any] | None) -> list[str]:
    kind = str((asked or {}).get("format", "TEXT")).upper()
    if kind not in _MEDIA:
        return _texts("header", given, _variables(asked))
    if not given:
        return [f"header: the template asks for {_an(kind.lower())}, and none is given"]
    own = str(given[0].get("type", ""))
    return (
        [] if own == kind.lower() else [f"header: the template asks for {_an(kind.lower())}, and {_an(own)} is given"]
    )


def _texts(place: str, given: Sequence[Mapping[str, Any]], asked: Sequence[str]) -> list[str]:
    names = [str(one.get("parameter_name", "")) for one in given]
    if any(names) and not all(name.isdigit() for name in asked):
        missing, unknown = set(asked) - set(names), set(names) - set(asked)
        found = [f"{place}: the parameter {name!r} of the template is missing" for name in sorted(missing)]
        return found + [f"{place}: the template has no parameter {name!r}" for name in sorted(unknown)]
    if any(names):
        return [f"{place}: the template numbers its parameters; give them as a list, without names"]
    if not all(name.isdigit() for name in asked):
        return [f"{place}: the template names its parameters ({', '.join(asked)}); give them by name"]
    if len(given) != len(asked):
        return [f"{place}: the template has {len(asked)} parameters, {len(given)} are given"]
    return []


def _buttons(components: Iterable[Mapping[str, Any]], asked: Mapping[str, Any] | None) -> list[str]:
    given = {int(part["index"]): str(part.get("sub_type")) for part in components if part.get("type") == "button"}
    buttons = [one for one in (asked or {}).get("buttons", []) if isinstance(one, dict)]
    found = []
    for index, button in enumerate(buttons):
        needs_suffix = str(button.get("type", "")).upper() == "URL" and _VARIABLE.search(str(button.get("url", "")))
        if needs_suffix and given.get(index) != "url":
            found.append(f"buttons: button {index} of the template has a URL whose end must be given")
    found += [f"buttons: the template has no button {index}" for index in sorted(given) if index >= len(buttons)]
    return found


def _parameters(component: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    return list((component or {}).get("parameters", []))


def _variables(component: Mapping[str, Any] | None) -> list[str]:
    return list(dict.fromkeys(_VARIABLE.findall(str((component or {}).get("text", "")))))


def _an(noun: str) -> str:
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"
