"""The commands about remote workers: workers add, list, change, rotate-key, remove, clear-halt, assign, take-home."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from paceline.cli.options import DatabaseOption, JsonOption, KeyArgument, opened
from paceline.cli.output import print_json, print_json_lines, print_lines
from paceline.cli.styled import print_table
from paceline.cli.table import Column
from paceline.cli.words import clean
from paceline.operations.campaigns import assigning, campaign_drafts
from paceline.operations.workers import halting, workers
from paceline.operations.workers.workers import WithKeys, Worker
from paceline.store.public_ids import IdKind

app = typer.Typer(help="Remote workers of the first workspace.", no_args_is_help=True)

_COLUMNS = (
    Column(title="name", style="bold"),
    Column(title="url"),
    Column(title="state"),
    Column(title="campaigns"),
    Column(title="last report"),
    Column(title="waiting there"),
    Column(title="breaker"),
    Column(title="requests an hour"),
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The worker's name.", show_default=False)]
UrlOption = Annotated[
    str, typer.Option("--url", metavar="URL", help="Where it listens, as this machine reaches it.", show_default=False)
]
CaOption = Annotated[
    str, typer.Option("--ca-file", metavar="FILE", help="The only authority whose certificate it may show.")
]


@app.command()
def add(
    name: NameArgument,
    url: UrlOption,
    ca_file: CaOption = "",
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Register a worker and print its two keys: they are shown this once."""
    with opened(database) as context:
        added = workers.add(context, name=name, url=url, ca_file=ca_file, guarded=False)
    _print_keys(added, as_json=as_json)


@app.command("list")
def list_workers(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Every worker: whether it answers, what it last said, how often it asks."""
    with opened(database) as context:
        found = workers.list_workers(context)
    if as_json:
        print_json_lines(worker.to_json() for worker in found)
    elif found:
        print_table(_COLUMNS, [_row(worker) for worker in found])
    else:
        print_lines(["no worker yet: `paceline workers add`"])


@app.command()
def change(name: NameArgument, url: UrlOption, ca_file: CaOption = "", database: DatabaseOption = None) -> None:
    """Say where a worker is now."""
    with opened(database) as context:
        after = workers.change(context, name, url=url, ca_file=ca_file or None)
    print_lines([clean(f"{after.row.name} is at {after.row.url}")])


@app.command("rotate-key")
def rotate_key(
    name: NameArgument,
    hours: Annotated[float, typer.Option(min=0, max=720, help="How long the present keys hold on.")] = 24.0,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Make new keys for a worker and print them; the present ones hold on for a while."""
    with opened(database) as context:
        rotated = workers.rotate_key(context, name, overlap_seconds=hours * 3600)
    _print_keys(rotated, as_json=as_json)


@app.command()
def remove(name: NameArgument, database: DatabaseOption = None) -> None:
    """Forget a worker that has no campaign any more."""
    with opened(database) as context:
        workers.remove(context, name)
    print_lines([clean(f"{name} is removed")])


@app.command("clear-halt")
def clear_halt(name: NameArgument, database: DatabaseOption = None) -> None:
    """Let a worker begin anew that has stopped because its database went back."""
    with opened(database) as context:
        after = halting.clear_halt(context, name)
        lost = halting.lost_campaigns(context, after)
    decide = [
        f"decide with `paceline workers take-home {key} --abandon`: what was sent of it is not known" for key in lost
    ]
    print_lines([clean(line) for line in [f"{after.row.name} begins anew", *decide]])


@app.command()
def assign(
    key: KeyArgument,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="The worker; absent: this installation.")] = "",
    no_fallback: Annotated[
        bool, typer.Option("--no-fallback", help="Wait for the worker when it cannot be reached at the start.")
    ] = False,
    database: DatabaseOption = None,
) -> None:
    """Let a worker send a draft, or this installation again."""
    with opened(database) as context:
        campaign_id = context.ids.encode(IdKind.CAMPAIGN, context.campaign(key).id)
        campaign_drafts.change(context, campaign_id, worker=name or None, worker_fallback=not no_fallback)
    print_lines([clean(f"{key} is sent by {name}" if name else f"{key} is sent from here")])


@app.command("take-home")
def take_home(
    key: KeyArgument,
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Do not wait for the worker: what it may have sent becomes uncertain.")
    ] = False,
    database: DatabaseOption = None,
) -> None:
    """Let this installation go on with a campaign of a worker, with what that gives back."""
    with opened(database) as context:
        campaign_id = context.ids.encode(IdKind.CAMPAIGN, context.campaign(key).id)
        assigning.take_home(context, campaign_id, abandon=abandon)
    print_lines(
        [clean(f"{key} comes home" if not abandon else f"{key} is here; `paceline resolve` decides what is uncertain")]
    )


def _print_keys(found: WithKeys, *, as_json: bool) -> None:
    if as_json:
        print_json({**found.worker.to_json(), "key": found.key, "signing_key": found.signing_key})
    else:
        print_lines([f"WORKER_API_KEY={found.key}", f"WORKER_SIGNING_KEY={found.signing_key}"])


def _row(worker: Worker) -> tuple[str, ...]:
    values: dict[str, Any] = worker.to_json()
    return (
        clean(values["name"]),
        clean(values["url"]),
        values["state"],
        str(values["campaigns"]),
        values["last_report_at"] or "never",
        str(values["backlog"]),
        values["breaker"] or "",
        str(values["requests_last_hour"]),
    )
