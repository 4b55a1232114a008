"""Health and metrics over HTTP: for this machine, for whoever has a key, or for everybody if the settings say so."""

from __future__ import annotations

import ipaddress
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse, Response

from paceline.api.asked import Caller, Open
from paceline.api.problems import MEDIA_TYPE, ApiProblem
from paceline.api.routing import Access, Routes
from paceline.api.schemas.health import Liveness, ReadinessAnswer
from paceline.domain.permission import Permission
from paceline.observability.metrics import CONTENT_TYPE
from paceline.operations.context import FIRST_WORKSPACE
from paceline.operations.installation import metrics
from paceline.operations.installation.health import ReadinessProbe

routes = Routes(tag="health", prefix="")

_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")
_REFUSED: dict[int | str, dict[str, Any]] = {
    status.value: {
        "description": status.phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
}
_METRICS_TEXT = {"description": "Prometheus' text format", "content": {"text/plain": {"schema": {"type": "string"}}}}


def _may_see_health(request: Request) -> Caller | None:
    """Who asks, if they may know. Raises ApiProblem."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None and not request.app.state.context.settings.has_open_health and not _is_local(request):
        detail = "from other machines this needs an API key; PACELINE_OPEN_HEALTH=yes opens it to everybody"
        raise ApiProblem(HTTPStatus.UNAUTHORIZED, "not-logged-in", detail, headers={"WWW-Authenticate": "Bearer"})
    return caller


def _may_see_metrics(request: Request) -> None:
    """As above; metrics are about all workspaces, so a key must be one of the installation's own workspace."""
    caller = _may_see_health(request)
    if caller is None:
        return
    if caller.principal.workspace_id != FIRST_WORKSPACE or not caller.principal.may(Permission.WORKSPACE_READ):
        detail = f"metrics are about all workspaces: use a key of the first one with {Permission.WORKSPACE_READ}"
        raise ApiProblem(HTTPStatus.FORBIDDEN, "not-allowed", detail)


def _is_local(request: Request) -> bool:
    """Whether the request comes from this machine itself, and not through a proxy on it."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _probe(request: Request) -> ReadinessProbe:
    probe: ReadinessProbe = request.app.state.readiness
    return probe


@routes.get("/health/live", permission=Access.PUBLIC, responses=_REFUSED, dependencies=[Depends(_may_see_health)])
async def check_life() -> Liveness:
    """Say that this process answers. It looks at nothing else: a database that is down is no reason to restart it."""
    return Liveness(status="live")


@routes.get(
    "/health/ready",
    permission=Access.PUBLIC,
    responses={**_REFUSED, 503: {"description": "Not ready", "model": ReadinessAnswer}},
    response_model=ReadinessAnswer,
    dependencies=[Depends(_may_see_health)],
)
def check_readiness(probe: Annotated[ReadinessProbe, Depends(_probe)]) -> Response:
    """Say whether both databases answer with the right schema and the background process is at work.

    Answers within four seconds, whatever hangs; 503 while something is missing.
    """
    found = probe.look()
    answer = ReadinessAnswer.model_validate(found.to_json())
    status = HTTPStatus.OK if found.ok else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse(answer.model_dump(mode="json"), status_code=status, headers={"Cache-Control": "no-store"})


@routes.get(
    "/metrics",
    permission=Access.PUBLIC,
    responses={**_REFUSED, 200: _METRICS_TEXT},
    response_class=Response,
    dependencies=[Depends(_may_see_metrics)],
)
def read_metrics(context: Open) -> Response:
    """Read all metrics in Prometheus' text format."""
    return Response(metrics.scrape(context), headers={"Content-Type": CONTENT_TYPE})
