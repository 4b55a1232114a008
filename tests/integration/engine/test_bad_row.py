"""One outcome that the database refuses cannot hold up the others of its group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.sending import logins, opened, send_to_the_end, write_campaign

_SQLITE_TRIGGER = """
    CREATE TRIGGER poison BEFORE UPDATE ON messages WHEN NEW.reply LIKE '%poison%'
    BEGIN SELECT RAISE(ABORT, 'poisoned'); END"""
_POISON_ON_POSTGRESQL = [
    """CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'poisoned' USING ERRCODE = 'data_exception'; END $$""",
    """CREATE TRIGGER poison BEFORE UPDATE ON messages FOR EACH ROW WHEN (NEW.reply LIKE '%poison%')
    EXECUTE FUNCTION poisoned()""",
]
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


async def _sent(
    database_url: str,
    folder: Path,
    *statements: str,
    accounts: int = 1,
    max_connections: int = 1,
    look: Callable[[Context], None] = lambda context: None,
) -> Summary:
    """How 20 messages end once the statements have run; the answer to user5 is poison. ``look`` sees the end."""
    rules = [{"stage": "dot", "recipient": "user5@*", "reply": "250 2.0.0 this is poison"}]
    server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
    await server.start()
    path = write_campaign(folder, contacts=20, accounts=logins(server.port, accounts, max_connections=max_connections))
    with opened(database_url, folder) as context:
        with context.queue.write() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%"))
        summary = await send_to_the_end(context, path)
        look(context)
    await server.stop()
    assert set(server.per_recipient.values()) == {1}
    return summary


def test_bad_outcome_is_kept_without_its_text_and_the_others_whole(database_url: str, tmp_path: Path) -> None:
    replies: dict[str, str | None] = {}

    def look(context: Context) -> None:
        with context.queue.read() as connection:
            replies.update({r[0]: r[1] for r in connection.exec_driver_sql("SELECT address, reply FROM messages")})

    poison = [_SQLITE_TRIGGER] if database_url.startswith("sqlite") else _POISON_ON_POSTGRESQL
    summary = asyncio.run(_sent(database_url, tmp_path, *poison, accounts=2, max_connections=5, look=look))
    assert summary.status is CampaignStatus.COMPLETED
    assert summary.counts["sent"] == 20
    assert replies.pop("user5@example.com") == "the reply cannot be stored"
    assert set(replies.values()) == {"250 2.0.0 stored"}


def test_store_that_goes_away_while_parts_are_tried_loses_none(postgresql_url: str, tmp_path: Path) -> None:
    summary = asyncio.run(_sent(postgresql_url, tmp_path, *_POISON_ON_POSTGRESQL, *_GONE_ONCE))
    assert summary.status is CampaignStatus.COMPLETED
    assert summary.counts["sent"] == 20


def test_outcome_that_cannot_be_kept_at_all_is_uncertain(sqlite_url: str, tmp_path: Path) -> None:
    summary = asyncio.run(_sent(sqlite_url, tmp_path, _SENT_IS_REFUSED))
    assert summary.status is CampaignStatus.COMPLETED
    assert (summary.counts["sent"], summary.counts["uncertain"]) == (19, 1)
