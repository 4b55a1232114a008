"""The first user: whoever opens the link that `paceline serve` prints becomes the owner of the first workspace."""

from __future__ import annotations

from paceline.domain.permission import Role
from paceline.operations.context import FIRST_WORKSPACE, Context, NotPossible
from paceline.operations.people.access import hash_of
from paceline.operations.people.links import LIFE_SECONDS, LinkEnded, new_link
from paceline.operations.people.passwords import check_password, hash_password
from paceline.operations.people.people_input import checked_email, checked_name
from paceline.store.catalogue import members, one_time_links, users, workspaces
from paceline.store.catalogue.one_time_links import LinkPurpose

_PURPOSE = LinkPurpose.FIRST_USER


def first_user_link(context: Context) -> str | None:
    """A link that makes the first user, once; None when there is one. Links of earlier calls stop working."""
    link, hashed = new_link(context, _PURPOSE)
    now = context.clock.now()
    with context.catalogue.write() as connection:
        if users.any_exists(connection):
            return None
        one_time_links.void(connection, purpose=_PURPOSE)
        one_time_links.insert(
            connection,
            token_hash=hashed,
            purpose=_PURPOSE,
            now=now,
            expires_at=now + LIFE_SECONDS[_PURPOSE],
        )
    return link


def create_first_user(
    context: Context, token: str, *, email: str, name: str, password: str, workspace_name: str = ""
) -> int:
    """Use the link: make the owner of the first workspace, which gets this name. Returns the user's number.

    Raises InputError (the link goes on working), LinkEnded, NotPossible when there is a user already.
    """
    email, name = checked_email(email), checked_name(name)
    workspace_name = checked_name(workspace_name, field="workspace_name") if workspace_name else ""
    check_password(password)
    now = context.clock.now()
    wanted = hash_of(token)
    with context.catalogue.read() as connection:  # before the costly hash: anybody can ask
        if one_time_links.find(connection, token_hash=wanted, purpose=_PURPOSE, now=now) is None:
            raise LinkEnded
    hashed = hash_password(password)
    with context.catalogue.write() as connection:
        if one_time_links.use(connection, token_hash=wanted, purpose=_PURPOSE, now=now) is None:
            raise LinkEnded
        if users.any_exists(connection):
            raise NotPossible("there is a user already: log in, or let one of the owners invite you")
        user_id = users.insert(connection, email=email, name=name, password_hash=hashed, now=now)
        assert user_id is not None  # there was nobody who could have the address
        members.add(connection, workspace_id=FIRST_WORKSPACE, user_id=user_id, role=Role.OWNER, now=now)
        if workspace_name:
            workspaces.rename(connection, FIRST_WORKSPACE, workspace_name)
    return user_id


def is_there(context: Context) -> bool:
    """Whether there is a user at all."""
    with context.catalogue.read() as connection:
        return users.any_exists(connection)
