"""The number of commits that is kept beside an SQLite database, read while others commit."""

from __future__ import annotations

import threading
from pathlib import Path

from paceline.settings import read_settings
from paceline.store.opening import open_queue
from paceline.store.queue import installation


def test_database_beside_a_busy_sender_is_no_older_copy(sqlite_url: str, tmp_path: Path) -> None:
    database = open_queue(read_settings({}, database=sqlite_url, data_dir=str(tmp_path)))
    with database.write() as connection:
        installation.accept_identity(database, connection)
    over = threading.Event()

    def commit() -> None:
        while not over.is_set():
            with database.write() as connection:
                commits = database.count_commit(connection, 1)
            database.remember_commits(commits)

    busy = threading.Thread(target=commit)
    busy.start()
    try:
        for _ in range(500):
            with database.read() as connection:
                assert installation.why_it_went_back(database, connection) is None
    finally:
        over.set()
        busy.join()
        database.close()
