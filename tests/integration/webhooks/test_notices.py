"""Notices: one for each change, in its transaction; pauses that pass by themselves soon are nobody's news."""

from __future__ import annotations

import asyncio
import threading

import pytest

from paceline.domain.campaign import CampaignMove
from paceline.domain.errors import StoreUnavailable
from paceline.domain.event import EVENTS
from paceline.operations.context import Context
from paceline.operations.notifications import notifying, webhooks
from paceline.store.database import sql
from paceline.store.queue import campaigns, notices
from paceline.webhooks.relay import OutageWatch
from surroundings.queue import Queue
from surroundings.receivers import running_receiver
from surroundings.waiting import until

from .conftest import Install


def kinds(context: Context, *, told: int) -> list[str]:
    with context.queue.read() as connection:
        rows = connection.execute(sql("SELECT kind FROM notices WHERE told = :told ORDER BY id"), {"told": told})
        return list(rows.scalars())


def test_change_that_is_rolled_back_leaves_no_notice(install: Install) -> None:
    at = install()
    queue = Queue.filled(at.context, 1)
    with pytest.raises(RuntimeError):
        _stop_and_fail(at.context, queue.campaign_id)
    with at.context.queue.write() as connection:
        assert not campaigns.move(connection, queue.campaign_id, CampaignMove.REPLENISH, now=1.0)  # it does not pause
    assert kinds(at.context, told=0) == []
    assert kinds(at.context, told=1) == ["campaign.started"]


def _stop_and_fail(context: Context, campaign_id: int) -> None:
    with context.queue.write() as connection:
        assert campaigns.move(connection, campaign_id, CampaignMove.STOP, now=1.0)
        raise RuntimeError


def test_short_pause_by_limits_is_nobodys_news(install: Install) -> None:
    at = install()
    queue = Queue.filled(at.context, 1)
    now = at.context.clock.now()
    with at.context.queue.write() as connection:
        for length in (60.0, 3600.0):
            assert campaigns.move(connection, queue.campaign_id, CampaignMove.EXHAUST, now=now, resumes_at=now + length)
            now += length
            assert campaigns.move(connection, queue.campaign_id, CampaignMove.REPLENISH, now=now)
    assert kinds(at.context, told=0) == ["campaign.paused", "campaign.resumed"]
    assert kinds(at.context, told=1) == ["campaign.started", "campaign.paused", "campaign.resumed"]


def test_completed_campaign_is_told_with_its_counts(install: Install) -> None:
    at = install()
    queue = Queue.filled(at.context, 3)
    with at.context.queue.write() as connection:
        campaigns.move(connection, queue.campaign_id, CampaignMove.COMPLETE, now=queue.now)
        (notice,) = notices.untold(connection, 10)
    assert (notice.kind, notice.subject_id, notice.data["total"]) == ("campaign.completed", queue.campaign_id, 3)
    assert {"sent", "failed", "skipped", "uncertain", "cancelled"} <= notice.data.keys()


def test_cursor_follows_and_waits_at_a_gap(install: Install) -> None:
    at = install()
    queue = Queue.filled(at.context, 1)
    now = queue.now
    with at.context.queue.write() as connection:
        start = notices.last(connection)
        for what in (CampaignMove.PAUSE, CampaignMove.RESUME, CampaignMove.PAUSE):
            campaigns.move(connection, queue.campaign_id, what, now=now)
        seen = notices.after(connection, start, 2, now=now)
        assert [notice.kind for notice in seen] == ["campaign.paused", "campaign.resumed"]
        assert len(notices.after(connection, seen[-1].id, 10, now=now)) == 1
        connection.execute(sql("DELETE FROM notices WHERE id = :id"), {"id": seen[0].id})
        # As if its transaction was still under way: what follows must not be taken for the next one.
        assert notices.after(connection, start, 10, now=now) == []
        assert len(notices.after(connection, start, 10, now=now + 60)) == 2
        notices.mark_told(connection, [seen[1].id, seen[1].id + 1])
        notices.prune(connection, before=now + 1)
        assert notices.last(connection) == seen[1].id + 1  # the newest stays, or its number would be given again


class _Away:
    """A database that does not answer while it is switched off."""

    def __init__(self, context: Context) -> None:
        self.is_away = False
        self._database = context.queue

    def read(self):  # type: ignore[no-untyped-def]  # the database's own context manager
        if self.is_away:
            raise StoreUnavailable("no answer")
        return self._database.read()


def test_outage_is_told_once_and_its_end_too(install: Install) -> None:
    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            hook, _ = webhooks.create(at.context, url=receiver.url())
            away = _Away(at.context)
            watch = OutageWatch({"queue": away}, at.context.catalogue)  # type: ignore[dict-item]  # as far as it is asked
            now = at.context.clock.now()
            away.is_away = True
            for later in (0.0, 5.0, 11.0, 12.0, 60.0):
                assert not watch.look(now=now + later)
                watch.tell(now=now + later)
            away.is_away = False
            assert watch.look(now=now + 61.0)
            watch.tell(now=now + 61.0)
            assert watch.look(now=now + 62.0)
            watch.tell(now=now + 62.0)
            at.clock.turn_on(100)
            async with at.notifying():
                await until(lambda: len(receiver.calls) == 2)
                await until(lambda: not webhooks.deliveries(at.context, hook.id, status="waiting"))
            told = {call.event: call.data for call in receiver.calls}
            assert set(told) == {"database.unreachable", "database.back"}
            assert told["database.back"]["seconds"] == 61.0
            assert told["database.back"]["since"] == told["database.unreachable"]["since"]

    asyncio.run(story())


def test_short_silence_of_a_database_is_nobodys_news(install: Install) -> None:
    at = install()
    webhooks.create(at.context, url="https://example.com/hook")
    away = _Away(at.context)
    watch = OutageWatch({"queue": away}, at.context.catalogue)  # type: ignore[dict-item]  # as far as it is asked
    away.is_away = True
    watch.look(now=0.0)
    watch.look(now=9.0)
    away.is_away = False
    assert watch.look(now=9.5)
    watch.tell(now=9.5)
    with at.context.catalogue.read() as connection:
        assert connection.execute(sql("SELECT COUNT(*) FROM notifications")).scalar_one() == 0


def test_loop_of_the_background_process_ends_when_it_is_told(install: Install) -> None:
    at = install()
    stop = threading.Event()
    thread = threading.Thread(target=notifying.run, args=(at.context, stop))
    thread.start()
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def test_end_of_an_import_is_told_once(install: Install) -> None:
    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            webhooks.create(at.context, url=receiver.url())
            for status in ("completed", "failed", "cancelled", "running"):
                at.context.catalogue.execute(
                    "INSERT INTO imports (workspace_id, file, file_name, digest, options, status, reason, rows, imported, "
                    "created_at, finished_at) VALUES (1, 'x', :name, '', '{}', :status, NULL, 3, 2, 0, :finished)",
                    name=f"{status}.csv",
                    status=status,
                    finished=None if status == "running" else 1e9,
                )
            for _ in range(2):
                async with at.notifying():
                    await until(lambda: len(receiver.calls) == 2)
            told = {call.event: call.data for call in receiver.calls}
            assert set(told) == {"import.completed", "import.failed"}
            done = told["import.completed"]
            assert (done["file_name"], done["rows"], done["imported"]) == ("completed.csv", 3, 2)
            assert set(done) == set(EVENTS["import.completed"].payload)
            assert done["import"].startswith("imp_")

    asyncio.run(story())
