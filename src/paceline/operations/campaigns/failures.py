"""What failed in a campaign, by cause: replies that differ only in addresses, names and numbers are one cause."""

from __future__ import annotations

import re
from dataclasses import dataclass

from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.domain.errors import InputError, Problem
from paceline.operations.campaigns.campaign_drafts import row_of
from paceline.operations.context import Context, NotPossible
from paceline.store.queue import campaigns, failures

_MOST_REPLIES = 5_000
_MOST_CAUSES = 200
_UNKNOWN = "no reason is on record"

# Addresses, queue ids and the like: what tells two replies apart that have the same cause.
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+\.[^\s<>@,;:]+>?")
_NAME = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}\b|\b[0-9]{5,}\b|\b\d+\.\d+\.\d+\.\d+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One cause and what it took."""

    cause: str
    messages: int
    accounts: dict[str, int]
    """Account -> messages; "" for those that no account had."""
    example: str
    """One reply word for word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """The causes, the most frequent first."""

    causes: list[Cause]
    exact: bool
    """False: there are more different replies than were looked at."""


def cause_of(reply: str) -> str:
    """A reply without what is only about one message."""
    return _NAME.sub("…", _ADDRESS.sub("…", reply)).strip() or _UNKNOWN


def failures_of(context: Context, campaign_id: str) -> Failures:
    """What failed, by cause. Raises UnknownCampaign."""
    number = row_of(context, campaign_id).id
    with context.queue.read() as connection:
        rows = failures.by_reply(connection, number, limit=_MOST_REPLIES)
    found: dict[str, Cause] = {}
    for row in rows:
        cause = cause_of(row.reply)
        known = found.get(cause) or Cause(cause=cause, messages=0, accounts={}, example=row.reply)
        name = row.account or ""
        accounts = known.accounts | {name: known.accounts.get(name, 0) + row.messages}
        found[cause] = Cause(
            cause=cause, messages=known.messages + row.messages, accounts=accounts, example=known.example
        )
    causes = sorted(found.values(), key=lambda one: (-one.messages, one.cause))
    return Failures(causes=causes[:_MOST_CAUSES], exact=len(rows) < _MOST_REPLIES and len(causes) <= _MOST_CAUSES)


def retry(context: Context, campaign_id: str, cause: str | None) -> int:
    """Try failed messages once more as if they had not been tried: those of a cause, or all. Returns how many.

    A failed message was definitely not accepted, so nobody gets two. Opens a completed campaign anew. Raises NotPossible
    for a stopped one and for a draft, InputError for a cause that there is not.
    """
    row = row_of(context, campaign_id)
    if row.status in (CampaignStatus.STOPPED, CampaignStatus.DRAFT, CampaignStatus.SCHEDULED):
        raise NotPossible(f"{row.key} is {row.status}: nothing of it can be tried again")
    replies = None if cause is None else _replies_of(context, row.id, cause)
    now = context.clock.now()
    retried = failures.retry(context.queue, row.id, replies, slot=0, now=now)
    if retried:
        with context.queue.write() as connection:
            campaigns.move(connection, row.id, CampaignMove.REOPEN, now=now)
    return retried


def _replies_of(context: Context, number: int, cause: str) -> list[str]:
    with context.queue.read() as connection:
        rows = failures.by_reply(connection, number, limit=_MOST_REPLIES)
    replies = sorted({row.reply for row in rows if cause_of(row.reply) == cause})
    if not replies:
        message = "nothing has failed for this cause (any more); take one that the list of failures gives"
        raise InputError([Problem(file="", field="cause", message=message)])
    return replies
