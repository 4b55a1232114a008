"""The application of a remote worker: doors for its controller, and the public pages of the messages that it sends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.routing import APIRoute

from paceline.api import problems
from paceline.api.app import describe
from paceline.api.headers import SafeHeaders
from paceline.api.peer_door import WorkerGuard
from paceline.api.routes import callbacks, lent_campaigns, tracking
from paceline.api.routing import Routes
from paceline.api.tracking import Tracking
from paceline.api.tracking_door import TrackingDoor
from paceline.domain.client_address import parse_networks
from paceline.observability.calls import TimedCalls
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

    app = FastAPI(
        title="Paceline worker",
        version=version("paceline"),
        description=_DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        routes=[*worker_routes()],
    )
    app.state.context = context
    app.state.guard = WorkerGuard(context)
    app.state.lent = lent
    app.state.unwanted = Unwanted(context.queue, context.box, now=context.clock.now)
    app.state.tracking = Tracking(context)
    app.add_middleware(SafeHeaders)
    proxies = parse_networks(context.settings.trusted_proxies)
    app.add_middleware(TrackingDoor, tracking=app.state.tracking, proxies=proxies)
    app.add_middleware(TimedCalls, slow_seconds=context.settings.slow_call_seconds)
    problems.register(app)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # the framework's own way to extend it
    return app


def worker_routes() -> list[APIRoute]:
    """Every route of a worker."""
    return [route for routes in ROUTES for route in routes.router.routes if isinstance(route, APIRoute)]
