"""What providers report about messages: bounces, complaints, deliveries. Each request is signed, or refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from paceline.api.problems import ApiProblem
from paceline.api.routing import Access, Routes
from paceline.api.tracking import tracking_of
from paceline.tracking.providers.base import NotGenuine, ProviderEvent

routes = Routes(tag="tracking", prefix="")

_PROBLEM: dict[str, Any] = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    204: {"description": "Taken; told twice it changes nothing"},
    403: {"description": "Not signed by this provider, or too long ago", **_PROBLEM},
    404: {"description": "No such provider, or none that is configured", **_PROBLEM},
    413: {"description": "Too large", **_PROBLEM},
    422: {"description": "The request is not one of ours", **_PROBLEM},
    503: {"description": "The database does not answer; try again", **_PROBLEM},
}


@routes.post(
    "/callbacks/{provider}",
    permission=Access.TOKEN,
    status=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=_ANSWERS,
)
async def take_provider_events(provider: str, request: Request) -> Response:
    """Events of a provider that delivers messages: `ses` (through SNS) or `sendgrid`.

    Nothing unsigned is taken, and no call goes out before the sender is known.
    """
    tracking = tracking_of(request)
    known = tracking.providers.get(provider)
    if known is None:
        raise ApiProblem(HTTPStatus.NOT_FOUND, "not-found", "this provider is not configured")
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        events = await known.read(headers, await request.body(), now=tracking.now())
    except NotGenuine as error:
        raise ApiProblem(HTTPStatus.FORBIDDEN, "not-genuine", str(error)) from None

    def take(events: list[ProviderEvent]) -> None:
        for event in events:
            tracking.incoming.take_event(event, now=tracking.now())

    await run_in_threadpool(take, events)
    return Response(status_code=HTTPStatus.NO_CONTENT)
