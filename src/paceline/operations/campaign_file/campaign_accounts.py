"""The accounts of a campaign file: [[accounts]] tables become accounts, or names of stored ones."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from paceline.channels.smtp.oauth import PRESETS
from paceline.domain.account import Account, Limits, OAuth, Security, SmtpLogin, WhatsAppLogin
from paceline.operations.campaign_file.campaign_fields import ACCOUNT, NUMBER, STORED_ACCOUNT, read_section
from paceline.operations.campaign_file.field_kinds import shown
from paceline.operations.campaign_file.text_file import UnusableFile, require_file
from paceline.operations.campaign_file.toml_document import Document
from paceline.operations.campaign_file.toml_lines import TomlPath

_TLS_PORT = 465
_OAUTH_FIELDS = ("client_id", "client_secret_env", "refresh_token_env", "tenant", "token_url", "scope")
_OAUTH_NEEDS = {
    "google": ("client_id", "client_secret_env", "refresh_token_env"),
    "microsoft": ("client_id", "refresh_token_env"),  # public clients have no secret
}
_PROVIDERS = ACCOUNT.fields["oauth"].kind.accepts
_NOT_IN_A_SECRET = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_USUAL_VARIABLE = re.compile("[A-Z][A-Z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """An account that the campaign file only names; ``line`` is where."""

    name: str
    line: int | None = None


def account_tables(document: Document) -> list[tuple[TomlPath, dict[str, Any]]]:
    """The [[accounts]] of the file as they stand there, with their paths; those that are no tables are left out."""
    accounts = document.table.get("accounts", [])
    if not isinstance(accounts, list):
        return []
    return [(("accounts", index), table) for index, table in enumerate(accounts) if isinstance(table, dict)]


def channel_of(table: Mapping[str, Any]) -> str:
    """The channel of an [[accounts]] table: a phone number's where it has one, unless it says otherwise."""
    return str(table.get("channel") or ("whatsapp" if "phone_number_id" in table else "email"))


def read_accounts(
    document: Document, environment: Mapping[str, str], channel: str | None = None
) -> tuple[Account | StoredAccount, ...]:
    """All accounts that can be used, in their order; what is wrong is added to the document's problems.

    ``environment`` holds the secrets, ``channel`` is the campaign's; without one each account has its own.
    """
    accounts = document.table.get("accounts", [])
    if isinstance(accounts, dict):
        document.refuse(("accounts",), "accepts one [[accounts]] block per account, with two brackets on each side")
    elif not isinstance(accounts, list) or not all(isinstance(table, dict) for table in accounts):
        document.refuse(("accounts",), f"accepts one [[accounts]] block per account, got {shown(accounts)}")
    elif not accounts:
        document.refuse(("accounts",), "there is none; write one [[accounts]] block per account")
    reading = _Reading(document, environment, channel)
    return tuple(reading.accounts())


