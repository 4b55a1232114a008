"""Invitations into a workspace: a link for one e-mail address and one role, good for seven days and one use."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.address import address_key
from paceline.domain.permission import Role
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.operations.people.access import Principal, hash_of
from paceline.operations.people.granting import NotAllowed, parse_role, refuse_appointing
from paceline.operations.people.links import LIFE_SECONDS, LinkEnded, new_link
from paceline.operations.people.logins import authenticate
from paceline.operations.people.passwords import check_password, hash_password
from paceline.operations.people.people_input import checked_email, checked_name
from paceline.store.catalogue import members, one_time_links, users, workspaces
from paceline.store.catalogue.one_time_links import LinkPurpose, LinkRow
from paceline.store.public_ids import IdKind

_PURPOSE = LinkPurpose.INVITATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An open invitation. ``link`` is known only to whoever has just made it."""

    id: str
    email: str
    role: Role
    created_at: float
    expires_at: float
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What the holder of an invitation's link sees before accepting."""

    workspace_name: str
    email: str
    role: Role
    has_user: bool
    """Whether there is a user of this address, who has to log in to accept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Who came into which workspace."""

    user_id: int
    workspace_id: int


def invite(context: Context, *, email: str, role: str, by: Principal) -> Invitation:
    """Invite somebody; a former open invitation of the same address stops working.

    Raises InputError, NotAllowed for a role beyond that of whoever asks, NotPossible for a member.
    """
    email, wanted = checked_email(email), parse_role(role)
    refuse_appointing(by, wanted)
    link, hashed = new_link(context, _PURPOSE)
    now = context.clock.now()
    expires_at = now + LIFE_SECONDS[_PURPOSE]
    with context.catalogue.write() as connection:
        user = users.by_email(connection, email)
        where = {"workspace_id": context.workspace_id}
        if user is not None and members.find(connection, user_id=user.id, **where) is not None:
            raise NotPossible(f"{email} is a member of this workspace already: change the role there")
        one_time_links.void_invitations(connection, email=email, **where)
        number = one_time_links.insert(
            connection,
            token_hash=hashed,
            purpose=_PURPOSE,
            now=now,
            expires_at=expires_at,
            user_id=by.user_id,
            email=email,
            role=wanted,
            **where,
        )
    return Invitation(
        id=context.ids.encode(IdKind.INVITATION, number),
        email=email,
        role=wanted,
        created_at=now,
        expires_at=expires_at,
        link=link,
    )


def list_invitations(context: Context, *, after: str | None = None, limit: int = 100) -> list[Invitation]:
    """The open invitations of the workspace, those after the invitation ``after``; at most ``limit``."""
    first = 0 if after is None else _number(context, after)
    with context.catalogue.read() as connection:
        rows = one_time_links.invitations(
            connection, workspace_id=context.workspace_id, after=first, limit=limit, now=context.clock.now()
        )
    return [_invitation(context, row) for row in rows]


def revoke_invitation(context: Context, invitation: str) -> None:
    """Take an open invitation back. Raises NotFound."""
    number = _number(context, invitation)
    with context.catalogue.write() as connection:
        if not one_time_links.revoke_invitation(connection, workspace_id=context.workspace_id, link_id=number):
            raise _unknown(invitation)


def look(context: Context, token: str) -> Welcome:
    """What an invitation is for; nothing changes. Raises LinkEnded."""
    with context.catalogue.read() as connection:
        found = one_time_links.find(connection, token_hash=hash_of(token), purpose=_PURPOSE, now=context.clock.now())
        return _welcome(connection, found)


def accept(
    context: Context, token: str, *, name: str = "", password: str, code: str = "", network_address: str = ""
) -> Accepted:
    """Come into the workspace: a new user chooses name and password, one that exists gives password and code.

    Raises InputError (the link goes on working), LinkEnded, and what ``logins.authenticate`` raises.
    """
    welcome = look(context, token)
    if welcome.has_user:
        user = authenticate(context, email=welcome.email, password=password, code=code, network_address=network_address)
        return accept_as_user(context, token, user_id=user.id)
    name = checked_name(name)
    check_password(password)
    return accept_as_new_user(context, token, name=name, password_hash=hash_password(password))


def accept_as_new_user(
    context: Context, token: str, *, name: str, password_hash: str | None, oidc_subject: str | None = None
) -> Accepted:
    """Make a user of the invited address and take them in. Raises LinkEnded, NotPossible when there is that user."""
    now = context.clock.now()
    with context.catalogue.write() as connection:
        link = _use(connection, token, now)
        user_id = users.insert(
            connection,
            email=link.email or "",
            name=name,
            password_hash=password_hash,
            oidc_subject=oidc_subject,
            now=now,
        )
        if user_id is None:
            raise NotPossible("there is a user with this address already: open the link again")
        return _join(connection, link, user_id, now)


def accept_as_user(context: Context, token: str, *, user_id: int) -> Accepted:
    """Take a user who is logged in into the workspace that invited their address.

    Raises LinkEnded, NotAllowed when another address was invited: the link goes on working for that one.
    """
    now = context.clock.now()
    with context.catalogue.write() as connection:
        link = _use(connection, token, now)
        user = users.by_id(connection, user_id)
        if user is None or address_key(user.email) != address_key(link.email or ""):
            raise NotAllowed(f"this invitation is for {link.email}: log in as that user, or ask for one of your own")
        return _join(connection, link, user_id, now)


def _use(connection: Connection, token: str, now: float) -> LinkRow:
    link = one_time_links.use(connection, token_hash=hash_of(token), purpose=_PURPOSE, now=now)
    if link is None:
        raise LinkEnded
    return link


def _join(connection: Connection, link: LinkRow, user_id: int, now: float) -> Accepted:
    assert link.workspace_id is not None  # every invitation has both
    assert link.role is not None
    members.add(connection, workspace_id=link.workspace_id, user_id=user_id, role=link.role, now=now)
    return Accepted(user_id=user_id, workspace_id=link.workspace_id)


def _welcome(connection: Connection, link: LinkRow | None) -> Welcome:
    if link is None or link.workspace_id is None or link.email is None or link.role is None:
        raise LinkEnded
    workspace = workspaces.find(connection, link.workspace_id)
    if workspace is None:
        raise LinkEnded
    return Welcome(
        workspace_name=workspace.name,
        email=link.email,
        role=link.role,
        has_user=users.by_email(connection, link.email) is not None,
    )


def _number(context: Context, invitation: str) -> int:
    number = context.ids.decode(IdKind.INVITATION, invitation)
    if number is None:
        raise _unknown(invitation)
    return number


def _unknown(invitation: str) -> NotFound:
    return NotFound(f"no open invitation {invitation[:100]!r} in this workspace")


def _invitation(context: Context, row: LinkRow) -> Invitation:
    assert row.email is not None  # every invitation has both
    assert row.role is not None
    return Invitation(
        id=context.ids.encode(IdKind.INVITATION, row.id),
        email=row.email,
        role=row.role,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
