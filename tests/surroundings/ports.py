"""Ports for programs that cannot say which one they took."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
