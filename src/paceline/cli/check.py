"""``paceline check``: what is wrong with a campaign before it starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from paceline.cli.failures import ExitCode
from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json_lines, print_lines
from paceline.cli.whatsapp import estimate_lines
from paceline.cli.words import clean
from paceline.domain.finding import Finding, Severity
from paceline.domain.wording import counted
from paceline.operations.campaigns import preflight
from paceline.operations.campaigns.preflight import Preflight


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    campaign: Annotated[
        str,
        typer.Argument(metavar="FILE.toml|KEY", help="A campaign file, or the key of a campaign.", show_default=False),
    ],
    follow_links: Annotated[bool, typer.Option("--follow-links", help="Ask for each https link as well.")] = False,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> int:
    """What is wrong with a campaign before it starts: its message, its fields, its senders, and what WhatsApp would cost."""
    with opened(database) as context:
        found = preflight.looked_at(context, campaign, os.environ, follow_links=follow_links)
    if as_json:
        print_json_lines(asdict(finding) for finding in found.findings)
    else:
        print_lines(map(clean, _lines(found)))
    return ExitCode.BAD_INPUT if found.blocks else ExitCode.DONE


def _lines(found: Preflight) -> Iterator[str]:
    for finding in found.findings:
        yield f"{finding.severity}: {_about(finding)}{finding.sentence}"
        yield f"  {finding.cure}"
    if found.estimate is not None:
        yield from estimate_lines(found.estimate)
    errors = sum(finding.severity is Severity.ERROR for finding in found.findings)
    warnings = len(found.findings) - errors
    if found.blocks:
        yield f"{found.key} would not start: {counted(errors, 'error')}, {counted(warnings, 'warning')}"
    else:
        yield f"{found.key} may start: {counted(warnings, 'warning')}"


def _about(finding: Finding) -> str:
    return f"{finding.field}: " if finding.field else ""
