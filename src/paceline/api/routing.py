"""Routes that declare who may use them: a route without a permission cannot be written."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from paceline.api.problems import MEDIA_TYPE
from paceline.domain.permission import Permission

_Handler = TypeVar("_Handler", bound=Callable[..., Any])

PERMISSION = "x-permission"
"""Where a route's permission stands in the OpenAPI description."""

BODY_LIMIT_BYTES = 2 << 20


class Access(StrEnum):
    """What a route may declare in the place of a permission."""

    PUBLIC = "public"  # anybody: logging in, health
    TOKEN = "token"  # whoever has a signed link, or has signed the request: the route looks for itself
    PERSON = "person"  # anybody who is logged in, about themselves; not an API key


Needed = Permission | Access

OPEN = frozenset({Access.PUBLIC, Access.TOKEN})
"""What strangers may ask."""


class GuardedRoute(APIRoute):
    """A route whose handler runs only after the guard has let the request in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the guard."""
        handle = super().get_route_handler()
        needed = needed_by(self)

        async def guarded(request: Request) -> Response:
            answer: Response = await request.app.state.guard.answer(request, needed, handle)
            return answer

        return guarded


def needed_by(route: APIRoute) -> Needed:
    """What a route declares. Raises KeyError for one that declares nothing."""
    declared = (route.openapi_extra or {})[PERMISSION]
    return Access(declared) if declared in set(Access) else Permission(declared)


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
        """Something to do, or to create with ``status=HTTPStatus.CREATED``; Idempotency-Key works on all of them."""
        return self._route("POST", path, permission, status, more)

    def put(
        self, path: str, *, permission: Needed, status: HTTPStatus = HTTPStatus.OK, **more: Any
    ) -> Callable[[_Handler], _Handler]:
        """Something to replace."""
        return self._route("PUT", path, permission, status, more)

    def patch(self, path: str, *, permission: Needed, **more: Any) -> Callable[[_Handler], _Handler]:
        """Something to change in part."""
        return self._route("PATCH", path, permission, HTTPStatus.OK, more)

    def delete(self, path: str, *, permission: Needed, **more: Any) -> Callable[[_Handler], _Handler]:
        """Something to remove; answers with nothing."""
        return self._route("DELETE", path, permission, HTTPStatus.NO_CONTENT, more)

    def _route(
        self, method: str, path: str, permission: Needed, status: HTTPStatus, more: dict[str, Any]
    ) -> Callable[[_Handler], _Handler]:
        def add(handler: _Handler) -> _Handler:
            security: list[dict[str, list[str]]] = [] if permission in OPEN else [{"session": []}, {"key": []}]
            extra = {PERMISSION: str(permission), "security": security}
            options = {"max_body_size": BODY_LIMIT_BYTES, "summary": _summary(handler), **more}
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
