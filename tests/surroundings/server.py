"""The API as people reach it: a real HTTP server on a free port, with keys and sessions to ask it with."""

from __future__ import annotations

import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn

from paceline.api.app import create_app
from paceline.api.guard import CSRF_HEADER, SESSION_COOKIE, csrf_token
from paceline.api.wire import BoundedProtocol
from paceline.bootstrap import open_context
from paceline.domain.permission import Permission, Role
from paceline.operations.context import FIRST_WORKSPACE, Context
from paceline.operations.people.access import KEY_PREFIX, new_secret
from paceline.settings import read_settings
from paceline.store.catalogue import api_keys, sessions
from paceline.store.database import sql
from surroundings.http_clients import NO_TLS

_PATIENCE_SECONDS = 60.0


@dataclass(slots=True, kw_only=True)
class Server:
    """A running API, the parts it runs on, and clients for it; everything is closed with it."""

    url: str
    context: Context
    clients: list[httpx.Client] = field(default_factory=list)

    def with_key(
        self, scopes: Collection[Permission] = frozenset(Permission), *, workspace_id: int = FIRST_WORKSPACE
    ) -> httpx.Client:
        """A client with a new API key."""
        return self._client(headers={"Authorization": f"Bearer {self.new_key(scopes, workspace_id=workspace_id)}"})

    def new_key(
        self, scopes: Collection[Permission] = frozenset(Permission), *, workspace_id: int = FIRST_WORKSPACE
    ) -> str:
        """A new API key."""
        secret = new_secret(KEY_PREFIX)
        with self.context.catalogue.write() as connection:
            api_keys.create(
                connection,
                workspace_id=workspace_id,
                name="test",
                prefix=secret.value[:9],
                key_hash=secret.hash,
                scopes=scopes,
                created_by=None,
                expires_at=None,
                now=self.context.clock.now(),
            )
        return secret.value

    def as_person(self, role: Role, *, workspace_id: int = FIRST_WORKSPACE) -> httpx.Client:
        """A client with the session of a new person of this role."""
        secret, now = new_secret(), self.context.clock.now()
        email = f"{secret.hash[:12]}@example.com"
        with self.context.catalogue.write() as connection:
            user_id = connection.execute(
                sql("INSERT INTO users (email, email_key, name, created_at) VALUES (:e, :e, :e, 0) RETURNING id"),
                {"e": email},
            ).scalar_one()
            connection.execute(
                sql("INSERT INTO members (workspace_id, user_id, role, created_at) VALUES (:w, :u, :r, 0)"),
                {"w": workspace_id, "u": user_id, "r": str(role)},
            )
            sessions.create(
                connection,
                token_hash=secret.hash,
                user_id=user_id,
                workspace_id=workspace_id,
                client="test",
                expires_at=now + 3600,
                now=now,
            )
        return self._client(cookies={SESSION_COOKIE: secret.value}, headers={CSRF_HEADER: csrf_token(secret.value)})

    def stranger(self) -> httpx.Client:
        """A client that nobody knows."""
        return self._client()

    def new_workspace(self) -> int:
        """Another workspace; returns its number."""
        with self.context.catalogue.write() as connection:
            statement = sql("INSERT INTO workspaces (name, created_at) VALUES ('Another', 0) RETURNING id")
            return int(connection.execute(statement).scalar_one())

    def _client(self, **options: Any) -> httpx.Client:
        client = httpx.Client(base_url=self.url, timeout=_PATIENCE_SECONDS, trust_env=False, verify=NO_TLS, **options)
        self.clients.append(client)
        return client


@contextmanager
def running_server(database_url: str, data_dir: str, **settings: Any) -> Iterator[Server]:
    """The API on a database, in a thread of this process."""
    context = open_context(read_settings({}, database=database_url, data_dir=data_dir, **settings))
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(context),
        http=BoundedProtocol,
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=5,
        proxy_headers=False,  # uvicorn would believe everybody on this machine; PACELINE_TRUSTED_PROXIES says whom
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    running = Server(url=f"http://127.0.0.1:{listener.getsockname()[1]}", context=context)
    try:
        running.stranger().get("/health/live").raise_for_status()  # the listener holds it until the server answers
        yield running
    finally:
        for client in running.clients:
            client.close()
        server.should_exit = True
        thread.join(_PATIENCE_SECONDS)
        context.close()
