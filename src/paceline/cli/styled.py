"""Standard output with colours where it is a terminal: styled lines and tables."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console
from rich.text import Text

from paceline.cli.output import print_lines
from paceline.cli.table import Column, table


def print_texts(texts: Iterable[Text]) -> None:
    """Write styled lines, without colours where standard output is no terminal."""
    print_lines(_rendered(text) for text in texts)


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Write a table: as wide as the terminal, or as wide as it needs where there is none."""
    width = Console().width if sys.stdout.isatty() else None
    print_texts(table(columns, rows, width=width))


def _rendered(text: Text) -> str:
    if not sys.stdout.isatty():
        return text.plain
    buffer = StringIO()
    Console(file=buffer, force_terminal=True, highlight=False).print(text, soft_wrap=True, end="")
    return buffer.getvalue()
