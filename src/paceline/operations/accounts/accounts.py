"""What a person does with stored accounts by name: list, add, import, test, look at their usage, switch on and off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from paceline.domain.account import Account, WhatsAppLogin
from paceline.domain.errors import AccountUnavailable, InputError, PacelineError, Problem
from paceline.domain.outcome import AccountTrouble, TroubleKind
from paceline.operations.accounts.account_input import GivenAccount, refuse_taken_names
from paceline.operations.campaigns.summary import AccountSummary, account_summaries
from paceline.operations.context import Context, NotPossible
from paceline.operations.whatsapp.reading import ask_number
from paceline.store.queue import account_records, accounts
from paceline.store.queue.accounts import AccountStanding


class UnknownAccount(PacelineError):
    """There is no account of this name."""

    is_bad_input = True


def list_accounts(context: Context) -> list[AccountSummary]:
    """Every account of the workspace by name; ``sent``, which counts for a campaign, is 0."""
    with context.queue.read() as connection:
        standings = accounts.standings(connection, workspace_id=context.workspace_id)
        return account_summaries(connection, context.queue, standings, sent={}, now=context.clock.now())


def add(context: Context, account: Account) -> AccountSummary:
    """Store an account, or change the stored one with the same login. Raises NotPossible when its name is taken."""
    now = context.clock.now()
    with context.queue.write() as connection:
        same_name = accounts.find(connection, account.name, workspace_id=context.workspace_id)
        if any(standing.identity != account.login.identity for standing in same_name):
            raise NotPossible(f"there is another account with the name {account.name!r} ({same_name[0].identity})")
        accounts.save(connection, context.box, account, workspace_id=context.workspace_id, channel=account.channel)
        stored = accounts.find(connection, account.name, workspace_id=context.workspace_id)
        return account_summaries(connection, context.queue, stored, sent={}, now=now)[0]


def import_accounts(context: Context, file: str, given: Sequence[GivenAccount], *, guarded: bool) -> tuple[int, int]:
    """Store the accounts of a file, all or none, in one transaction; returns how many are new and how many were there.

    ``guarded`` marks those that come over the API, unless the command line has stored the same login before. Raises
    InputError with a line for every name that another account has, LoginTaken for a phone number of another workspace.
    """
    with context.queue.write() as connection:
        known = account_records.known_logins(connection, workspace_id=context.workspace_id)
        there = {identity: login for identity, login in known.items() if not login.hidden}
        refuse_taken_names(file, given, {login.name: identity for identity, login in there.items()})
        _refuse_second_names(file, given)
        for one in given:
            before = there.get(one.account.login.identity)
            login = replace(one.account.login, guarded=guarded and (before is None or before.guarded))
            account_id = accounts.save(
                connection,
                context.box,
                replace(one.account, login=login),
                workspace_id=context.workspace_id,
                channel=one.account.channel,
            )
            if one.tags:
                account_records.set_tags(connection, account_id, one.tags)
    changed = sum(one.account.login.identity in there for one in given)
    return len(given) - changed, changed


def _refuse_second_names(file: str, given: Sequence[GivenAccount]) -> None:
    """A name that occurs twice in one file cannot be told apart afterwards."""
    seen: dict[str, int] = {}
    problems = []
    for one in given:
        first = seen.setdefault(one.account.name, one.line)
        if first != one.line:
            message = f"the account in line {first} has the name {one.account.name!r} too"
            problems.append(Problem(file=file, line=one.line, field="name", message=message))
    if problems:
        raise InputError(problems)


def set_enabled(context: Context, name: str, *, enabled: bool) -> None:
    """Switch an account on (a broken one gets another chance) or off; a running worker notices within a second."""
    standing = _find(context, name)
    with context.queue.write() as connection:
        accounts.set_enabled(connection, standing.id, enabled=enabled, now=context.clock.now())


async def test(context: Context, name: str) -> str:
    """Connect and log in as an account, send nothing. Raises AccountUnavailable with the reply.

    Of a phone number it says how it stands with the provider.
    """
    standing = _find(context, name)
    with context.queue.read() as connection:
        account = accounts.load(connection, context.box, standing.id)
    if isinstance(account.login, WhatsAppLogin):
        ok, message = await ask_number(context, standing.id)
        if not ok:
            raise AccountUnavailable(AccountTrouble(kind=TroubleKind.FAILING, reason=message))
        return message
    session = await context.channel.connect(account)
    await session.close()
    return f"{name}: connected and logged in at {account.login.host}:{account.login.port}"


def usage(context: Context) -> list[dict[str, Any]]:
    """What every account has used of its limits."""
    return [
        {
            "name": account.name,
            "state": str(account.state),
            "minute_limit": account.minute_limit,
            "sent_this_hour": account.sent_this_hour,
            "hourly_limit": account.hourly_limit,
            "sent_today": account.sent_today,
            "daily_limit": account.daily_limit,
            "monthly_limit": account.monthly_limit,
        }
        for account in list_accounts(context)
    ]


def _find(context: Context, name: str) -> AccountStanding:
    with context.queue.read() as connection:
        found = accounts.find(connection, name, workspace_id=context.workspace_id)
        stored = accounts.standings(connection, workspace_id=context.workspace_id)
    if not found:
        names = sorted({standing.name for standing in stored})
        known = f"there are: {', '.join(names[:10])}" if names else "there is none yet"
        raise UnknownAccount(f"no account with the name {name!r}; {known}")
    if len(found) > 1:
        logins = ", ".join(standing.identity for standing in found)
        raise NotPossible(f"{len(found)} accounts have the name {name!r} ({logins}): give them different names")
    return found[0]
