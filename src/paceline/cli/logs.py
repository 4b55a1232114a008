"""Where the log of a process that runs for long goes: standard error, one line each, with who says it."""

from __future__ import annotations

import logging
import sys


def log_to_standard_error(name: str) -> None:
    """Let Paceline's log go to standard error under this process's name; a second call changes the name."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(f"%(asctime)s %(levelname)s {name} %(message)s"))
    log = logging.getLogger("paceline")
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
