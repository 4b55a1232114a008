"""Logs of the long-running processes: plain lines for people, or one JSON object per line.

Everything goes through the standard library's ``logging``: our own loggers (``paceline.*``), uvicorn's, and the
warnings of other libraries. Facts beside the sentence are given as ``extra={…}``. Whatever a value holds, it stays in
its line, and what is called like a secret is not shown.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.processors import JSONRenderer, TimeStamper, format_exc_info
from structlog.stdlib import (
    ExtraAdder,
    PositionalArgumentsFormatter,
    ProcessorFormatter,
    add_log_level,
    add_logger_name,
)

HIDDEN = "[hidden]"

_Event = MutableMapping[str, Any]

_SECRET_NAME = re.compile(
    r"passw|secret|token|authori[sz]ation|cookie|api_?key|private_?key|credential|totp|one_time", re.IGNORECASE
)
_SECRET_TEXT = (
    (re.compile(r"(\w://[^\s/:@]*):[^\s/@]+@"), rf"\1:{HIDDEN}@"),  # postgresql://name:password@host
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(password|secret|token|api_?key)(\s*[=:]\s*)[^\s,;&'\")]+", re.IGNORECASE), rf"\1\2{HIDDEN}"),
)
_FIRST = ("at", "level", "process", "logger", "event")
# The sentence once more: with uvicorn's terminal codes, and as another formatter has left it in the record.
_COPIES = ("color_message", "message", "asctime")
_LEVELS = {"paceline": None, "uvicorn": logging.INFO, "uvicorn.access": logging.WARNING}


def start_logs(*, form: str, level: str, process: str, stream: TextIO | None = None) -> None:
    """Send all logs of this process to ``stream`` (standard error if None). A second call replaces the first.

    ``form`` is "plain" or "json", ``level`` the least that our own loggers say, ``process`` what this process is
    called in every line. For uvicorn, pass it ``log_config=None``.
    """
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(_formatter(form, f"{process}-{os.getpid()}"))
    root = logging.getLogger()
    for former in [one for one in root.handlers if isinstance(one.formatter, ProcessorFormatter)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name, least in _LEVELS.items():
        logger = logging.getLogger(name)
        logger.setLevel(level.upper() if least is None else least)
        logger.propagate = True
    logging.captureWarnings(True)


def _formatter(form: str, process: str) -> ProcessorFormatter:
    def name_process(logger: Any, method: str, event: _Event) -> _Event:
        event["process"] = process
        return event

    return ProcessorFormatter(
        foreign_pre_chain=[
            add_log_level,
            add_logger_name,
            ExtraAdder(),
            PositionalArgumentsFormatter(),
            TimeStamper(fmt="iso", utc=True, key="at"),
            name_process,
        ],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            format_exc_info,
            hide_secrets,
            _in_order,
            _one_json_object if form == "json" else plain_line,
        ],
    )


def hide_secrets(logger: Any, method: str, event: _Event) -> _Event:
    """Replace what is called like a secret, at any depth, and what looks like one within a text."""
    for name, value in event.items():
        event[name] = _hidden(name, value)
    return event


def _hidden(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name) and value not in (None, ""):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): _hidden(str(key), one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hidden("", one) for one in value]
    if isinstance(value, str):
        for pattern, harmless in _SECRET_TEXT:
            value = pattern.sub(harmless, value)
    return value


def _in_order(logger: Any, method: str, event: _Event) -> _Event:
    for copy in _COPIES:
        event.pop(copy, None)
    return {name: event[name] for name in (*_FIRST, *(n for n in event if n not in _FIRST)) if name in event}


_json = JSONRenderer(default=str)


def _one_json_object(logger: Any, method: str, event: _Event) -> str:
    return str(_json(logger, method, event))


def plain_line(logger: Any, method: str, event: _Event) -> str:
    """One line for people: when, how grave, who, what, and the facts as name=value. A traceback follows, indented."""
    facts = {name: value for name, value in event.items() if name not in (*_FIRST, "exception", "stack")}
    head = f"{event.get('at', '')} {event.get('level', ''):<8}{event.get('process', '')} {event.get('logger', '')}"
    said = " ".join([_one_line(str(event.get("event", ""))), *(f"{n}={_fact(v)}" for n, v in facts.items())])
    below = "\n".join(str(event[name]) for name in ("exception", "stack") if event.get(name))
    return "\n".join([f"{head}: {said}", *(f"    | {_one_line(line)}" for line in below.splitlines())])


def _fact(value: Any) -> str:
    text = _one_line(str(value))
    return repr(text) if not text or " " in text or "=" in text else text


def _one_line(text: str) -> str:
    """A text without anything that could end a line or steer a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


# Libraries that speak structlog themselves must not write to standard output, where commands print their JSON.
structlog.configure(logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=structlog.stdlib.BoundLogger)
