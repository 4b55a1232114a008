"""Writers of several processes take turns: nobody is starved, nobody meets "database is locked"."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from paceline.domain.errors import StoreUnavailable
from paceline.settings import read_settings
from paceline.store.opening import open_queue
from paceline.store.sqlite import SqliteDatabase

WRITER = """
import sys
from paceline.settings import read_settings
from paceline.store.opening import open_queue
database = open_queue(read_settings({}, database=sys.argv[1], data_dir=sys.argv[2]))
print("ready", flush=True)
for _ in range(int(sys.argv[3])):
    database.execute("UPDATE installation SET commits = commits + 1")
database.close()
"""


def writer(url: str, folder: Path, times: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, url, str(folder), str(times)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_no_write_of_four_busy_processes_is_lost_or_refused(sqlite_url: str, tmp_path: Path) -> None:
    settings = read_settings({}, database=sqlite_url, data_dir=str(tmp_path))
    database = open_queue(settings)
    writers = [writer(sqlite_url, tmp_path, 200) for _ in range(4)]
    for process in writers:
        process.communicate()
    assert [process.returncode for process in writers] == [0, 0, 0, 0]
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT commits FROM installation").scalar_one() == 800
    database.close()


def test_threads_that_hand_on_the_turn_lose_nothing_and_starve_no_other_process(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = open_queue(read_settings({}, database=sqlite_url, data_dir=str(tmp_path)))
    other = writer(sqlite_url, tmp_path, 50)
    over = threading.Event()

    def write_until_over() -> int:
        times = 0
        while not over.is_set():
            database.execute("UPDATE installation SET commits = commits + 1")
            times += 1
        return times

    with ThreadPoolExecutor(8) as threads:
        counts = [threads.submit(write_until_over) for _ in range(8)]
        other.communicate(timeout=60)
        over.set()
    with database.read() as connection:
        commits = connection.exec_driver_sql("SELECT commits FROM installation").scalar_one()
    assert commits == 50 + sum(count.result() for count in counts)
    database.close()


def test_thread_that_waits_too_long_takes_no_turn_with_it(sqlite_url: str, tmp_path: Path) -> None:
    settings = read_settings({}, database=sqlite_url, data_dir=str(tmp_path), lock_timeout_seconds=0.2)
    first, second = open_queue(settings), open_queue(settings)
    with first.write(), ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(first.execute, "UPDATE installation SET commits = 1")
        with pytest.raises(StoreUnavailable, match="no turn to write within"):
            waiting.result()
    second.execute("UPDATE installation SET commits = 2")
    first.close()
    second.close()


@pytest.fixture
def alarm() -> Iterator[None]:
    """SIGALRM interrupts the main thread as Ctrl-C does."""
    former = signal.signal(signal.SIGALRM, signal.default_int_handler)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, former)


@pytest.mark.usefixtures("alarm")
def test_thread_that_is_interrupted_while_it_waits_takes_no_turn_with_it(sqlite_url: str, tmp_path: Path) -> None:
    database = open_queue(read_settings({}, database=sqlite_url, data_dir=str(tmp_path), lock_timeout_seconds=2))
    begun, over = threading.Event(), threading.Event()

    def write_until_over() -> None:
        with database.write():
            begun.set()
            over.wait(60)

    def write_interrupted() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        database.execute("UPDATE installation SET commits = 1")

    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(write_until_over)
        begun.wait(60)
        with pytest.raises(KeyboardInterrupt):
            write_interrupted()
        over.set()
        other.result()
    database.execute("UPDATE installation SET commits = 2")
    database.close()


def test_killed_writer_leaves_the_turn_to_the_others(sqlite_url: str, tmp_path: Path) -> None:
    database = open_queue(read_settings({}, database=sqlite_url, data_dir=str(tmp_path)))
    process = writer(sqlite_url, tmp_path, 1_000_000)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.kill()
    process.communicate()
    database.execute("UPDATE installation SET commits = 0")
    database.close()


def test_who_waits_too_long_for_a_turn_is_told_so(sqlite_url: str, tmp_path: Path) -> None:
    settings = read_settings({}, database=sqlite_url, data_dir=str(tmp_path), lock_timeout_seconds=0.2)
    first, second = open_queue(settings), open_queue(settings)
    assert isinstance(first, SqliteDatabase)
    with first.write(), pytest.raises(StoreUnavailable, match="has not released it in time"):
        second.execute("UPDATE installation SET commits = 0")
    second.execute("UPDATE installation SET commits = 0")
    first.close()
    second.close()


def test_failed_transaction_leaves_nothing_behind(database_url: str, tmp_path: Path) -> None:
    database = open_queue(read_settings({}, database=database_url, data_dir=str(tmp_path)))

    def interrupted() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("UPDATE installation SET commits = 77")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT commits FROM installation").scalar_one() == 0
    assert database.pool_statistics()["in_use"] == 0
    database.close()


def test_log_is_written_over_from_its_beginning_although_others_write_during_checkpoints(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = open_queue(read_settings({}, database=sqlite_url, data_dir=str(tmp_path)))
    assert isinstance(database, SqliteDatabase)
    others = [writer(sqlite_url, tmp_path, 1_000) for _ in range(2)]
    for _ in range(1_000):
        database.execute("UPDATE installation SET commits = commits + 1")
    for process in others:
        process.communicate()
    bytes_of_all = 3_000 * 4096  # at the least one page a commit
    assert database.wal_bytes() < bytes_of_all / 5
    database.close()
