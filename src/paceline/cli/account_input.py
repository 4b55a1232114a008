"""Accounts as people give them, by options or in a file: the same fields, checks and words as in a campaign file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from paceline.domain.account import Account
from paceline.domain.errors import InputError, Problem
from paceline.operations.campaign_accounts import StoredAccount, read_accounts
from paceline.operations.toml_document import Document, open_document
from paceline.operations.toml_lines import TomlLines

COMMAND = "accounts add"


def account_from_options(given: Mapping[str, object], environment: Mapping[str, str]) -> Account:
    """The account of these fields, None for those that were not given; raises InputError that names the options."""
    table = {name: value for name, value in given.items() if value is not None}
    document = Document(Path(COMMAND), {"accounts": [table]}, TomlLines(""))
    accounts = read_accounts(document, environment)
    try:
        document.raise_problems()
    except InputError as error:
        raise InputError(map(_about_option, error.problems)) from None
    (account,) = _own(document, accounts)
    return account


def _about_option(problem: Problem) -> Problem:
    field = (problem.field or "").rpartition(".")[2].replace("_", "-")
    return Problem(file=COMMAND, field=f"--{field}" if field else None, message=problem.message)


def accounts_from_file(path: Path, environment: Mapping[str, str]) -> list[Account]:
    """The accounts of a TOML file of [[accounts]] tables; raises InputError with every problem."""
    document = open_document(path, accepted="a TOML file with [[accounts]] tables")
    for name in document.table:
        if name != "accounts":
            document.refuse((name,), "there is no such field in a file of accounts: accepts [[accounts]] tables only")
    return _own(document, read_accounts(document, environment))


def _own(document: Document, found: tuple[Account | StoredAccount, ...]) -> list[Account]:
    accounts = []
    for index, account in enumerate(found):
        if isinstance(account, StoredAccount):
            document.refuse(
                ("accounts", index, "account"), "names a stored account; accepts accounts of their own only"
            )
        else:
            accounts.append(account)
    document.raise_problems()
    return accounts


def refuse_taken_names(file: str, accounts: list[Account], logins_by_name: Mapping[str, str]) -> None:
    """Raise InputError for every account whose name belongs to a stored one with another login."""
    problems = [
        Problem(file=file, field="name", message=f"another stored account is called {account.name!r} ({login})")
        for account in accounts
        if (login := logins_by_name.get(account.name, account.login.identity)) != account.login.identity
    ]
    if problems:
        raise InputError(problems)
