"""Servers: accounts seen by host, and a limit of connections that all senders keep together."""

from __future__ import annotations

import threading

import pytest

from paceline.domain.account import Account, SmtpLogin
from paceline.domain.errors import InputError
from paceline.operations.accounts import servers as operations
from paceline.operations.context import Context, NotFound
from paceline.store.database import sql
from paceline.store.queue import accounts, senders, servers


def save(context: Context, name: str, host: str = "smtp.example.com", connections: int = 1) -> int:
    account = Account(id=0, name=name, login=SmtpLogin(host=host, port=25, username=name), max_connections=connections)
    with context.queue.write() as connection:
        return accounts.save(connection, context.box, account, workspace_id=1, channel="email")


def register(context: Context) -> int:
    with context.queue.write() as connection:
        return senders.register(connection, process="", campaign_id=None, now=0.0, lease_until=1e12)[0]


def lease(context: Context, account_id: int, sender_id: int) -> int | None:
    """The connections that it may open; None: not leased."""
    with context.queue.write() as connection:
        leased = accounts.lease(connection, context.box, account_id, sender_id=sender_id, now=1.0)
    return None if leased is None else leased.account.max_connections


def test_accounts_are_seen_by_host(context: Context) -> None:
    for n in range(3):
        save(context, f"a{n}")
    save(context, "b", host="Other.example.com")
    first, second = operations.list_servers(context)
    assert (first.host, first.accounts, first.states, first.max_connections) == (
        "other.example.com",
        1,
        {"ready": 1},
        None,
    )
    assert (second.host, second.accounts) == ("smtp.example.com", 3)
    assert operations.list_servers(context.in_workspace(2)) == []
    with pytest.raises(NotFound):
        operations.limit_connections(context.in_workspace(2), first.id, 3)
    with pytest.raises(InputError):
        operations.limit_connections(context, first.id, 0)


def test_leases_of_a_server_never_exceed_its_limit(context: Context) -> None:
    ids = [save(context, f"a{n}", connections=2) for n in range(3)]
    elsewhere = save(context, "b", host="other.example.com", connections=9)
    (other, server) = operations.list_servers(context)
    operations.limit_connections(context, server.id, 3)
    sender = register(context)
    assert [lease(context, number, sender) for number in ids] == [2, 1, None]
    assert lease(context, elsewhere, sender) == 9
    with context.queue.read() as connection:
        assert servers.full(connection) == {(1, "smtp.example.com")}
    assert operations.get(context, server.id).granted_connections == 3
    assert operations.get(context, other.id).granted_connections == 9
    context.queue.execute("UPDATE accounts SET sender_id = NULL WHERE id = :id", id=ids[0])
    assert lease(context, ids[2], sender) == 2
    operations.limit_connections(context, server.id, None)
    assert lease(context, ids[0], sender) == 2


def test_workers_come_back_under_a_new_limit(context: Context) -> None:
    number = save(context, "a", connections=5)
    with context.queue.read() as connection:
        before = accounts.load(connection, context.box, number).revision
    (server,) = operations.list_servers(context)
    operations.limit_connections(context, server.id, 3)
    with context.queue.read() as connection:
        assert accounts.load(connection, context.box, number).revision == before + 1


def test_senders_that_lease_at_once_share_the_room(context: Context) -> None:
    ids = [save(context, f"a{n}") for n in range(12)]
    (server,) = operations.list_servers(context)
    operations.limit_connections(context, server.id, 5)
    sender_ids = [register(context) for _ in range(4)]
    begin = threading.Barrier(4)
    granted: list[int] = []

    def work(sender_id: int, own: list[int]) -> None:
        begin.wait(60)
        granted.extend(connections for number in own if (connections := lease(context, number, sender_id)))

    threads = [threading.Thread(target=work, args=(sender_ids[n], ids[n::4])) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 5
    with context.queue.read() as connection:
        held = connection.execute(sql("SELECT SUM(connections) FROM accounts WHERE sender_id IS NOT NULL")).scalar_one()
    assert held == 5
