"""What a person reads of a template: the provider's header, body and footer with the values of one message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def readable(listed: Sequence[Mapping[str, Any]], components: Sequence[Mapping[str, Any]]) -> str:
    """The text, its parts apart by empty lines; ``listed`` are the provider's components, ``components`` the message's.

    A variable that no value is given for stays as it is; of media and buttons nothing is shown.
    """
    given = {str(part.get("type", "")).lower(): part for part in components}
    found = []
    for part in listed:
        kind, text = str(part.get("type", "")).lower(), part.get("text")
        if kind in ("header", "body", "footer") and isinstance(text, str):
            found.append(_filled(text, given.get(kind, {}).get("parameters", ())))
    return "\n\n".join(found)


def _filled(text: str, parameters: Sequence[Mapping[str, Any]]) -> str:
    values = {
        str(parameter.get("parameter_name") or place): _shown(parameter)
        for place, parameter in enumerate(parameters, start=1)
    }
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def _shown(parameter: Mapping[str, Any]) -> str:
    kind = str(parameter.get("type"))
    value = parameter.get(kind, "")
    return str(value.get("fallback_value", "")) if isinstance(value, Mapping) else str(value)
