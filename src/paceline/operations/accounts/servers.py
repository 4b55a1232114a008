"""Servers: the hosts that the accounts of a workspace sit on, with the connections that all accounts of one may share."""

from __future__ import annotations

from dataclasses import dataclass

from paceline.domain.errors import InputError, Problem
from paceline.operations.context import Context, NotFound
from paceline.store.public_ids import IdKind
from paceline.store.queue import account_records, servers
from paceline.store.queue.servers import ServerRow

_MOST_CONNECTIONS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One host. ``states`` counts its accounts by state; ``granted_connections`` are in the hands of senders now."""

    id: str
    host: str
    accounts: int
    states: dict[str, int]
    max_connections: int | None
    granted_connections: int


def list_servers(context: Context) -> list[Server]:
    """Every server by host."""
    with context.queue.read() as connection:
        rows = servers.every(connection, workspace_id=context.workspace_id, now=context.clock.now())
    return [_server(context, row) for row in rows]


def get(context: Context, server_id: str) -> Server:
    """One server. Raises NotFound."""
    host = _host(context, server_id)
    found = [server for server in list_servers(context) if server.host == host]
    if not found:
        raise _unknown()
    return found[0]


def limit_connections(context: Context, server_id: str, max_connections: int | None) -> Server:
    """Let all accounts of a server have so many connections together, None: as many as they may have by themselves.

    Raises NotFound, InputError.
    """
    if max_connections is not None and not 1 <= max_connections <= _MOST_CONNECTIONS:
        message = f"accepts a whole number from 1 to {_MOST_CONNECTIONS}, or null"
        raise InputError([Problem(file="server", field="max_connections", message=message)])
    host = get(context, server_id).host
    with context.queue.write() as connection:
        servers.limit(connection, host, workspace_id=context.workspace_id, max_connections=max_connections)
    return get(context, server_id)


def _host(context: Context, server_id: str) -> str:
    number = context.ids.decode(IdKind.SERVER, server_id)
    if number is None:
        raise _unknown()
    with context.queue.read() as connection:
        host = account_records.host_of(connection, number, workspace_id=context.workspace_id)
    if host is None:
        raise _unknown()
    return host


def _unknown() -> NotFound:
    return NotFound("there is no such server in this workspace")


def _server(context: Context, row: ServerRow) -> Server:
    return Server(
        id=context.ids.encode(IdKind.SERVER, row.number),
        host=row.host,
        accounts=sum(row.states.values()),
        states=row.states,
        max_connections=row.max_connections,
        granted_connections=row.granted_connections,
    )
