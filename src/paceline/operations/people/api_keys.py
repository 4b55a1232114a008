"""API keys: make one, which is shown once; list them; revoke one."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from paceline.domain.errors import InputError, Problem
from paceline.domain.permission import Permission
from paceline.operations.context import Context, NotFound
from paceline.operations.people.access import KEY_PREFIX, Principal, new_secret
from paceline.operations.people.granting import parse_scopes, refuse_scopes_beyond
from paceline.operations.people.people_input import checked_name
from paceline.store.catalogue import api_keys
from paceline.store.catalogue.api_keys import ApiKeyRow
from paceline.store.public_ids import IdKind

_NEWEST = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is listed: ``prefix`` is how it begins."""

    id: str
    name: str
    prefix: str
    scopes: tuple[Permission, ...]
    created_at: float
    used_at: float | None
    expires_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """A key that has just been made, with the secret that nobody will see again."""

    key: ApiKey
    secret: str


def create_key(
    context: Context, *, name: str, scopes: Collection[str], by: Principal, expires_at: float | None = None
) -> NewApiKey:
    """Make a key of the workspace that may do what ``scopes`` say; ``expires_at`` None: until it is revoked.

    Raises InputError, NotAllowed for a scope that whoever asks has not.
    """
    name, wanted, now = checked_name(name), parse_scopes(scopes), context.clock.now()
    refuse_scopes_beyond(by, wanted)
    if expires_at is not None and expires_at <= now:
        raise InputError([Problem(file="", field="expires_at", message="must be in the future")])
    prefix = f"{KEY_PREFIX}{secrets.token_hex(4)}"
    secret = new_secret(f"{prefix}_")
    with context.catalogue.write() as connection:
        number = api_keys.create(
            connection,
            workspace_id=context.workspace_id,
            name=name,
            prefix=prefix,
            key_hash=secret.hash,
            scopes=wanted,
            created_by=by.user_id if by.user_id is not None else by.maker_id,
            expires_at=expires_at,
            now=now,
        )
    return NewApiKey(key=one_key(context, context.ids.encode(IdKind.API_KEY, number)), secret=secret.value)


def list_keys(context: Context, *, after: str | None = None, limit: int = 100) -> list[ApiKey]:
    """The keys of the workspace that are not revoked, the newest first, those after the key ``after``."""
    before = _NEWEST if after is None else context.ids.decode(IdKind.API_KEY, after)
    if before is None:
        raise _unknown(str(after))
    with context.catalogue.read() as connection:
        rows = api_keys.page(connection, workspace_id=context.workspace_id, before=before, limit=limit)
    return [_key(context, row) for row in rows]


def one_key(context: Context, key: str) -> ApiKey:
    """A key of the workspace. Raises NotFound."""
    number = context.ids.decode(IdKind.API_KEY, key)
    with context.catalogue.read() as connection:
        row = None if number is None else api_keys.find(connection, number, workspace_id=context.workspace_id)
    if row is None:
        raise _unknown(key)
    return _key(context, row)


def revoke_key(context: Context, key: str) -> None:
    """End a key for ever, everywhere within a second. Raises NotFound."""
    number = context.ids.decode(IdKind.API_KEY, key)
    with context.catalogue.write() as connection:
        if number is None or not api_keys.revoke(
            connection, number, workspace_id=context.workspace_id, now=context.clock.now()
        ):
            raise _unknown(key)


def _unknown(key: str) -> NotFound:
    return NotFound(f"no API key {key[:100]!r} in this workspace")


def _key(context: Context, row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=context.ids.encode(IdKind.API_KEY, row.id),
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(sorted(row.scopes)),
        created_at=row.created_at,
        used_at=row.used_at,
        expires_at=row.expires_at,
    )
