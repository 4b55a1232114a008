"""A forgotten password: a link that sets a new one, by mail, or from an administrator, or from the operator."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.operations.context import Context, NotFound
from paceline.operations.people.access import Principal, hash_of
from paceline.operations.people.granting import NotAllowed, refuse_appointing
from paceline.operations.people.links import LIFE_SECONDS, LinkEnded, new_link
from paceline.operations.people.login_limits import count_request
from paceline.operations.people.logins import user_of
from paceline.operations.people.passwords import check_password, hash_password
from paceline.operations.people.people import user_number
from paceline.store.catalogue import members, one_time_links, sessions, users
from paceline.store.catalogue.one_time_links import LinkPurpose

_PURPOSE = LinkPurpose.PASSWORD_RESET


def request_link(context: Context, *, email: str, network_address: str = "") -> tuple[str, str] | None:
    """A link for whoever has this address, and the address to send it to; None when nobody has it.

    Whoever asks is told neither: the answer and the work are the same. Raises TooManyAttempts.
    """
    count_request(context, kind="reset", email=email, network_address=network_address)
    user = user_of(context, email)
    known = user is not None and user.disabled_at is None
    with context.catalogue.write() as connection:
        # A link without a user opens nothing; it is made so that an unknown address costs as much as a known one.
        link = new_reset_link(context, connection, user.id if user is not None and known else None)
    return (link, user.email) if user is not None and known else None


def link_for_member(context: Context, user: str, *, by: Principal) -> str:
    """A reset link for a member who cannot get mail, to hand over by another way.

    Whoever holds it can become that user. So it is given only for users of this workspace alone whose role the
    asker may take: a link for somebody of another workspace would open that one too. Raises NotFound, NotAllowed.
    """
    number = user_number(context, user)
    with context.catalogue.write() as connection:
        theirs = {row.workspace_id: row for row in members.of_user(connection, number)}
        here = theirs.pop(context.workspace_id, None)
        if here is None:
            raise NotFound(f"no member {user[:100]!r} in this workspace")
        refuse_appointing(by, here.role)
        if theirs:
            raise NotAllowed(
                f"{here.email} is in other workspaces too: only the operator can make this link, "
                "with `paceline users reset-link`"
            )
        return new_reset_link(context, connection, number)


def new_reset_link(context: Context, connection: Connection, user_id: int | None) -> str:
    """A link that sets a new password once, within the hour; former ones stop working."""
    link, hashed = new_link(context, _PURPOSE)
    now = context.clock.now()
    one_time_links.void(connection, purpose=_PURPOSE, user_id=user_id or 0)
    one_time_links.insert(
        connection,
        token_hash=hashed,
        purpose=_PURPOSE,
        now=now,
        expires_at=now + LIFE_SECONDS[_PURPOSE],
        user_id=user_id,
    )
    return link


def reset_password(context: Context, token: str, *, password: str) -> None:
    """Use a link: the password is set, and every session of the user ends. The second factor stays as it is.

    Raises InputError (the link goes on working), LinkEnded.
    """
    check_password(password)
    wanted = hash_of(token)
    with context.catalogue.read() as connection:  # before the costly hash: anybody can ask
        if one_time_links.find(connection, token_hash=wanted, purpose=_PURPOSE, now=context.clock.now()) is None:
            raise LinkEnded
    hashed = hash_password(password)
    with context.catalogue.write() as connection:
        link = one_time_links.use(connection, token_hash=wanted, purpose=_PURPOSE, now=context.clock.now())
        user = None if link is None or link.user_id is None else users.by_id(connection, link.user_id)
        if user is None or user.disabled_at is not None:
            raise LinkEnded
        users.set_password(connection, user.id, hashed)
        sessions.end_all(connection, user.id)
