"""The commands about stored accounts: list, add, import, test, usage, enable, disable."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from paceline.cli.failures import ExitCode
from paceline.cli.interruption import run
from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json_lines, print_lines
from paceline.cli.panel import account_note
from paceline.cli.styled import print_table
from paceline.cli.table import Column
from paceline.cli.words import clean, used
from paceline.domain.account import AccountState
from paceline.domain.errors import AccountUnavailable
from paceline.domain.wording import counted
from paceline.operations.accounts import accounts as operations
from paceline.operations.accounts.account_input import account_from_options, accounts_from_file
from paceline.operations.campaigns.summary import AccountSummary

app = typer.Typer(help="Stored accounts; a campaign file names one by account = NAME.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.", show_default=False)]


def _text(name: str, metavar: str, about: str) -> Any:
    return typer.Option(f"--{name}", metavar=metavar, help=about, show_default=False)


_LIMIT = "Messages in each {}; 0 is unlimited."


@app.command("list")
def list_accounts(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Every account with its state and the reason for it."""
    with opened(database) as context:
        found = operations.list_accounts(context)
    if as_json:
        print_json_lines(map(account_object, found))
    elif found:
        print_table(_LIST_COLUMNS, account_rows(found, now=time.time()))
    else:
        print_lines(["no account yet: a campaign file brings its own, or `paceline accounts add`"])


_LIST_COLUMNS = (
    Column(title="account", style="bold"),
    Column(title="login"),
    Column(title="hour", right=True),
    Column(title="today", right=True),
    Column(title="state", most=200),
)


def account_object(account: AccountSummary) -> dict[str, Any]:
    """An account of no campaign in particular."""
    about = {name: value for name, value in account.to_json().items() if name != "sent"}
    return {"name": account.name, "login": account.identity, **about}


def account_rows(accounts: Iterable[AccountSummary], *, now: float) -> list[tuple[str, ...]]:
    """What the list shows of every account."""
    return [
        (
            account.name,
            account.identity,
            used(account.sent_this_hour, account.hourly_limit),
            used(account.sent_today, account.daily_limit),
            _state(account, now),
        )
        for account in accounts
    ]


def _state(account: AccountSummary, now: float) -> str:
    note = account_note(account, now=now)
    known = account.state in (AccountState.LIMITED, AccountState.BACKING_OFF)
    return f"{account.state} {note}" if known else note


