"""Where the log of a process that runs for long goes: standard error, in the form that the settings ask for."""

from __future__ import annotations

from paceline.observability.logs import start_logs
from paceline.settings import Settings


def log_to_standard_error(name: str, settings: Settings) -> None:
    """Let all logs of this process go to standard error under this name; a second call changes the name."""
    start_logs(form=settings.log_format, level=settings.log_level, process=name)
