"""Accounts as people give them: by options, as fields, in a file; the same fields, checks and words as in a campaign file.

The command line's secrets stand in environment variables. Fields and files that come over the API bring the secrets
themselves, and may name neither variables nor files of this machine.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paceline.domain.account import Account
from paceline.domain.errors import InputError, Problem
from paceline.operations.accounts.tags import read_tags
from paceline.operations.campaign_file.campaign_accounts import StoredAccount, read_accounts
from paceline.operations.campaign_file.field_kinds import VARIABLE
from paceline.operations.campaign_file.text_file import UnusableFile, read_text
from paceline.operations.campaign_file.toml_document import Document, parse_document
from paceline.operations.campaign_file.toml_lines import TomlLines, TomlPath

COMMAND = "accounts add"
_MOST_ACCOUNTS = 10_000
_SECRETS = ("password", "client_secret", "refresh_token", "token")
_OF_THIS_MACHINE = ("ca_file", "token_url", *(f"{name}_env" for name in _SECRETS))
_WHOLE = (
    "port",
    "minute_limit",
    "hourly_limit",
    "daily_limit",
    "monthly_limit",
    "max_connections",
    "largest_campaign",
)
_DECIMAL = ("rate_per_minute", "weight", "messages_per_second")
_ACCEPTED = "a TOML file with [[accounts]] tables, or a CSV file with a column per field"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAccount:
    """An account of a file, with what belongs to it and not to sending; ``line`` is where."""

    account: Account
    tags: tuple[str, ...]
    line: int


def account_from_options(given: Mapping[str, object], environment: Mapping[str, str]) -> Account:
    """The account of these fields, None for those that were not given; raises InputError that names the options."""
    table = {name: value for name, value in given.items() if value is not None}
    document = Document(Path(COMMAND), {"accounts": [table]}, TomlLines(""))
    accounts = read_accounts(document, environment)
    try:
        document.raise_problems()
    except InputError as error:
        raise InputError(map(_about_option, error.problems)) from None
    (given_account,) = _own(document, accounts)
    return given_account


def _about_option(problem: Problem) -> Problem:
    field = (problem.field or "").rpartition(".")[2].replace("_", "-")
    return Problem(file=COMMAND, field=f"--{field}" if field else None, message=problem.message)


def account_from_fields(fields: Mapping[str, Any]) -> Account:
    """The account of these fields, secrets among them; raises InputError that names the fields, never a secret."""
    document = Document(Path("account"), {"accounts": [dict(fields)]}, TomlLines(""))
    environment = _take_secrets(document)
    accounts = read_accounts(document, environment)
    try:
        (account,) = _own(document, accounts)
    except InputError as error:
        raise InputError(map(_about_field, error.problems)) from None
    return account


def _about_field(problem: Problem) -> Problem:
    field = (problem.field or "").rpartition(".")[2].removesuffix("_env")
    return Problem(file="account", field=field or None, message=_without_variable(problem.message))


def accounts_from_file(path: Path, environment: Mapping[str, str]) -> list[GivenAccount]:
    """The accounts of a file of this machine; raises InputError as ``accounts_from_text``."""
    try:
        text = read_text(path)
    except UnusableFile as error:
        message = f"the file {error.reason}; accepted is {_ACCEPTED}"
        raise InputError([Problem(file=str(path), line=error.line, message=message)]) from None
    return accounts_from_text(str(path), text, environment)


def accounts_from_text(file: str, text: str, environment: Mapping[str, str] | None) -> list[GivenAccount]:
    """The accounts of a TOML file, or of a CSV file where the name says so; raises InputError with every problem.

    ``environment`` holds the passwords that the file names; with None it must bring them itself.
    """
    is_csv = Path(file).suffix.lower() in (".csv", ".tsv", ".txt")
    document = _csv_document(file, text) if is_csv else parse_document(Path(file), text, accepted=_ACCEPTED)
    for name in document.table:
        if name != "accounts":
            document.refuse((name,), "there is no such field in a file of accounts: accepts [[accounts]] tables only")
    tags = _take_tags(document)
    secrets = _take_secrets(document, also=environment) if environment is None or is_csv else environment
    found = read_accounts(document, secrets)
    if environment is None:
        try:
            accounts = _own(document, found)
        except InputError as error:
            raise InputError(map(_without_variables, error.problems)) from None
    else:
        accounts = _own(document, found)
    return [
        GivenAccount(account=account, tags=tags.get(index, ()), line=document.line_of(("accounts", index)))
        for index, account in enumerate(accounts)
    ]


def _without_variables(problem: Problem) -> Problem:
    field = (problem.field or "").removesuffix("_env") or None
    message = _without_variable(problem.message)
    return Problem(file=problem.file, line=problem.line, field=field, message=message)


def _without_variable(message: str) -> str:
    """What is said of a variable, said of the secret itself."""
    return message.replace("the environment variable that it names", "it").replace(
        VARIABLE.accepts, "the secret itself"
    )


def _own(document: Document, found: Sequence[Account | StoredAccount]) -> list[Account]:
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


def refuse_taken_names(file: str, given: Sequence[GivenAccount], logins_by_name: Mapping[str, str]) -> None:
    """Raise InputError for every account whose name belongs to a stored one with another login."""
    problems = [
        Problem(
            file=file,
            line=one.line,
            field="name",
            message=f"another stored account is called {one.account.name!r} ({login})",
        )
        for one in given
        if (login := logins_by_name.get(one.account.name, one.account.login.identity)) != one.account.login.identity
    ]
    if problems:
        raise InputError(problems)


# What a file or a request brings beside the fields of a campaign file.


def _tables(document: Document) -> list[tuple[int, dict[str, Any]]]:
    accounts = document.table.get("accounts")
    tables = accounts if isinstance(accounts, list) else []
    return [(index, table) for index, table in enumerate(tables) if isinstance(table, dict)]


def _take_tags(document: Document) -> dict[int, tuple[str, ...]]:
    """The tags of each table, taken out of it; in CSV they are one text with commas or semicolons."""
    found = {}
    for index, table in _tables(document):
        if "tags" not in table:
            continue
        given = table.pop("tags")
        words = given.replace(";", ",").split(",") if isinstance(given, str) else given
        try:
            found[index] = read_tags([word.strip() if isinstance(word, str) else word for word in words or ()])
        except (TypeError, ValueError) as error:
            document.refuse(("accounts", index, "tags"), str(error))
    return found


def _take_secrets(document: Document, *, also: Mapping[str, str] | None = None) -> dict[str, str]:
    """Put the secrets of the tables where ``read_accounts`` looks for them: into an environment of their own.

    With ``also``, a real environment, tables may name its variables; without, nothing of this machine.
    """
    environment = dict(also or {})
    for index, table in _tables(document):
        for name in _OF_THIS_MACHINE:
            if also is None and name in table:
                path: TomlPath = ("accounts", index, name)
                document.refuse(path, "it names something of the server's machine, which only its command line may")
                del table[name]
        for name in _SECRETS:
            secret = table.pop(name, "")
            if not isinstance(secret, str):
                document.refuse(("accounts", index, name), "accepts text")
            elif secret:
                variable = f"given_{index}_{name}"
                table[f"{name}_env"], environment[variable] = variable, secret
    return environment


class _CsvLines:
    """Where the rows of a CSV file stand."""

    def __init__(self, lines: Sequence[int]) -> None:
        self._lines = lines

    def line_of(self, path: TomlPath) -> int:
        """The line of the row, or of the heading."""
        if len(path) > 1 and isinstance(path[1], int) and path[1] < len(self._lines):
            return self._lines[path[1]]
        return 1


def _csv_document(file: str, text: str) -> Document:
    """The rows of a CSV file as tables: empty cells are absent fields, and numbers become numbers."""
    heading = text.lstrip("\ufeff").split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=heading.count)
    rows = csv.reader(text.lstrip("\ufeff").splitlines(keepends=True), delimiter=delimiter, strict=True)
    tables: list[dict[str, Any]] = []
    lines: list[int] = []
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(names):
                raise _unusable(file, rows.line_num, f"this row has {len(row)} cells, the heading has {len(names)}")
            lines.append(rows.line_num)
            tables.append({name: _cell(name, cell) for name, cell in zip(names, row, strict=False) if cell.strip()})
            if len(tables) > _MOST_ACCOUNTS:
                raise _unusable(file, rows.line_num, f"accepts {_MOST_ACCOUNTS} accounts at most")
    except csv.Error as error:
        raise _unusable(file, rows.line_num, f"this is not CSV: {error}") from None
    return Document(Path(file), {"accounts": tables}, _CsvLines(lines))


def _cell(name: str, cell: str) -> Any:
    """A cell as the field's kind wants it; what is no number stays text and is refused by its kind."""
    if name in _SECRETS:
        return cell
    text = cell.strip()
    try:
        if name in _WHOLE:
            return int(text)
        return float(text) if name in _DECIMAL else text
    except ValueError:
        return text


def _unusable(file: str, line: int, message: str) -> InputError:
    return InputError([Problem(file=file, line=line, message=message)])
