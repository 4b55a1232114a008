"""The application: every route behind the guard, problems as documents, and the description of it all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from paceline.api import problems
from paceline.api.feed import Feed
from paceline.api.guard import SESSION_COOKIE, Guard
from paceline.api.headers import SafeHeaders
from paceline.api.problems import Problem
from paceline.api.routes import (
    accounts,
    api_keys,
    audit,
    callbacks,
    campaigns,
    contacts,
    domains,
    exports,
    failures,
    feed,
    files,
    forecasts,
    health,
    imports,
    invitations,
    limits,
    lists,
    mailboxes,
    members,
    messages,
    notifications,
    pace,
    passwords,
    preview_frame,
    privacy,
    reply_rules,
    segments,
    servers,
    sessions,
    single_sign_on,
    subscribing,
    suppressions,
    templates,
    tracking,
    webhooks,
    whatsapp,
    whatsapp_callbacks,
    worker_reports,
    workers,
    workspaces,
)
from paceline.api.routing import Routes
from paceline.api.tracking import Tracking
from paceline.api.tracking_door import TrackingDoor
from paceline.api.ui import UserInterface
from paceline.domain.client_address import parse_networks
from paceline.observability.calls import TimedCalls
from paceline.operations.context import Context
from paceline.operations.installation.health import ReadinessProbe
from paceline.remote.reports import Reports

ROUTES: tuple[Routes, ...] = (
    accounts.routes,
    api_keys.routes,
    whatsapp_callbacks.routes,
    callbacks.routes,
    audit.routes,
    campaigns.routes,
    contacts.routes,
    domains.routes,
    exports.routes,
    failures.routes,
    feed.routes,
    files.public,
    files.routes,
    forecasts.routes,
    health.routes,
    imports.routes,
    invitations.routes,
    limits.routes,
    lists.routes,
    mailboxes.routes,
    members.routes,
    messages.routes,
    notifications.routes,
    pace.routes,
    passwords.routes,
    privacy.routes,
    preview_frame.routes,
    reply_rules.routes,
    segments.routes,
    servers.routes,
    sessions.routes,
    single_sign_on.routes,
    subscribing.routes,
    suppressions.routes,
    templates.routes,
    tracking.routes,
    webhooks.routes,
    whatsapp.routes,
    worker_reports.routes,
    workers.routes,
    workspaces.routes,
)

_DESCRIPTION = """Everything the web interface and the command line can do.

Send an API key as `Authorization: Bearer pl_…`. Errors are problem documents (RFC 9457). Lists come in pages:
send `next_cursor` back as `cursor`. A `POST` with an `Idempotency-Key` is carried out once, however often it is sent.
Instants are UTC with `Z`."""


def create_app(context: Context) -> FastAPI:
    """The application on these parts, which it does not close."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with app.state.feed.running(), app.state.tracking.recorder.running():
            yield
        app.state.readiness.close()

    app = FastAPI(
        title="Paceline",
        version=version("paceline"),
        description=_DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        routes=[*api_routes()],  # as they are: include_router would make each anew, and look for it twice as long
    )
    app.state.context = context
    app.state.guard = Guard(context)
    app.state.feed = Feed(context)
    app.state.tracking = Tracking(context)
    app.add_middleware(UserInterface, doors={route.path.split("/")[1] for route in api_routes()})
    app.state.reports = Reports(
        context.queue, context.ids, now=context.clock.now, batch_size=context.settings.worker_batch
    )
    app.add_middleware(SafeHeaders)
    app.state.readiness = ReadinessProbe(context)
    proxies = parse_networks(context.settings.trusted_proxies)
    app.add_middleware(TrackingDoor, tracking=app.state.tracking, proxies=proxies)
    app.add_middleware(TimedCalls, slow_seconds=context.settings.slow_call_seconds)
    problems.register(app)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # the framework's own way to extend it
    return app


def api_routes() -> list[APIRoute]:
    """Every route of the application."""
    return [route for routes in ROUTES for route in routes.router.routes if isinstance(route, APIRoute)]


def describe(app: FastAPI) -> dict[str, Any]:
    """An application's OpenAPI description, made once."""
    if app.openapi_schema is None:
        described = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
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
        app.openapi_schema = described
    return app.openapi_schema
