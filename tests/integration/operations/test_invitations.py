"""Invitations: for one address and one role, once, for a week."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from paceline.domain.errors import InputError
from paceline.domain.permission import Role
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.operations.people import invitations, people, workspaces
from paceline.operations.people.granting import OPERATOR, NotAllowed
from paceline.operations.people.invitations import Accepted
from paceline.operations.people.links import LinkEnded
from paceline.operations.people.logins import LoginRefused
from paceline.store.public_ids import IdKind
from surroundings.people import PASSWORD, Installation, principal, token_of


def invited(context: Context, email: str = "ann@example.com", role: str = "editor") -> str:
    return token_of(invitations.invite(context, email=email, role=role, by=OPERATOR).link)


def accept(context: Context, token: str) -> Accepted:
    return invitations.accept(context, token, name="Ann", password=PASSWORD)


def another(installation: Installation) -> Context:
    """Another workspace, whose owner is the first user."""
    owner = installation.first_user()
    made = workspaces.create(installation.context, name="Other", by=owner)
    number = installation.context.ids.decode(IdKind.WORKSPACE, made.id)
    assert number is not None
    return installation.context.in_workspace(number)


def test_invited_person_comes_in_with_the_role(installation: Installation) -> None:
    installation.first_user()
    context = installation.context
    token = invited(context)
    welcome = invitations.look(context, token)
    assert (welcome.workspace_name, welcome.email, welcome.role) == ("Workspace", "ann@example.com", Role.EDITOR)
    accept(context, token)
    assert installation.who(installation.log_in("ann@example.com")).role is Role.EDITOR
    assert invitations.list_invitations(context) == []
    with pytest.raises(LinkEnded):
        accept(context, token)


def test_of_two_who_accept_at_once_one_comes_in(installation: Installation) -> None:
    context = installation.context
    token = invited(context)

    def attempt(number: int) -> bool:
        try:
            invitations.accept(context, token, name=f"Ann {number}", password=PASSWORD)
        except (LinkEnded, NotPossible, LoginRefused):
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) >= 1
    assert len(people.list_members(context)) == 1


def test_bad_input_does_not_use_the_link_up(installation: Installation) -> None:
    context = installation.context
    token = invited(context)
    for name, password in (("", PASSWORD), ("Ann", "short")):
        with pytest.raises(InputError):
            invitations.accept(context, token, name=name, password=password)
    accept(context, token)


def test_invitation_ends_after_a_week_by_revocation_and_by_a_newer_one(installation: Installation) -> None:
    context = installation.context
    old = invited(context)
    new = invited(context, "Ann@example.com")
    with pytest.raises(LinkEnded):
        accept(context, old)
    (open_one,) = invitations.list_invitations(context)
    invitations.revoke_invitation(context, open_one.id)
    with pytest.raises(LinkEnded):
        accept(context, new)
    with pytest.raises(NotFound):
        invitations.revoke_invitation(context, open_one.id)
    late = invited(context)
    installation.time.pass_by(7 * 86_400 + 1)
    with pytest.raises(LinkEnded):
        accept(context, late)
    assert invitations.list_invitations(context) == []


def test_user_that_exists_proves_who_they_are(installation: Installation) -> None:
    there = another(installation)
    installation.member(Role.VIEWER, "ann@example.com")
    token = invited(there)
    assert invitations.look(there, token).has_user
    with pytest.raises(LoginRefused):
        invitations.accept(there, token, password="a wrong password")
    accepted = accept(there, token)
    assert accepted.workspace_id == there.workspace_id
    assert {one.name for one in workspaces.of_user(there, accepted.user_id)} == {"Workspace", "Other"}


def test_invitation_of_one_address_is_useless_for_another_user(installation: Installation) -> None:
    there = another(installation)
    eve = installation.member(Role.VIEWER, "eve@example.com")
    token = invited(there)
    assert eve.user_id is not None
    with pytest.raises(NotAllowed, match=r"is for ann@example\.com"):
        invitations.accept_as_user(there, token, user_id=eve.user_id)
    accept(there, token)  # the refusal did not use it up


def test_member_is_not_invited_again(installation: Installation) -> None:
    installation.first_user()
    with pytest.raises(NotPossible, match="already"):
        invited(installation.context, "OLGA@example.com")


@pytest.mark.parametrize(("asker", "role"), [(Role.ADMIN, "owner"), (Role.EDITOR, "admin"), (Role.VIEWER, "editor")])
def test_nobody_invites_above_themselves(installation: Installation, asker: Role, role: str) -> None:
    with pytest.raises(NotAllowed):
        invitations.invite(installation.context, email="eve@example.com", role=role, by=principal(asker))


def test_unknown_role_is_refused_with_those_that_there_are(installation: Installation) -> None:
    with pytest.raises(InputError, match="owner, admin, editor, viewer"):
        invitations.invite(installation.context, email="eve@example.com", role="root", by=OPERATOR)
    with pytest.raises(InputError, match="not an e-mail address"):
        invitations.invite(installation.context, email="a@b@c", role="viewer", by=OPERATOR)


def test_invitations_of_another_workspace_are_not_there(installation: Installation) -> None:
    there = another(installation)
    made = invitations.invite(installation.context, email="ann@example.com", role="viewer", by=OPERATOR)
    assert invitations.list_invitations(there) == []
    with pytest.raises(NotFound):
        invitations.revoke_invitation(there, made.id)
    assert invitations.list_invitations(installation.context, after=made.id) == []
