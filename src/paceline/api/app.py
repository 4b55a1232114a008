"""The application: every route behind the guard, problems as documents, and the description of it all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from paceline.api.application import application, routes_of
from paceline.api.feed import Feed
from paceline.api.guard import Guard
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
from paceline.api.ui import UserInterface
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

    app = application(
        context,
        ROUTES,
        title="Paceline",
        description=_DESCRIPTION,
        lifespan=lifespan,
        innermost=[Middleware(UserInterface, doors={route.path.split("/")[1] for route in api_routes()})],
    )
    app.state.guard = Guard(context)
    app.state.feed = Feed(context)
    app.state.reports = Reports(
        context.queue, context.ids, now=context.clock.now, batch_size=context.settings.worker_batch
    )
    app.state.readiness = ReadinessProbe(context)
    return app


def api_routes() -> list[APIRoute]:
    """Every route of the application."""
    return routes_of(ROUTES)
