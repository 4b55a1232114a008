"""Lines of a given width made of cells: aligned columns and lines with two ends, counted in terminal cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from paceline.cli.words import clean

GAP = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """How one column is shown; ``most`` is its greatest width in cells."""

    title: str
    right: bool = False
    most: int = 40
    style: str = ""


def cell(text: str, width: int, *, right: bool = False) -> str:
    """Text in exactly this many cells; what does not fit ends in an ellipsis."""
    text = clean(text)
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 1 else "…"[:width]
    padding = " " * (width - length)
    return padding + text if right else text + padding


def widths(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    """The width that each column needs."""
    found = (max((cell_len(clean(row[i])) for row in rows), default=0) for i in range(len(columns)))
    return [min(column.most, max(cell_len(column.title), width)) for column, width in zip(columns, found, strict=True)]


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, width: int | None) -> list[Text]:
    """A line of titles and one per row; the last column takes what the others leave. ``width`` None: no end."""
    sizes = widths(columns, rows)
    if width is not None:
        sizes[-1] = max(4, min(sizes[-1], width - sum(sizes[:-1]) - len(GAP) * (len(sizes) - 1)))
    titles = [cell(column.title, size, right=column.right) for column, size in zip(columns, sizes, strict=True)]
    lines = [Text(GAP.join(titles).rstrip(), style="dim", no_wrap=True)]
    for row in rows:
        line = Text(no_wrap=True)
        for index, (column, size) in enumerate(zip(columns, sizes, strict=True)):
            line.append((GAP if index else "") + cell(row[index], size, right=column.right), style=column.style)
        line.rstrip()
        lines.append(line)
    return lines if width is None else [cut(line, width) for line in lines]


def two_ends(left: Text, right: Text, width: int) -> Text:
    """One line with a left and a right end; when they do not fit, the left one is cut."""
    right = cut(right, width)
    room = width - right.cell_len
    line = cut(left, room - len(GAP) if right.cell_len else room)
    line.append(" " * (room - line.cell_len))
    return line.append_text(right)


def cut(line: Text, width: int) -> Text:
    """A copy of a line that is not wider than this; what is cut off leaves an ellipsis."""
    if width <= 0:
        return Text()
    short = line.copy()
    short.truncate(width, overflow="ellipsis")
    return short
