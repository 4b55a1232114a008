"""WhatsApp's webhooks: the handshake, and bodies that are kept as they came, answered at once and worked through afterwards."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import PlainTextResponse, Response

from paceline.api.problems import ApiProblem
from paceline.api.routing import Access, Routes
from paceline.api.tracking import tracking_of
from paceline.tracking.whatsapp.signature import SIGNATURE_HEADER, is_signed, is_token

routes = Routes(tag="tracking", prefix="")

_LARGEST_BYTES = 4 << 20  # the provider sends up to 3 MB
_PLAIN: dict[int | str, dict[str, Any]] = {
    200: {"description": "The challenge, as it came", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
_TAKEN: dict[int | str, dict[str, Any]] = {200: {"description": "Kept; told twice it changes nothing"}}


@routes.get("/callbacks/whatsapp", permission=Access.TOKEN, response_class=PlainTextResponse, responses=_PLAIN)
async def confirm_whatsapp_webhook(
    request: Request,
    mode: Annotated[str, Query(alias="hub.mode", max_length=100)] = "",
    token: Annotated[str, Query(alias="hub.verify_token", max_length=1000)] = "",
    challenge: Annotated[str, Query(alias="hub.challenge", max_length=1000)] = "",
) -> PlainTextResponse:
    """The handshake by which the provider makes sure that this address is ours."""
    if mode != "subscribe" or not is_token(token, tracking_of(request).context.settings.whatsapp_verify_token):
        detail = "the token is not that of PACELINE_WHATSAPP_VERIFY_TOKEN"
        raise ApiProblem(HTTPStatus.FORBIDDEN, "not-genuine", detail)
    return PlainTextResponse(challenge)


@routes.post(
    "/callbacks/whatsapp",
    permission=Access.TOKEN,
    response_class=Response,
    responses=_TAKEN,
    body_limit_bytes=_LARGEST_BYTES,
)
async def take_whatsapp_webhook(request: Request) -> Response:
    """Statuses, answers of people, and what the provider says of templates, numbers and accounts."""
    tracking = tracking_of(request)
    body = await request.body()
    if not is_signed(body, request.headers.get(SIGNATURE_HEADER, ""), tracking.whatsapp_secrets):
        detail = "it is not signed with a secret of PACELINE_WHATSAPP_APP_SECRETS"
        raise ApiProblem(HTTPStatus.FORBIDDEN, "not-genuine", detail)
    await tracking.whatsapp_webhooks.keep(body)
    return Response(status_code=HTTPStatus.OK)
