"""One signed request to the other end, and what came of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from paceline.domain.errors import InputError, PacelineError, Problem
from paceline.outbound.address_guard import AddressRefused
from paceline.outbound.http import CallFailed, OutboundHttp
from paceline.remote.address import PeerAddress, open_guard
from paceline.remote.signing import PeerKeys, signed_headers

_LONGEST_ANSWER = 1 << 20
_LONGEST_REASON = 300


class PeerFailed(PacelineError):
    """The other end has not done what it was asked. ``status`` 0: there was no answer, so it may have done it."""

    def __init__(self, reason: str, *, status: int = 0, retry_after_seconds: float | None = None) -> None:
        self.status = status
        self.retry_after_seconds = retry_after_seconds
        super().__init__(reason)

    @property
    def is_refusal(self) -> bool:
        """Whether the other end has understood and said no: the same again would be refused again."""
        return 400 <= self.status < 500 and self.status not in (408, 425, 429)


class Peer:
    """The other end of the protocol."""

    def __init__(
        self, address: PeerAddress, keys: PeerKeys, *, timeout_seconds: float, now: Callable[[], float]
    ) -> None:
        """Raises InputError for a file of authorities that cannot be read."""
        guard = address.guard or open_guard(address.url)
        try:
            self._http = OutboundHttp(
                guard, timeout_seconds=timeout_seconds, longest_answer=_LONGEST_ANSWER, ca_file=address.ca_file
            )
        except OSError as error:
            message = f"cannot be read: {error}"
            raise InputError([Problem(file=address.ca_file, field="ca_file", message=message)]) from error
        self._base = address.url.rstrip("/")
        self._prefix = urlsplit(self._base).path
        self._keys = keys
        self._now = now

    def ask(self, method: str, path: str, body: dict[str, Any] | bytes | None = None) -> dict[str, Any]:
        """Ask and return the answer's object. Raises PeerFailed for anything else, ``{"success": false}`` included."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = signed_headers(method, self._prefix + path, raw, self._keys, now=self._now())
        if raw:
            headers["Content-Type"] = "application/json"
        try:
            answer = asyncio.run(self._http.ask(method, self._base + path, raw or None, headers))
        except (CallFailed, AddressRefused) as error:
            raise PeerFailed(str(error)) from error
        return _read(answer.status, answer.headers, answer.body)


def _read(status: int, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body) if body.strip() else {}
    except ValueError:
        found = None
    retry_after = _seconds(headers.get("retry-after"))
    if not isinstance(found, dict):
        raise PeerFailed(
            f"it answered {status} with something that is no JSON object", status=status if status >= 300 else 0
        )
    if status >= 300:
        reason = str(found.get("detail") or found.get("error") or "no reason")[:_LONGEST_REASON]
        raise PeerFailed(f"it answered {status}: {reason}", status=status, retry_after_seconds=retry_after)
    return found


def _seconds(words: str | None) -> float | None:
    """Retry-After in seconds (RFC 9110 section 10.2.3); its form as a date is not used between us."""
    return float(words) if words is not None and words.isascii() and words.isdigit() and len(words) < 7 else None
