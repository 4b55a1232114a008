"""Who is asking: an API key or a session becomes a principal with permissions in one workspace."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from paceline.domain.permission import PERMISSIONS, Permission, Role
from paceline.operations.context import Context
from paceline.store.catalogue import api_keys, sessions
from paceline.store.public_ids import IdKind

KEY_PREFIX = "pl_"
SESSION_IDLE_SECONDS = 14 * 86_400.0
SESSION_LONGEST_SECONDS = 90 * 86_400.0
_NOTED_EVERY_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who may do something in one workspace."""

    id: str
    """The public id of the key or the person."""
    name: str
    workspace_id: int
    permissions: frozenset[Permission]
    user_id: int | None = None
    """None for an API key."""
    role: Role | None = None
    """A person's role, or the present one of whoever made the key; None for a key of the operator."""
    maker_id: int | None = None
    """Who made the key; None for people and for keys of the operator."""
    session_id: int | None = None

    def may(self, permission: Permission) -> bool:
        """Whether this is allowed."""
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A random secret: what its owner gets once, and the only thing that is kept of it."""

    value: str
    hash: str


def new_secret(prefix: str = "") -> NewSecret:
    """A secret of 256 random bits."""
    value = prefix + secrets.token_urlsafe(32)
    return NewSecret(value, hash_of(value))


def hash_of(secret: str) -> str:
    """What is kept of a secret of 256 random bits: nobody can guess it, so one round is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def by_api_key(context: Context, key: str) -> Principal | None:
    """The principal of a key; None for one that is unknown, revoked or has expired, or whose maker has left.

    It may do what its scopes say and its maker may do now: a demoted maker's keys are demoted too.
    """
    now = context.clock.now()
    with context.catalogue.read() as connection:
        found = api_keys.by_hash(connection, hash_of(key), now=now)
    if found is None:
        return None
    if found.used_at is None or now - found.used_at > _NOTED_EVERY_SECONDS:
        with context.catalogue.write_one() as connection:
            api_keys.note_use(connection, found.id, now=now)
    return Principal(
        id=context.ids.encode(IdKind.API_KEY, found.id),
        name=found.name,
        workspace_id=found.workspace_id,
        permissions=found.scopes if found.maker_role is None else found.scopes & PERMISSIONS[found.maker_role],
        role=found.maker_role,
        maker_id=found.created_by,
    )


def by_session(context: Context, token: str) -> Principal | None:
    """The principal of a session; None for one that is unknown or has ended."""
    now = context.clock.now()
    with context.catalogue.read() as connection:
        found = sessions.by_hash(connection, hash_of(token), now=now)
    if found is None:
        return None
    if now - found.seen_at > _NOTED_EVERY_SECONDS:
        until = min(now + SESSION_IDLE_SECONDS, found.created_at + SESSION_LONGEST_SECONDS)
        with context.catalogue.write_one() as connection:
            sessions.note_use(connection, found.id, expires_at=until, now=now)
    role = Role(found.role)
    return Principal(
        id=context.ids.encode(IdKind.USER, found.user_id),
        name=found.user_name,
        workspace_id=found.workspace_id,
        permissions=PERMISSIONS[role],
        user_id=found.user_id,
        role=role,
        session_id=found.id,
    )
