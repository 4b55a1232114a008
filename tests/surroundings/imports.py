"""Imports as tests need them: files, and how an import ended."""

from __future__ import annotations

import csv
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paceline.operations.audience.importing import Import, ImportRequest, run_import, start_import
from paceline.operations.context import Context
from paceline.store.database import sql


def write_csv(path: Path, *rows: Sequence[str]) -> Path:
    """A CSV file of these rows, the header first."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def imported(context: Context, path: Path, **request: Any) -> Import:
    """Import a file into the list "news", unless the request says otherwise, to the end."""
    wanted = ImportRequest(**{"file": path, "file_name": path.name, "list_name": "news", **request})
    return run_import(context, start_import(context, wanted), stop=threading.Event())


def refused_rows(done: Import) -> list[list[str]]:
    """The rows of the file of refused rows, without its header."""
    if done.refused_file is None:
        return []
    with done.refused_file.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def counters_are_right(context: Context) -> bool:
    """Whether every list's counters are what counting its subscriptions gives."""
    with context.catalogue.read() as connection:
        wrong = connection.execute(
            sql(
                "SELECT l.id FROM lists l WHERE "
                "l.unconfirmed <> (SELECT COUNT(*) FROM subscriptions s WHERE s.list_id = l.id AND s.state = 0) OR "
                "l.confirmed <> (SELECT COUNT(*) FROM subscriptions s WHERE s.list_id = l.id AND s.state = 1) OR "
                "l.unsubscribed <> (SELECT COUNT(*) FROM subscriptions s WHERE s.list_id = l.id AND s.state = 2)"
            )
        )
        return not wrong.all()
