"""A controller and its remote worker, both in this process: real servers, real databases, real mail, shortened intervals."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from paceline.api.wire import BoundedProtocol
from paceline.api.worker_app import create_worker_app
from paceline.bootstrap import open_context
from paceline.operations.context import Context
from paceline.operations.installation.background import work_in_background
from paceline.operations.installation.sender_process import send_for_everybody
from paceline.operations.workers import workers
from paceline.operations.workers.worker_process import put_together, work_for_home
from paceline.remote.signing import PeerKeys, signed_headers
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.settings import read_settings
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from surroundings.http_clients import NO_TLS
from surroundings.server import Server, running_server
from surroundings.serving import wait_until
from surroundings.subscribers import add_list, add_subscribers
from surroundings.tables import sqlite_with_tables
from surroundings.working import add_account

SCALE = 0.02
"""15 s become 0.3 s, 120 s become 2.4 s."""

LETTER = {
    "from": "Ann <news@example.com>",
    "subject": "Hello {{ contact.first_name }}",
    "text": "Hello {{ contact.first_name }}\n",
    "unsubscribe_url": "https://example.com/leave",
}


@dataclass
class RunningWorker:
    """A worker's doors, reports and sender."""

    url: str
    context: Context
    keys: PeerKeys
    campaign: str = ""
    """The path of the campaign that a test asks about."""

    def ask(self, method: str, path: str, body: bytes = b"", **changed: Any) -> httpx.Response:
        """Ask as the controller does; ``changed`` are headers to send instead."""
        headers = signed_headers(method, path, body, self.keys, now=self.context.clock.now())
        headers = {**headers, "Content-Type": "application/json", **changed}
        return httpx.request(
            method, self.url + path, content=body, headers=headers, timeout=30, trust_env=False, verify=NO_TLS
        )


def _worker_context(folder: Path, keys: PeerKeys, **settings: Any) -> Context:
    folder.mkdir(exist_ok=True)
    database = folder / "worker.db"
    if not database.exists():
        sqlite_with_tables(database)
    return open_context(
        read_settings(
            {},
            database=f"sqlite:///{database}",
            data_dir=str(folder),
            worker_api_key=",".join(keys.bearer),
            worker_signing_key=",".join(keys.signing),
            **{"worker_time_scale": SCALE, "backoff_longest_seconds": 0.5, **settings},
        )
    )


@contextmanager
def running_worker(
    folder: Path, controller_url: str, keys: PeerKeys, listener: socket.socket, *, sends: bool = True, **settings: Any
) -> Iterator[RunningWorker]:
    """A worker on its own database; it goes away with the block and may come back in another one."""
    context = _worker_context(folder, keys, **settings)
    parts = put_together(context, controller_url)
    over, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    server = uvicorn.Server(
        uvicorn.Config(
            create_worker_app(context, parts.lent), http=BoundedProtocol, log_config=None, timeout_graceful_shutdown=2
        )
    )

    def send() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(send_for_everybody(context, stop))

    threads = [
        threading.Thread(target=server.run, kwargs={"sockets": [listener.dup()]}),
        threading.Thread(target=work_for_home, args=(context, parts, over)),
    ]
    if sends:
        threads.append(threading.Thread(target=send))
    for thread in threads:
        thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        wait_until(lambda: server.started)
        yield RunningWorker(url=url, context=context, keys=keys)
    finally:
        over.set()
        server.should_exit = True
        if sends:
            loop.call_soon_threadsafe(stop.set)
        for thread in threads:
            thread.join()
        loop.close()
        context.close()


