"""Cells that spreadsheets would take for formulas: made text on the way out, and what they were on the way back in."""

from __future__ import annotations

import re

# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), full-width forms included.
_FORMULA_START = re.compile("[=+\\-@\t\r\n＝＋－＠]")


def harmless(cell: str) -> str:
    """The cell, or the cell as text for a spreadsheet that would take it for a formula."""
    return "'" + cell if _FORMULA_START.match(cell) else cell


def as_it_was(cell: str) -> str:
    """The cell before ``harmless``."""
    return cell[1:] if cell.startswith("'") and _FORMULA_START.match(cell, 1) else cell
