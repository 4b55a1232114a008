"""Single sign-on: away to the identity provider, and back as a user of ours.

What must be remembered in between is a sealed ticket in the browser's cookie: a login that was begun in another browser
cannot be ended in this one.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass

from paceline.domain.address import address_key
from paceline.domain.errors import InputError
from paceline.domain.permission import Role
from paceline.operations.context import FIRST_WORKSPACE, Context, NotPossible
from paceline.operations.people import identity_provider, invitations, sessions
from paceline.operations.people.access import new_secret
from paceline.operations.people.granting import parse_role
from paceline.operations.people.identity_provider import Client, Identity
from paceline.operations.people.logins import LoginRefused
from paceline.operations.people.people_input import LONGEST_NAME, checked_email, checked_name
from paceline.operations.people.sessions import NewSession
from paceline.store.catalogue import members, sessions as session_rows, users
from paceline.store.catalogue.users import UserRow
from paceline.store.secrets import SecretsUnreadable

TICKET_SECONDS = 600.0
CALLBACK_PATH = "/api/v1/single-sign-on/callback"
_ROW = "single sign-on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Where to send the browser, and what it has to bring back in a cookie."""

    url: str
    ticket: str


def is_configured(context: Context) -> bool:
    """Whether there is an identity provider."""
    return bool(context.settings.oidc_issuer and context.settings.oidc_client_id)


def begin(context: Context, *, invitation: str = "") -> Departure:
    """Begin a login; an invitation's token is accepted at its end. Raises NotPossible without a provider, ProviderFailed."""
    state, nonce, verifier = (new_secret().value for _ in range(3))
    url = identity_provider.authorization_url(_client(context), state=state, nonce=nonce, verifier=verifier)
    until = f"{context.clock.now() + TICKET_SECONDS:.0f}"
    kept = {"state": state, "nonce": nonce, "verifier": verifier, "invitation": invitation[:100], "until": until}
    return Departure(url=url, ticket=base64.urlsafe_b64encode(context.box.seal(kept, row=_ROW)).decode())


def finish(context: Context, *, ticket: str, state: str, code: str, client: str = "") -> NewSession:
    """End a login with what the provider sent back. Raises LoginRefused, IdentityRefused, ProviderFailed, NotAllowed."""
    kept = _opened(context, ticket)
    now = context.clock.now()
    if float(kept["until"]) <= now or not hmac.compare_digest(kept["state"].encode(), state.encode()):
        raise LoginRefused("this login was begun too long ago or in another browser: begin anew")
    found = identity_provider.identity(
        _client(context), code=code, nonce=kept["nonce"], verifier=kept["verifier"], now=now
    )
    user_id, workspace_id = _user(context, found, kept["invitation"])
    return sessions.start(context, user_id, client=client, workspace_id=workspace_id)


def _opened(context: Context, ticket: str) -> dict[str, str]:
    try:
        return context.box.open(base64.urlsafe_b64decode(ticket.encode()), row=_ROW)
    except (SecretsUnreadable, binascii.Error, ValueError):
        raise LoginRefused("this login was not begun in this browser: begin anew") from None


def _user(context: Context, found: Identity, invitation: str) -> tuple[int, int | None]:
    """The number of the user who this identity is, and the workspace to begin in."""
    with context.catalogue.read() as connection:
        user = users.by_oidc_subject(connection, found.subject)
        if user is None and found.email:
            user = users.by_email(connection, found.email)
    if user is None:
        return _new_user(context, found, invitation)
    if user.disabled_at is not None:
        raise LoginRefused("this user cannot log in any more")
    if user.oidc_subject != found.subject:
        _link(context, user, found)
    if not invitation:
        return user.id, None
    accepted = invitations.accept_as_user(context, invitation, user_id=user.id)
    return accepted.user_id, accepted.workspace_id


def _link(context: Context, user: UserRow, found: Identity) -> None:
    """Tie a user to the identity that has the same verified address, once and for ever.

    Whoever made the user here did not have to prove the address. The provider's word is the better one, so the password
    of before stops working and its sessions end.
    """
    with context.catalogue.write() as connection:
        if not users.link_identity(connection, user.id, found.subject):
            raise LoginRefused(f"{user.email} belongs to another identity at the provider: ask the operator")
        session_rows.end_all(connection, user.id)


def _new_user(context: Context, found: Identity, invitation: str) -> tuple[int, int | None]:
    if not found.email:
        raise LoginRefused("the identity provider did not vouch for your e-mail address: it has to be verified there")
    name = _name(found)
    if invitation and address_key(invitations.look(context, invitation).email) == address_key(found.email):
        accepted = invitations.accept_as_new_user(
            context, invitation, name=name, password_hash=None, oidc_subject=found.subject
        )
        return accepted.user_id, accepted.workspace_id
    role = new_user_role(context)
    if role is None:
        raise LoginRefused(f"{found.email} is no user here: ask for an invitation")
    now = context.clock.now()
    with context.catalogue.write() as connection:
        user_id = users.insert(
            connection,
            email=checked_email(found.email),
            name=name,
            password_hash=None,
            oidc_subject=found.subject,
            now=now,
        )
        if user_id is None:
            raise LoginRefused("you have just become a user by another login: log in again")
        members.add(connection, workspace_id=FIRST_WORKSPACE, user_id=user_id, role=role, now=now)
    return user_id, FIRST_WORKSPACE


def new_user_role(context: Context) -> Role | None:
    """The role of users whom only the provider knows; None: they are refused. Raises NotPossible for a wrong setting."""
    if not context.settings.oidc_new_user_role:
        return None
    role = parse_role(context.settings.oidc_new_user_role, field="PACELINE_OIDC_NEW_USER_ROLE")
    if role is Role.OWNER:
        raise NotPossible("PACELINE_OIDC_NEW_USER_ROLE accepts admin, editor, viewer: an owner is made by a person")
    return role


def _name(found: Identity) -> str:
    try:
        return checked_name(found.name[:LONGEST_NAME])
    except InputError:
        return found.email.partition("@")[0]


def _client(context: Context) -> Client:
    settings = context.settings
    if not is_configured(context):
        raise NotPossible("single sign-on is not set up: PACELINE_OIDC_ISSUER and PACELINE_OIDC_CLIENT_ID are empty")
    return Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        redirect_uri=f"{settings.public_url}{CALLBACK_PATH}",
        timeout_seconds=settings.oidc_timeout_seconds,
    )
