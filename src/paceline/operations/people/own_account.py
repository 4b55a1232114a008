"""What a person who is logged in sees and changes about themselves."""

from __future__ import annotations

from dataclasses import dataclass

from paceline.operations.context import Context, NotFound
from paceline.operations.people.people_input import checked_name
from paceline.store.catalogue import users
from paceline.store.public_ids import IdKind


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccount:
    """A person, as they see themselves."""

    id: str
    email: str
    name: str
    has_password: bool
    has_second_factor: bool
    has_single_sign_on: bool
    created_at: float


def own_account(context: Context, user_id: int) -> OwnAccount:
    """The person of this number. Raises NotFound."""
    with context.catalogue.read() as connection:
        user = users.by_id(connection, user_id)
    if user is None:
        raise NotFound("this user does not exist any more")
    return OwnAccount(
        id=context.ids.encode(IdKind.USER, user.id),
        email=user.email,
        name=user.name,
        has_password=user.password_hash is not None,
        has_second_factor=user.has_second_factor,
        has_single_sign_on=user.oidc_subject is not None,
        created_at=user.created_at,
    )


def rename(context: Context, user_id: int, name: str) -> OwnAccount:
    """Another name. Raises InputError."""
    name = checked_name(name)
    with context.catalogue.write() as connection:
        users.set_name(connection, user_id, name)
    return own_account(context, user_id)
