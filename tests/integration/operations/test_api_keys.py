"""API keys: shown once, never mightier than whoever made them, and gone when they are revoked."""

from __future__ import annotations

import pytest

from paceline.domain.errors import InputError
from paceline.domain.permission import PERMISSIONS, Permission, Role
from paceline.operations.context import NotFound
from paceline.operations.people import api_keys, installation_users, people, workspaces
from paceline.operations.people.access import by_api_key
from paceline.operations.people.granting import OPERATOR, NotAllowed
from paceline.store.public_ids import IdKind
from surroundings.people import Installation, principal

READ = [Permission.CONTACTS_READ]


def test_key_is_shown_once_and_only_its_hash_is_kept(installation: Installation) -> None:
    made = api_keys.create_key(installation.context, name="Shop", scopes=READ, by=OPERATOR)
    assert made.secret.startswith(f"{made.key.prefix}_")
    assert len(made.secret) > len(made.key.prefix) + 43
    with installation.context.catalogue.read() as connection:
        assert made.secret not in str(connection.exec_driver_sql("SELECT * FROM api_keys").all())
    found = by_api_key(installation.context, made.secret)
    assert found is not None
    assert (found.name, found.permissions) == ("Shop", frozenset(READ))
    assert by_api_key(installation.context, made.secret[:-1] + ("a" if made.secret[-1] != "a" else "b")) is None


def test_nobody_makes_a_key_that_may_more_than_they(installation: Installation) -> None:
    with pytest.raises(NotAllowed, match="contacts:write"):
        api_keys.create_key(
            installation.context, name="x", scopes=[Permission.CONTACTS_WRITE], by=principal(Role.VIEWER)
        )


@pytest.mark.parametrize("scopes", [[], ["contacts:everything"], ["contacts:read", ""]])
def test_unknown_scopes_are_refused(installation: Installation, scopes: list[str]) -> None:
    with pytest.raises(InputError, match="contacts:read"):
        api_keys.create_key(installation.context, name="x", scopes=scopes, by=OPERATOR)


def test_key_falls_with_whoever_made_it(installation: Installation) -> None:
    installation.first_user()
    context = installation.context
    ed = installation.member(Role.EDITOR, "ed@example.com")
    scopes = [Permission.CONTACTS_READ, Permission.CONTACTS_WRITE]
    secret = api_keys.create_key(context, name="x", scopes=scopes, by=ed).secret
    people.change_role(context, ed.id, Role.VIEWER, by=OPERATOR)
    demoted = by_api_key(context, secret)
    assert demoted is not None
    assert demoted.permissions == frozenset(READ)
    installation_users.set_enabled(context, email="ed@example.com", enabled=False)
    assert by_api_key(context, secret) is None
    installation_users.set_enabled(context, email="ed@example.com", enabled=True)
    assert by_api_key(context, secret) is not None
    people.remove_member(context, ed.id, by=OPERATOR)
    assert by_api_key(context, secret) is None


def test_key_made_by_a_key_falls_with_the_person_behind_both(installation: Installation) -> None:
    installation.first_user()
    context = installation.context
    ada = installation.member(Role.ADMIN, "ada@example.com")
    first = api_keys.create_key(context, name="first", scopes=sorted(Permission), by=ada).secret
    by = by_api_key(context, first)
    assert by is not None
    second = api_keys.create_key(context, name="second", scopes=READ, by=by).secret
    people.remove_member(context, ada.id, by=OPERATOR)
    assert by_api_key(context, first) is None
    assert by_api_key(context, second) is None


def test_key_of_an_admin_does_not_appoint_owners(installation: Installation) -> None:
    installation.first_user()
    context = installation.context
    ada = installation.member(Role.ADMIN, "ada@example.com")
    vera = installation.member(Role.VIEWER, "vera@example.com")
    for maker in (ada, OPERATOR):
        secret = api_keys.create_key(context, name="x", scopes=sorted(Permission), by=maker).secret
        by = by_api_key(context, secret)
        assert by is not None
        with pytest.raises(NotAllowed, match="only an owner"):
            people.change_role(context, vera.id, Role.OWNER, by=by)


def test_revoked_and_expired_keys_are_unknown(installation: Installation) -> None:
    context = installation.context
    until = context.clock.now() + 3600
    revoked = api_keys.create_key(context, name="revoked", scopes=READ, by=OPERATOR)
    expiring = api_keys.create_key(context, name="expiring", scopes=READ, by=OPERATOR, expires_at=until)
    api_keys.revoke_key(context, revoked.key.id)
    assert by_api_key(context, revoked.secret) is None
    with pytest.raises(NotFound):
        api_keys.revoke_key(context, revoked.key.id)
    with pytest.raises(NotFound):
        api_keys.one_key(context, revoked.key.id)
    assert by_api_key(context, expiring.secret) is not None
    installation.time.pass_by(3600)
    assert by_api_key(context, expiring.secret) is None
    with pytest.raises(InputError, match="future"):
        api_keys.create_key(context, name="x", scopes=READ, by=OPERATOR, expires_at=until)


def test_use_is_noted_to_the_minute(installation: Installation) -> None:
    context = installation.context
    made = api_keys.create_key(context, name="x", scopes=READ, by=OPERATOR)
    assert made.key.used_at is None
    by_api_key(context, made.secret)
    first = api_keys.one_key(context, made.key.id).used_at
    installation.time.pass_by(50)
    by_api_key(context, made.secret)
    assert api_keys.one_key(context, made.key.id).used_at == first
    installation.time.pass_by(11)
    by_api_key(context, made.secret)
    assert api_keys.one_key(context, made.key.id).used_at != first


def test_keys_of_another_workspace_are_not_there(installation: Installation) -> None:
    owner = installation.first_user()
    context = installation.context
    made = api_keys.create_key(context, name="x", scopes=READ, by=owner)
    other = workspaces.create(context, name="Other", by=owner)
    number = context.ids.decode(IdKind.WORKSPACE, other.id)
    assert number is not None
    there = context.in_workspace(number)
    assert api_keys.list_keys(there) == []
    for ask in (api_keys.one_key, api_keys.revoke_key):
        with pytest.raises(NotFound):
            ask(there, made.key.id)
    assert [key.name for key in api_keys.list_keys(context)] == ["x"]


def test_roles_hold_only_what_the_roles_above_them_hold() -> None:
    assert PERMISSIONS[Role.VIEWER] < PERMISSIONS[Role.EDITOR] < PERMISSIONS[Role.ADMIN] <= PERMISSIONS[Role.OWNER]
