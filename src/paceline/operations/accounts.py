"""What a person does with stored accounts: list, add, test, look at their usage, switch on and off."""

from __future__ import annotations

from typing import Any

from paceline.domain.account import Account
from paceline.domain.errors import PacelineError
from paceline.operations.context import Context, NotPossible
from paceline.operations.summary import AccountSummary, account_summary
from paceline.store.queue import accounts
from paceline.store.queue.accounts import AccountStanding

_CHANNEL = "email"


class UnknownAccount(PacelineError):
    """There is no account of this name."""


def list_accounts(context: Context) -> list[AccountSummary]:
    """Every account by name; ``sent``, which counts for a campaign, is 0."""
    now = context.clock.now()
    with context.queue.read() as connection:
        return [
            account_summary(connection, s, sent=0, now=now)
            for s in accounts.standings(connection, workspace_id=context.workspace_id)
        ]


def add(context: Context, account: Account) -> AccountSummary:
    """Store an account, or change the stored one with the same login. Raises NotPossible when its name is taken."""
    now = context.clock.now()
    with context.queue.write() as connection:
        same_name = accounts.find(connection, account.name, workspace_id=context.workspace_id)
        if any(standing.identity != account.login.identity for standing in same_name):
            raise NotPossible(f"there is another account with the name {account.name!r} ({same_name[0].identity})")
        account_id = accounts.save(
            connection, context.box, account, workspace_id=context.workspace_id, channel=_CHANNEL
        )
        standing = next(
            s for s in accounts.standings(connection, workspace_id=context.workspace_id) if s.id == account_id
        )
        return account_summary(connection, standing, sent=0, now=now)


def set_enabled(context: Context, name: str, *, enabled: bool) -> None:
    """Switch an account on (a broken one gets another chance) or off; a running worker notices within a second."""
    standing = _find(context, name)
    with context.queue.write() as connection:
        accounts.set_enabled(connection, standing.id, enabled=enabled, now=context.clock.now())


async def test(context: Context, name: str) -> str:
    """Connect and log in as an account, send nothing. Raises AccountUnavailable with the reply."""
    standing = _find(context, name)
    with context.queue.read() as connection:
        account = accounts.load(connection, context.box, standing.id)
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
        names = sorted(
            {standing.name for standing in accounts.standings(connection, workspace_id=context.workspace_id)}
        )
    if not found:
        known = f"there are: {', '.join(names[:10])}" if names else "there is none yet"
        raise UnknownAccount(f"no account with the name {name!r}; {known}")
    if len(found) > 1:
        logins = ", ".join(standing.identity for standing in found)
        raise NotPossible(f"{len(found)} accounts have the name {name!r} ({logins}): give them different names")
    return found[0]
