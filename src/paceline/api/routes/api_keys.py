"""API keys over HTTP."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, page, text_after
from paceline.api.routing import Routes
from paceline.api.schemas.people import ApiKeyAnswer, ApiKeyMade, NewApiKeyRequest
from paceline.domain.permission import Permission
from paceline.operations.people import api_keys
from paceline.operations.people.api_keys import ApiKey

routes = Routes(tag="API keys")

_DAY_SECONDS = 86_400.0


@routes.get("/api-keys", permission=Permission.KEYS_READ)
def list_api_keys(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[ApiKeyAnswer]:
    """The API keys of this workspace that are not revoked, the newest first."""
    rows = api_keys.list_keys(asked.context, after=text_after(cursor), limit=limit + 1)
    return page(rows, limit, position=lambda row: row.id, model=lambda row: ApiKeyAnswer(**_fields(row)))


@routes.post("/api-keys", permission=Permission.KEYS_WRITE, status=HTTPStatus.CREATED)
def create_api_key(asked: Asked, new: NewApiKeyRequest) -> ApiKeyMade:
    """Make an API key, which may do no more than whoever makes it, now and later; it is shown only in this answer."""
    days = new.expires_after_days
    until = None if days is None else asked.context.clock.now() + days * _DAY_SECONDS
    made = api_keys.create_key(asked.context, name=new.name, scopes=new.scopes, by=asked.principal, expires_at=until)
    asked.audit("key.create", made.key.id, name=made.key.name, scopes=made.key.scopes)
    return ApiKeyMade(**_fields(made.key), key=made.secret)


@routes.get("/api-keys/{key_id}", permission=Permission.KEYS_READ)
def show_api_key(asked: Asked, key_id: str) -> ApiKeyAnswer:
    """One API key of this workspace."""
    return ApiKeyAnswer(**_fields(api_keys.one_key(asked.context, key_id)))


@routes.delete("/api-keys/{key_id}", permission=Permission.KEYS_WRITE)
def revoke_api_key(asked: Asked, key_id: str) -> None:
    """Revoke an API key: it stops working everywhere within a second, for ever."""
    api_keys.revoke_key(asked.context, key_id)
    asked.audit("key.revoke", key_id)


def _fields(row: ApiKey) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "prefix": row.prefix,
        "scopes": list(row.scopes),
        "created_at": row.created_at,
        "used_at": row.used_at,
        "expires_at": row.expires_at,
    }
