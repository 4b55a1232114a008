"""The health check finds each trouble, names the cure, and is quick about it, also where a database is away."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignMove
from paceline.operations.installation.doctor import Finding, examine
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.settings import Settings, read_settings
from paceline.store.database import sql
from paceline.store.queue import chore_failures
from surroundings.queue import Queue
from surroundings.sending import Sending, logins, opened, write_campaign

NOWHERE = "postgresql://nobody:secret@127.0.0.1:1/none"


def _settings(url: str, tmp_path: Path, **more: object) -> Settings:
    return read_settings({}, database=url, data_dir=str(tmp_path), **more)


def _found(settings: Settings) -> dict[str, Finding]:
    findings = examine(settings)
    assert all(finding.cure for finding in findings if finding.ok is not True)
    return {finding.check: finding for finding in findings}


def test_nothing_fails_on_a_healthy_installation(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path):
        found = _found(_settings(database_url, tmp_path))
    assert not [finding for finding in found.values() if finding.ok is False]
    expected = {"data directory", "database", "database writing", "database pool", "database locks", "database size"}
    expected |= {"queries", "identity", "secrets", "clock", "backup", "senders", "accounts", "campaigns", "counters"}
    assert expected <= set(found)


def test_two_databases_are_examined_each(tmp_path: Path, postgresql_url: str) -> None:
    settings = _settings(f"sqlite:///{tmp_path / 'catalogue.db'}", tmp_path, queue_database=postgresql_url)
    with opened(settings.database_url, tmp_path, queue_database=postgresql_url):
        found = _found(settings)
    for name in ("queue database", "catalogue database"):
        assert found[name].ok is True
        assert found[f"{name} writing"].ok is not False
    assert "queue schema" in found["queue database"].sentence
    assert "catalogue schema" in found["catalogue database"].sentence


@pytest.mark.parametrize("away", ["database", "queue_database"])
def test_one_database_that_is_away_is_told_at_once_and_the_other_is_examined(
    away: str, sqlite_url: str, tmp_path: Path
) -> None:
    with opened(sqlite_url, tmp_path):
        pass
    urls = {"database": sqlite_url, "queue_database": sqlite_url, away: NOWHERE}
    began = time.monotonic()
    found = _found(read_settings({}, data_dir=str(tmp_path), **urls))
    assert time.monotonic() - began < 10
    broken, other = "catalogue database", "queue database"
    if away == "queue_database":
        broken, other = other, broken
    assert found[broken].ok is False
    assert "secret" not in found[broken].words
    assert found[other].ok is not False


def test_another_schema_version_is_told_with_the_command(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        context.queue.execute("UPDATE catalogue_version SET version_num = '0000'")
        found = _found(_settings(database_url, tmp_path))
    assert found["database"].ok is False
    assert "paceline database upgrade" in found["database"].cure


def test_campaign_without_a_sender_is_told_in_the_words_of_explain(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        Queue.filled(context, 5)
        found = _found(_settings(database_url, tmp_path))
    assert found["campaigns"].ok is None
    assert "test: no sender is at work" in found["campaigns"].sentence


def test_campaign_that_should_send_and_does_not_is_told(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        queue = Queue.filled(context, 5)
        queue.holder()
        now = context.clock.now()
        context.queue.execute("UPDATE senders SET lease_until = :until", until=now + 30)
        context.queue.execute("UPDATE campaigns SET updated_at = :at", at=now - 600)
        context.queue.execute("UPDATE campaign_counters SET updated_at = :at", at=now - 600)
        found = _found(_settings(database_url, tmp_path))
        assert "for 10 minutes nothing has been sent" in found["campaigns"].sentence
        queue.move(CampaignMove.PAUSE)
        assert _found(_settings(database_url, tmp_path))["campaigns"].ok is True


def test_sender_that_went_silent_is_told(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        Queue.filled(context, 1).holder()
        context.queue.execute("UPDATE senders SET lease_until = :until", until=context.clock.now() - 60)
        found = _found(_settings(database_url, tmp_path))
    assert found["senders"].ok is None
    assert "1 sender died or went silent, holding 1 account" in found["senders"].sentence


def test_broken_account_is_told_with_its_reason(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        Queue.filled(context, 1).holder("relay-7")
        context.queue.execute("UPDATE accounts SET state = :s, reason = '535 no'", s=str(AccountState.BROKEN))
        found = _found(_settings(database_url, tmp_path))
    assert "relay-7: 535 no" in found["accounts"].sentence


def test_wrong_counters_fail_the_check(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        Queue.filled(context, 5)
        assert _found(_settings(database_url, tmp_path))["counters"].ok is True
        context.queue.execute("UPDATE campaign_counters SET sent = sent + 1")
        found = _found(_settings(database_url, tmp_path))
    assert found["counters"].ok is False


def test_check_that_meets_something_odd_does_not_hide_the_others(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        Queue.filled(context, 1).holder()
        context.queue.execute("UPDATE accounts SET login = 'no JSON'")
        found = _found(_settings(database_url, tmp_path))
    assert found["secrets"].ok is False
    assert "cannot be made" in found["secrets"].sentence
    assert found["counters"].ok is True


def test_other_key_fails_the_check(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        Queue.filled(context, 1).holder()
        found = _found(_settings(database_url, tmp_path, secret_key="another one"))
    assert found["secrets"].ok is False


def test_scheduled_campaigns_and_imports_without_a_background_process_are_told(
    database_url: str, tmp_path: Path
) -> None:
    with opened(database_url, tmp_path) as context:
        Queue.filled(context, 1)
        assert _found(_settings(database_url, tmp_path))["background"].ok is True
        context.queue.execute("UPDATE campaigns SET status = 'scheduled'")
        found = _found(_settings(database_url, tmp_path))
    assert found["background"].ok is None
    assert "1 scheduled campaign" in found["background"].sentence


def test_recurring_work_that_fails_is_told_with_its_reason(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as context:
        with context.queue.write() as connection:
            chore_failures.keep(connection, "limit resumer", reason="no such column", now=context.clock.now())
        found = _found(_settings(database_url, tmp_path))
    assert found["background"].sentence == "limit resumer has failed 1 time: no such column"


def test_long_transaction_of_somebody_else_is_told(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paceline.operations.installation.doctor.databases._LONG_TRANSACTION_SECONDS", 0.001)
    with opened(postgresql_url, tmp_path) as context, context.queue.read_much() as forgotten:
        forgotten.execute(sql("SELECT pg_sleep(0.01)"))
        found = _found(_settings(postgresql_url, tmp_path))
    assert "a transaction has been open" in found["database locks"].sentence
    assert "fsync = off" in found["database safety"].sentence  # so it is in the server of the tests


def test_held_write_lock_fails_the_check_within_the_lock_timeout(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path) as context, context.queue.write():
        found: dict[str, Finding] = {}
        settings = _settings(sqlite_url, tmp_path, lock_timeout_seconds=0.3)
        check = threading.Thread(target=lambda: found.update(_found(settings)))
        check.start()
        check.join(60)
    assert found["database"].ok is False
    assert "no turn to write" in found["database"].sentence or "has not released it" in found["database"].sentence


def test_it_works_beside_a_sender_at_full_speed(database_url: str, tmp_path: Path) -> None:
    async def story() -> list[Finding]:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=4000, accounts=logins(server.port, 4, max_connections=4))
        with opened(database_url, tmp_path) as context:
            async with Sending(context, path) as sending:
                await sending.until(lambda now: now.counts["sent"] > 50)
                found = await asyncio.to_thread(examine, context.settings)
                await sending.end()
        await server.stop()
        return found

    found = {finding.check: finding for finding in asyncio.run(story())}
    assert not [finding for finding in found.values() if finding.ok is False]
    assert found["senders"].sentence.startswith(("1 sender at work", "no sender"))
