"""Idempotency-Key: a request that is repeated gets the first one's answer, and is carried out once."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import BinaryIO

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from paceline.api.problems import ApiProblem
from paceline.operations.context import Context
from paceline.operations.people.access import Principal
from paceline.store.catalogue import idempotency
from paceline.store.catalogue.idempotency import Earlier

_LONGEST_KEY = 255
_STALE_SECONDS = 60.0


async def once(
    context: Context,
    principal: Principal,
    request: Request,
    handle: Callable[[Request], Awaitable[Response]],
    *,
    is_form: bool,
) -> Response:
    """The handler's answer, or the one that it gave to the same request before.

    ``is_form``: the body is a form; its files may be large, and lie on disk.
    Raises ApiProblem: 409 while the first request is under way, 422 when the key came with another request.
    """
    key = f"{principal.id} {request.headers['idempotency-key']}"
    if not 1 <= len(request.headers["idempotency-key"]) <= _LONGEST_KEY:
        detail = f"Idempotency-Key: accepts 1 to {_LONGEST_KEY} characters"
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", detail)
    try:
        body = await _digest_of_form(request) if is_form else await request.body()
        asked = context.box.digest(f"{request.method} {request.url.path}?{request.url.query} ".encode() + body)
        return await _once(context, key, asked, request, handle)
    finally:
        await request.close()  # a form's files


async def _once(
    context: Context, key: str, asked: str, request: Request, handle: Callable[[Request], Awaitable[Response]]
) -> Response:
    earlier = await run_in_threadpool(_begin, context, key, asked)
    if earlier is not None:
        return _repeat(context, key, earlier, asked)
    try:
        response = await handle(request)
    except BaseException:
        await run_in_threadpool(_forget, context, key)
        raise
    await run_in_threadpool(_end, context, key, response.status_code, bytes(response.body))
    return response


async def _digest_of_form(request: Request) -> bytes:
    """What a form says: the same when it is sent again, though every client draws new boundaries between its parts."""
    digest = hashlib.sha256()
    for name, value in (await request.form()).multi_items():
        words = value if isinstance(value, str) else value.filename or ""
        digest.update(json.dumps([name, words]).encode())
        if not isinstance(value, str):
            digest.update(await run_in_threadpool(_digest_of_file, value.file))
    return digest.digest()


def _digest_of_file(file: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    while part := file.read(1 << 20):
        digest.update(part)
    file.seek(0)
    return digest.digest()


def _repeat(context: Context, key: str, earlier: Earlier, asked: str) -> Response:
    if earlier.request_hash != asked:
        detail = "this Idempotency-Key came with another request before; use a new one"
        raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail)
    if earlier.status is None:
        detail = "the first request with this Idempotency-Key is still under way"
        raise ApiProblem(HTTPStatus.CONFLICT, "under-way", detail, headers={"Retry-After": "1"})
    body = context.box.open(base64.b64decode(earlier.body), row=_row(context, key))["body"] if earlier.body else ""
    return Response(body, earlier.status, {"Idempotency-Replayed": "true"}, "application/json" if body else None)


def _begin(context: Context, key: str, asked: str) -> Earlier | None:
    with context.catalogue.write() as connection:
        return idempotency.begin(
            connection,
            workspace_id=context.workspace_id,
            key=key,
            request_hash=asked,
            now=context.clock.now(),
            stale_seconds=_STALE_SECONDS,
        )


def _end(context: Context, key: str, status: int, body: bytes) -> None:
    """Keep an answer sealed: it may hold a new key, or a link that lets somebody in."""
    sealed = base64.b64encode(context.box.seal({"body": body.decode()}, row=_row(context, key))).decode()
    with context.catalogue.write() as connection:
        idempotency.end(connection, workspace_id=context.workspace_id, key=key, status=status, body=sealed)


def _row(context: Context, key: str) -> str:
    return f"idempotency {context.workspace_id} {key}"


def _forget(context: Context, key: str) -> None:
    with context.catalogue.write() as connection:
        idempotency.forget(connection, workspace_id=context.workspace_id, key=key)
