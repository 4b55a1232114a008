"""``paceline send``: a campaign file until it is sent, with progress."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from paceline.cli.display import display_on
from paceline.cli.dry_run import print_dry_run, run_dry
from paceline.cli.failures import ExitCode
from paceline.cli.interruption import run, stop_on_signals
from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json, print_lines
from paceline.cli.programs import child_environment, sender_program
from paceline.cli.progress import Progress
from paceline.cli.report import report
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaign_file.campaign_file import CampaignFile, read_campaign_file
from paceline.operations.campaigns import sending
from paceline.operations.campaigns.helpers import Helpers
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.operations.installation.service_manager import ServiceManager
from paceline.operations.installation.supervisor import Supervisor
from paceline.settings import Settings

FINISHING = "finishing the open transactions; press Ctrl-C again to leave at once"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(send)


def send(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The campaign file.", show_default=False)],
    exit_when_paused: Annotated[
        bool, typer.Option("--exit-when-paused", help="End with 3 at any pause, also at one that ends by itself.")
    ] = False,
    senders: Annotated[int, typer.Option(min=1, max=64, help="Sender processes, which share the accounts.")] = 1,
    dry: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would happen, with the real engine on a fast clock; send nothing."),
    ] = False,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> int:
    """Create the campaign of a file, or continue it, and send until it is completed."""
    campaign_file = read_campaign_file(file, os.environ)
    if dry:
        with opened(database) as context, progress_on_standard_error() as progress:
            seen = run_dry(context, campaign_file, progress, exit_when_paused=exit_when_paused)
        return print_dry_run(seen, as_json=as_json)
    with opened(database) as context, progress_on_standard_error() as progress:
        helpers = Helpers(lambda name, campaign: _helper(context.settings, name, campaign), senders=senders)
        summary = run(_send(context, campaign_file, progress, helpers, exit_when_paused=exit_when_paused))
    if as_json:
        print_json(summary.to_json())
    else:
        print_lines(report(summary, now=time.time()))
    return ExitCode.DONE if summary.status is CampaignStatus.COMPLETED else ExitCode.NOT_FINISHED


async def _send(
    context: Context, file: CampaignFile, progress: Progress, helpers: Helpers, *, exit_when_paused: bool
) -> Summary:
    return await sending.send(
        context,
        file,
        exit_when_paused=exit_when_paused,
        stop=stop_on_signals(lambda: progress.say(FINISHING), helpers.kill),
        on_progress=progress.show,
        on_notice=progress.say,
        helpers=helpers,
    )


def _helper(settings: Settings, name: str, campaign_id: int) -> Supervisor:
    """One more sender process; its log would run into the display of progress, so it tells only of mistakes."""
    environment = {**child_environment(settings), "PACELINE_LOG_LEVEL": "error"}
    program = sender_program(settings, name, campaign_id=campaign_id)
    return Supervisor([program], environment=environment, manager=ServiceManager({}))


def progress_on_standard_error() -> Progress:
    """Progress as it suits what standard error is."""
    return Progress(display_on(Console(stderr=True, highlight=False, markup=False, emoji=False)))
