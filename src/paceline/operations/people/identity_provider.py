"""The identity provider of single sign-on (OpenID Connect): its description, a code for tokens, a token for a person.

Its address is the operator's setting, so it may be a private one; redirects and proxies are not followed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import aiohttp
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from paceline.domain.errors import PacelineError

_LONGEST_ANSWER = 262_144
# Signatures by the provider's private key only: with "none" or a shared secret anybody could write tokens.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LEEWAY_SECONDS = 60
_AT_ONCE = BoundedSemaphore(10)


class ProviderFailed(PacelineError):
    """The identity provider did not answer, or not as OpenID Connect says."""


class IdentityRefused(PacelineError):
    """The provider's answer does not prove who somebody is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """This installation, as the provider knows it."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    timeout_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom the provider vouches for. ``email`` is empty unless the provider has verified it."""

    subject: str
    email: str
    name: str


def authorization_url(client: Client, *, state: str, nonce: str, verifier: str) -> str:
    """Where the person logs in (RFC 6749 section 4.1.1, PKCE by RFC 7636). Raises ProviderFailed."""
    with _one_of_few():
        found = asyncio.run(_described(client))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": "openid email profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    endpoint = _endpoint(client, found, "authorization_endpoint")
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


def identity(client: Client, *, code: str, nonce: str, verifier: str, now: float) -> Identity:
    """Who came back with this code. Raises ProviderFailed, IdentityRefused."""
    with _one_of_few():
        return asyncio.run(_identity(client, code=code, nonce=nonce, verifier=verifier, now=now))


@contextmanager
def _one_of_few() -> Iterator[None]:
    """A provider that hangs must not take all threads that answer requests."""
    if not _AT_ONCE.acquire(blocking=False):
        raise ProviderFailed("too many logins wait for the identity provider: try again in a moment")
    try:
        yield
    finally:
        _AT_ONCE.release()


async def _identity(client: Client, *, code: str, nonce: str, verifier: str, now: float) -> Identity:
    async with _opened(client) as http:
        found = await _discovery(client, http)
        tokens = await _exchange(client, http, found, code=code, verifier=verifier)
        keys = await _json(http, "GET", _endpoint(client, found, "jwks_uri"))
        claims = verified_claims(client, tokens.get("id_token"), keys, nonce=nonce, now=now)
        if "email" not in claims and "userinfo_endpoint" in found:
            claims = await _with_userinfo(client, http, found, tokens, claims)
    said = claims.get("email_verified")  # some providers write a text
    verified = (said is True or said == "true") and isinstance(claims.get("email"), str)
    return Identity(
        subject=f"{client.issuer} {claims['sub']}",
        email=str(claims["email"]) if verified else "",
        name=str(claims.get("name") or claims.get("preferred_username") or ""),
    )


def verified_claims(client: Client, id_token: object, keys: Any, *, nonce: str, now: float) -> dict[str, Any]:
    """What an ID token says, once it is known to be the provider's, for us and for this login (OIDC Core 3.1.3.7).

    Raises IdentityRefused.
    """
    if not isinstance(id_token, str):
        raise IdentityRefused("the identity provider gave no ID token")
    rules = jwt.JWTClaimsRegistry(
        now=int(now),
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": client.issuer},
        aud={"essential": True, "value": client.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS).claims
        rules.validate(claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise IdentityRefused(f"the identity provider's ID token is not to be trusted: {error}"[:300]) from error
    if not isinstance(claims["sub"], str) or claims.get("azp", client.client_id) != client.client_id:
        raise IdentityRefused("the identity provider's ID token was made for somebody else")
    return dict(claims)


async def _described(client: Client) -> dict[str, Any]:
    async with _opened(client) as http:
        return await _discovery(client, http)


async def _discovery(client: Client, http: aiohttp.ClientSession) -> dict[str, Any]:
    """The provider's description (OIDC Discovery 4), whose issuer has to be the one that was asked."""
    _refuse_plain(client.issuer)
    found = await _json(http, "GET", f"{client.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != client.issuer:
        raise ProviderFailed(
            f"PACELINE_OIDC_ISSUER is {client.issuer}, but the provider there calls itself {found.get('issuer')!r}"[
                :500
            ]
        )
    return found


async def _exchange(
    client: Client, http: aiohttp.ClientSession, found: dict[str, Any], *, code: str, verifier: str
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": verifier,
    }
    headers = {}
    methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if client.client_secret and "client_secret_basic" in methods:
        # RFC 6749 section 2.3.1: both parts form-encoded, then HTTP Basic.
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = client.client_id
        if client.client_secret:
            form["client_secret"] = client.client_secret
    return await _json(http, "POST", _endpoint(client, found, "token_endpoint"), form=form, headers=headers)


async def _with_userinfo(
    client: Client, http: aiohttp.ClientSession, found: dict[str, Any], tokens: dict[str, Any], claims: dict[str, Any]
) -> dict[str, Any]:
    """The claims with those that this provider tells only at another door, if they are about the same person."""
    headers = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
    more = await _json(http, "GET", _endpoint(client, found, "userinfo_endpoint"), headers=headers)
    if more.get("sub") != claims["sub"]:
        raise IdentityRefused("the identity provider described somebody else than it had named")
    return {**more, **claims}


def _endpoint(client: Client, found: dict[str, Any], name: str) -> str:
    url = found.get(name)
    if not isinstance(url, str):
        raise ProviderFailed(f"the description of {client.issuer} has no {name}")
    if urlsplit(client.issuer).scheme == "https":
        _refuse_plain(url)
    return url


def _refuse_plain(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")):
        raise ProviderFailed(f"the identity provider has to be reached by https://, not by {url[:200]}")


def _opened(client: Client) -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=client.timeout_seconds)
    return aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())


async def _json(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    form: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The JSON object of an answer with status 200. Raises ProviderFailed, IdentityRefused for a refused code."""
    host = urlsplit(url).netloc
    try:
        async with http.request(method, url, data=form, headers=headers, allow_redirects=False) as response:
            status, body = response.status, await _bounded(response)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        reason = "no answer in time" if isinstance(error, TimeoutError) else str(error)
        raise ProviderFailed(f"the identity provider {host} cannot be used: {reason}"[:500]) from error
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if status in (400, 401, 403) and form is not None:
        said = answer.get("error", "") if isinstance(answer, dict) else ""
        raise IdentityRefused(f"the identity provider refused this login: HTTP {status} {said}"[:300])
    if status != 200 or not isinstance(answer, dict):
        raise ProviderFailed(f"the identity provider {host} answered HTTP {status} and no JSON object")
    return answer


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for part in response.content.iter_chunked(16_384):
        body += part
        if len(body) > _LONGEST_ANSWER:
            raise ValueError(f"an answer of more than {_LONGEST_ANSWER} bytes")
    return body
