"""The commands about campaigns that exist: status, messages, pause, resume, stop, resolve, explain."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.console import Console

from paceline.cli.failures import ExitCode
from paceline.cli.options import DatabaseOption, JsonOption, KeyArgument, OptionalKeyArgument, opened
from paceline.cli.output import print_json_lines, print_lines
from paceline.cli.panel import WIDEST, panel, percent
from paceline.cli.report import report
from paceline.cli.styled import print_table, print_texts
from paceline.cli.table import Column
from paceline.cli.words import clean, moment, number
from paceline.domain.errors import StoreUnavailable
from paceline.domain.message import PUBLIC_STATES
from paceline.domain.wording import counted
from paceline.operations.campaigns import campaigns as operations, explaining
from paceline.operations.campaigns.explaining import Cause
from paceline.operations.campaigns.summary import Summary, summaries, summary
from paceline.operations.context import Context


class Decision(StrEnum):
    """What a person says about messages that nobody knows the answer to."""

    SENT = "sent"
    RESEND = "resend"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (status, messages, pause, resume, stop, resolve, explain):
        app.command()(command)


def status(key: OptionalKeyArgument = None, as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Where a campaign stands; without a key, every campaign."""
    with opened(database) as context:
        found = summaries(context) if key is None else [summary(context, key)]
    if as_json:
        print_json_lines(one.to_json() for one in found)
    elif key is None:
        _print_campaigns(found)
    else:
        _print_campaign(found[0])


def _print_campaign(one: Summary) -> None:
    now = time.time()
    width = Console().width if sys.stdout.isatty() else WIDEST
    print_texts(panel(one, now=now, width=width, height=sys.maxsize))
    print_lines(["", *(f" {line}" for line in report(one, now=now))])


_CAMPAIGN_COLUMNS = (
    Column(title="key", style="bold"),
    Column(title="status"),
    Column(title="sent", right=True),
    Column(title="of", right=True),
    Column(title="done", right=True),
    Column(title="failed", right=True),
    Column(title="uncertain", right=True),
    Column(title="left", right=True),
    Column(title="goes on"),
)


def _print_campaigns(found: Iterable[Summary]) -> None:
    now = time.time()
    rows = [
        (
            one.key,
            str(one.status),
            number(one.counts["sent"]),
            number(one.total),
            percent(one),
            number(one.counts["failed"]),
            number(one.counts["uncertain"]),
            number(one.left),
            "" if one.resumes_at is None else moment(one.resumes_at, now),
        )
        for one in found
    ]
    if rows:
        print_table(_CAMPAIGN_COLUMNS, rows)
    else:
        print_lines(["no campaign yet: `paceline send FILE.toml` makes one"])


def _known_state(state: str | None) -> str | None:
    if state is not None and state not in PUBLIC_STATES:
        raise typer.BadParameter(f"{state!r} is no state of a message; accepts {', '.join(PUBLIC_STATES)}")
    return state


def messages(
    key: KeyArgument,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", callback=_known_state, help="Only the messages in this state.")
    ] = None,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Every message of a campaign, one line each: address, state, account, attempts, message id, reply, time."""
    with opened(database) as context:
        found = operations.messages(context, key, state=state)
        if as_json:
            print_json_lines(found)
        else:
            print_lines(map(message_line, found))


def message_line(message: Mapping[str, Any]) -> str:
    """A message as text separated by tabs; what is not known is a dash."""
    return "\t".join("-" if value in (None, "") else clean(str(value)) for value in message.values())


def pause(key: KeyArgument, database: DatabaseOption = None) -> None:
    """Hand over nothing more until the campaign is resumed; takes effect within a second everywhere."""
    _move(operations.pause, key, database)


def resume(key: KeyArgument, database: DatabaseOption = None) -> None:
    """Let a paused campaign go on."""
    _move(operations.resume, key, database)


def stop(key: KeyArgument, database: DatabaseOption = None) -> None:
    """End a campaign for good: what was not sent is cancelled."""
    _move(operations.stop, key, database)


def _move(operation: Callable[[Context, str], Summary], key: str, database: str | None) -> None:
    with opened(database) as context:
        after = operation(context, key)
    print_lines(report(after, now=time.time()))


def resolve(
    key: KeyArgument,
    uncertain: Annotated[
        Decision, typer.Option(help="They count as sent, or they are sent again.", show_default=False)
    ],
    database: DatabaseOption = None,
) -> None:
    """Decide the uncertain messages of a campaign."""
    with opened(database) as context:
        count = operations.resolve(context, key, resend=uncertain is Decision.RESEND)
    print_lines([resolved(key, count, uncertain)])


def resolved(key: str, count: int, decision: Decision) -> str:
    """What the decision did, in a sentence."""
    if not count:
        return f"{key} has no uncertain messages"
    which = counted(count, "uncertain message")
    if decision is Decision.SENT:
        return f"{key}: {which} now {'counts' if count == 1 else 'count'} as sent"
    return (
        f"{key}: {which} back in the queue; `paceline send` with its file sends {'it' if count == 1 else 'them'} again"
    )


def explain(key: OptionalKeyArgument = None, as_json: JsonOption = False, database: DatabaseOption = None) -> int:
    """Why nothing is being sent, or not more: one sentence per cause."""
    try:
        with opened(database) as context:
            causes = explaining.explain(context, key)
    except StoreUnavailable as failure:
        causes = [explaining.database_unreachable(failure)]
    if as_json:
        print_json_lines(cause.to_json() for cause in causes)
    else:
        print_lines(explanation(causes, now=time.time()) if causes else ["no campaign is under way"])
    return ExitCode.DONE


def explanation(causes: Iterable[Cause], *, now: float) -> Iterator[str]:
    """The sentences below the campaign that they are about, each with the moment when it ends, if that is known."""
    for campaign, group in groupby(causes, lambda cause: cause.campaign):
        found = [("" if cause.until is None else f"until {moment(cause.until, now)}", cause) for cause in group]
        width = max(len(until) for until, _ in found)
        yield clean(campaign or "no campaign")
        for until, cause in found:
            yield clean(f"  {until:<{width}}{'  ' if width else ''}{cause.sentence}")
