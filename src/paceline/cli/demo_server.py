"""``paceline demo --serve``: the web interface on the demo's database, with its sandbox to write to."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from paceline.cli.programs import child_environment
from paceline.cli.serve import programs, url_of
from paceline.operations.audience.importing import ImportRequest, start_import
from paceline.operations.context import Context
from paceline.operations.installation.demo import CONTACTS
from paceline.operations.installation.service_manager import ServiceManager
from paceline.operations.installation.supervisor import Supervisor
from paceline.operations.people.first_user import first_user_link
from paceline.settings import DEFAULT_PORT, Settings

_HOST = "127.0.0.1"
_LIST = "Readers of The Long Way Round"
_CONSENT = "They come with the demo: nobody is behind these addresses, and the sandbox passes nothing on."


def demo_listener() -> socket.socket:
    """The usual port where it is free, else any: the demo may run beside a server."""
    try:
        return socket.create_server((_HOST, DEFAULT_PORT))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return socket.create_server((_HOST, 0))


class DemoServer:
    """What `paceline serve` runs, as long as the demo lasts."""

    def __init__(self, listener: socket.socket, on_notice: Callable[[str], None]) -> None:
        self._listener = listener
        self._on_notice = on_notice

    @asynccontextmanager
    async def running(self, settings: Settings, context: Context, sandbox_port: int) -> AsyncIterator[None]:
        """Say where the pages are; end the processes at the end."""
        url = url_of(self._listener)
        settings = replace(settings, base_url=url)
        supervisor = Supervisor(
            programs(settings, self._listener, senders=1),
            environment=_environment(settings),
            manager=ServiceManager({}),
        )
        ready, stop = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(supervisor.run(stop, on_ready=ready.set))
        try:
            await ready.wait()
            await asyncio.to_thread(_import_contacts, context)
            link = await asyncio.to_thread(first_user_link, replace(context, settings=settings))
            self._on_notice(f"open {link or url} in a browser; accounts for the sandbox: {_HOST}, port {sandbox_port}")
            yield
        finally:
            stop.set()
            await running


def _environment(settings: Settings) -> dict[str, str]:
    """The demo's settings and none of another installation."""
    others = {name: value for name, value in child_environment(settings).items() if not name.startswith("PACELINE_")}
    here = {
        "PACELINE_DATA_DIR": settings.data_dir,
        "PACELINE_BASE_URL": settings.base_url,
        "PACELINE_PRIVATE_HOSTS": settings.private_hosts,
        "PACELINE_LOG_LEVEL": os.environ.get("PACELINE_LOG_LEVEL", "warning"),
    }
    return others | here


def _import_contacts(context: Context) -> None:
    """The demo's contacts on a list, so that there is somebody to write to."""
    path = Path(context.settings.data_dir) / CONTACTS
    if path.exists():
        wanted = ImportRequest(file=path, file_name=CONTACTS, list_name=_LIST, consent=_CONSENT)
        start_import(context, wanted)