@dataclass
class TwoEnds:
    """A controller with everything that it runs besides a sender, and one registered worker that may come and go."""

    server: Server
    folder: Path
    listener: socket.socket
    keys: PeerKeys
    client: httpx.Client
    people: int = 0
    """Subscribers so far: user0@example.com and so on."""

    @property
    def context(self) -> Context:
        """The controller's."""
        return self.server.context

    def worker(self, *, folder: Path | None = None, controller: str = "", **settings: Any) -> Any:
        """The worker, for a with-block; with another folder it is one with an empty database."""
        url = controller or self.server.url
        return running_worker(folder or self.folder / "worker", url, self.keys, self.listener, **settings)

    def worker_database(self) -> Context:
        """What the worker has on its machine while it does not run."""
        return _worker_context(self.folder / "worker", self.keys)

    def number_of_message(self, public_id: str) -> int:
        """What a message is called towards workers."""
        number = self.context.ids.decode(IdKind.MESSAGE, public_id)
        assert number is not None
        return number

    def forget_reports(self) -> None:
        """As if the worker had never told anything."""
        with self.context.queue.write() as connection:
            connection.execute(sql("UPDATE workers SET incarnation = NULL, acknowledged = 0"))

    def campaign(self, port: int, people: int, *, accounts: int = 1, key: str = "away", **fields: Any) -> str:
        """A draft for the worker, to so many people; its public id."""
        group = add_list(self.context.catalogue, key)
        add_subscribers(self.context.catalogue, group, people, first=self.people)
        self.people += people
        ids = [add_account(self.context, port, f"{key}-{number}") for number in range(accounts)]
        new = {
            "name": key,
            "key": key,
            "content": LETTER,
            "audience": {"lists": [self.context.ids.encode(IdKind.LIST, group)]},
            "accounts": ids,
            "worker": "away",
            **fields,
        }
        answer = self.client.post("/api/v1/campaigns", json=new)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def start(self, campaign: str) -> None:
        """Start it at the controller."""
        answer = self.client.post(f"/api/v1/campaigns/{campaign}/start")
        assert answer.status_code == 200, answer.text

    def progress(self, campaign: str) -> dict[str, Any]:
        """The campaign as the controller knows it."""
        answer = self.client.get(f"/api/v1/campaigns/{campaign}/progress")
        found: dict[str, Any] = answer.json()
        assert found["total"] == sum(found[state] for state in _STATES)
        return found

    def until(self, campaign: str, *statuses: str, within: float = 60) -> dict[str, Any]:
        """Wait until the controller knows it in one of these statuses."""
        last: dict[str, Any] = {}

        def is_there() -> bool:
            last.update(self.progress(campaign))
            return last["status"] in statuses

        try:
            wait_until(is_there, within=within)
        except AssertionError:
            with self.context.queue.read() as connection:
                rows = [dict(row._mapping) for row in connection.execute(sql("SELECT * FROM remote_campaigns"))]
            raise AssertionError(f"{last} {rows}") from None
        return last


_STATES = ("queued", "sending", "deferred", "sent", "failed", "skipped", "uncertain", "cancelled")


@contextmanager
def two_ends(database_url: str, folder: Path, **settings: Any) -> Iterator[TwoEnds]:
    """Both ends; the worker is started by the test."""
    quick = {
        "worker_time_scale": SCALE,
        "private_hosts": "127.0.0.1",
        "worker_retries": 0,
        "worker_retry_delay_seconds": 0.05,
        "worker_timeout_seconds": 2.0,
        **settings,
    }
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()
    with ExitStack() as stack:
        stack.callback(listener.close)
        server = stack.enter_context(running_server(database_url, str(folder), **quick))
        added = workers.add(
            server.context, name="away", url=f"http://127.0.0.1:{listener.getsockname()[1]}", guarded=False
        )
        background = threading.Thread(target=work_in_background, args=(server.context, over))
        background.start()
        try:
            yield TwoEnds(
                server=server,
                folder=folder,
                listener=listener,
                keys=PeerKeys((added.key,), (added.signing_key,)),
                client=server.with_key(),
            )
        finally:
            over.set()
            background.join()


@contextmanager
def mail_server() -> Iterator[SmtpSandbox]:
    """A server that takes every message and keeps it, in a thread."""
    loop = asyncio.new_event_loop()
    server = SmtpSandbox(keep_data=True)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