class _Reading:
    """The accounts of one file, and what has been seen of them."""

    def __init__(self, document: Document, environment: Mapping[str, str], channel: str | None) -> None:
        self._channel = channel
        self._document = document
        self._environment = environment
        self._names: dict[str, TomlPath] = {}
        self._logins: dict[str, TomlPath] = {}

    def accounts(self) -> Iterator[Account | StoredAccount]:
        for path, table in account_tables(self._document):
            if "account" in table:
                account: Account | StoredAccount | None = self._stored(path, table)
            elif (self._channel or channel_of(table)) == "whatsapp":
                account = self._number(path, table)
            else:
                account = self._own(path, table)
            if account is not None:
                yield account

    def _stored(self, path: TomlPath, table: dict[str, Any]) -> StoredAccount | None:
        name = read_section(self._document, path, {"account": table["account"]}, STORED_ACCOUNT).get("account")
        others = [field for field in table if field != "account"]
        if others:
            message = "leave it out: account names a stored account and stands alone"
            self._document.refuse((*path, others[0]), message)
        if name is None:
            return None
        self._refuse_second_name(path, "account", name)
        return StoredAccount(name=name, line=self._document.line_of((*path, "account")))

    def _own(self, path: TomlPath, table: dict[str, Any]) -> Account | None:
        values = read_section(self._document, path, table, ACCOUNT)
        if values.get("channel") == "whatsapp":
            self._document.refuse((*path, "channel"), 'the campaign has channel = "email"; accepts "email"')
        if "name" in values:
            self._refuse_second_name(path, "name", values["name"])
        login = self._login(path, values)
        if login is None or len(values) < len(ACCOUNT.fields):
            return None
        return Account(
            id=0,
            name=values["name"],
            login=login,
            from_address=values["from"],
            limits=_limits(values),
            rate_per_minute=values["rate_per_minute"],
            max_connections=values["max_connections"],
            largest_campaign=values["largest_campaign"],
            weight=values["weight"],
        )

    def _number(self, path: TomlPath, table: dict[str, Any]) -> Account | None:
        values = read_section(self._document, path, table, NUMBER)
        if "name" in values:
            self._refuse_second_name(path, "name", values["name"])
        if values.get("channel") == "email":
            self._document.refuse((*path, "channel"), 'the campaign has channel = "whatsapp"; accepts "whatsapp"')
        token = self._secret(path, values, "token_env")
        if values.get("token_env") == "":
            self._document.refuse(
                (*path, "token_env"), f"is missing; accepts {NUMBER.fields['token_env'].kind.accepts}"
            )
        if len(values) < len(NUMBER.fields):
            return None
        names = ("phone_number_id", "api_url", "api_version", "messages_per_second", "business_account_id")
        login = WhatsAppLogin(token=token, **{name: values[name] for name in names})
        first = self._logins.setdefault(login.identity, path)
        if first is not path:
            line = self._document.line_of(first)
            message = f"the account in line {line} has this phone number too; accepts each number once"
            self._document.refuse((*path, "phone_number_id"), message)
        return Account(
            id=0,
            name=values["name"],
            login=login,
            limits=_limits(values),
            rate_per_minute=values["rate_per_minute"],
            max_connections=values["max_connections"] or login.usual_connections,
            largest_campaign=values["largest_campaign"],
            weight=values["weight"],
        )

    def _login(self, path: TomlPath, values: dict[str, Any]) -> SmtpLogin | None:
        password = self._password(path, values)
        oauth = self._oauth(path, values)
        ca_file = self._ca_file(path, values)
        if not {"host", "port", "username", "security"} <= values.keys():
            return None
        login = SmtpLogin(
            host=values["host"],
            port=values["port"],
            security=values["security"] or (Security.TLS if values["port"] == _TLS_PORT else Security.STARTTLS),
            username=values["username"],
            password=password,
            oauth=oauth,
            ca_file=ca_file,
        )
        self._refuse_second_login(path, login)
        return login

    def _password(self, path: TomlPath, values: dict[str, Any]) -> str:
        if values.get("username") == "":
            return ""  # without a user name nobody logs in, so the variable need not be set
        return self._secret(path, values, "password_env")

    def _oauth(self, path: TomlPath, values: dict[str, Any]) -> OAuth | None:
        provider = values.get("oauth")
        if provider == "":
            for name in filter(values.get, _OAUTH_FIELDS):
                self._document.refuse((*path, name), f"it has no meaning without oauth = {_PROVIDERS}")
        if not provider:
            return None
        self._refuse_half_oauth(path, values, provider)
        return OAuth(
            token_url=_token_url(provider, values),
            client_id=values.get("client_id", ""),
            client_secret=self._secret(path, values, "client_secret_env"),
            refresh_token=self._secret(path, values, "refresh_token_env"),
            scope=values.get("scope") or PRESETS[provider].scope,
        )

    def _refuse_half_oauth(self, path: TomlPath, values: dict[str, Any], provider: str) -> None:
        for name in ("username", *_OAUTH_NEEDS[provider]):
            if values.get(name) == "":
                self._document.refuse((*path, name), f'is missing; oauth = "{provider}" needs it')
        if values.get("password_env"):
            self._document.refuse((*path, "password_env"), "leave it out: with oauth there is no password")
        if values.get("tenant") and (provider != "microsoft" or values.get("token_url")):
            message = 'leave it out: it belongs to oauth = "microsoft" without a token_url'
            self._document.refuse((*path, "tenant"), message)

    def _secret(self, path: TomlPath, values: dict[str, Any], field: str) -> str:
        """What the environment variable holds that a field names; "" when it names none, or one that cannot be used."""
        variable = values.get(field)
        if not variable:
            return ""
        secret = self._environment.get(variable, "")
        # Somebody may have put the secret itself here, so only what looks like a variable is repeated.
        called = f"variable {variable}" if _USUAL_VARIABLE.fullmatch(variable) else "variable that it names"
        if variable not in self._environment:
            self._document.refuse((*path, field), f"the environment {called} is not set")
        elif not secret:
            self._document.refuse((*path, field), f"the environment {called} is empty")
        elif _NOT_IN_A_SECRET.search(secret):
            message = f"the environment {called} contains a line break or another control character, or is not UTF-8"
            self._document.refuse((*path, field), message)
        return secret

    def _ca_file(self, path: TomlPath, values: dict[str, Any]) -> str:
        name = values.get("ca_file")
        if not name:
            return ""
        file = self._document.beside(name)
        try:
            require_file(file)
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
        except UnusableFile as error:
            self._document.refuse((*path, "ca_file"), f"{file} {error.reason}; accepts a file of certificates")
        except OSError:  # ssl.SSLError is one
            self._document.refuse((*path, "ca_file"), f"{file} holds no certificate in PEM form")
        return str(file.absolute())

    def _refuse_second_name(self, path: TomlPath, field: str, name: str) -> None:
        first = self._names.setdefault(name, path)
        if first is not path:
            line = self._document.line_of(first)
            self._document.refuse((*path, field), f"the account in line {line} has the name {shown(name)} too")

    def _refuse_second_login(self, path: TomlPath, login: SmtpLogin) -> None:
        first = self._logins.setdefault(login.identity, path)
        if first is not path:
            who = f"as {shown(login.username)}" if login.username else "without a user name"
            message = (
                f"the same login as that of the account in line {self._document.line_of(first)} "
                f"({login.host}:{login.port} {who}); accepts each host, port and user name once, whatever the names"
            )
            self._document.refuse(path, message)


def _limits(values: dict[str, Any]) -> Limits:
    return Limits(
        minute=values["minute_limit"],
        hour=values["hourly_limit"],
        day=values["daily_limit"],
        month=values["monthly_limit"],
        window=values["window"],
        timezone=values["timezone"] or ZoneInfo("UTC"),
        warm_up=None if values["warm_up"] is None else replace(values["warm_up"], since=values["warm_up_since"]),
    )


def _token_url(provider: str, values: dict[str, Any]) -> str:
    preset = PRESETS[provider].token_url
    if tenant := values.get("tenant"):
        preset = preset.replace("/common/", f"/{tenant}/")
    return values.get("token_url") or preset
