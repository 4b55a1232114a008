"""An OpenID Connect provider on loopback: real HTTP, real RSA keys, strict about codes and PKCE; lies when it is told to."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "paceline"
CLIENT_SECRET = "a secret / with: signs"


@dataclass(slots=True, kw_only=True)
class Provider:
    """What the provider knows, and how it behaves. ``claims`` of the person override those of a good ID token."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}, auto_kid=False))
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "ann-1"})
    userinfo: dict[str, Any] | None = None
    description: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[Provider, dict[str, Any]], str] | None = None
    token_answer: Callable[[], web.StreamResponse] | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def authorize(self, url: str) -> dict[str, str]:
        """What the browser brings back from this authorization URL, once the person has logged in."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(f"{self.url}/authorize?")
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"state": asked["state"], "code": code}

    async def describe(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        found = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        if self.userinfo is not None:
            found["userinfo_endpoint"] = f"{self.url}/userinfo"
        return web.json_response(found | self.description)

    async def keys(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def tell(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        assert request.headers["Authorization"] == "Bearer access"
        return web.json_response(self.userinfo)

    async def exchange(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.path)
        if self.token_answer is not None:
            return self.token_answer()
        form = await request.post()
        asked = self.codes.pop(str(form["code"]), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form["code_verifier"]).encode()).digest())
        good = (
            asked is not None
            and self._is_our_client(request, dict(form))
            and form["redirect_uri"] == asked["redirect_uri"]
            and challenge.decode().rstrip("=") == asked["code_challenge"]
        )
        if not good or asked is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        wanted = {name: value for name, value in (claims | self.person).items() if value is not None}
        token = (self.sign or signed)(self, wanted)
        return web.json_response({"access_token": "access", "token_type": "Bearer", "id_token": token})

    def _is_our_client(self, request: web.Request, form: dict[str, Any]) -> bool:
        if "client_secret" in form:
            return (form["client_id"], form["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
        pair = base64.b64decode(request.headers.get("Authorization", "Basic ").removeprefix("Basic ")).decode()
        return parse_qs(f"pair={pair.partition(':')[2]}") == {"pair": [CLIENT_SECRET]}


def signed(provider: Provider, claims: dict[str, Any]) -> str:
    """As it should be."""
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, provider.key)


def signed_by_a_stranger(_provider: Provider, claims: dict[str, Any]) -> str:
    """By a key that only calls itself the provider's."""
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048))


def not_signed(_provider: Provider, claims: dict[str, Any]) -> str:
    """With the algorithm "none"."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def signed_by_the_public_key(provider: Provider, claims: dict[str, Any]) -> str:
    """HMAC with the public key, which everybody has, as the secret."""
    content = f"{_part({'alg': 'HS256', 'kid': 'one', 'typ': 'JWT'})}.{_part(claims)}"
    seal = hmac.new(provider.key.as_pem(private=False), content.encode(), hashlib.sha256).digest()
    return f"{content}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"


def changed_afterwards(provider: Provider, claims: dict[str, Any]) -> str:
    """A good signature of other claims."""
    header, _, signature = signed(provider, claims).split(".")
    return f"{header}.{_part(claims | {'sub': 'eve'})}.{signature}"


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider on a free port, in a thread of its own."""
    provider, loop = Provider(), asyncio.new_event_loop()
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", provider.describe)
    app.router.add_get("/keys", provider.keys)
    app.router.add_get("/userinfo", provider.tell)
    app.router.add_post("/token", provider.exchange)
    runner = web.AppRunner(app)
    ready = threading.Event()

    async def start() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert ready.wait(60)
        yield provider
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
