"""One outcome that the database refuses cannot hold up the others of its group."""

from __future__ import annotations

import asyncio
from pathlib import Path

from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.sqlite import SqliteDatabase
from surroundings.sending import logins, opened, send_to_the_end, write_campaign

_SQLITE_TRIGGER = """
    CREATE TRIGGER poison BEFORE UPDATE ON messages WHEN NEW.reply LIKE '%poison%'
    BEGIN SELECT RAISE(ABORT, 'poisoned'); END"""
_POSTGRESQL_FUNCTION = """
    CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'poisoned' USING ERRCODE = 'data_exception'; END $$"""
_POSTGRESQL_TRIGGER = """
    CREATE TRIGGER poison BEFORE UPDATE ON messages FOR EACH ROW WHEN (NEW.reply LIKE '%poison%')
    EXECUTE FUNCTION poisoned()"""

_GONE_ONCE = [
    "CREATE SEQUENCE once",
    """CREATE FUNCTION gone_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('once') = 1 THEN RAISE EXCEPTION 'going away' USING ERRCODE = '57P01'; END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER gone BEFORE UPDATE ON messages FOR EACH ROW
    WHEN (NEW.reply = 'the reply cannot be stored') EXECUTE FUNCTION gone_once()""",
]
_SENT_IS_REFUSED = """
    CREATE TRIGGER refused BEFORE UPDATE ON messages WHEN NEW.state = 4 AND NEW.address = 'user5@example.com'
    BEGIN SELECT RAISE(ABORT, 'refused'); END"""


def _refuse_poison(context: Context) -> None:
    """The database refuses every outcome whose text contains the word."""
    if isinstance(context.queue, SqliteDatabase):
        statements = [_SQLITE_TRIGGER]
    else:
        statements = [_POSTGRESQL_FUNCTION, _POSTGRESQL_TRIGGER]
    with context.queue.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))


def test_bad_outcome_is_kept_without_its_text_and_the_others_whole(database_url: str, tmp_path: Path) -> None:
    rules = [{"stage": "dot", "recipient": "user5@*", "reply": "250 2.0.0 this is poison"}]

    async def story() -> tuple[Summary, dict[str, str | None]]:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
        await server.start()
        path = write_campaign(tmp_path, contacts=20, accounts=logins(server.port, 2, max_connections=5))
        with opened(database_url, tmp_path) as context:
            _refuse_poison(context)
            summary = await send_to_the_end(context, path)
            with context.queue.read() as connection:
                replies = {r[0]: r[1] for r in connection.exec_driver_sql("SELECT address, reply FROM messages")}
        await server.stop()
        assert set(server.per_recipient.values()) == {1}
        return summary, replies

    summary, replies = asyncio.run(story())
    assert summary.status is CampaignStatus.COMPLETED
    assert summary.counts["sent"] == 20
    assert replies.pop("user5@example.com") == "the reply cannot be stored"
    assert set(replies.values()) == {"250 2.0.0 stored"}


def test_store_that_goes_away_while_parts_are_tried_loses_none(postgresql_url: str, tmp_path: Path) -> None:
    rules = [{"stage": "dot", "recipient": "user5@*", "reply": "250 2.0.0 this is poison"}]

    async def story() -> Summary:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
        await server.start()
        path = write_campaign(tmp_path, contacts=20, accounts=logins(server.port, 1))
        with opened(postgresql_url, tmp_path) as context:
            _refuse_poison(context)
            with context.queue.write() as connection:
                for statement in _GONE_ONCE:
                    connection.exec_driver_sql(statement)
            summary = await send_to_the_end(context, path)
        await server.stop()
        return summary

    summary = asyncio.run(story())
    assert summary.status is CampaignStatus.COMPLETED
    assert summary.counts["sent"] == 20


def test_outcome_that_cannot_be_kept_at_all_is_uncertain(sqlite_url: str, tmp_path: Path) -> None:
    async def story() -> Summary:
        server = SmtpSandbox(keep_data=False)
        await server.start()
        path = write_campaign(tmp_path, contacts=20, accounts=logins(server.port, 1))
        with opened(sqlite_url, tmp_path) as context:
            with context.queue.write() as connection:
                connection.exec_driver_sql(_SENT_IS_REFUSED)
            summary = await send_to_the_end(context, path)
        await server.stop()
        return summary

    summary = asyncio.run(story())
    assert summary.status is CampaignStatus.COMPLETED
    assert (summary.counts["sent"], summary.counts["uncertain"]) == (19, 1)
