"""The judge of the crash tests keeps a true record, whatever happens around it."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from integration.sandbox.raw_client import RawClient

_FILE = Path(__file__).parents[2] / "acceptance" / "judge.py"


@pytest.fixture(scope="module")
def judge() -> ModuleType:
    specification = importlib.util.spec_from_file_location("judge", _FILE)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["judge"] = module
    specification.loader.exec_module(module)
    return module


def _send(port: int, username: str, *recipients: str) -> list[bytes]:
    with RawClient(port) as client:
        client.greet()
        client.log_in(username)
        return [client.deliver(recipient)[:3] for recipient in recipients]


def test_copies_and_windows_are_counted_from_the_record(judge: ModuleType, tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with judge.running_judge(record) as running:
        assert _send(running.port, "relay-1", "a@x.example", "b@x.example") == [b"250", b"250"]
        assert _send(running.port, "relay-2", "a@x.example") == [b"250"]
        assert judge.copies(record) == {"a@x.example": 2, "b@x.example": 1}
    assert running.totals["messages"] == 3
    assert running.totals["most_per_login"] == {"relay-1": 1, "relay-2": 1}
    assert running.totals["violations"] == {}
    days = judge.accepted_per_login_and_window(record, 86_400, UTC)
    assert sum(days.values()) == 3
    assert {start.time() for _, start in days} == {datetime.min.time()}
    assert judge.most_in_any_window(record, 3_600) == {"relay-1": 2, "relay-2": 1}


def test_refused_message_is_no_copy_and_a_lost_answer_is_one(judge: ModuleType, tmp_path: Path) -> None:
    behaviour = tmp_path / "behaviour.json"
    rules = [
        {"stage": "dot", "recipient": "refused@*", "reply": "554 5.7.1 no"},
        {"stage": "dot", "recipient": "unanswered@*", "answer": "none", "then": "reset", "stored": True},
    ]
    behaviour.write_text(json.dumps({"rules": rules}))
    record = tmp_path / "record.jsonl"
    with judge.running_judge(record, behaviour=str(behaviour)) as running:
        assert _send(running.port, "relay-1", "refused@x.example") == [b"554"]
        with pytest.raises(ConnectionResetError):
            _send(running.port, "relay-1", "unanswered@x.example")
        assert judge.copies(record) == {"unanswered@x.example": 1}


def test_judge_that_is_killed_leaves_every_answered_message(judge: ModuleType, tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, str(_FILE), "--record", str(record)], stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout is not None
            port = json.loads(process.stdout.readline())["port"]
            assert _send(port, "relay-1", "a@x.example") == [b"250"]
            os.kill(process.pid, signal.SIGKILL)
    assert judge.copies(record) == {"a@x.example": 2}


def test_sigterm_ends_the_judge_with_its_totals(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, str(_FILE), "--record", str(tmp_path / "record.jsonl")], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        assert json.loads(process.stdout.readline())["messages"] == 0
    assert process.returncode == 0
