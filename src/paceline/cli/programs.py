"""Processes of this program as children of another: their commands, their environment, their patience."""

from __future__ import annotations

import os
import sys

from paceline.operations.installation.supervisor import Program
from paceline.settings import Settings

_SENDER_MARGIN_SECONDS = 30.0


def child_command(part: str, name: str, *more: str) -> list[str]:
    """How a child is started; ``part`` is what it runs, ``name`` how its log calls it."""
    return [sys.executable, "-m", "paceline.cli.child", part, "--name", name, *more]


def child_environment(settings: Settings) -> dict[str, str]:
    """Settings go to the children by the environment: a command line can be read by everybody on the machine."""
    given = {"PACELINE_DATABASE": settings.database, "PACELINE_BASE_URL": settings.base_url}
    return {**os.environ, **{name: value for name, value in given.items() if value}}


def sender_program(settings: Settings, name: str, *, campaign_id: int | None = None, waits_for: str = "") -> Program:
    """A sender, for everybody's campaigns or for one; it may take as long as an open transaction does to end."""
    more = () if campaign_id is None else ("--campaign", str(campaign_id))
    patience = settings.final_dot_timeout_seconds + settings.intent_timeout_seconds + _SENDER_MARGIN_SECONDS
    return Program(
        name=name, command=child_command("sender", name, *more), farewell_seconds=patience, waits_for=waits_for
    )
