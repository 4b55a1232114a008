"""What a remote worker cannot do for a campaign: said before it starts, with what to do instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection

from paceline.domain.account import Limits
from paceline.domain.errors import Problem
from paceline.domain.layer import Layer, LayerKind
from paceline.operations.context import Context
from paceline.store.queue import accounts, layers
from paceline.store.queue.campaign_drafts import SendingAccount

RULES_STAY_HERE = "reply rules are kept here only: a worker treats every reply as without them"


def channel_problems(channels: Sequence[str]) -> Iterator[Problem]:
    """Why a worker cannot send on these channels, the first and perhaps one that takes over from it."""
    if len(channels) > 1:
        yield _problem("fallback", "a remote worker sends on one channel: leave it out, or send it from here")
    elif "whatsapp" in channels:
        yield _problem(
            "worker",
            "remote workers send e-mail only, because what WhatsApp tells of its messages comes to this installation: send "
            "it from here",
        )


def worker_problems(
    context: Context, connection: Connection, campaign_id: int, senders: Sequence[SendingAccount]
) -> Iterator[Problem]:
    """Why a worker cannot send a campaign with these accounts."""
    known = [accounts.load(connection, context.box, sender.id) for sender in senders]
    hosts = {account.login.host for account in known}
    for standing in layers.every(connection, workspace_id=context.workspace_id):
        if _limits_anything(standing.layer.limits) and _concerns(standing.layer, hosts, campaign_id):
            yield _problem(
                "worker",
                f"{standing.layer.title} has limits, which are counted by this installation only: a worker would not keep "
                "them. Take them away (`paceline limits`), or send it from here",
            )
    for account in known:
        ca_file = getattr(account.login, "ca_file", "")
        if ca_file and not Path(ca_file).is_file():
            yield _problem("accounts", f"{account.name}: its file of certificates {ca_file} is not there any more")


def _limits_anything(limits: Limits) -> bool:
    return bool(limits.minute or limits.hour or limits.day or limits.month)


def _concerns(layer: Layer, hosts: set[str], campaign_id: int) -> bool:
    if layer.kind is LayerKind.SERVER:
        return layer.name in hosts
    if layer.kind is LayerKind.CAMPAIGN:
        return layer.name == str(campaign_id)
    return True


def _problem(field: str, message: str) -> Problem:
    return Problem(file="", field=field, message=message)
