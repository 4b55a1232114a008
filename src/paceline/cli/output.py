"""Standard output: JSON and plain lines; ends quietly when the reader has seen enough (``| head``)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any


def print_json(one: Mapping[str, Any]) -> None:
    """One JSON object on one line. ASCII only, so that nothing in it can steer a terminal."""
    print_json_lines([one])


def print_json_lines(objects: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object per line, each written before the next one is asked for."""
    print_lines(json.dumps(one) for one in objects)


def print_lines(lines: Iterable[str]) -> None:
    """Write lines; asks for no more of them once nobody reads."""
    try:
        for line in lines:
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        forget_standard_output()


def print_text(chunks: Iterable[str]) -> None:
    """Write chunks of text as they are; asks for no more of them once nobody reads."""
    try:
        for chunk in chunks:
            sys.stdout.write(chunk)
        sys.stdout.flush()
    except BrokenPipeError:
        forget_standard_output()


def forget_standard_output() -> None:
    """Send what is still written to nowhere, so that leaving does not fail for it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
