"""What is logged stays in its line, in both forms, and shows no secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from paceline.observability.logs import HIDDEN, start_logs

_log = logging.getLogger("paceline.test")

HOSTILE = "a\nb\r\x1b[31mc\u2028d\x00e"


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in ("paceline", "uvicorn", "uvicorn.access")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)
    logging.captureWarnings(False)


@pytest.fixture(params=["plain", "json"])
def stream(request: pytest.FixtureRequest, restored: None) -> io.StringIO:
    stream = io.StringIO()
    start_logs(form=request.param, level="info", process="sender", stream=stream)
    return stream


@pytest.fixture
def json_stream(restored: None) -> io.StringIO:
    stream = io.StringIO()
    start_logs(form="json", level="info", process="sender", stream=stream)
    return stream


def test_values_from_outside_cannot_break_a_line(stream: io.StringIO) -> None:
    _log.warning("account %s: %s", HOSTILE, HOSTILE, extra={"reply": HOSTILE})
    assert len(stream.getvalue().splitlines()) == 1
    assert stream.getvalue().rstrip("\n").isprintable()


def test_error_is_told_with_its_traceback_and_cannot_forge_a_line(stream: io.StringIO) -> None:
    try:
        raise ValueError(f"unusable: {HOSTILE}\n2026-01-01T00:00:00Z error forged")
    except ValueError:
        _log.exception("the worker failed")
    lines = stream.getvalue().splitlines()
    assert not any(line.startswith("2026-01-01") for line in lines)
    assert "ValueError" in stream.getvalue()
    assert all(line.startswith("    | ") for line in lines[1:])


def test_what_is_called_like_a_secret_is_hidden(stream: io.StringIO) -> None:
    facts = {
        "password": "hunter2",
        "login": {"oauth": [{"refresh_token": "hunter2"}], "Authorization": "hunter2"},
        "client_secret": "hunter2",
        "url": "postgresql://paceline:hunter2@db.example.com/paceline",
        "header": "Bearer hunter2hunter2",
    }
    _log.info("password=hunter2 at %s", facts["url"], extra=facts)
    assert "hunter2" not in stream.getvalue()
    assert HIDDEN in stream.getvalue()
    assert "db.example.com" in stream.getvalue()


def test_campaign_keys_are_no_secrets(json_stream: io.StringIO) -> None:
    _log.info("started", extra={"key": "spring-2027", "campaign_key": "spring-2027"})
    line = json.loads(json_stream.getvalue())
    assert (line["key"], line["campaign_key"]) == ("spring-2027", "spring-2027")


def test_json_lines_carry_who_when_and_the_facts(json_stream: io.StringIO) -> None:
    _log.warning("slow query: %.0f ms", 12.3, extra={"kind": "slow_query", "seconds": 0.0123})
    line = json.loads(json_stream.getvalue())
    assert list(line)[:5] == ["at", "level", "process", "logger", "event"]
    assert line["process"].startswith("sender-")
    assert (line["level"], line["logger"]) == ("warning", "paceline.test")
    assert (line["event"], line["kind"], line["seconds"]) == ("slow query: 12 ms", "slow_query", 0.0123)
    assert line["at"].endswith("Z")


def test_servers_own_logs_go_the_same_way_and_others_only_when_they_warn(json_stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started", extra={"color_message": "\x1b[36mStarted"})
    logging.getLogger("uvicorn.access").info("GET /")
    logging.getLogger("somebody.else").info("chatter")
    logging.getLogger("somebody.else").warning("a warning")
    lines = [json.loads(line) for line in json_stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["Started", "a warning"]
    assert "color_message" not in lines[0]


def test_level_is_the_least_that_is_said(restored: None) -> None:
    stream = io.StringIO()
    start_logs(form="plain", level="error", process="api", stream=stream)
    _log.warning("not said")
    _log.error("said")
    assert [line.rpartition(": ")[2] for line in stream.getvalue().splitlines()] == ["said"]


def test_starting_twice_says_everything_once(restored: None) -> None:
    first, second = io.StringIO(), io.StringIO()
    for stream in (first, second):
        start_logs(form="plain", level="info", process="api", stream=stream)
    _log.info("once")
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1
