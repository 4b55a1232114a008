"""Answers of the Cloud API: from bytes to values, whatever came. What errors mean is in error_codes.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from paceline.channels.printable import printable

HELD_BACK = "held_for_quality_assessment"
"""The status of a message that the provider has taken and keeps until it knows how others like it are received."""

_LONGEST_WAIT_SECONDS = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedAnswer:
    """HTTP 200: the API has taken the message; whether it arrives is told by webhooks."""

    wamid: str
    """The API's id of the message."""
    wa_id: str
    """The recipient as WhatsApp knows it, "" where it does not say."""
    status: str
    """``accepted``, ``held_for_quality_assessment`` or ``paused``; "" where it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiError:
    """A definite no. ``code`` is None where the answer was not the API's own (an edge, a proxy)."""

    status: int
    code: int | None = None
    subcode: int | None = None
    message: str = ""
    details: str = ""
    trace: str = ""
    is_transient: bool = False
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An answer from which it cannot be told whether the message was taken."""

    reason: str


ApiAnswer = AcceptedAnswer | ApiError | Unreadable


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> ApiAnswer:
    """What an answer to a message says. Never raises.

    A 2xx that does not name a message is unreadable: the message may have been taken. So are 408 and 5xx of what stands
    between us and the API, since a gateway that lost its answer says the same as one that never asked; only 503 says
    that nobody worked on it.
    """
    document = _object(body)
    if 200 <= status < 300:
        return _accepted(document) or Unreadable(reason=f"HTTP {status} without a message id: {_beginning(body)}")
    error = document.get("error")
    if isinstance(error, dict) and _whole(error.get("code")) is not None:
        return read_error(status, headers, error)
    if (status >= 500 and status != 503) or status == 408 or status < 400:
        return Unreadable(reason=f"HTTP {status} without an error of the API: {_beginning(body)}")
    return ApiError(
        status=status,
        message="" if document else _beginning(body),
        retry_after_seconds=asked_seconds(headers),
    )


def read_error(status: int, headers: Mapping[str, str], error: Mapping[str, Any]) -> ApiError:
    """An error object, of an answer or of a webhook (which has a title and no HTTP status: 0)."""
    data = error.get("error_data")
    details = data.get("details", "") if isinstance(data, dict) else data
    return ApiError(
        status=status,
        code=_whole(error.get("code")),
        subcode=_whole(error.get("error_subcode")),
        message=_text(error.get("message") or error.get("title")),
        details=_text(details),
        trace=_text(error.get("fbtrace_id")),
        is_transient=error.get("is_transient") is True,
        retry_after_seconds=asked_seconds(headers),
    )


def asked_seconds(headers: Mapping[str, str]) -> float | None:
    """The wait that the headers ask for: ``Retry-After`` in seconds, or the time until access is regained."""
    after = headers.get("retry-after", "").strip()
    if after.isascii() and after.isdigit():
        return min(float(after), _LONGEST_WAIT_SECONDS)
    try:
        usage = json.loads(headers.get("x-business-use-case-usage", "null"))
        minutes = [
            float(entry["estimated_time_to_regain_access"])
            for entries in usage.values()
            for entry in entries
            if entry.get("type") == "whatsapp"
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    longest = max(minutes, default=0.0)
    return min(longest * 60, _LONGEST_WAIT_SECONDS) if longest > 0 else None


def _accepted(document: Mapping[str, Any]) -> AcceptedAnswer | None:
    try:
        message = document["messages"][0]
        wamid = message["id"]
        if not isinstance(wamid, str) or not wamid:
            return None
        contacts = document.get("contacts") or [{}]
        return AcceptedAnswer(
            wamid=printable(wamid),
            wa_id=_text(contacts[0].get("wa_id")),
            status=_text(message.get("message_status")),
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        return None


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str:
    return printable(value) if isinstance(value, str) else ""


def _beginning(body: bytes) -> str:
    return printable(body[:200].decode("utf-8", "replace")) or "nothing"
