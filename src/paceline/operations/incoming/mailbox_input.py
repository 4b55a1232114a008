"""A mailbox as people give it: fields by name, from options or from a request, checked and put together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from paceline.channels.smtp.oauth import PRESETS
from paceline.domain.account import OAuth, Security
from paceline.domain.errors import InputError, Problem
from paceline.domain.mailbox import ImapLogin, Mailbox, MailboxUse, Processed

_TLS_PORT = 993
_LONGEST_NAME = 200
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,253}")
_TENANT = re.compile(r"[A-Za-z0-9.-]{1,100}")
_SCOPES = {"google": "", "microsoft": "https://outlook.office.com/IMAP.AccessAsUser.All offline_access"}
_OAUTH_NEEDS = {"google": ("client_id", "client_secret", "refresh_token"), "microsoft": ("client_id", "refresh_token")}
_OF_OAUTH = ("client_id", "client_secret", "refresh_token", "tenant", "token_url", "scope")
_TEXTS = ("name", "host", "username", "password", "folder", "move_to", "ca_file", *_OF_OAUTH)
_CHOICES = {
    "security": [str(one) for one in Security],
    "use": [str(one) for one in MailboxUse],
    "processed": [str(one) for one in Processed],
    "oauth": list(_OAUTH_NEEDS),
}


def mailbox_from_fields(fields: Mapping[str, Any], *, workspace_id: int) -> Mailbox:
    """The mailbox of these fields, None or "" for those that were not given. Raises InputError naming each that is wrong."""
    given = {name: value for name, value in fields.items() if value not in (None, "")}
    problems = list(_problems(given))
    if problems:
        raise InputError([Problem(file="mailbox", field=name, message=message) for name, message in problems])
    port = given.get("port", _TLS_PORT)
    login = ImapLogin(
        host=given["host"],
        port=port,
        security=Security(given.get("security", Security.TLS if port == _TLS_PORT else Security.STARTTLS)),
        username=given["username"],
        password=given.get("password", ""),
        oauth=_oauth(given),
        ca_file=given.get("ca_file", ""),
    )
    return Mailbox(
        id=0,
        workspace_id=workspace_id,
        name=given["name"],
        login=login,
        folder=given.get("folder", "INBOX"),
        use=MailboxUse(given.get("use", MailboxUse.BOUNCES)),
        processed=Processed(given.get("processed", Processed.MOVE if "move_to" in given else Processed.SEEN)),
        move_to=given.get("move_to", ""),
    )


def fields_of(mailbox: Mailbox) -> dict[str, Any]:
    """The fields that make this mailbox again, secrets among them."""
    login, oauth = mailbox.login, mailbox.login.oauth
    fields: dict[str, Any] = {
        "name": mailbox.name,
        "host": login.host,
        "port": login.port,
        "security": str(login.security),
        "username": login.username,
        "password": login.password,
        "ca_file": login.ca_file,
        "folder": mailbox.folder,
        "use": str(mailbox.use),
        "processed": str(mailbox.processed),
        "move_to": mailbox.move_to,
    }
    if oauth is None:
        return fields
    provider = "google" if oauth.token_url == "google" else "microsoft"  # only the scope differs where the URL is given
    return {
        **fields,
        "oauth": provider,
        "client_id": oauth.client_id,
        "client_secret": oauth.client_secret,
        "refresh_token": oauth.refresh_token,
        "token_url": oauth.token_url,
        "scope": oauth.scope,
    }


def _problems(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("name", "host", "username"):
        if name not in given:
            yield name, "is missing"
    for name in _TEXTS:
        if name in given and not _is_line(given[name]):
            yield name, "accepts one line of text without control characters"
    if _is_line(given.get("name", "")) and len(given.get("name", "")) > _LONGEST_NAME:
        yield "name", f"accepts up to {_LONGEST_NAME} characters"
    if _is_line(given.get("host", "")) and "host" in given and not _HOST.fullmatch(given["host"]):
        yield "host", "accepts a host name or an IP address"
    for name, choices in _CHOICES.items():
        if name in given and given[name] not in choices:
            yield name, f"accepts {', '.join(choices)}, got {str(given[name])[:60]!r}"
    port = given.get("port", _TLS_PORT)
    if not isinstance(port, int) or not 1 <= port <= 65535:
        yield "port", "accepts a number from 1 to 65535"
    if given.get("processed") == Processed.MOVE and "move_to" not in given:
        yield "move_to", 'is missing; processed = "move" needs the folder'
    if "move_to" in given and given.get("processed", Processed.MOVE) != Processed.MOVE:
        yield "move_to", 'leave it out: it belongs to processed = "move"'
    if "move_to" in given and given["move_to"] == given.get("folder", "INBOX"):
        yield "move_to", "accepts another folder than the one that is read"
    yield from _login_problems(given)


def _login_problems(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    provider = given.get("oauth")
    if provider is None:
        if "password" not in given:
            yield "password", "is missing; a mailbox is read with a password or with oauth"
        for name in filter(given.get, _OF_OAUTH):
            yield name, "leave it out: it has no meaning without oauth"
        return
    if "password" in given:
        yield "password", "leave it out: with oauth there is no password"
    for name in _OAUTH_NEEDS.get(str(provider), ()):
        if name not in given:
            yield name, f"is missing; oauth = {provider} needs it"
    if "tenant" in given and (provider != "microsoft" or not _TENANT.fullmatch(str(given["tenant"]))):
        yield "tenant", "accepts the tenant of oauth = microsoft: its id or its domain"
    if (
        "token_url" in given
        and given["token_url"] not in PRESETS
        and not str(given["token_url"]).startswith("https://")
    ):
        yield "token_url", "accepts a URL that begins with https://"


def _oauth(given: Mapping[str, Any]) -> OAuth | None:
    provider = given.get("oauth")
    if provider is None:
        return None
    usual = provider
    if given.get("tenant"):
        usual = PRESETS["microsoft"].token_url.replace("/common/", f"/{given['tenant']}/")
    return OAuth(
        token_url=given.get("token_url", usual),
        client_id=given["client_id"],
        client_secret=given.get("client_secret", ""),
        refresh_token=given["refresh_token"],
        scope=given.get("scope", _SCOPES[provider]),
    )


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 4096 and (value.isprintable())
