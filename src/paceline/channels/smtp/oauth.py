"""Access tokens for XOAUTH2: obtained with an account's refresh token, kept until shortly before they expire."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from paceline.channels.printable import printable
from paceline.domain.account import OAuth
from paceline.domain.errors import AccountUnavailable
from paceline.domain.outcome import AccountTrouble, TroubleKind

_EXPIRES_EARLY_SECONDS = 60.0
_SHORTEST_LIFE_SECONDS = 60.0
_LONGEST_LIFE_SECONDS = 86400.0
_USUAL_LIFE_SECONDS = 3600.0  # where the answer does not say
_LONGEST_ANSWER = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Where a provider gives tokens, and for what."""

    token_url: str
    scope: str


PRESETS = {
    "google": Preset(token_url="https://oauth2.googleapis.com/token", scope=""),
    "microsoft": Preset(
        token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",
        scope="https://outlook.office.com/SMTP.Send offline_access",
    ),
}
"""Names that may stand in the place of a token URL. Google's scope (https://mail.google.com/) is part of the consent and not repeated."""


@dataclass(slots=True)
class _Grant:
    """What is known for one account's login."""

    lock: asyncio.Lock
    refresh_token: str
    access_token: str = ""
    expires_at: float = 0.0


class TokenSource:
    """Gives access tokens to all connections of all accounts: one request at a time for each account."""

    def __init__(self, *, seconds: float, context: ssl.SSLContext | None = None) -> None:
        """``seconds`` bounds one request as a whole; ``context`` is for servers with a certificate of one's own."""
        self._seconds = seconds
        self._context = context
        self._grants: dict[OAuth, _Grant] = {}

    async def token(self, oauth: OAuth) -> str:
        """A token with at least a minute to live. Raises AccountUnavailable."""
        grant = self._grants.setdefault(oauth, _Grant(lock=asyncio.Lock(), refresh_token=oauth.refresh_token))
        async with grant.lock:
            if time.monotonic() >= grant.expires_at:
                await self._refresh(oauth, grant)
            return grant.access_token

    def forget(self, oauth: OAuth) -> None:
        """The server refused this account's token: the next one is a new one."""
        if grant := self._grants.get(oauth):
            grant.expires_at = 0.0

    async def _refresh(self, oauth: OAuth, grant: _Grant) -> None:
        preset = PRESETS.get(oauth.token_url, Preset(token_url=oauth.token_url, scope=""))
        form = {
            "grant_type": "refresh_token",
            "client_id": oauth.client_id,
            "client_secret": oauth.client_secret,
            "refresh_token": grant.refresh_token,
            "scope": oauth.scope or preset.scope,
        }
        asked_at = time.monotonic()
        status, retry_after, body = await self._post(
            preset.token_url, {key: value for key, value in form.items() if value}
        )
        answer = _read_answer(body)
        token = answer.get("access_token")
        if status != 200 or not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise AccountUnavailable(_refusal(preset.token_url, status, retry_after, answer))
        grant.access_token = token
        # Microsoft gives a new refresh token with each answer; the old one goes on working for a while.
        if isinstance(answer.get("refresh_token"), str):
            grant.refresh_token = answer["refresh_token"]
        grant.expires_at = asked_at + _life_seconds(answer.get("expires_in")) - _EXPIRES_EARLY_SECONDS

    async def _post(self, url: str, form: dict[str, str]) -> tuple[int, str, bytes]:
        """Status, Retry-After and the first 64 KiB of the body. Neither proxies nor redirects are followed."""
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise AccountUnavailable(
                AccountTrouble(
                    kind=TroubleKind.BROKEN,
                    reason=f"the token URL must begin with https:// or be one of {', '.join(PRESETS)}",
                )
            )
        connection = http.client.HTTPSConnection(
            parts.hostname,
            parts.port or 443,
            timeout=self._seconds,
            context=self._context or ssl.create_default_context(),
        )
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.to_thread(_exchange, connection, target, urlencode(form))
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = "no answer in time" if isinstance(error, TimeoutError) else printable(str(error))
            raise AccountUnavailable(
                AccountTrouble(kind=TroubleKind.FAILING, reason=f"no access token from {parts.hostname}: {reason}")
            ) from error
        finally:
            _sever(connection)


def _exchange(connection: http.client.HTTPSConnection, target: str, body: str) -> tuple[int, str, bytes]:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    connection.request("POST", target, body=body, headers=headers)
    response = connection.getresponse()
    return response.status, response.headers.get("Retry-After", ""), response.read(_LONGEST_ANSWER)


def _sever(connection: http.client.HTTPSConnection) -> None:
    """Close, and wake the thread where it still waits for this socket."""
    if isinstance(connection.sock, socket.socket):
        with contextlib.suppress(OSError):  # closed already
            # Past the TLS layer: that belongs to the thread.
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
    connection.close()


def _read_answer(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _life_seconds(value: object) -> float:
    life = float(value) if isinstance(value, int | float) else _USUAL_LIFE_SECONDS
    return min(max(life, _SHORTEST_LIFE_SECONDS), _LONGEST_LIFE_SECONDS)


def _refusal(url: str, status: int, retry_after: str, answer: dict[str, Any]) -> AccountTrouble:
    """A refused refresh token needs a person; anything else may pass (RFC 6749 section 5.2)."""
    said = printable(" ".join(str(answer[key]) for key in ("error", "error_description") if key in answer))
    refused = status in (400, 401, 403) and answer.get("error") != "temporarily_unavailable"
    return AccountTrouble(
        kind=TroubleKind.BROKEN if refused else TroubleKind.FAILING,
        reason=f"no access token from {urlsplit(url).hostname}: HTTP {status} {said}".strip(),
        retry_after_seconds=float(retry_after)
        if retry_after.isascii() and retry_after.isdigit() and not refused
        else None,
    )
