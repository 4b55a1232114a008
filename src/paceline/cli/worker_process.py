"""The process of a worker that is no sender: its doors behind uvicorn, and its recurring work in threads beside them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from paceline.api.worker_app import create_worker_app
from paceline.bootstrap import open_context
from paceline.cli.api_process import Server
from paceline.operations.workers.worker_process import put_together, work_for_home
from paceline.settings import Settings


def serve_worker(settings: Settings, listener: socket.socket, controller: str, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; what is under way gets a few seconds to end."""
    context = open_context(settings)
    over = threading.Event()
    working = None
    try:
        parts = put_together(context, controller)
        working = threading.Thread(target=work_for_home, args=(context, parts, over), name="paceline-worker")
        working.start()
        tls = (settings.worker_certificate, settings.worker_certificate_key) if settings.worker_certificate else None
        Server(create_worker_app(context, parts.lent), on_ready, tls=tls).run(sockets=[listener.dup()])
    finally:
        over.set()
        if working is not None:
            working.join()
        context.close()
