"""What the processes tell of themselves: health and metrics while they work, and logs that a program can read."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import httpx
import pytest

from surroundings.serving import running, url_of, wait_until


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "PACELINE_DATA_DIR": str(tmp_path / "data"), "PACELINE_DATABASE": ""}


def _get(url: str) -> httpx.Response:
    return httpx.get(url, timeout=60, trust_env=False)


@pytest.mark.timeout(400)
def test_server_becomes_ready_tells_metrics_and_logs_json(environment: dict[str, str]) -> None:
    environment |= {"PACELINE_LOG_FORMAT": "json", "PACELINE_LOG_LEVEL": "debug"}
    with running("serve", "--port", "0", environment=environment) as server:
        said = json.loads(server.wait_for("ready on http"))
        url = said["event"].rpartition(" ")[2]
        assert said["process"].startswith("supervisor-")
        wait_until(lambda: _get(f"{url}/health/ready").status_code == 200)
        assert _get(f"{url}/health/live").json() == {"status": "live"}
        metrics = _get(f"{url}/metrics").text
        assert 'paceline_leader{name="background"} 1.0' in metrics
        assert "paceline_senders 1.0" in metrics
        assert server.end() == 0
        lines = [json.loads(line) for line in server.log]
    assert {line["process"].rpartition("-")[0] for line in lines} >= {"supervisor"}
    assert all({"at", "level", "process", "logger", "event"} <= set(line) for line in lines)


@pytest.mark.timeout(400)
def test_lone_sender_answers_metrics_on_its_port(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment["PACELINE_METRICS_PORT"] = str(port)
        with running("sender", environment=environment) as refused:
            assert refused.wait() == 2
            assert any("PACELINE_METRICS_PORT" in line for line in refused.log)
    with running("sender", environment=environment) as sender:
        sender.wait_for("ready")
        assert "paceline_senders 1.0" in _get(f"http://127.0.0.1:{port}/metrics").text
        assert sender.end() == 0


@pytest.mark.timeout(400)
def test_doctor_finds_a_running_server_well(environment: dict[str, str]) -> None:
    with running("serve", "--port", "0", environment=environment) as server:
        wait_until(lambda url=url_of(server): _get(f"{url}/health/ready").status_code == 200)  # type: ignore[misc]  # bound now
        with running("doctor", "--json", environment=environment) as doctor:
            assert doctor.wait() == 0
        assert server.end() == 0
