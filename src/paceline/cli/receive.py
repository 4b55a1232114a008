"""``paceline receive``: one mail from standard input, as an MTA's pipe brings it. Its exit codes are those of sysexits.h."""

from __future__ import annotations

import sys
from typing import Annotated, BinaryIO

import typer

from paceline.bootstrap import open_queue_context
from paceline.cli.failures import explain_failure
from paceline.cli.options import DatabaseOption, settings_of
from paceline.operations.incoming.receiving import receive as take
from paceline.tracking.mail_parts import MOST_BYTES

TAKEN = 0  # EX_OK
BRING_AGAIN = 75  # EX_TEMPFAIL
_PIECE = 1 << 16


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(receive)


def receive(
    to: Annotated[
        str, typer.Option("--to", metavar="ADDRESS", help="The envelope recipient, as the MTA knows it.")
    ] = "",
    database: DatabaseOption = None,
) -> int:
    """Take one mail that came back from standard input; ends with 75 when the MTA has to bring it again."""
    mail = _beginning(sys.stdin.buffer)
    try:
        context = open_queue_context(settings_of(database))
        try:
            take(context, mail, sent_to=to)
        finally:
            context.close()
    except (
        Exception
    ) as error:  # also wrong settings: a person will mend them, and the report must not be lost until then
        explain_failure(error)
        return BRING_AGAIN
    return TAKEN


def _beginning(stream: BinaryIO) -> bytes:
    """What is looked at of a mail. The rest is read as well, because some MTAs take a closed pipe for a failure."""
    kept = bytearray()
    while piece := stream.read(_PIECE):
        kept += piece[: max(0, MOST_BYTES - len(kept))]
    return bytes(kept)
