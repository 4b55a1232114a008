"""``paceline send FILE --dry-run``: what would happen, told as it passes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import tzinfo

from paceline.cli.failures import ExitCode
from paceline.cli.forecast import per_day_lines, timeline_line
from paceline.cli.output import print_json, print_lines
from paceline.cli.progress import Progress
from paceline.cli.report import report
from paceline.cli.words import moment, number
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaign_file.campaign_file import CampaignFile
from paceline.operations.campaigns.dry_run import dry_run
from paceline.operations.campaigns.rehearsal import DryRun
from paceline.operations.context import Context

_MOST_LINES = 40


def run_dry(context: Context, file: CampaignFile, progress: Progress, *, exit_when_paused: bool) -> DryRun:
    """The dry run of a file, each change of its status a sentence on standard error."""

    def tell(at: float, status: CampaignStatus) -> None:
        progress.say(f"dry run, {moment(at, time.time())}: {file.key} is {status}")

    return dry_run(context, file, exit_when_paused=exit_when_paused, on_progress=tell)


def print_dry_run(seen: DryRun, *, as_json: bool) -> ExitCode:
    """The result on standard output, and the exit code that the sending would have had."""
    if as_json:
        print_json(seen.to_json())
    else:
        print_lines(dry_run_lines(seen, now=time.time()))
    return ExitCode.DONE if seen.summary.status is CampaignStatus.COMPLETED else ExitCode.NOT_FINISHED


def dry_run_lines(seen: DryRun, *, now: float, zone: tzinfo | None = None) -> Iterator[str]:
    """What would happen, as people read it."""
    yield "dry run: no message has left, and nothing was changed"
    yield from report(seen.summary, now=now, zone=zone)
    yield ""
    yield from (timeline_line(one, now, zone) for one in seen.timeline[:_MOST_LINES])
    if len(seen.timeline) > _MOST_LINES:
        yield f"  … and {number(len(seen.timeline) - _MOST_LINES)} more; --json lists them all"
    yield from per_day_lines(seen.per_day, seen.zone.key)
