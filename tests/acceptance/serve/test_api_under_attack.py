"""The API's process under attack over real sockets: others are served all the while, and its memory stays bounded."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from surroundings.serving import Running, running, url_of

SLOW_CONNECTIONS = 500
TOKENS_PER_SECOND = 200
SECONDS = 5
_MUCH = 300 << 20
MOST_GROWTH_BYTES = 150 << 20


@pytest.fixture
def environment(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "PACELINE_DATABASE": sqlite_url, "PACELINE_DATA_DIR": str(tmp_path)}


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[Running]:
    with running("serve", "--port", "0", "--senders", "0", environment=environment) as process:
        yield process


@pytest.fixture
def keys(server: Running, environment: dict[str, str]) -> list[str]:
    """One for those who want to be served, and one for an attacker: each has a rate of its own."""
    url_of(server)
    return [_new_key(environment, name) for name in ("served", "attacker")]


def _new_key(environment: dict[str, str], name: str) -> str:
    command = [sys.executable, "-m", "paceline.cli.main", "keys", "create", name]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.timeout(200)
def test_others_are_served_and_memory_stays_bounded(server: Running, keys: list[str]) -> None:
    before = _memory(server)
    asyncio.run(_attack(url_of(server), *keys))
    assert _memory(server) - before < MOST_GROWTH_BYTES
    assert server.end() == 0


@pytest.mark.timeout(200)
@pytest.mark.parametrize("kind", ["one header", "many headers", "address", "behind the body"])
def test_head_without_an_end_is_refused(server: Running, kind: str) -> None:
    beginning, piece = {
        "one header": (b"GET /health/live HTTP/1.1\r\nX-Long: ", b"a" * 65536),
        "many headers": (b"GET /health/live HTTP/1.1\r\n", b"X: y\r\n" * 1000),
        "address": (b"GET /", b"a" * 65536),
        "behind the body": (
            b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            b"X: y\r\n" * 1000,
        ),
    }[kind]
    address, before = urlsplit(url_of(server)), _memory(server)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port or 0), timeout=60) as client:
        client.sendall(beginning)
        sent = _until_it_hangs_up(client, piece)
    assert sent < _MUCH
    assert _memory(server) - before < MOST_GROWTH_BYTES


def _until_it_hangs_up(client: socket.socket, piece: bytes) -> int:
    """Send and send; returns the bytes that found their way."""
    sent = 0
    try:
        while sent < _MUCH:
            sent += client.send(piece)
    except ConnectionError:
        pass
    return sent


async def _attack(url: str, key: str, attackers_key: str) -> None:
    async with _slow_connections(url), httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {key}"}
        deadline = time.monotonic() + SECONDS
        attackers = [
            asyncio.create_task(_random_tokens(client, deadline)),
            asyncio.create_task(_odd_requests(client, {"Authorization": f"Bearer {attackers_key}"}, deadline)),
        ]
        slowest, served = 0.0, 0
        while time.monotonic() < deadline:
            began = time.monotonic()
            answer = await client.get("/api/v1/contacts", headers=headers)
            assert answer.status_code == 200, answer.text
            slowest, served = max(slowest, time.monotonic() - began), served + 1
            await asyncio.sleep(0.05)
        for attacker in attackers:
            await attacker
        assert served >= 5
        assert slowest < 5


@asynccontextmanager
async def _slow_connections(url: str) -> AsyncIterator[None]:
    """They begin a request, or its body, and say no more."""
    address = urlsplit(url)
    beginnings = (
        b"",
        b"GET /api/v1/contacts HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
    )
    writers = []
    for number in range(SLOW_CONNECTIONS):
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(beginnings[number % len(beginnings)])
        writers.append(writer)
    yield
    for writer in writers:
        writer.close()


async def _random_tokens(client: httpx.AsyncClient, deadline: float) -> None:
    async def guess() -> None:
        bearer = await client.get("/api/v1/contacts", headers={"Authorization": f"Bearer pl_{secrets.token_hex(20)}"})
        assert bearer.status_code in (401, 429)
        link = await client.get(f"/t/c/{secrets.token_urlsafe(30)}")
        assert link.status_code in (404, 429)

    guesses = []
    while time.monotonic() < deadline:
        guesses.append(asyncio.create_task(guess()))
        await asyncio.sleep(2 / TOKENS_PER_SECOND)
    for one in guesses:
        await one


async def _odd_requests(client: httpx.AsyncClient, headers: dict[str, str], deadline: float) -> None:
    deep = b'{"fields": ' + b"[" * 500_000 + b"]" * 500_000 + b"}"
    large = b'{"fields": {"a": "' + b"a" * (8 << 20) + b'"}}'
    json_headers = {**headers, "Content-Type": "application/json"}
    answers = set()
    while time.monotonic() < deadline:
        for body, status in ((deep, 400), (large, 413), (b"[" * 1_000_000, 400)):
            answer = await client.post("/api/v1/contacts", content=body, headers=json_headers)
            assert answer.status_code in (status, 429), answer.text[:300]
            answers.add(answer.status_code)
        many = await client.get("/api/v1/contacts", params={"limit": 10**9}, headers=headers)
        assert many.status_code in (422, 429)
        long = await client.get("/api/v1/contacts", headers={**headers, "X-Long": "a" * 200_000})
        assert long.status_code == 431
    assert answers - {429} == {400, 413}


def _memory(server: Running) -> int:
    """Bytes that the API's process holds."""
    words = Path(f"/proc/{server.children()['api']}/statm").read_text().split()
    return int(words[1]) * os.sysconf("SC_PAGE_SIZE")
