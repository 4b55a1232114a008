"""Changes of accounts by public id: create, change, delete, import, edit many. What is named here is guarded.

A stored password belongs to the server it was given for: whoever changes where it would go must know it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from paceline.domain.account import Account, Security, SmtpLogin, WhatsAppLogin
from paceline.domain.errors import InputError, Problem
from paceline.operations.accounts.account_details import AccountDetails, account_number, get, require, unknown
from paceline.operations.accounts.account_input import account_from_fields, accounts_from_text
from paceline.operations.accounts.accounts import import_accounts
from paceline.operations.accounts.tags import read_tags
from paceline.operations.campaign_file.campaign_fields import ACCOUNT
from paceline.operations.context import Context, NotPossible
from paceline.outbound.address_guard import AddressGuard, AddressRefused
from paceline.store.public_ids import IdKind
from paceline.store.queue import account_records, accounts

_EDITABLE = (
    "minute_limit",
    "hourly_limit",
    "daily_limit",
    "monthly_limit",
    "window",
    "timezone",
    "rate_per_minute",
    "max_connections",
    "largest_campaign",
    "weight",
    "warm_up",
    "warm_up_since",
)
_MOST_AT_ONCE = 10_000
_STORED_AS: Mapping[str, Callable[[Any], str | None]] = {
    "timezone": lambda zone: str(zone.key),
    "window": str,
    "warm_up": lambda ramp: "" if ramp is None else str(ramp),
    "warm_up_since": lambda day: None if day is None else str(day),
}


def create(context: Context, fields: Mapping[str, Any], tags: Sequence[str] = ()) -> AccountDetails:
    """A new account of these fields. Raises InputError, and NotPossible or LoginTaken when its name or its login is taken."""
    given = account_from_fields(fields)
    words = _tags(tags)
    account = replace(given, login=replace(given.login, guarded=True))
    _check_host(context, account.login)
    with context.queue.write() as connection:
        _refuse_taken(context, connection, account, own=None)
        number = accounts.save(
            connection, context.box, account, workspace_id=context.workspace_id, channel=account.channel
        )
        account_records.set_tags(connection, number, words)
    return get(context, context.ids.encode(IdKind.ACCOUNT, number))


def change(
    context: Context,
    account_id: str,
    fields: Mapping[str, Any],
    *,
    tags: Sequence[str] | None = None,
    enabled: bool | None = None,
) -> AccountDetails:
    """Change the fields that are given; a running worker goes on with them within a second.

    Raises NotFound, InputError (also when the password is needed again), NotPossible or LoginTaken when a name or a login is taken.
    """
    number = account_number(context, account_id)
    words = None if tags is None else _tags(tags)
    with context.queue.read() as connection:
        require(context, connection, number)
        before = accounts.load(connection, context.box, number)
    after = _merged(before, fields) if fields else before
    if after.login.guarded and after.login != before.login:
        _check_host(context, after.login)
    with context.queue.write() as connection:
        require(context, connection, number)
        _refuse_taken(context, connection, after, own=number)
        if after != before:
            accounts.change(connection, context.box, number, after)
        if words is not None:
            account_records.set_tags(connection, number, words)
        if enabled is not None:
            accounts.set_enabled(connection, number, enabled=enabled, now=context.clock.now())
    return get(context, account_id)


def delete(context: Context, account_id: str) -> None:
    """Delete an account with its secrets; what it has sent stays on record. Raises NotFound, NotPossible."""
    number = account_number(context, account_id)
    with context.queue.write() as connection:
        standing = require(context, connection, number).standing
        keys = account_records.campaigns_using(connection, number)
        if keys:
            using = ", ".join(keys[:5])
            raise NotPossible(f"{standing.name} is used by {using}: stop what is under way, or disable the account")
        account_records.delete(connection, context.box, number, now=context.clock.now())


def import_text(context: Context, file_name: str, text: str) -> tuple[int, int]:
    """Store the accounts of an uploaded file, all or none; returns how many are new and how many were there.

    Raises InputError with the line of every problem.
    """
    given = accounts_from_text(file_name, text, None)
    problems = []
    for one in given:
        try:
            _guard(context).check_host(one.account.login.host)
        except AddressRefused as error:
            problems.append(Problem(file=file_name, line=one.line, field="host", message=str(error)))
    if problems:
        raise InputError(problems)
    return import_accounts(context, file_name, given, guarded=True)


def edit_many(
    context: Context,
    *,
    ids: Sequence[str] | None = None,
    tag: str | None = None,
    fields: Mapping[str, Any],
    add_tags: Sequence[str] = (),
    remove_tags: Sequence[str] = (),
    enabled: bool | None = None,
) -> int:
    """Give the accounts of these ids, or of a tag, the same limits, pace, tags or state; all or none. How many.

    Raises NotFound for an id that is none of the workspace's, InputError.
    """
    values = _values(fields)
    added, removed = _tags(add_tags), set(remove_tags)
    with context.queue.write() as connection:
        chosen = chosen_accounts(context, connection, ids=ids, tag=tag)
        account_records.edit(connection, [record.standing.id for record in chosen], values)
        for record in chosen:
            number, now_tags = record.standing.id, record.standing.tags
            if (words := _tags((set(now_tags) | set(added)) - removed)) != now_tags:
                account_records.set_tags(connection, number, words)
            if enabled is not None:
                accounts.set_enabled(connection, number, enabled=enabled, now=context.clock.now())
    return len(chosen)


def chosen_accounts(
    context: Context, connection: Connection, *, ids: Sequence[str] | None, tag: str | None
) -> list[account_records.AccountRecord]:
    """The accounts of these ids, or all with this tag, each once. Raises NotFound, and InputError without either."""
    if (ids is None) == (tag is None):
        raise InputError([Problem(file="request", field="ids", message="accepts either ids or a tag")])
    found = account_records.page(connection, workspace_id=context.workspace_id, limit=_MOST_AT_ONCE, tag=tag)
    if ids is None:
        return found
    by_number = {record.standing.id: record for record in found}
    numbers = {account_number(context, account_id) for account_id in ids}
    if not numbers <= by_number.keys():
        raise unknown()
    return [by_number[number] for number in sorted(numbers)]


def _merged(before: Account, fields: Mapping[str, Any]) -> Account:
    """The account with the given fields changed, its secrets kept where they may be."""
    if isinstance(before.login, WhatsAppLogin):
        return _merged_number(before, before.login, fields)
    read = account_from_fields({**_as_fields(before), **fields})
    login = replace(read.smtp, ca_file=before.smtp.ca_file, guarded=before.login.guarded)
    if login.identity != before.login.identity:
        login = replace(login, ca_file="", guarded=True)
    if not any(fields.get(name) for name in ("password", "oauth")):
        login = _with_former_secret(before.smtp, login, fields)
    return replace(read, id=before.id, login=login, revision=before.revision)


def _merged_number(before: Account, former: WhatsAppLogin, fields: Mapping[str, Any]) -> Account:
    """The phone number with the given fields changed; its token is kept unless it would go to another server."""
    moved = fields.get("api_url", former.api_url).rstrip("/") != former.api_url
    if moved and not fields.get("token"):
        message = "is needed again, because api_url would change where it is sent"
        raise InputError([Problem(file="account", field="token", message=message)])
    known = _as_fields(before)
    if before.max_connections == former.usual_connections:
        del known["max_connections"]  # it follows the rate
    read = account_from_fields({**known, "token": former.token, **fields})
    return replace(
        read,
        id=before.id,
        login=replace(read.login, guarded=former.guarded or moved),
        revision=before.revision,
    )


def _with_former_secret(before: SmtpLogin, login: SmtpLogin, fields: Mapping[str, Any]) -> SmtpLogin:
    if not login.username or (not before.password and before.oauth is None):
        return login
    moved = [name for name in ("host", "port", "username") if getattr(login, name) != getattr(before, name)]
    if login.security is Security.NONE and before.security is not Security.NONE:
        moved.append("security")
    if moved:
        secret = "password" if before.oauth is None else "refresh_token"
        message = f"is needed again, because {', '.join(moved)} would change where it is sent or how"
        raise InputError([Problem(file="account", field=secret, message=message)])
    return replace(login, password=before.password, oauth=before.oauth)


def _as_fields(account: Account) -> dict[str, Any]:
    """An account's fields as a person would give them, without secrets."""
    limits, login = account.limits, account.login
    if isinstance(login, WhatsAppLogin):
        own: dict[str, Any] = {
            "channel": "whatsapp",
            "phone_number_id": login.phone_number_id,
            "api_url": login.api_url,
            "api_version": login.api_version,
            "messages_per_second": login.messages_per_second,
            "business_account_id": login.business_account_id,
        }
    else:
        own = {
            "host": login.host,
            "port": login.port,
            "security": str(login.security),
            "username": login.username,
            "from": account.from_address,
        }
    return {
        "name": account.name,
        **own,
        "minute_limit": limits.minute,
        "hourly_limit": limits.hour,
        "daily_limit": limits.day,
        "monthly_limit": limits.month,
        "window": str(limits.window),
        "timezone": limits.timezone.key,
        "rate_per_minute": account.rate_per_minute,
        "max_connections": account.max_connections,
        "largest_campaign": account.largest_campaign,
        "weight": account.weight,
        "warm_up": "" if limits.warm_up is None else str(limits.warm_up),
        "warm_up_since": _since(account),
    }


