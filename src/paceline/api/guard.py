"""The guard of every route: who asks, may they, do they ask too often, and have they asked before."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from paceline.api.asked import Caller
from paceline.api.idempotency import once
from paceline.api.peer_door import PeerDoor, workers_known_to
from paceline.api.problems import ApiProblem
from paceline.api.rate_limit import RateLimit
from paceline.api.routing import Access, Needed
from paceline.domain.client_address import client_address, parse_networks
from paceline.operations.context import Context
from paceline.operations.people.access import Principal, by_api_key, by_session, hash_of

SESSION_COOKIE = "paceline_session"
CSRF_HEADER = "X-CSRF-Token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_KNOWN_FOR_SECONDS = 0.8
_MOST_KNOWN = 10_000

Handle = Callable[[Request], Awaitable[Response]]


def csrf_token(session_token: str) -> str:
    """What a page must send with every change: only a page that may read our answers can know it."""
    return hashlib.sha256(f"csrf {session_token}".encode()).hexdigest()[:40]


class Guard:
    """Lets requests in, for one application."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._proxies = parse_networks(context.settings.trusted_proxies)
        settings = context.settings
        self._by_principal = RateLimit(per_second=settings.api_rate_per_second, burst=settings.api_rate_burst)
        self._by_address = RateLimit(per_second=settings.api_rate_per_second / 4, burst=settings.api_rate_burst / 4)
        self._known: dict[str, tuple[float, Principal]] = {}
        self._peers = PeerDoor(context, workers_known_to(context), strangers=self._by_address)

    async def answer(self, request: Request, needed: Needed, handle: Handle, *, is_form: bool) -> Response:
        """The handler's answer, or the problem that keeps it from being asked. ``is_form``: of what kind the body is."""
        address = request.state.address = self._address(request)
        if needed is Access.TOKEN:  # mail programs ask from a few addresses, and people may be logged in here besides
            return await handle(request)
        if needed is Access.PEER:
            request.state.peer = await self._peers.admit(request, address)
            return await handle(request)
        principal = await self._principal(request, address)
        if principal is None:
            self._spend(self._by_address, address)
            if needed is not Access.PUBLIC:
                detail = "send an API key as «Authorization: Bearer pl_…», or log in"
                raise ApiProblem(
                    HTTPStatus.UNAUTHORIZED, "not-logged-in", detail, headers={"WWW-Authenticate": "Bearer"}
                )
            return await handle(request)
        self._spend(self._by_principal, principal.id)
        _check_permission(principal, needed)
        context = self._context.in_workspace(principal.workspace_id)
        request.state.caller = Caller(context=context, principal=principal, address=address)
        if request.method == "POST" and "idempotency-key" in request.headers:
            return await once(context, principal, request, handle, is_form=is_form)
        return await handle(request)

    async def still_welcome(self, request: Request, workspace_id: int) -> bool:
        """Whether a long answer may go on: keys and sessions end while it lasts, and people go elsewhere."""
        try:
            principal = await self._principal(request, self._address(request))
        except ApiProblem:
            return False
        return principal is not None and principal.workspace_id == workspace_id

    def forget(self, secret: str) -> None:
        """No longer know a session or key that has just ended, in this process; others forget it within a second."""
        self._known.pop(hash_of(secret), None)

    async def _principal(self, request: Request, address: str) -> Principal | None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme:
            principal = await self._look_up(by_api_key, key.strip()) if scheme.lower() == "bearer" else None
            if principal is None:
                self._spend(self._by_address, address)
                detail = "this API key is unknown, revoked or has expired"
                raise ApiProblem(HTTPStatus.UNAUTHORIZED, "wrong-key", detail, headers={"WWW-Authenticate": "Bearer"})
            return principal
        token = request.cookies.get(SESSION_COOKIE)
        if not token:
            return None
        principal = await self._look_up(by_session, token)
        if principal is not None and request.method not in _SAFE_METHODS:
            _check_csrf(request, token)
        return principal

    async def _look_up(self, find: Callable[[Context, str], Principal | None], secret: str) -> Principal | None:
        """Whose secret this is; remembered for less than a second, within which a revocation must take effect."""
        digest, now = hash_of(secret), time.monotonic()
        known = self._known.get(digest)
        if known is not None and now - known[0] < _KNOWN_FOR_SECONDS:
            return known[1]
        principal = await run_in_threadpool(find, self._context, secret)
        if principal is None:
            self._known.pop(digest, None)
        else:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[digest] = (now, principal)
        return principal

    def _address(self, request: Request) -> str:
        peer = request.client.host if request.client is not None else ""
        return client_address(peer, request.headers.getlist("x-forwarded-for"), self._proxies)

    @staticmethod
    def _spend(limit: RateLimit, subject: str) -> None:
        wait = limit.spend(subject)
        if wait:
            detail = f"too many requests; try again in {wait} s"
            raise ApiProblem(
                HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", detail, headers={"Retry-After": str(wait)}
            )


def _check_permission(principal: Principal, needed: Needed) -> None:
    if needed in (Access.PUBLIC, Access.TOKEN, Access.PEER):
        return
    if needed is Access.PERSON:
        if principal.user_id is None:
            raise ApiProblem(HTTPStatus.FORBIDDEN, "not-allowed", "only a person who is logged in may do this")
    elif not principal.may(needed):
        raise ApiProblem(HTTPStatus.FORBIDDEN, "not-allowed", f"{principal.name} lacks the permission {needed}")


def _check_csrf(request: Request, token: str) -> None:
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), csrf_token(token).encode()):
        detail = f"changes in a session need its token in the header {CSRF_HEADER}"
        raise ApiProblem(HTTPStatus.FORBIDDEN, "wrong-csrf-token", detail)
