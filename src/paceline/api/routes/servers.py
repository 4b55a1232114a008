"""Servers over HTTP: the hosts that accounts sit on."""

from __future__ import annotations

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.accounts import ServerAnswer, ServerLimit, Servers
from paceline.domain.permission import Permission
from paceline.operations.accounts import servers
from paceline.operations.accounts.servers import Server

routes = Routes(tag="servers")


@routes.get("/servers", permission=Permission.ACCOUNTS_READ)
def list_servers(asked: Asked) -> Servers:
    """Every server of this workspace by host, with the states of its accounts."""
    return Servers(items=[_answer(server) for server in servers.list_servers(asked.context)])


@routes.get("/servers/{server_id}", permission=Permission.ACCOUNTS_READ)
def show_server(asked: Asked, server_id: str) -> ServerAnswer:
    """One server."""
    return _answer(servers.get(asked.context, server_id))


@routes.put("/servers/{server_id}/limit", permission=Permission.ACCOUNTS_WRITE)
def limit_server(asked: Asked, server_id: str, limit: ServerLimit) -> ServerAnswer:
    """Limit the connections that all accounts of a server may have together."""
    limited = servers.limit_connections(asked.context, server_id, limit.max_connections)
    asked.audit("server.limit", server_id, host=limited.host, max_connections=limit.max_connections)
    return _answer(limited)


def _answer(server: Server) -> ServerAnswer:
    return ServerAnswer(
        id=server.id,
        host=server.host,
        accounts=server.accounts,
        states=server.states,
        max_connections=server.max_connections,
        granted_connections=server.granted_connections,
    )
