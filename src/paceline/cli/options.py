"""Options and arguments that several commands share, and the context that they open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from paceline.settings import Settings, read_settings

if TYPE_CHECKING:
    from paceline.operations.context import Context

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        show_default=False,
        help="sqlite:///file.db or postgresql://…; instead of PACELINE_DATABASE.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The campaign's key.", show_default=False)]
OptionalKeyArgument = Annotated[
    str | None,
    typer.Argument(metavar="[KEY]", help="The campaign's key; all campaigns without it.", show_default=False),
]


def settings_of(database: str | None) -> Settings:
    """The settings of the environment, with the database of the command line if it names one."""
    return read_settings(database=database)


@contextmanager
def opened(database: str | None) -> Iterator[Context]:
    """The context of one command, closed at its end."""
    from paceline.bootstrap import open_context  # imported here: not every command that has options needs a database

    context = open_context(settings_of(database))
    try:
        yield context
    finally:
        context.close()
