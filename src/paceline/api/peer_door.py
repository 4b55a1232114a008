"""The door of the worker protocol: the bearer key before anything is read, then the signature, and nothing twice.

The same at both ends; they differ in whom they know: a controller its workers, a worker its controller.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from paceline.api.problems import ApiProblem
from paceline.api.rate_limit import RateLimit
from paceline.api.routing import Access, Needed
from paceline.domain.client_address import client_address, parse_networks
from paceline.operations.context import FIRST_WORKSPACE, Context
from paceline.remote.signing import (
    TOLERANCE_SECONDS,
    NotGenuine,
    PeerKeys,
    check_signature,
    is_one_of,
    key_digest,
    read_keys,
)
from paceline.store.catalogue import audit
from paceline.store.public_ids import IdKind
from paceline.store.queue import peer_requests, workers
from paceline.store.queue.workers import WorkerRow

_TOLD_EVERY_SECONDS = 60.0
_MOST_TOLD = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPeer:
    """Whose key was sent."""

    keys: PeerKeys = field(repr=False)
    workspace_id: int = FIRST_WORKSPACE
    name: str = "controller"
    public_id: str = ""
    worker: WorkerRow | None = None


FindPeer = Callable[[str], KnownPeer | None]
"""Who has this bearer key; None: nobody."""


class PeerDoor:
    """Lets the other end in, and puts on record whom it does not."""

    def __init__(self, context: Context, find: FindPeer, *, strangers: RateLimit) -> None:
        self._context = context
        self._find = find
        self._strangers = strangers
        self._told: dict[tuple[str, str], float] = {}

    async def admit(self, request: Request, address: str) -> KnownPeer:
        """Whoever asks, if the request is genuine and new. Raises ApiProblem, 401 or 429."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        peer = await run_in_threadpool(self._find, key.strip()) if scheme.lower() == "bearer" else None
        if peer is None:
            wait = self._strangers.spend(address)
            if wait:
                detail = f"too many requests; try again in {wait} s"
                raise ApiProblem(
                    HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", detail, headers={"Retry-After": str(wait)}
                )
            raise await self._refusal(None, "the bearer key is unknown or no longer valid", request, address)
        body = await request.body()
        headers = {name.lower(): value for name, value in request.headers.items()}
        now = self._context.clock.now()
        try:
            request_id = check_signature(headers, request.method, request.url.path, body, peer.keys, now=now)
        except NotGenuine as error:
            raise await self._refusal(peer, str(error), request, address) from None
        if not await run_in_threadpool(self._note, peer, request_id, now):
            raise await self._refusal(peer, "this request was taken before: a replay", request, address)
        return peer

    def _note(self, peer: KnownPeer, request_id: str | None, now: float) -> bool:
        """Count the request; False for one that was there before."""
        with self._context.queue.write() as connection:
            if peer.worker is not None:
                workers.note_request(connection, peer.worker.id, now=now)
            if request_id is None:
                return True
            return peer_requests.take(connection, request_id, now=now, keep_seconds=3 * TOLERANCE_SECONDS)

    async def _refusal(self, peer: KnownPeer | None, reason: str, request: Request, address: str) -> ApiProblem:
        """The problem, and a line in the audit log; the same from one address at most once a minute."""
        path = request.scope["route"].path if "route" in request.scope else ""
        await run_in_threadpool(self._put_on_record, peer, reason, path, address)
        headers = {"WWW-Authenticate": "Bearer"}
        return ApiProblem(HTTPStatus.UNAUTHORIZED, "not-genuine", reason, headers=headers)

    def _put_on_record(self, peer: KnownPeer | None, reason: str, path: str, address: str) -> None:
        key, now = (address, reason.split(":")[0][:40]), time.monotonic()
        if now - self._told.get(key, float("-inf")) < _TOLD_EVERY_SECONDS:
            return
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told[key] = now
        with self._context.catalogue.write() as connection:
            audit.append(
                connection,
                workspace_id=FIRST_WORKSPACE if peer is None else peer.workspace_id,
                at=self._context.clock.now(),
                actor="unknown" if peer is None else peer.name,
                actor_id="",
                action="worker.refuse",
                subject="" if peer is None else peer.public_id,
                detail=json.dumps({"reason": reason, "path": path, "address": address}),
            )


def workers_known_to(context: Context) -> FindPeer:
    """The workers of a controller; every key is compared, each in constant time."""

    def find(key: str) -> KnownPeer | None:
        digest, now = key_digest(key).hex(), context.clock.now()
        found: WorkerRow | None = None
        with context.queue.read() as connection:
            known = workers.every(connection)
        for worker in known:
            is_former = worker.former_until_at is not None and worker.former_until_at > now
            matches = hmac.compare_digest(digest, worker.key_hash)
            matches |= hmac.compare_digest(digest, worker.former_key_hash or worker.key_hash) and is_former
            found = worker if matches else found
        if found is None:
            return None
        secrets = workers.secrets_of(context.box, found, now=now)
        signing = tuple(filter(None, (secrets.signing, secrets.former_signing)))
        return KnownPeer(
            keys=PeerKeys((secrets.key,), signing),
            workspace_id=found.workspace_id,
            name=found.name,
            public_id=context.ids.encode(IdKind.WORKER, found.id),
            worker=found,
        )

    return find


def controller_known_to(context: Context) -> FindPeer:
    """The controller of a worker, by the keys of its settings."""
    keys = read_keys(context.settings.worker_api_key, context.settings.worker_signing_key)

    def find(key: str) -> KnownPeer | None:
        return KnownPeer(keys=keys) if is_one_of(key, keys.bearer) else None

    return find


class WorkerGuard:
    """The guard of a worker's application: people come with signed links, and the controller with its key."""

    def __init__(self, context: Context) -> None:
        settings = context.settings
        strangers = RateLimit(per_second=settings.api_rate_per_second / 4, burst=settings.api_rate_burst / 4)
        self._door = PeerDoor(context, controller_known_to(context), strangers=strangers)
        self._proxies = parse_networks(settings.trusted_proxies)

    async def answer(
        self, request: Request, needed: Needed, handle: Callable[[Request], object], *, is_form: bool
    ) -> Response:
        """The handler's answer, or the problem that keeps it from being asked."""
        peer = request.client.host if request.client is not None else ""
        address = client_address(peer, request.headers.getlist("x-forwarded-for"), self._proxies)
        request.state.address = address
        if needed is Access.PEER:
            request.state.peer = await self._door.admit(request, address)
        elif needed not in (Access.TOKEN, Access.PUBLIC):
            raise ApiProblem(HTTPStatus.NOT_FOUND, "not-found", "a worker answers its controller, and signed links")
        return await handle(request)  # type: ignore[misc,no-any-return]  # an awaitable response
