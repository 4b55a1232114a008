"""One message now, and what became of it, over HTTP."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Header

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.messages import MessageAnswer, NewMessage
from paceline.domain.permission import Permission
from paceline.operations.campaigns import single_messages

routes = Routes(tag="messages")


@routes.post("/messages", permission=Permission.MESSAGES_SEND, status=HTTPStatus.CREATED)
def send_message(
    asked: Asked, new: NewMessage, idempotency_key: Annotated[str | None, Header(max_length=255)] = None
) -> MessageAnswer:
    """Send one message of a template, ahead of campaigns; answers when it is queued."""
    key = None if idempotency_key is None else f"{asked.principal.id} {idempotency_key}"
    queued = single_messages.send_one(asked.context, template=new.template_id, to=new.to, fields=new.fields, key=key)
    asked.audit("message.send", queued.id, template=new.template_id)
    return MessageAnswer.model_validate(queued, from_attributes=True)


@routes.get("/messages/{message_id}", permission=Permission.CAMPAIGNS_READ)
def get_message(asked: Asked, message_id: str) -> MessageAnswer:
    """One message of any campaign, a test or a single one."""
    return MessageAnswer.model_validate(single_messages.status(asked.context, message_id), from_attributes=True)
