"""Routes that declare who may use them: a route without a permission cannot be written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import APIRouter, HTTPException, Request, Response, params
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from paceline.api.problems import MEDIA_TYPE
from paceline.domain.permission import Permission

_Handler = TypeVar("_Handler", bound=Callable[..., Any])

PERMISSION = "x-permission"
"""Where a route's permission stands in the OpenAPI description."""

BODY_LIMIT = "x-body-limit-bytes"
"""Where the size that a body may have stands there."""

_USUAL_BODY_BYTES = 2 << 20
_BODY_PATIENCE_SECONDS = 30.0


class Access(StrEnum):
    """What a route may declare in the place of a permission."""

    PUBLIC = "public"  # anybody: logging in, health
    TOKEN = "token"  # whoever has a signed link, or has signed the request: the route looks for itself
    PEER = "peer"  # the other end of the worker protocol: its bearer key, and a signature where one is agreed on
    PERSON = "person"  # anybody who is logged in, about themselves; not an API key


Needed = Permission | Access

OPEN = frozenset({Access.PUBLIC, Access.TOKEN})
"""What strangers may ask."""


class GuardedRoute(APIRoute):
    """A route whose handler runs only after the guard has let the request in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the guard."""
        handle = super().get_route_handler()
        needed, limit, is_form = needed_by(self), (self.openapi_extra or {})[BODY_LIMIT], _takes_form(self)

        async def guarded(request: Request) -> Response:
            limited = Request(request.scope, _limited(request, limit))
            answer: Response = await request.app.state.guard.answer(limited, needed, handle, is_form=is_form)
            return answer

        return guarded


def _limited(request: Request, limit: int) -> Receive:
    """The body of a request as far as it is no larger than it may be; the rest is refused before it is read.

    The framework has such a limit as well, but answers with plain text.
    """
    left, there_is_more = limit, True

    async def receive() -> Message:
        nonlocal left, there_is_more
        if int(request.headers.get("content-length", "0")) > limit:
            raise _too_large(limit)
        try:
            async with asyncio.timeout(_BODY_PATIENCE_SECONDS if there_is_more else None):
                message = await request.receive()
        except TimeoutError:
            detail = f"nothing of the body came for {_BODY_PATIENCE_SECONDS:.0f} s"
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, detail, {"Connection": "close"}) from None
        there_is_more = bool(message.get("more_body"))
        left -= len(message.get("body", b""))
        if left < 0:
            raise _too_large(limit)
        return message

    return receive


def _too_large(limit: int) -> HTTPException:
    """Only an error of the framework's own passes through its reading of bodies."""
    return HTTPException(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body of this request may have at most {limit >> 20} MB"
    )


def needed_by(route: APIRoute) -> Needed:
    """What a route declares. Raises KeyError for one that declares nothing."""
    declared = (route.openapi_extra or {})[PERMISSION]
    return Access(declared) if declared in set(Access) else Permission(declared)


def _takes_form(route: APIRoute) -> bool:
    """Whether the body is a form, perhaps with files: nothing else may be read from it before the handler does."""
    return route.body_field is not None and isinstance(route.body_field.field_info, params.Form)


class Routes:
    """The routes of one noun, all below /api/v1 unless ``prefix`` says otherwise."""

    def __init__(self, *, tag: str, prefix: str = "/api/v1") -> None:
        self.router = APIRouter(prefix=prefix, tags=[tag], route_class=GuardedRoute)

    def get(
        self, path: str, *, permission: Needed, status: HTTPStatus = HTTPStatus.OK, **more: Any
    ) -> Callable[[_Handler], _Handler]:
        """Something to read."""
        return self._route("GET", path, permission, status, more)

    def head(
        self, path: str, *, permission: Needed, status: HTTPStatus = HTTPStatus.OK, **more: Any
    ) -> Callable[[_Handler], _Handler]:
        """The same as a GET, without the body."""
        return self._route("HEAD", path, permission, status, more)

    def post(
        self, path: str, *, permission: Needed, status: HTTPStatus = HTTPStatus.OK, **more: Any
    ) -> Callable[[_Handler], _Handler]:
        """Something to do, or to create with ``status=HTTPStatus.CREATED``; Idempotency-Key works on all of them.

        ``body_limit_bytes`` is for uploads; all other bodies are small.
        """
        return self._route("POST", path, permission, status, more)

    def put(
        self, path: str, *, permission: Needed, status: HTTPStatus = HTTPStatus.OK, **more: Any
    ) -> Callable[[_Handler], _Handler]:
        """Something to replace."""
        return self._route("PUT", path, permission, status, more)

    def patch(self, path: str, *, permission: Needed, **more: Any) -> Callable[[_Handler], _Handler]:
        """Something to change in part."""
        return self._route("PATCH", path, permission, HTTPStatus.OK, more)

    def delete(
        self, path: str, *, permission: Needed, answers: bool = False, **more: Any
    ) -> Callable[[_Handler], _Handler]:
        """Something to remove; ``answers``: it says something about it, else nothing."""
        return self._route("DELETE", path, permission, HTTPStatus.OK if answers else HTTPStatus.NO_CONTENT, more)

    def _route(
        self, method: str, path: str, permission: Needed, status: HTTPStatus, more: dict[str, Any]
    ) -> Callable[[_Handler], _Handler]:
        def add(handler: _Handler) -> _Handler:
            security = _security(permission)
            limit = more.pop("body_limit_bytes", _USUAL_BODY_BYTES)
            extra = {PERMISSION: str(permission), BODY_LIMIT: limit, "security": security}
            options = {"summary": _summary(handler), **more}
            options["responses"] = _PROBLEMS | more.get("responses", {})
            self.router.add_api_route(
                path,
                handler,
                methods=[method],
                status_code=status,
                operation_id=handler.__name__,
                openapi_extra=extra,
                **options,
            )
            return handler

        return add


def _security(permission: Needed) -> list[dict[str, list[str]]]:
    """How OpenAPI says who may ask."""
    if permission in OPEN:
        return []
    return [{"key": []}] if permission is Access.PEER else [{"session": []}, {"key": []}]


def _summary(handler: Callable[..., Any]) -> str:
    """The first sentence of the handler's docstring."""
    return (handler.__doc__ or handler.__name__).strip().splitlines()[0].rstrip(".")


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status.value: {
        "description": status.phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
}
