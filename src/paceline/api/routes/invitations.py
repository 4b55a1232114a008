"""Invitations over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import BackgroundTasks, Request, Response

from paceline.api.asked import Address, Asked, Open
from paceline.api.logging_in import begun, client_of
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, page, text_after
from paceline.api.routing import Access, Routes
from paceline.api.schemas.people import (
    Acceptance,
    InvitationAnswer,
    InvitationMade,
    InvitationToken,
    NewInvitation,
    WelcomeAnswer,
)
from paceline.api.schemas.sessions import CurrentSession, OwnWorkspace
from paceline.domain.permission import Permission
from paceline.operations.people import invitations, sessions, workspaces
from paceline.operations.people.invitations import Invitation
from paceline.operations.people.link_letters import mail_is_set_up, send_invitation

routes = Routes(tag="invitations")


@routes.get("/invitations", permission=Permission.MEMBERS_READ)
def list_invitations(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[InvitationAnswer]:
    """Invitations that were neither accepted nor taken back, the oldest first."""
    rows = invitations.list_invitations(asked.context, after=text_after(cursor), limit=limit + 1)
    return page(rows, limit, position=lambda row: row.id, model=_answer)


@routes.post("/invitations", permission=Permission.MEMBERS_WRITE, status=HTTPStatus.CREATED)
def invite(asked: Asked, new: NewInvitation, afterwards: BackgroundTasks) -> InvitationMade:
    """Invite somebody; a former invitation of the same address stops working.

    The link goes out by mail where a mail server is set up, and stands in the answer in any case.
    """
    made = invitations.invite(asked.context, email=new.email, role=new.role, by=asked.principal)
    asked.audit("invitation.create", made.id, email=made.email, role=made.role)
    afterwards.add_task(
        send_invitation,
        asked.context,
        made,
        inviter=asked.principal.name,
        workspace_name=workspaces.workspace(asked.context).name,
    )
    return InvitationMade(
        id=made.id,
        email=made.email,
        role=made.role,
        created_at=made.created_at,
        expires_at=made.expires_at,
        link=made.link or "",
        mailed=mail_is_set_up(asked.context),
    )


@routes.delete("/invitations/{invitation_id}", permission=Permission.MEMBERS_WRITE)
def revoke_invitation(asked: Asked, invitation_id: str) -> None:
    """Take an open invitation back."""
    invitations.revoke_invitation(asked.context, invitation_id)
    asked.audit("invitation.revoke", invitation_id)


@routes.post("/invitations/look", permission=Access.PUBLIC)
def look_at_invitation(context: Open, wanted: InvitationToken) -> WelcomeAnswer:
    """What an invitation is for; nothing changes."""
    found = invitations.look(context, wanted.token)
    return WelcomeAnswer(
        workspace_name=found.workspace_name, email=found.email, role=found.role, has_user=found.has_user
    )


@routes.post("/invitations/accept", permission=Access.PUBLIC, status=HTTPStatus.CREATED)
def accept_invitation(
    context: Open, address: Address, acceptance: Acceptance, request: Request, response: Response
) -> CurrentSession:
    """Accept an invitation, as a new user or as one that exists, and log in."""
    accepted = invitations.accept(
        context,
        acceptance.token,
        name=acceptance.name,
        password=acceptance.password,
        code=acceptance.code,
        network_address=address,
    )
    session = sessions.start(
        context, accepted.user_id, client=client_of(request, address), workspace_id=accepted.workspace_id
    )
    return begun(context, session, response, action="invitation.accept")


@routes.post("/invitations/join", permission=Access.PERSON)
def join_workspace(asked: Asked, wanted: InvitationToken) -> OwnWorkspace:
    """Accept an invitation as the person who is logged in."""
    assert asked.principal.user_id is not None  # the guard lets only people in here
    accepted = invitations.accept_as_user(asked.context, wanted.token, user_id=asked.principal.user_id)
    asked.audit("invitation.accept")
    joined = workspaces.workspace(asked.context.in_workspace(accepted.workspace_id))
    theirs = workspaces.of_user(asked.context, asked.principal.user_id)
    role = next(one.role for one in theirs if one.id == joined.id)
    return OwnWorkspace(id=joined.id, name=joined.name, role=role)


def _answer(row: Invitation) -> InvitationAnswer:
    return InvitationAnswer(
        id=row.id, email=row.email, role=row.role, created_at=row.created_at, expires_at=row.expires_at
    )
