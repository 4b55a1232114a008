"""The supervisor: children that crash come back without the others, and none of them outlives it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from surroundings.serving import Running, is_there, running, url_of, wait_until


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "PACELINE_DATA_DIR": str(tmp_path / "data"), "PACELINE_DATABASE": ""}


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[Running]:
    with running("serve", "--port", "0", environment=environment) as started:
        yield started


def _answers(url: str) -> bool:
    return httpx.get(f"{url}/api/openapi.json", timeout=60, trust_env=False).status_code == 200


@pytest.mark.parametrize("name", ["api", "background", "sender-1"])
def test_killed_child_comes_back_and_the_others_stay(server: Running, name: str) -> None:
    url = url_of(server)
    before = server.children()
    assert set(before) == {"api", "background", "sender-1"}
    said = len(server.log)
    os.kill(before[name], signal.SIGKILL)
    server.wait_for(f"{name} has ended .signal SIGKILL., it starts again in", after=said)
    server.wait_for(f"{name} is ready", after=said)
    after = server.children()
    assert after.pop(name) != before.pop(name)
    assert after == before
    assert _answers(url)  # the same port: the supervisor has kept it
    assert server.end() == 0


def test_requests_of_the_meantime_are_answered_by_the_next_api(server: Running) -> None:
    url = url_of(server)
    os.kill(server.children()["api"], signal.SIGKILL)
    assert _answers(url)


def test_no_child_outlives_a_killed_supervisor_and_the_port_is_free(
    server: Running, environment: dict[str, str]
) -> None:
    port = url_of(server).rpartition(":")[2]
    children = server.children()
    server.kill()
    with running("serve", "--port", port, environment=environment) as another:
        assert url_of(another).endswith(f":{port}")
        for pid in children.values():
            wait_until(lambda pid=pid: not is_there(pid))  # type: ignore[misc]  # bound now
        assert another.end() == 0


def test_second_signal_ends_everything_at_once(server: Running) -> None:
    url_of(server)
    children = server.children()
    os.kill(children["background"], signal.SIGSTOP)  # it will not hear of the first one
    server.send(signal.SIGINT)
    server.wait_for("press Ctrl-C again")
    server.send(signal.SIGINT)
    assert server.wait() == 128 + signal.SIGINT
    for pid in children.values():
        wait_until(lambda pid=pid: not is_there(pid))  # type: ignore[misc]  # bound now


def test_first_start_prints_a_link_for_the_first_user_and_keeps_it_out_of_the_log(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "paceline.cli.main", "serve", "--port", "0", "--senders", "0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "works once" in process.stdout.readline()
        link = process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate()
        assert process.returncode == 0
    address, _, token = link.partition("?token=")
    assert len(token) >= 32
    assert token not in log
    assert f"ready on {address.rpartition('/')[0]}" in log


def test_lone_sender_answers_metrics_where_it_is_asked_to(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = str(chosen.getsockname()[1])
    with running("sender", environment={**environment, "PACELINE_METRICS_PORT": port}) as sender:
        sender.wait_for("ready")
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60, trust_env=False)
        assert 'paceline_database_up{database="queue"} 1' in answer.text
        assert sender.end() == 0


def test_signal_during_the_start_ends_it_in_order(environment: dict[str, str]) -> None:
    with running("serve", "--port", "0", environment=environment) as server:
        server.wait_for("background is ready")
        assert server.end() == 0
        assert server.children() == {}


def test_taken_port_is_bad_input_in_one_line(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "paceline.cli.main", "serve", "--port", port]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"cannot listen on 127.0.0.1 port {port}" in line
    assert not (Path(environment["PACELINE_DATA_DIR"]) / "paceline.db").exists()


def test_service_manager_hears_of_the_start_of_life_and_of_the_end(environment: dict[str, str], tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(60)
        told = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "200000"}
        with running("serve", "--port", "0", "--senders", "0", environment={**environment, **told}) as server:
            messages: list[str] = []
            while not any("READY=1" in message for message in messages):
                messages.append(manager.recv(4096).decode())
            assert "WATCHDOG=1" in messages  # also while it starts
            server.send(signal.SIGTERM)
            while not any("STOPPING=1" in message for message in messages):
                messages.append(manager.recv(4096).decode())
            assert "EXTEND_TIMEOUT_USEC=" in messages[-1]
            assert server.wait() == 0


def test_service_manager_that_does_not_listen_holds_nobody_up(environment: dict[str, str], tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(address)
        told = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "20000"}  # its queue is full within a moment
        with running("serve", "--port", "0", "--senders", "0", environment={**environment, **told}) as server:
            url_of(server)
            assert server.end() == 0


def test_server_without_its_database_answers_503_and_starts_when_it_comes(
    environment: dict[str, str], tmp_path: Path
) -> None:
    from surroundings.postgres import own_postgres

    with own_postgres() as database:
        url = database.url(database.create())
        database.stop()
        with running("serve", "--port", "0", environment={**environment, "PACELINE_DATABASE": url}) as server:
            server.wait_for("everything waits for it")
            server.wait_for("api is ready")
            port = server.wait_for("requests get a 503") and _port_of(server)
            base = f"http://127.0.0.1:{port}"
            answer = httpx.get(f"{base}/api/v1/suppressions", timeout=60, trust_env=False)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            assert answer.headers["content-type"] == "application/problem+json"
            assert httpx.get(f"{base}/health/live", timeout=60, trust_env=False).status_code == 200
            database.start()
            assert url_of(server) == base
            wait_until(lambda: httpx.get(f"{base}/api/openapi.json", timeout=60, trust_env=False).status_code == 200)
            assert server.end() == 0


def _port_of(server: Running) -> int:
    """The port on which the supervisor listens, by the kernel's own table."""
    inodes = set()
    for descriptor in Path(f"/proc/{server.pid}/fd").iterdir():
        target = os.readlink(descriptor)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[9] in inodes and words[3] == "0A":
            return int(words[1].rpartition(":")[2], 16)
    raise AssertionError("it does not listen")
