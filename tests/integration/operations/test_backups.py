"""An installation is copied while it is at work, and comes back as it was, with nothing of it sending by itself."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.domain.errors import InputError
from paceline.operations.context import Context, NotPossible
from paceline.operations.installation import backups, databases
from paceline.operations.installation.doctor import examine
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.settings import Settings, read_settings
from paceline.store.copies import CopyFailed
from paceline.store.database import sql
from paceline.store.opening import SchemaMismatch
from paceline.store.queue import campaigns
from surroundings.postgres import postgres_programs
from surroundings.queue import Queue
from surroundings.sending import Sending, logins, opened, write_campaign


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the server that the tests run."""
    monkeypatch.setenv("PATH", f"{postgres_programs()}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(params=["one SQLite", "two SQLite", "one PostgreSQL", "two PostgreSQL", "one of each"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings for every way in which the two schemas can live."""
    sqlite = f"sqlite:///{tmp_path / 'paceline.db'}"
    urls: dict[str, str] = {"database": sqlite}
    if request.param == "two SQLite":
        urls["queue_database"] = f"sqlite:///{tmp_path / 'queue.db'}"
    elif request.param != "one SQLite":
        server = request.getfixturevalue("postgres")
        first, second = server.url(server.create()), server.url(server.create())
        if request.param == "one of each":
            urls["queue_database"] = first
        else:
            urls["database"] = first
        if request.param == "two PostgreSQL":
            urls["queue_database"] = second
    return read_settings({}, data_dir=str(tmp_path), **urls)


def _opened(settings: Settings) -> Any:
    more: dict[str, Any] = {"queue_database": settings.queue_database} if settings.queue_database else {}
    return opened(settings.database_url, Path(settings.data_dir), **more)


def _add_workspace(context: Context, name: str) -> None:
    context.catalogue.execute("INSERT INTO workspaces (name, created_at) VALUES (:name, 0)", name=name)


def _seen(context: Context) -> tuple[list[str], list[tuple[str, str]], int]:
    with context.catalogue.read() as connection:
        workspaces = connection.execute(sql("SELECT name FROM workspaces ORDER BY id")).scalars().all()
    with context.queue.read() as connection:
        rows = connection.execute(sql("SELECT key, status FROM campaigns ORDER BY id")).all()
        messages = connection.execute(sql("SELECT COUNT(*) FROM messages")).scalar_one()
    return list(workspaces), [(row.key, row.status) for row in rows], messages


def _end_senders(context: Context) -> None:
    context.queue.execute("UPDATE senders SET ended_at = 1")


def test_everything_comes_back_and_what_ran_is_paused(settings: Settings, tmp_path: Path) -> None:
    with _opened(settings) as context:
        Queue.filled(context, 7)
        _add_workspace(context, "before")
        was = _seen(context)
    backup = backups.backup(settings, tmp_path / "backup")
    assert backup.stat().st_mode & 0o077 == 0
    with _opened(settings) as context:
        _add_workspace(context, "after")
        context.queue.execute("DELETE FROM messages")
    lines = backups.restore(settings, backup)
    assert any("not sending until a person says so: test" in line for line in lines)
    with _opened(settings) as context:
        workspaces, rows, messages = _seen(context)
        assert (workspaces, messages) == (was[0], was[2])
        assert rows == [("test", "paused")]
        with context.queue.read() as connection:
            found = campaigns.find(connection, "test", workspace_id=1)
        assert found is not None
        assert "restored from the backup of 20" in (found.pause_reason or "")
        _add_workspace(context, "goes on")  # ids go on after the restored ones


def test_what_was_there_is_kept_and_a_second_restore_keeps_both(settings: Settings, tmp_path: Path) -> None:
    with _opened(settings) as context:
        _add_workspace(context, "first")
    backup = backups.backup(settings, tmp_path / "backup")
    first, second = backups.restore(settings, backup), backups.restore(settings, backup)
    kept = [line.partition("what was there is ")[2] for line in (*first, *second) if "what was there is" in line]
    assert len(set(kept)) == len(kept) == (4 if settings.has_two_databases else 2)


def test_scheduled_campaigns_are_drafts_again(settings: Settings, tmp_path: Path) -> None:
    with _opened(settings) as context:
        queue = Queue.filled(context, 1)
        context.queue.execute("UPDATE campaigns SET status = 'draft'")
        queue.move(CampaignMove.SCHEDULE)
    backups.restore(settings, backups.backup(settings, tmp_path / "backup"))
    with _opened(settings) as context:
        assert _seen(context)[1] == [("test", "draft")]


def test_restored_database_is_the_one_that_rules(settings: Settings, tmp_path: Path) -> None:
    with _opened(settings):
        pass
    backup = backups.backup(settings, tmp_path / "backup")
    with _opened(settings) as context:
        for _ in range(20):
            context.queue.execute("UPDATE installation SET commits = commits + 1")
    backups.restore(settings, backup)
    (identity,) = [finding for finding in examine(settings) if finding.check == "identity"]
    assert identity.ok is True


def test_nobody_may_be_at_work_while_it_comes_back(settings: Settings, tmp_path: Path) -> None:
    with _opened(settings) as context:
        Queue.filled(context, 1).holder()
        context.queue.execute("UPDATE senders SET lease_until = :until", until=context.clock.now() + 30)
    backup = backups.backup(settings, tmp_path / "backup")
    with pytest.raises(NotPossible, match="1 sender at work"):
        backups.restore(settings, backup)
    with _opened(settings) as context:
        assert _seen(context)[1] == [("test", "running")]
        _end_senders(context)
        context.catalogue.execute("INSERT INTO leaderships VALUES ('background', 'x', :u)", u=context.clock.now() + 9)
    with pytest.raises(NotPossible, match="a background process at work"):
        backups.restore(settings, backup)


def test_a_folder_that_exists_is_never_replaced(settings: Settings, tmp_path: Path) -> None:
    with _opened(settings):
        pass
    (tmp_path / "backup").mkdir()
    with pytest.raises(InputError, match="exists already"):
        backups.backup(settings, tmp_path / "backup")


def test_damaged_copies_change_nothing(settings: Settings, tmp_path: Path) -> None:
    with _opened(settings) as context:
        Queue.filled(context, 1)
    backup = backups.backup(settings, tmp_path / "backup")
    for file in backup.iterdir():
        if file.name != backups.MANIFEST:
            file.write_bytes(file.read_bytes()[:-100] + b"x" * 100)
    with pytest.raises(InputError, match="is damaged"):
        backups.restore(settings, backup)
    with _opened(settings) as context:
        assert _seen(context)[1] == [("test", "running")]


def _program(folder: Path, name: str, script: str) -> str:
    """A program that is found first; returns the PATH."""
    folder.mkdir()
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_second_database_that_cannot_come_back_takes_the_first_one_back(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read_settings(
        {}, data_dir=str(tmp_path), database=f"sqlite:///{tmp_path / 'c.db'}", queue_database=postgresql_url
    )
    with _opened(settings) as context:
        _add_workspace(context, "before")
    backup = backups.backup(settings, tmp_path / "backup")
    with _opened(settings) as context:
        Queue.filled(context, 3)
        _add_workspace(context, "after")
        was = _seen(context)
    failing = 'case "$*" in *--list*) exit 0;; *) echo "no space left on device" >&2; exit 1;; esac'
    monkeypatch.setenv("PATH", _program(tmp_path / "bin", "pg_restore", failing))
    with pytest.raises(CopyFailed, match="no space left on device"):
        backups.restore(settings, backup)
    with _opened(settings) as context:
        assert _seen(context) == was


@pytest.mark.parametrize("what", ["nothing", "empty", "file", "list", "newer"])
def test_what_is_no_backup_is_told_in_one_line(what: str, sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    if what != "nothing":
        folder.mkdir()
    contents = {"file": "no JSON", "list": "[]", "newer": '{"format": 2, "databases": [1], "made_at": "x"}'}
    if what in contents:
        (folder / backups.MANIFEST).write_text(contents[what])
    settings = read_settings({}, data_dir=str(tmp_path), database=sqlite_url)
    with pytest.raises(InputError) as refusal:
        backups.restore(settings, folder)
    assert len(str(refusal.value).splitlines()) == 1


def test_backup_of_two_databases_does_not_fit_into_one(tmp_path: Path) -> None:
    one = read_settings({}, data_dir=str(tmp_path), database=f"sqlite:///{tmp_path / 'one.db'}")
    two = read_settings(
        {},
        data_dir=str(tmp_path),
        database=f"sqlite:///{tmp_path / 'c.db'}",
        queue_database=f"sqlite:///{tmp_path / 'q.db'}",
    )
    with _opened(two), _opened(one):
        pass
    backup = backups.backup(two, tmp_path / "backup")
    with pytest.raises(InputError, match="PACELINE_QUEUE_DATABASE"):
        backups.restore(one, backup)


def test_nothing_is_not_backed_up(bare_sqlite_url: str, tmp_path: Path) -> None:
    settings = read_settings({}, data_dir=str(tmp_path), database=bare_sqlite_url)
    with pytest.raises(InputError, match="nothing to back up"):
        backups.backup(settings, tmp_path / "backup")
    assert not list(tmp_path.glob("backup*"))


def test_copy_is_made_while_a_sender_writes_at_full_speed(database_url: str, tmp_path: Path) -> None:
    async def story() -> Path:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=4000, accounts=logins(server.port, 4, max_connections=4))
        with opened(database_url, tmp_path) as context:
            async with Sending(context, path) as sending:
                await sending.until(lambda now: now.counts["sent"] > 50)
                made = await asyncio.to_thread(backups.backup, context.settings, tmp_path / "backup")
                last = await sending.end()
        await server.stop()
        assert last.status is CampaignStatus.COMPLETED
        return made

    made = asyncio.run(story())
    settings = read_settings({}, data_dir=str(tmp_path), database=database_url)
    backups.restore(settings, made)
    with _opened(settings) as context, context.queue.read() as connection:
        (campaign,) = campaigns.every(connection, workspace_id=1)
        counts = campaigns.progress(connection, campaign.id).counts
        assert counts == campaigns.count_anew(connection, campaign.id)
        assert 0 < counts["sent"] <= 4000


def test_password_is_in_no_process_list(postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(postgresql_url, tmp_path):
        pass
    spy = f'echo "$@" > {tmp_path}/seen; echo "$PGPASSWORD" > {tmp_path}/given; exit 1'
    monkeypatch.setenv("PATH", _program(tmp_path / "bin", "pg_dump", spy))
    url = postgresql_url.replace("postgres@", "postgres:hunter2@")
    settings = read_settings({}, data_dir=str(tmp_path), database=url)
    with pytest.raises(CopyFailed):
        backups.backup(settings, tmp_path / "backup")
    assert "hunter2" not in (tmp_path / "seen").read_text()
    assert (tmp_path / "given").read_text() == "hunter2\n"
    assert not list(tmp_path.glob("backup*"))


def test_missing_program_is_told(postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(postgresql_url, tmp_path):
        pass
    monkeypatch.setenv("PATH", str(tmp_path))
    settings = read_settings({}, data_dir=str(tmp_path), database=postgresql_url)
    with pytest.raises(CopyFailed, match="pg_dump is not installed: it comes with"):
        backups.backup(settings, tmp_path / "backup")


def test_the_way_back_after_an_upgrade_is_a_restore(settings: Settings, tmp_path: Path) -> None:
    """A newer program has changed both schemas; the former one refuses them, and its backup brings them back."""
    with _opened(settings) as context:
        _add_workspace(context, "before")
    backup = backups.backup(settings, tmp_path / "backup")
    with _opened(settings) as context:
        for database, schema in ((context.queue, "queue"), (context.catalogue, "catalogue")):
            database.execute(f"CREATE TABLE {schema}_of_the_future (id integer)")
            database.execute(f"UPDATE {schema}_version SET version_num = '0099'")
    with pytest.raises(SchemaMismatch, match="made by a newer Paceline"), _opened(settings):
        pass
    with pytest.raises(SchemaMismatch, match="made by a newer Paceline"):
        databases.upgrade(settings)
    backups.restore(settings, backup)
    with _opened(settings) as context:
        assert _seen(context)[0][-1] == "before"
        with context.queue.read() as connection, pytest.raises(Exception, match="queue_of_the_future"):
            connection.execute(sql("SELECT * FROM queue_of_the_future"))


def test_copy_leaves_nothing_beside_itself(sqlite_url: str, tmp_path: Path) -> None:
    settings = read_settings({}, data_dir=str(tmp_path), database=sqlite_url)
    with _opened(settings):
        pass
    backup = backups.backup(settings, tmp_path / "backup")
    kept = shutil.copytree(backup, tmp_path / "kept")
    backups.restore(settings, backup)
    assert {file.name for file in backup.iterdir()} == {"manifest.json", "paceline.sqlite"}
    assert all((backup / file.name).read_bytes() == file.read_bytes() for file in kept.iterdir())
    with sqlite3.connect(backup / "paceline.sqlite") as connection:
        assert connection.execute("SELECT name FROM workspaces").fetchall()
    connection.close()
