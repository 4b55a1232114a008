"""``paceline demo``: a thousand messages to a sandbox, and the proof that each arrived once."""

from __future__ import annotations

import shlex
import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from textwrap import wrap
from typing import Annotated

import typer

from paceline.bootstrap import open_context
from paceline.cli.demo_server import DemoServer, demo_listener
from paceline.cli.failures import ExitCode
from paceline.cli.interruption import run, stop_on_signals
from paceline.cli.options import JsonOption, settings_of
from paceline.cli.output import print_json, print_lines
from paceline.cli.progress import Progress
from paceline.cli.send import FINISHING, progress_on_standard_error
from paceline.cli.words import clean, duration, number, rate
from paceline.domain.wording import counted
from paceline.operations.installation.demo import EMAIL, Beside, DemoResult, Play, demo as play
from paceline.operations.installation.whatsapp_demo import WHATSAPP
from paceline.settings import Settings

_WIDTH = 80
_SANDBOX = (sys.executable, "-m", "paceline.cli.main", "sandbox")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


class DemoChannel(StrEnum):
    """What the demo sends."""

    EMAIL = "email"
    WHATSAPP = "whatsapp"


_PLAYS = {DemoChannel.EMAIL: EMAIL, DemoChannel.WHATSAPP: WHATSAPP}


def demo(
    channel: Annotated[
        DemoChannel, typer.Option(help="What is sent: mails, or WhatsApp templates.")
    ] = DemoChannel.EMAIL,
    serve: Annotated[bool, typer.Option("--serve", help="Keep the web interface open on it, until Ctrl-C.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Send 1,000 messages through 10 accounts to a sandbox that counts every copy; each run uses a fresh folder."""
    with ExitStack() as held:
        progress = held.enter_context(progress_on_standard_error())
        beside = DemoServer(held.enter_context(demo_listener()), progress.say).running if serve else None
        result = run(_play(settings_of(None), _PLAYS[channel], progress, beside))
    if as_json:
        for difference in result.differences:
            print(clean(difference), file=sys.stderr)
        print_json(result.summary.to_json())
    else:
        print_lines(demo_report(result, program=_program(sys.argv[0])))
    if result.differences:
        return ExitCode.FAILED
    return ExitCode.NOT_FINISHED if result.interrupted else ExitCode.DONE


async def _play(settings: Settings, script: Play, progress: Progress, beside: Beside | None) -> DemoResult:
    return await play(
        settings,
        script,
        open_context=open_context,
        sandbox_command=_SANDBOX,
        stop=stop_on_signals(lambda: progress.say(FINISHING)),
        on_progress=progress.show,
        on_notice=progress.say,
        beside=beside,
    )


def _program(called: str) -> str:
    """How the command can be called again: ``.venv/bin/paceline`` where that is what was typed."""
    return shlex.quote(called) if Path(called).name == "paceline" else "paceline"


def demo_report(result: DemoResult, *, program: str) -> list[str]:
    """What was sent and by whom, where to look, and what to do next; paths alone may be wider than 80 columns."""
    accounts = ", ".join(f"{account.name} {number(account.sent)}" for account in result.summary.accounts)
    folder = shlex.quote(str(result.folder))
    return [
        "",
        *(line for sentence in _verdict(result) for line in wrap(sentence, _WIDTH)),
        *wrap(f"Sent by {accounts}.", _WIDTH),
        "",
        f"Look into {result.folder}",
        *(f"  {name:<18}{about}" for name, about in result.contents.items()),
        "and ask",
        f"  PACELINE_DATA_DIR={folder} {program} messages {result.summary.key}",
        "",
        "README.md leads to a campaign of your own: three files, and `paceline send`.",
    ]


def _verdict(result: DemoResult) -> list[str]:
    summary = result.summary
    sent = f"{number(summary.counts['sent'])} messages in {duration(summary.elapsed_seconds)}"
    if result.differences:
        return ["The demo did not end as it should:", *(f"- {clean(difference)}" for difference in result.differences)]
    if result.interrupted:
        return [f"Interrupted after {sent}; nobody got two, and {number(summary.left)} are left."]
    return [
        f"{sent} ({rate(summary.rate_per_second)}) through {len(summary.accounts)} accounts: each of the "
        f"{number(result.eligible)} eligible contacts got exactly one. {counted(summary.refused, 'row')} refused."
    ]
