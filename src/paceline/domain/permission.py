"""Who may do what: every permission, and the roles that hold them, in one table."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """What a route or a command needs; also the scopes of API keys."""

    CONTACTS_READ = "contacts:read"  # contacts, lists, subscriptions, segments, imports
    CONTACTS_WRITE = "contacts:write"
    CAMPAIGNS_READ = "campaigns:read"  # campaigns, their messages and progress, templates
    CAMPAIGNS_WRITE = "campaigns:write"  # drafts and templates
    CAMPAIGNS_SEND = "campaigns:send"  # start, schedule, pause, resume, stop, test, resolve
    MESSAGES_SEND = "messages:send"  # one message now
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    SUPPRESSIONS_READ = "suppressions:read"
    SUPPRESSIONS_WRITE = "suppressions:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    WORKSPACE_READ = "workspace:read"  # its name and settings
    WORKSPACE_WRITE = "workspace:write"
    MEMBERS_READ = "members:read"  # people and invitations
    MEMBERS_WRITE = "members:write"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    AUDIT_READ = "audit:read"


class Role(StrEnum):
    """What a person is in a workspace."""

    OWNER = "owner"  # everything, the other owners included
    ADMIN = "admin"  # everything but the owners
    EDITOR = "editor"  # contacts and campaigns, sending included
    VIEWER = "viewer"  # looks, changes nothing


_P = Permission
_VIEWER = frozenset({_P.CONTACTS_READ, _P.CAMPAIGNS_READ, _P.ACCOUNTS_READ, _P.SUPPRESSIONS_READ, _P.WORKSPACE_READ})
_EDITOR = _VIEWER | {
    _P.CONTACTS_WRITE,
    _P.CAMPAIGNS_WRITE,
    _P.CAMPAIGNS_SEND,
    _P.MESSAGES_SEND,
    _P.SUPPRESSIONS_WRITE,
    _P.MEMBERS_READ,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(Permission),
    Role.EDITOR: frozenset(_EDITOR),
    Role.VIEWER: _VIEWER,
}
"""A role's permissions. What tells owner from admin is whom they may appoint: ``may_appoint``."""


def may_appoint(own: Role, other: Role) -> bool:
    """Whether a person of one role may give or take another role."""
    return own is Role.OWNER or (own is Role.ADMIN and other is not Role.OWNER)
