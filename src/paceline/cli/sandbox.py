"""``paceline sandbox``: a mail server on this machine that records what arrives, until it is told to end."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paceline.cli.interruption import run, stop_on_signals
from paceline.cli.options import JsonOption
from paceline.cli.output import print_json, print_lines
from paceline.cli.words import number
from paceline.domain.errors import InputError, Problem
from paceline.domain.wording import counted
from paceline.sandbox.behaviour_file import load_behaviours
from paceline.sandbox.mailbox import Mailbox
from paceline.sandbox.smtp_server import SmtpSandbox

if TYPE_CHECKING:
    from paceline.sandbox.whatsapp_inbox import WhatsAppInbox
    from paceline.sandbox.whatsapp_server import WhatsAppSandbox


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sandbox)


def sandbox(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    smtp_port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 2525,
    whatsapp_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Simulate the WhatsApp Cloud API too, on this port; 0 takes a free one."),
    ] = None,
    whatsapp_rate: Annotated[
        float, typer.Option(min=0, help="Messages per second that each WhatsApp number may send; 0: any.")
    ] = 0.0,
    whatsapp_webhook: Annotated[
        str, typer.Option(metavar="URL", help="Where the simulator tells what became of WhatsApp messages.")
    ] = "",
    whatsapp_secret: Annotated[str, typer.Option(metavar="TEXT", help="The app secret that signs them.")] = "",
    whatsapp_record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append one JSON line per WhatsApp message that is taken.")
    ] = None,
    behaviour: Annotated[
        str | None, typer.Option(metavar="FILE", help="How it misbehaves: a file, or a name that comes with Paceline.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append one JSON line per message that arrives.")
    ] = None,
    keep: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Keep every message here, one file each.")] = None,
    until_input_ends: Annotated[
        bool, typer.Option("--until-input-ends", help="End also when standard input ends, with whoever holds it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take every message and pass none on, until Ctrl-C or SIGTERM; then say what arrived."""
    behaviours = None if behaviour is None else load_behaviours(behaviour)
    server = SmtpSandbox(host=host, port=smtp_port, record=record, keep=keep, behaviours=behaviours)
    simulator = None
    if whatsapp_port is not None:
        from paceline.sandbox.whatsapp_examples import EXAMPLES
        from paceline.sandbox.whatsapp_server import WhatsAppSandbox  # imported here: it needs an HTTP server
        from paceline.sandbox.whatsapp_webhooks import WebhookPlan

        simulator = WhatsAppSandbox(
            host=host,
            port=whatsapp_port,
            rules=() if behaviours is None else behaviours.whatsapp,
            seed=0 if behaviours is None else behaviours.seed,
            examples=EXAMPLES,
            messages_per_second=whatsapp_rate,
            webhooks=WebhookPlan(url=whatsapp_webhook, secret=whatsapp_secret) if whatsapp_webhook else None,
            record=whatsapp_record,
        )
    run(_serve(server, simulator, until_input_ends=until_input_ends, as_json=as_json))
    counts = arrived(server.mailbox)
    if simulator is not None:
        counts["whatsapp"] = arrived_at_whatsapp(simulator.inbox)
    if as_json:
        print_json(counts)
    else:
        print_lines(arrived_in_words(counts))


async def _serve(
    server: SmtpSandbox, simulator: WhatsAppSandbox | None, *, until_input_ends: bool, as_json: bool
) -> None:
    stop = stop_on_signals(lambda: None)
    servers: list[tuple[SmtpSandbox | WhatsAppSandbox, str]] = [(server, "--smtp-port")]
    if simulator is not None:
        servers.append((simulator, "--whatsapp-port"))
    started = []
    try:
        for one, option in servers:
            try:
                await one.start()
            except OSError as error:
                raise _cannot_listen(one.host, one.port, option, error) from error
            started.append(one)
        lines = [f"listening on smtp://{server.host}:{server.port}"]
        if simulator is not None:
            lines.append(f"listening on {simulator.url}")
        if as_json:
            print(*lines, sep="\n", file=sys.stderr, flush=True)
        else:
            print_lines(lines)
        await _until_told(stop, until_input_ends=until_input_ends)
    finally:
        for one in started:
            await one.stop()


async def _until_told(stop: asyncio.Event, *, until_input_ends: bool) -> None:
    if until_input_ends:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _stop_at_end_of_input, stop)
    await stop.wait()


def _cannot_listen(host: str, port: int, option: str, error: OSError) -> InputError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    message = f"cannot listen on {host} port {port}: {reason}; choose another port, 0 takes a free one"
    return InputError([Problem(file="sandbox", field=option, message=message)])


def _stop_at_end_of_input(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()


def arrived(mailbox: Mailbox) -> dict[str, Any]:
    """What arrived, counted."""
    return {
        "messages": mailbox.messages,
        "recipients": len(mailbox.per_recipient),
        "recipients_of_several": sum(messages > 1 for messages in mailbox.per_recipient.values()),
        "not_stored": len(mailbox.not_stored),
        "connections": mailbox.connections,
        "per_login": dict(mailbox.per_login),
        "violations": {str(kind): count for kind, count in mailbox.violations.items()},
    }


def arrived_at_whatsapp(inbox: WhatsAppInbox) -> dict[str, Any]:
    """What arrived at the WhatsApp simulator, counted."""
    return {
        "messages": len(inbox.arrivals),
        "recipients": len(inbox.per_recipient),
        "copies": sum(count - 1 for count in inbox.per_reference.values()),
        "requests": inbox.requests,
        "connections": inbox.connections,
        "errors": {str(code): count for code, count in sorted(inbox.errors.items())},
    }


def arrived_in_words(counts: Mapping[str, Any]) -> list[str]:
    """The same for people."""
    several = counts["recipients_of_several"]
    lines = [
        f"{counted(counts['messages'], 'message')} for {counted(counts['recipients'], 'recipient')} "
        f"over {counted(counts['connections'], 'connection')}; "
        + (
            f"{counted(several, 'recipient')} got more than one message"
            if several
            else "nobody got more than one message"
        )
    ]
    if counts["not_stored"]:
        lines.append(f"{counted(counts['not_stored'], 'copy', 'copies')} refused or thrown away after the final dot")
    lines += [f"violation {kind}: {number(count)}" for kind, count in counts["violations"].items()]
    if whatsapp := counts.get("whatsapp"):
        lines.append(
            f"WhatsApp: {counted(whatsapp['messages'], 'message')} for {counted(whatsapp['recipients'], 'recipient')} "
            f"over {counted(whatsapp['connections'], 'connection')}, {counted(whatsapp['copies'], 'copy', 'copies')}"
        )
        lines += [f"WhatsApp error {code}: {number(count)}" for code, count in whatsapp["errors"].items()]
    return lines
