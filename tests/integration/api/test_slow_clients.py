"""Clients that say nothing, or stop in the middle: they are let go, with a reason where one can be given."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from paceline.api import routing, wire
from surroundings.server import Server, running_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 1.0)
    monkeypatch.setattr(routing, "_BODY_PATIENCE_SECONDS", 1.0)
    with running_server(sqlite_url, str(tmp_path)) as running:
        yield running


def _answer_to(server: Server, words: bytes) -> bytes:
    """Everything that comes until the server hangs up."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=60) as client:
        client.sendall(words)
        return b"".join(iter(lambda: client.recv(65536), b""))


_FIRST = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("words", [b"", b"GET /health", b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_head_that_does_not_come(server: Server, words: bytes) -> None:
    answer = _answer_to(server, words)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


def test_second_head_that_does_not_come(server: Server) -> None:
    answer = _answer_to(server, _FIRST + b"GET /health")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answer


def test_body_that_does_not_come(server: Server) -> None:
    head = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    answer = _answer_to(server, head + b"{")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"nothing of the body came" in answer


def test_head_that_is_too_large(server: Server) -> None:
    answer = _answer_to(server, b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"64 KB" in answer
