"""The commands about the installation: doctor, and database upgrade, backup, restore."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from paceline.cli.failures import ExitCode
from paceline.cli.options import DatabaseOption, JsonOption, settings_of
from paceline.cli.output import print_json_lines, print_lines
from paceline.cli.styled import print_texts
from paceline.cli.words import clean
from paceline.operations.installation import backups, databases, doctor as examination
from paceline.operations.installation.doctor import Finding

database_app = typer.Typer(help="The database's schema, and copies of it.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(doctor)
    app.add_typer(database_app, name="database")


def doctor(as_json: JsonOption = False, database: DatabaseOption = None) -> int:
    """Check the database, its speed and locks, the data directory and the clock."""
    findings = examination.examine(settings_of(database))
    if as_json:
        print_json_lines(finding.to_json() for finding in findings)
    else:
        print_texts(finding_lines(findings))
    return ExitCode.FAILED if any(finding.ok is False for finding in findings) else ExitCode.DONE


_VERDICTS = {True: ("ok", "green"), None: ("warning", "yellow"), False: ("FAILED", "bold red")}


def finding_lines(findings: Iterable[Finding]) -> list[Text]:
    """One line per check: verdict, what was checked, what was found."""
    found = list(findings)
    width = max((len(finding.check) for finding in found), default=0)
    lines = []
    for finding in found:
        verdict, style = _VERDICTS[finding.ok]
        lines.append(Text.assemble((f"{verdict:<7}", style), f"  {finding.check:<{width}}  ", clean(finding.words)))
    return lines


@database_app.command()
def upgrade(database: DatabaseOption = None) -> None:
    """Bring the schema to the version of this program."""
    print_lines([databases.upgrade(settings_of(database))])


@database_app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder that is made anew.", show_default=False)],
    database: DatabaseOption = None,
) -> None:
    """Write a copy of everything into a folder, consistent also while something is sending."""
    settings = settings_of(database)
    lines = [f"the backup is {backups.backup(settings, target)}"]
    if not settings.secret_key:
        lines.append(
            f"keep {settings.data_path / 'secret.key'} too, in another place: without it no stored password opens"
        )
    print_lines(lines)


@database_app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder made by backup.", show_default=False)],
    database: DatabaseOption = None,
) -> None:
    """Put a copy back; campaigns that were running in it are paused."""
    print_lines(backups.restore(settings_of(database), source))
