"""The ways in for mail that an MTA of one's own brings: one mail by a pipe, or many over LMTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from paceline.domain.errors import InputError, Problem
from paceline.operations.context import FIRST_WORKSPACE, QueueContext
from paceline.tracking.incoming import Incoming, Taken, Thresholds
from paceline.tracking.intake import Intake
from paceline.tracking.lmtp_server import LmtpServer

_log = logging.getLogger("paceline.operations")

PIPE, LMTP = "pipe", "lmtp"


def incoming_of(context: QueueContext) -> Incoming:
    """The reader of what comes back, with the thresholds of the settings."""
    settings = context.settings
    thresholds = Thresholds(
        soft_bounces=settings.soft_bounces,
        soft_days=settings.soft_bounce_days,
        soft_suppression_days=settings.soft_bounce_suppression_days,
    )
    return Incoming(context.queue, context.box.tokens(settings), thresholds)


def intake_of(context: QueueContext) -> Intake:
    """The one way in for mail of this installation."""
    return Intake(context.queue, incoming_of(context))


def receive(context: QueueContext, raw: bytes, *, sent_to: str = "") -> list[Taken]:
    """Take one mail. What names no message of ours is kept in the first workspace. Raises StoreUnavailable."""
    return intake_of(context).take(
        raw, sent_to=sent_to, source=PIPE, workspace_id=FIRST_WORKSPACE, now=context.clock.now()
    )


@contextmanager
def listening_for_mail(context: QueueContext) -> Iterator[None]:
    """Take mail over LMTP until the block ends, where the settings name a port. Raises InputError when it is taken."""
    host, port = context.settings.lmtp_host, context.settings.lmtp_port
    if not port:
        with nullcontext():
            yield
        return
    intake = intake_of(context)

    def take(raw: bytes, sent_to: str) -> None:
        intake.take(raw, sent_to=sent_to, source=LMTP, workspace_id=FIRST_WORKSPACE, now=context.clock.now())

    server = LmtpServer(take, host=host, port=port)
    try:
        server.start()
    except OSError as error:
        message = f"cannot listen on {host} port {port}: {error.strerror or error}; choose another one"
        raise InputError([Problem(file="environment", field="PACELINE_LMTP_PORT", message=message)]) from error
    _log.info("taking mail over LMTP on %s port %s", host, server.port)
    try:
        yield
    finally:
        server.stop()
