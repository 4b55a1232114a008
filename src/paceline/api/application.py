"""What the applications of the controller and of a worker have in common: safe headers, tracking, problems, a description."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from paceline.api import problems
from paceline.api.guard import SESSION_COOKIE
from paceline.api.headers import SafeHeaders
from paceline.api.problems import Problem
from paceline.api.routing import Routes
from paceline.api.tracking import Tracking
from paceline.api.tracking_door import TrackingDoor
from paceline.domain.client_address import parse_networks
from paceline.observability.calls import TimedCalls
from paceline.operations.context import Context


class _Application(FastAPI):
    """Describes itself with what every route has: two ways to say who asks, and problem documents."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI description, made once."""
        if self.openapi_schema is None:
            described = get_openapi(
                title=self.title,
                version=self.version,
                description=self.description,
                routes=self.routes,
                openapi_version="3.1.0",
            )
            components = described.setdefault("components", {})
            components["securitySchemes"] = {
                "key": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
            }
            schemas = components.setdefault("schemas", {})
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= problem.pop("$defs") | {"Problem": problem}
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            self.openapi_schema = described
        return self.openapi_schema


def application(
    context: Context,
    routes: Iterable[Routes],
    *,
    title: str,
    description: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    innermost: Iterable[Middleware] = (),
) -> FastAPI:
    """An application on these parts, which it does not close; what its routes ask of ``app.state`` its maker adds.

    ``innermost`` stands between the safe headers and the routes.
    """
    tracking = Tracking(context)
    proxies = parse_networks(context.settings.trusted_proxies)
    app = _Application(
        title=title,
        version=version("paceline"),
        description=description,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        routes=[*routes_of(routes)],  # as they are: include_router would make each anew, and look for it twice as long
        middleware=[
            Middleware(TimedCalls, slow_seconds=context.settings.slow_call_seconds),
            Middleware(TrackingDoor, tracking=tracking, proxies=proxies),
            Middleware(SafeHeaders),
            *innermost,
        ],
    )
    app.state.context = context
    app.state.tracking = tracking
    problems.register(app)
    return app


def routes_of(tables: Iterable[Routes]) -> list[APIRoute]:
    """Every single route of some tables."""
    return [route for routes in tables for route in routes.router.routes if isinstance(route, APIRoute)]
