"""Single sign-on against a real provider on loopback: who comes in as whom, and every way in which its word is not enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from paceline.domain.errors import PacelineError
from paceline.domain.permission import Role
from paceline.operations.context import Context, NotPossible
from paceline.operations.people import installation_users, invitations, people, single_sign_on
from paceline.operations.people.access import by_session
from paceline.operations.people.granting import OPERATOR
from paceline.operations.people.identity_provider import IdentityRefused, ProviderFailed
from paceline.operations.people.logins import LoginRefused
from paceline.operations.people.sessions import NewSession
from surroundings.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Provider,
    changed_afterwards,
    not_signed,
    running_provider,
    signed_by_a_stranger,
    signed_by_the_public_key,
)
from surroundings.people import Installation, installed, token_of

ANN = {"sub": "ann-1", "email": "ann@example.com", "email_verified": True, "name": "Ann Lee"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        running.person = dict(ANN)
        yield running


@pytest.fixture
def installation(database_url: str, tmp_path: Path, provider: Provider) -> Iterator[Installation]:
    settings = {
        "oidc_issuer": provider.url,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
        "base_url": "https://mail.example.com",
    }
    with installed(database_url, str(tmp_path), **settings) as running:
        yield running


@pytest.fixture
def sqlite_only(sqlite_url: str, tmp_path: Path, provider: Provider) -> Iterator[Installation]:
    """Where nothing depends on the database."""
    settings = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}
    with installed(sqlite_url, str(tmp_path), **settings) as running:
        yield running


def log_in(context: Context, provider: Provider, *, invitation: str = "") -> NewSession:
    departure = single_sign_on.begin(context, invitation=invitation)
    return single_sign_on.finish(context, ticket=departure.ticket, **provider.authorize(departure.url))


def with_settings(context: Context, **changes: Any) -> Context:
    return replace(context, settings=replace(context.settings, **changes))


def test_user_of_the_same_verified_address_comes_in(installation: Installation, provider: Provider) -> None:
    installation.first_user("ann@example.com")
    who = installation.who(log_in(installation.context, provider))
    assert (who.name, who.role) == ("Olga", Role.OWNER)
    provider.person["email"] = "changed@example.com"  # from now on the identity counts, not the address
    assert installation.who(log_in(installation.context, provider)).id == who.id


def test_first_single_sign_on_ends_the_password_and_its_sessions(
    installation: Installation, provider: Provider
) -> None:
    """Whoever accepted an invitation in another's name must not stay when the person comes."""
    installation.first_user("ann@example.com")
    before = installation.log_in("ann@example.com")
    log_in(installation.context, provider)
    assert by_session(installation.context, before.token) is None
    with pytest.raises(LoginRefused):
        installation.log_in("ann@example.com")


def test_other_identity_with_the_same_address_is_refused(installation: Installation, provider: Provider) -> None:
    installation.first_user("ann@example.com")
    log_in(installation.context, provider)
    provider.person["sub"] = "somebody-else"
    with pytest.raises(LoginRefused, match="another identity"):
        log_in(installation.context, provider)


@pytest.mark.parametrize("verified", [False, None, "yes", 1, "false"])
def test_address_that_is_not_verified_is_nobodys(
    installation: Installation, provider: Provider, verified: object
) -> None:
    installation.first_user("ann@example.com")
    provider.person["email_verified"] = verified
    with pytest.raises(LoginRefused, match="vouch"):
        log_in(with_settings(installation.context, oidc_new_user_role="admin"), provider)


def test_stranger_is_refused_unless_new_users_are_allowed(installation: Installation, provider: Provider) -> None:
    installation.first_user()
    with pytest.raises(LoginRefused, match="ask for an invitation"):
        log_in(installation.context, provider)
    who = installation.who(log_in(with_settings(installation.context, oidc_new_user_role="viewer"), provider))
    assert (who.role, who.name, who.workspace_id) == (Role.VIEWER, "Ann Lee", 1)


@pytest.mark.parametrize("role", ["owner", "root"])
def test_nobody_becomes_an_owner_by_single_sign_on(sqlite_only: Installation, provider: Provider, role: str) -> None:
    with pytest.raises(PacelineError, match="admin, editor, viewer"):
        log_in(with_settings(sqlite_only.context, oidc_new_user_role=role), provider)
    assert people.list_members(sqlite_only.context) == []


def test_invitation_is_accepted_on_the_way(installation: Installation, provider: Provider) -> None:
    context = installation.context
    installation.first_user()
    made = invitations.invite(context, email="ann@example.com", role="editor", by=OPERATOR)
    assert installation.who(log_in(context, provider, invitation=token_of(made.link))).role is Role.EDITOR
    other = invitations.invite(context, email="bob@example.com", role="admin", by=OPERATOR)
    with pytest.raises(PacelineError, match=r"is for bob@example\.com"):
        log_in(context, provider, invitation=token_of(other.link))


def test_disabled_user_stays_outside(installation: Installation, provider: Provider) -> None:
    installation.first_user()
    installation.member(Role.VIEWER, "ann@example.com")
    log_in(installation.context, provider)
    installation_users.set_enabled(installation.context, email="ann@example.com", enabled=False)
    with pytest.raises(LoginRefused):
        log_in(installation.context, provider)


