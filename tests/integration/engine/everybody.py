"""What tests of faults wait for, and what is true when the fault is over."""

from __future__ import annotations

from paceline.operations.context import Context
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from surroundings.waiting import until


async def a_connection_is_dropped(server: SmtpSandbox) -> None:
    """Wait until a sender has given up a connection that it had."""
    most = server.mailbox.open_connections

    def dropped() -> bool:
        nonlocal most
        most = max(most, server.mailbox.open_connections)
        return server.mailbox.open_connections < most

    await until(dropped)


def assert_all_arrived_once(context: Context, server: SmtpSandbox, contacts: int) -> None:
    """Everybody has one copy, every account is charged for it once, nothing is open or held."""
    assert len(server.per_recipient) == contacts
    assert set(server.per_recipient.values()) == {1}
    with context.queue.read() as connection:
        charged = connection.execute(sql("SELECT SUM(count) FROM usage")).scalar_one()
        still_open = connection.execute(sql("SELECT SUM(open_intents) FROM accounts")).scalar_one()
        states = connection.execute(sql("SELECT DISTINCT state, charged FROM messages")).all()
        held = connection.execute(sql("SELECT COUNT(*) FROM accounts WHERE sender_id IS NOT NULL")).scalar_one()
    assert (charged, still_open, held) == (contacts, 0, 0)
    assert [tuple(row) for row in states] == [(4, 1)]