def _since(account: Account) -> str:
    warm_up = account.limits.warm_up
    return "" if warm_up is None or warm_up.since is None else warm_up.since.isoformat()


def _values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an edit of many, as the database has them. Raises InputError."""
    values: dict[str, Any] = {}
    problems = []
    for name, given in fields.items():
        if name not in _EDITABLE:
            problems.append(Problem(file="request", field=name, message=f"accepts {', '.join(_EDITABLE)}"))
            continue
        try:
            value = ACCOUNT.fields[name].kind.parse(given)
            values[name] = _STORED_AS[name](value) if name in _STORED_AS else value
        except ValueError as error:
            problems.append(Problem(file="request", field=name, message=str(error)))
    if problems:
        raise InputError(problems)
    return values


def _tags(words: Sequence[str] | set[str]) -> tuple[str, ...]:
    try:
        return read_tags(words)
    except ValueError as error:
        raise InputError([Problem(file="account", field="tags", message=str(error))]) from None


def _guard(context: Context) -> AddressGuard:
    return AddressGuard.from_setting(context.settings.private_hosts)


def _check_host(context: Context, login: SmtpLogin | WhatsAppLogin) -> None:
    """Refuse at once what can be; where a name leads to is judged whenever it is connected to."""
    try:
        _guard(context).check_host(login.host)
    except AddressRefused as error:
        field = "api_url" if isinstance(login, WhatsAppLogin) else "host"
        raise InputError([Problem(file="account", field=field, message=str(error))]) from None


def _refuse_taken(context: Context, connection: Connection, account: Account, *, own: int | None) -> None:
    known = account_records.known_logins(connection, workspace_id=context.workspace_id)
    same = known.get(account.login.identity)
    if same is not None and same.account_id != own and not (same.hidden and own is None):
        who = "a deleted account" if same.hidden else repr(same.name)
        what = "phone number" if account.channel == "whatsapp" else "host, port and user name"
        raise NotPossible(f"{who} has the same {what} ({account.login.identity})")
    for identity, login in known.items():
        if login.name == account.name and login.account_id != own and not login.hidden:
            raise NotPossible(f"there is another account with the name {account.name!r} ({identity})")