@app.command()
def add(
    name: Annotated[str, _text("name", "NAME", "What people call it.")],
    channel: Annotated[str | None, _text("channel", "WORD", "email (without it) or whatsapp.")] = None,
    host: Annotated[str | None, _text("host", "HOST", "The SMTP server.")] = None,
    port: Annotated[int | None, _text("port", "PORT", "Its port.")] = None,
    security: Annotated[str | None, _text("security", "WORD", "starttls, tls or none.")] = None,
    ca_file: Annotated[str | None, _text("ca-file", "FILE", "A certificate authority of your own.")] = None,
    username: Annotated[str | None, _text("username", "NAME", "The login; none without it.")] = None,
    password_env: Annotated[str | None, _text("password-env", "VARIABLE", "Which variable holds the password.")] = None,
    oauth: Annotated[str | None, _text("oauth", "PROVIDER", "google or microsoft.")] = None,
    client_id: Annotated[str | None, _text("client-id", "ID", "For OAuth.")] = None,
    client_secret_env: Annotated[str | None, _text("client-secret-env", "VARIABLE", "For OAuth.")] = None,
    refresh_token_env: Annotated[str | None, _text("refresh-token-env", "VARIABLE", "For OAuth.")] = None,
    tenant: Annotated[str | None, _text("tenant", "TENANT", "For OAuth with Microsoft.")] = None,
    token_url: Annotated[str | None, _text("token-url", "URL", "Instead of the provider's own.")] = None,
    scope: Annotated[str | None, _text("scope", "SCOPE", "Instead of the provider's own.")] = None,
    from_mailbox: Annotated[str | None, _text("from", "MAILBOX", "Overrides the campaign's From.")] = None,
    phone_number_id: Annotated[str | None, _text("phone-number-id", "ID", "Of a WhatsApp number.")] = None,
    token_env: Annotated[str | None, _text("token-env", "VARIABLE", "Which variable holds its token.")] = None,
    api_url: Annotated[str | None, _text("api-url", "URL", "Instead of https://graph.facebook.com.")] = None,
    api_version: Annotated[str | None, _text("api-version", "VERSION", "Such as v25.0.")] = None,
    messages_per_second: Annotated[
        float | None, _text("messages-per-second", "N", "The provider's limit of a number: 20, 80 or 1000.")
    ] = None,
    business_account_id: Annotated[
        str | None, _text("business-account-id", "ID", "Of the WhatsApp Business Account, for its templates.")
    ] = None,
    minute_limit: Annotated[int | None, _text("minute-limit", "N", _LIMIT.format("minute"))] = None,
    hourly_limit: Annotated[int | None, _text("hourly-limit", "N", _LIMIT.format("hour"))] = None,
    daily_limit: Annotated[int | None, _text("daily-limit", "N", _LIMIT.format("day"))] = None,
    monthly_limit: Annotated[int | None, _text("monthly-limit", "N", _LIMIT.format("month"))] = None,
    window: Annotated[str | None, _text("window", "WORD", "calendar or rolling.")] = None,
    timezone: Annotated[str | None, _text("timezone", "ZONE", "Whose hours and days count.")] = None,
    rate_per_minute: Annotated[float | None, _text("rate-per-minute", "N", "Its pace; 0 is none.")] = None,
    max_connections: Annotated[int | None, _text("max-connections", "N", "Connections at once.")] = None,
    largest_campaign: Annotated[int | None, _text("largest-campaign", "N", "Messages of a campaign; 0: any.")] = None,
    weight: Annotated[float | None, _text("weight", "N", "Its share of campaigns that choose by weight.")] = None,
    warm_up: Annotated[str | None, _text("warm-up", "RAMP", "As 50 +25 until 500, or 20, 40, 80.")] = None,
    warm_up_since: Annotated[str | None, _text("warm-up-since", "DATE", "The first day of the ramp.")] = None,
    database: DatabaseOption = None,
) -> None:
    """Store an account, its secrets sealed; the one with the same host, port and user name, or with the same
    phone number, is replaced.
    """
    given = dict(locals())
    given["from"] = given.pop("from_mailbox")
    del given["database"]
    account = account_from_options(given, os.environ)
    with opened(database) as context:
        stored = operations.add(context, account)
    print_lines([clean(f"{stored.name} is stored ({stored.identity})")])


@app.command("import")
def import_accounts(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="TOML with [[accounts]] tables, or CSV.", show_default=False)
    ],
    database: DatabaseOption = None,
) -> None:
    """Store the accounts of a file of [[accounts]] tables or of a CSV file: all of them, or none if there is a problem."""
    given = accounts_from_file(file, os.environ)
    with opened(database) as context:
        new, changed = operations.import_accounts(context, str(file), given, guarded=False)
    print_lines(
        [f"{counted(new + changed, 'account')} stored" + (f", {changed} of them known before" if changed else "")]
    )


@app.command("test")
def check_login(name: NameArgument, database: DatabaseOption = None) -> int:
    """Connect and log in, and send nothing."""
    with opened(database) as context:
        try:
            print_lines([clean(run(operations.test(context, name)))])
        except AccountUnavailable as error:
            print(clean(f"{name} cannot be used: {error}"), file=sys.stderr)
            return ExitCode.FAILED
    return ExitCode.DONE


_USAGE_COLUMNS = (
    Column(title="account", style="bold"),
    Column(title="hour", right=True),
    Column(title="today", right=True),
    Column(title="state"),
)


@app.command()
def usage(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """What every account has sent in its current windows, and its limits."""
    with opened(database) as context:
        found = operations.usage(context)
    if as_json:
        print_json_lines(found)
        return
    rows = [
        (
            one["name"],
            used(one["sent_this_hour"], one["hourly_limit"]),
            used(one["sent_today"], one["daily_limit"]),
            one["state"],
        )
        for one in found
    ]
    print_table(_USAGE_COLUMNS, rows)


@app.command()
def enable(name: NameArgument, database: DatabaseOption = None) -> None:
    """Let campaigns use an account again; also ends the state broken, after you have mended the cause."""
    _switch(name, database, enabled=True)


@app.command()
def disable(name: NameArgument, database: DatabaseOption = None) -> None:
    """Let no campaign use an account."""
    _switch(name, database, enabled=False)


def _switch(name: str, database: str | None, *, enabled: bool) -> None:
    with opened(database) as context:
        operations.set_enabled(context, name, enabled=enabled)
    print_lines([clean(f"{name} is {'enabled' if enabled else 'disabled'}")])
