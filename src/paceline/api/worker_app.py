"""The application of a remote worker: doors for its controller, and the public pages of the messages that it sends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute

from paceline.api.application import application, routes_of
from paceline.api.peer_door import WorkerGuard
from paceline.api.routes import callbacks, lent_campaigns, tracking
from paceline.api.routing import Routes
from paceline.operations.context import Context
from paceline.remote.lent_campaigns import LentCampaigns
from paceline.remote.unwanted import Unwanted

ROUTES: tuple[Routes, ...] = (lent_campaigns.routes, tracking.routes, callbacks.routes)

_DESCRIPTION = """A remote worker, as its controller asks it (docs/reference/worker-protocol.md).

Every request carries `Authorization: Bearer <WORKER_API_KEY>` and, where a signing key is agreed on, a signature by the
Standard Webhooks specification."""


def create_worker_app(context: Context, lent: LentCampaigns) -> FastAPI:
    """The application on these parts, which it does not close."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with app.state.tracking.recorder.running():
            yield

    app = application(context, ROUTES, title="Paceline worker", description=_DESCRIPTION, lifespan=lifespan)
    app.state.guard = WorkerGuard(context)
    app.state.lent = lent
    app.state.unwanted = Unwanted(context.queue, context.box, now=context.clock.now)
    return app


def worker_routes() -> list[APIRoute]:
    """Every route of a worker."""
    return routes_of(ROUTES)
