"""Members of a workspace over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, page, text_after
from paceline.api.routing import Routes
from paceline.api.schemas.people import MemberAnswer, ResetLink, RoleChange
from paceline.domain.permission import Permission
from paceline.operations.people import password_reset, people
from paceline.operations.people.people import Member

routes = Routes(tag="members")


@routes.get("/members", permission=Permission.MEMBERS_READ)
def list_members(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[MemberAnswer]:
    """The people of this workspace, those who were users first at the top."""
    rows = people.list_members(asked.context, after=text_after(cursor), limit=limit + 1)
    return page(rows, limit, position=lambda row: row.id, model=_answer)


@routes.get("/members/{user_id}", permission=Permission.MEMBERS_READ)
def show_member(asked: Asked, user_id: str) -> MemberAnswer:
    """One person of this workspace."""
    return _answer(people.member(asked.context, user_id))


@routes.patch("/members/{user_id}", permission=Permission.MEMBERS_WRITE)
def change_role(asked: Asked, user_id: str, change: RoleChange) -> MemberAnswer:
    """Give a person another role. Only owners give or take the role owner; the last one keeps it."""
    changed = people.change_role(asked.context, user_id, change.role, by=asked.principal)
    asked.audit("member.role", user_id, role=change.role)
    return _answer(changed)


@routes.delete("/members/{user_id}", permission=Permission.MEMBERS_WRITE)
def remove_member(asked: Asked, user_id: str) -> None:
    """Take a person out of this workspace; API keys that they made stop working."""
    people.remove_member(asked.context, user_id, by=asked.principal)
    asked.audit("member.remove", user_id)


@routes.post("/members/{user_id}/reset-link", permission=Permission.MEMBERS_WRITE, status=HTTPStatus.CREATED)
def make_reset_link(asked: Asked, user_id: str) -> ResetLink:
    """Make a link by which a member of this workspace alone sets a new password, to hand over by another way."""
    link = password_reset.link_for_member(asked.context, user_id, by=asked.principal)
    asked.audit("member.reset_link", user_id)
    return ResetLink(link=link)


def _answer(row: Member) -> MemberAnswer:
    return MemberAnswer(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        has_second_factor=row.has_second_factor,
        disabled=row.disabled,
        created_at=row.created_at,
    )