@pytest.mark.parametrize("sign", [signed_by_a_stranger, not_signed, signed_by_the_public_key, changed_afterwards])
def test_token_without_the_providers_signature_is_refused(
    sqlite_only: Installation, provider: Provider, sign: Callable[[Provider, dict[str, Any]], str]
) -> None:
    sqlite_only.first_user("ann@example.com")
    provider.sign = sign
    with pytest.raises(IdentityRefused):
        log_in(sqlite_only.context, provider)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another login"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": None},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"iss": "https://elsewhere.example.com"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"sub": None},
        {"sub": 7},
    ],
)
def test_token_for_another_occasion_is_refused(
    sqlite_only: Installation, provider: Provider, claims: dict[str, Any]
) -> None:
    sqlite_only.first_user("ann@example.com")
    provider.person |= claims
    with pytest.raises(IdentityRefused):
        log_in(sqlite_only.context, provider)


def test_address_may_stand_at_another_door(sqlite_only: Installation, provider: Provider) -> None:
    sqlite_only.first_user("ann@example.com")
    provider.person = {"sub": "ann-1"}
    provider.userinfo = ANN | {"sub": "eve"}
    with pytest.raises(IdentityRefused, match="somebody else"):
        log_in(sqlite_only.context, provider)
    provider.userinfo = dict(ANN)
    assert sqlite_only.who(log_in(sqlite_only.context, provider)).role is Role.OWNER


def test_login_of_another_browser_or_of_long_ago_is_refused(sqlite_only: Installation, provider: Provider) -> None:
    context = sqlite_only.context
    sqlite_only.first_user("ann@example.com")
    mine, other = single_sign_on.begin(context), single_sign_on.begin(context)
    back = provider.authorize(other.url)
    asked = len(provider.requests)
    for ticket in (mine.ticket, "", "rubbish", mine.ticket[:-4] + "AAAA"):
        with pytest.raises(LoginRefused):
            single_sign_on.finish(context, ticket=ticket, **back)
    sqlite_only.time.pass_by(601)
    with pytest.raises(LoginRefused, match="too long ago"):
        single_sign_on.finish(context, ticket=other.ticket, **back)
    assert len(provider.requests) == asked  # the code was not given away


def test_code_works_once_and_only_with_its_verifier(sqlite_only: Installation, provider: Provider) -> None:
    context = sqlite_only.context
    sqlite_only.first_user("ann@example.com")
    departure, victim = single_sign_on.begin(context), single_sign_on.begin(context)
    stolen = provider.authorize(victim.url)["code"]
    mine = provider.authorize(departure.url)
    with pytest.raises(IdentityRefused, match="invalid_grant"):
        single_sign_on.finish(context, ticket=departure.ticket, state=mine["state"], code=stolen)
    single_sign_on.finish(context, ticket=departure.ticket, **mine)
    with pytest.raises(IdentityRefused, match="invalid_grant"):
        single_sign_on.finish(context, ticket=departure.ticket, **mine)


def test_client_may_have_to_name_itself_in_the_form(sqlite_only: Installation, provider: Provider) -> None:
    sqlite_only.first_user("ann@example.com")
    provider.description["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    log_in(sqlite_only.context, provider)


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://elsewhere.example.com"},
        {"token_endpoint": None},
        {"authorization_endpoint": 7},
        {"jwks_uri": "http://127.0.0.1:1/keys"},
        {"padding": "x" * 300_000},
    ],
)
def test_description_that_cannot_be_right_is_refused(
    sqlite_only: Installation, provider: Provider, description: dict[str, Any]
) -> None:
    provider.description = description
    with pytest.raises(ProviderFailed):
        log_in(sqlite_only.context, provider)


NO_ANSWERS: dict[str, Callable[[], web.Response]] = {
    "a page": lambda: web.Response(text="<html>", content_type="text/html"),
    "an error": lambda: web.Response(status=500),
    "a way elsewhere": lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
    "a list": lambda: web.json_response(["a list"]),
    "too much": lambda: web.Response(body=b" " * 300_000, content_type="application/json"),
}


@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_answers_that_are_none_are_the_providers_fault(
    sqlite_only: Installation, provider: Provider, answer: str
) -> None:
    provider.token_answer = NO_ANSWERS[answer]
    with pytest.raises(ProviderFailed):
        log_in(sqlite_only.context, provider)


def test_provider_that_is_away_is_said_so(sqlite_only: Installation) -> None:
    context = with_settings(sqlite_only.context, oidc_issuer="http://127.0.0.1:1", oidc_timeout_seconds=5.0)
    with pytest.raises(ProviderFailed, match=r"127\.0\.0\.1:1 cannot be used"):
        single_sign_on.begin(context)
    with pytest.raises(ProviderFailed, match="https://"):
        single_sign_on.begin(with_settings(sqlite_only.context, oidc_issuer="http://provider.example.com"))
    with pytest.raises(NotPossible, match="PACELINE_OIDC_ISSUER"):
        single_sign_on.begin(with_settings(sqlite_only.context, oidc_issuer=""))
