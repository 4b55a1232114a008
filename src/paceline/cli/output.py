"""Standard output: JSON, lines and tables; ends quietly when the reader has seen enough (``| head``)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any

from rich.console import Console
from rich.text import Text

from paceline.cli.table import Column, table


def print_json(one: Mapping[str, Any]) -> None:
    """One JSON object on one line. ASCII only, so that nothing in it can steer a terminal."""
    print_json_lines([one])


def print_json_lines(objects: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object per line, each written before the next one is asked for."""
    print_lines(json.dumps(one) for one in objects)


def print_lines(lines: Iterable[str]) -> None:
    """Write lines; asks for no more of them once nobody reads."""
    try:
        for line in lines:
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        forget_standard_output()


def print_text(chunks: Iterable[str]) -> None:
    """Write chunks of text as they are; asks for no more of them once nobody reads."""
    try:
        for chunk in chunks:
            sys.stdout.write(chunk)
        sys.stdout.flush()
    except BrokenPipeError:
        forget_standard_output()


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


def forget_standard_output() -> None:
    """Send what is still written to nowhere, so that leaving does not fail for it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
