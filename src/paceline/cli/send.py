"""``paceline send``: a campaign file until it is sent, with progress."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from paceline.cli.display import display_on
from paceline.cli.failures import ExitCode
from paceline.cli.interruption import run, stop_on_signals
from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json, print_lines
from paceline.cli.progress import Progress
from paceline.cli.report import report
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaign_file.campaign_file import CampaignFile, read_campaign_file
from paceline.operations.campaigns import sending
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context

FINISHING = "finishing the open transactions; press Ctrl-C again to leave at once"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(send)


def send(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The campaign file.", show_default=False)],
    exit_when_paused: Annotated[
        bool, typer.Option("--exit-when-paused", help="End with 3 at any pause, also at one that ends by itself.")
    ] = False,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> int:
    """Create the campaign of a file, or continue it, and send until it is completed."""
    campaign_file = read_campaign_file(file, os.environ)
    with opened(database) as context, progress_on_standard_error() as progress:
        summary = run(_send(context, campaign_file, progress, exit_when_paused=exit_when_paused))
    if as_json:
        print_json(summary.to_json())
    else:
        print_lines(report(summary, now=time.time()))
    return ExitCode.DONE if summary.status is CampaignStatus.COMPLETED else ExitCode.NOT_FINISHED


async def _send(context: Context, file: CampaignFile, progress: Progress, *, exit_when_paused: bool) -> Summary:
    return await sending.send(
        context,
        file,
        exit_when_paused=exit_when_paused,
        stop=stop_on_signals(lambda: progress.say(FINISHING)),
        on_progress=progress.show,
        on_notice=progress.say,
    )


def progress_on_standard_error() -> Progress:
    """Progress as it suits what standard error is."""
    return Progress(display_on(Console(stderr=True, highlight=False, markup=False, emoji=False)))
