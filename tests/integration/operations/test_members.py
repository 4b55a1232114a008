"""Members and their roles: nobody rises above who lifts them, and no workspace loses its last owner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from paceline.domain.permission import PERMISSIONS, Permission, Role
from paceline.operations.context import NotFound, NotPossible
from paceline.operations.people import installation_users, invitations, people, workspaces
from paceline.operations.people.access import Principal, by_session
from paceline.operations.people.granting import OPERATOR, NotAllowed
from paceline.store.public_ids import IdKind
from surroundings.people import PASSWORD, Installation, principal, token_of

OLGA = "olga@example.com"


def test_list_of_members_goes_on_where_the_page_before_ended(installation: Installation) -> None:
    installation.first_user()
    for role in (Role.ADMIN, Role.EDITOR, Role.VIEWER):
        installation.member(role, f"{role}@example.com")
    context = installation.context
    first = people.list_members(context, limit=3)
    rest = people.list_members(context, after=first[-1].id, limit=3)
    assert [one.role for one in (*first, *rest)] == [Role.OWNER, Role.ADMIN, Role.EDITOR, Role.VIEWER]


@pytest.mark.parametrize(
    ("asker", "target", "wanted", "allowed"),
    [
        (Role.OWNER, Role.VIEWER, Role.OWNER, True),
        (Role.OWNER, Role.ADMIN, Role.VIEWER, True),
        (Role.ADMIN, Role.VIEWER, Role.ADMIN, True),
        (Role.ADMIN, Role.VIEWER, Role.OWNER, False),
        (Role.ADMIN, Role.OWNER, Role.VIEWER, False),
        (Role.EDITOR, Role.VIEWER, Role.EDITOR, False),
    ],
)
def test_roles_are_given_by_those_above(
    installation: Installation, asker: Role, target: Role, wanted: Role, allowed: bool
) -> None:
    installation.first_user()
    who = installation.member(target, "target@example.com")
    if allowed:
        assert people.change_role(installation.context, who.id, wanted, by=principal(asker)).role is wanted
        return
    with pytest.raises(NotAllowed):
        people.change_role(installation.context, who.id, wanted, by=principal(asker))
    if asker is not Role.ADMIN or target is Role.OWNER:
        with pytest.raises(NotAllowed):
            people.remove_member(installation.context, who.id, by=principal(asker))
    assert people.member(installation.context, who.id).role is target


def test_key_that_may_only_manage_members_makes_nobody_mightier_than_itself(installation: Installation) -> None:
    installation.first_user()
    viewer = installation.member(Role.VIEWER, "vera@example.com")
    key = replace(principal(Role.OWNER), permissions=frozenset({Permission.MEMBERS_WRITE}))
    for role in Role:
        with pytest.raises(NotAllowed):
            people.change_role(installation.context, viewer.id, role, by=key)
        with pytest.raises(NotAllowed):
            invitations.invite(installation.context, email="eve@example.com", role=role, by=key)


def test_role_takes_effect_at_once(installation: Installation) -> None:
    installation.first_user()
    editor = installation.member(Role.EDITOR, "ed@example.com")
    session = installation.log_in("ed@example.com")
    people.change_role(installation.context, editor.id, Role.VIEWER, by=OPERATOR)
    assert installation.who(session).permissions == PERMISSIONS[Role.VIEWER]


def test_last_owner_stays(installation: Installation) -> None:
    owner = installation.first_user()
    context = installation.context
    for change in (
        lambda: people.change_role(context, owner.id, Role.ADMIN, by=owner),
        lambda: people.remove_member(context, owner.id, by=owner),
        lambda: installation_users.set_enabled(context, email=OLGA, enabled=False),
        lambda: installation_users.add_user(context, email=OLGA, role="viewer"),
    ):
        with pytest.raises(NotPossible, match="last owner"):
            change()
    assert people.member(context, owner.id).role is Role.OWNER
    assert people.change_role(context, owner.id, Role.OWNER, by=owner).role is Role.OWNER


def test_disabled_owner_does_not_count(installation: Installation) -> None:
    owner = installation.first_user()
    installation.member(Role.OWNER, "otto@example.com")
    installation_users.set_enabled(installation.context, email="otto@example.com", enabled=False)
    with pytest.raises(NotPossible, match="last owner"):
        people.remove_member(installation.context, owner.id, by=owner)


def test_two_owners_who_remove_each_other_at_once_leave_one(installation: Installation) -> None:
    olga = installation.first_user()
    context = installation.context
    for turn in range(5):
        email = f"otto{turn}@example.com"
        otto = installation.member(Role.OWNER, email)

        def remove(who: Principal) -> bool:
            try:
                people.remove_member(context, who.id, by=OPERATOR)
            except NotPossible:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(remove, (olga, otto))) == 1
        (left,) = people.list_members(context)
        olga = next(who for who in (olga, otto) if who.id == left.id)


def test_removed_member_is_out_at_once_and_at_work_where_they_still_belong(installation: Installation) -> None:
    owner = installation.first_user()
    context = installation.context
    ed = installation.member(Role.EDITOR, "ed@example.com")
    session = installation.log_in("ed@example.com")
    other = workspaces.create(context, name="Other", by=owner)
    number = context.ids.decode(IdKind.WORKSPACE, other.id)
    assert number is not None
    there = context.in_workspace(number)
    made = invitations.invite(there, email="ed@example.com", role="viewer", by=owner)
    assert ed.user_id is not None
    invitations.accept_as_user(there, token_of(made.link), user_id=ed.user_id)
    people.remove_member(context, ed.id, by=owner)
    moved = installation.who(session)
    assert (moved.workspace_id, moved.role) == (number, Role.VIEWER)
    people.remove_member(there, ed.id, by=owner)
    assert by_session(context, session.token) is None
    with pytest.raises(NotAllowed, match="no workspace"):
        installation.log_in("ed@example.com")


def test_members_of_another_workspace_are_not_there(installation: Installation) -> None:
    owner = installation.first_user()
    context = installation.context
    ed = installation.member(Role.EDITOR, "ed@example.com")
    other = workspaces.create(context, name="Other", by=owner)
    number = context.ids.decode(IdKind.WORKSPACE, other.id)
    assert number is not None
    there = context.in_workspace(number)
    for ask in (
        lambda: people.member(there, ed.id),
        lambda: people.change_role(there, ed.id, Role.VIEWER, by=owner),
        lambda: people.remove_member(there, ed.id, by=owner),
    ):
        with pytest.raises(NotFound):
            ask()
    assert [one.email for one in people.list_members(there)] == [OLGA]


def test_only_an_owner_makes_another_workspace(installation: Installation) -> None:
    installation.first_user()
    admin = installation.member(Role.ADMIN, "ada@example.com")
    with pytest.raises(NotAllowed):
        workspaces.create(installation.context, name="Other", by=admin)


def test_operator_lists_adds_disables_and_enables(installation: Installation) -> None:
    owner = installation.first_user()
    context = installation.context
    link = installation_users.add_user(context, email="Otto@example.com", role="admin")
    assert token_of(link)
    listed = {user.email: user for user in installation_users.list_users(context)}
    assert listed["Otto@example.com"].roles == ("admin in Workspace",)
    assert not listed["Otto@example.com"].has_password
    installation_users.add_user(context, email="otto@example.com", role="owner")
    session = installation.log_in(OLGA)
    installation_users.set_enabled(context, email=OLGA, enabled=False)
    assert by_session(context, session.token) is None
    with pytest.raises(NotPossible, match="is disabled"):
        installation_users.reset_link(context, email=OLGA)
    installation_users.set_enabled(context, email=OLGA, enabled=True)
    assert installation.who(installation.log_in(OLGA, PASSWORD)).id == owner.id
    with pytest.raises(NotFound, match="users list"):
        installation_users.reset_link(context, email="nobody@example.com")
