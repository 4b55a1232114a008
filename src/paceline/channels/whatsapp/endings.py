"""How a request to the Cloud API ends: not sent, without an answer, or with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A whole answer; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """Nothing of the request has left. ``is_trouble``: no connection can be made; otherwise only this one was lost."""

    reason: str
    is_trouble: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """The request has left, at least in part, and no whole answer came back."""

    reason: str
