"""What stands between a draft and its start: content, accounts, audience, and how large a campaign may be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from paceline.content.email import EmailContent
from paceline.domain.account import AccountState
from paceline.domain.address import parse_mailbox
from paceline.domain.campaign import CampaignKind
from paceline.domain.errors import Problem
from paceline.domain.segment import Node
from paceline.launch.catalogue_audience import AudienceChoice, frozen_audience, read_choice
from paceline.launch.largest_campaign import size_limits
from paceline.operations.campaigns.campaign_drafts import row_of, stored_content
from paceline.operations.campaigns.email_values import content_problems
from paceline.operations.campaigns.files import attachment_problems
from paceline.operations.campaigns.worker_fitness import worker_problems
from paceline.operations.context import Context, NotPossible
from paceline.store.catalogue import segments
from paceline.store.catalogue.audiences import AudienceWalk, Count
from paceline.store.queue import campaign_drafts, remote_campaigns
from paceline.store.queue.campaign_drafts import SendingAccount
from paceline.store.queue.campaigns import CampaignRow

_COUNT_SECONDS = 2.0
_START_SECONDS = 0.1
"""A start waits no longer for what the launch finds out as well: it stops at the largest campaign that is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A campaign that was looked at: what must be mended before it starts, and what a person should know."""

    row: CampaignRow
    problems: list[Problem]
    notices: list[Problem]
    recipients: Count
    """At most so many will get it; suppressed ones among them do not."""
    content: EmailContent
    audience: str
    """What a start keeps: the choice, and copies of the filters."""

    @property
    def message_id_domain(self) -> str:
        """The domain of its Message-IDs."""
        return parse_mailbox(self.content.from_address).address.rpartition("@")[2]


def check(context: Context, campaign_id: str, *, to_start: bool = False) -> Checked:
    """Look at a draft (or a scheduled campaign) as its start would. Raises NotPossible for a campaign from a file.

    ``to_start`` is in a hurry: people are counted only as far as a start must know of them.
    """
    row = row_of(context, campaign_id)
    if row.kind is not CampaignKind.CATALOGUE:
        raise NotPossible(f"{row.key} comes from a file; `paceline send` starts it")
    with context.queue.read() as connection:
        accounts = campaign_drafts.sending_accounts(connection, row.id)
        unfit = []
        if remote_campaigns.get(connection, row.id) is not None:
            ids = [account.id for account in accounts]
            unfit = list(worker_problems(context, connection, ids, campaign_id=row.id))
    own_from = next((account.from_address for account in accounts if account.from_address), "")
    every_from = bool(accounts) and all(account.from_address for account in accounts)
    content = stored_content(row)
    problems = content_problems(content, from_elsewhere=own_from if every_from else "")
    problems += attachment_problems(context, content.attachments)
    problems += _account_problems(accounts)
    problems += unfit
    choice = read_choice(row.audience)
    frozen, missing = _frozen(context, choice)
    problems += missing
    recipients = Count(number=0, exact=True)
    if choice.is_empty:
        problems.append(_problem("audience", "nobody is chosen: name at least one list, or a segment"))
    elif not missing:
        recipients, sizes = _measured(context, row, frozen, to_start=to_start)
        problems += sizes
    return Checked(
        row=row,
        problems=problems,
        notices=list(_notices(recipients)),
        recipients=recipients,
        content=content if content.from_address else replace(content, from_address=own_from),
        audience=frozen,
    )


def _account_problems(accounts: list[SendingAccount]) -> list[Problem]:
    if not accounts:
        return [_problem("accounts", "there is none: name at least one account that sends it")]
    unusable = (AccountState.BROKEN, AccountState.DISABLED)
    if all(account.state in unusable for account in accounts):
        states = ", ".join(f"{account.name} is {account.state}" for account in accounts[:5])
        return [_problem("accounts", f"none of them can send: {states}")]
    return []


def _frozen(context: Context, choice: AudienceChoice) -> tuple[str, list[Problem]]:
    """The audience with copies of its filters; a list or segment that was deleted since is a problem."""
    filters: dict[int, Node] = {}
    problems = []
    with context.catalogue.read() as connection:
        for field, number in (("segment", choice.segment_id), ("exclude_segment", choice.exclude_segment_id)):
            row = None if number is None else segments.get(connection, number, workspace_id=context.workspace_id)
            if row is not None:
                filters[row.id] = row.filter
            elif number is not None:
                problems.append(_problem(f"audience.{field}", "the segment was deleted; choose another one"))
        for field, numbers in (("lists", choice.list_ids), ("exclude_lists", choice.exclude_list_ids)):
            there = segments.lists_there(connection, set(numbers), workspace_id=context.workspace_id)
            if set(numbers) - there:
                problems.append(_problem(f"audience.{field}", "a list was deleted; choose another one"))
    return (choice.to_json() if problems else choice.frozen(filters.__getitem__)), problems


def _measured(context: Context, row: CampaignRow, frozen: str, *, to_start: bool) -> tuple[Count, list[Problem]]:
    """How many people the audience has, as exactly as is asked for, and what is wrong with that number."""
    limits = size_limits(context.queue, context.catalogue, row.id, workspace_id=context.workspace_id)
    walk = AudienceWalk(
        database=context.catalogue,
        audience=frozen_audience(frozen, workspace_id=context.workspace_id),
        now=context.clock.now(),
    )
    enough = min((limit.messages + 1 for limit in limits), default=1 if to_start else None)
    count = walk.count(seconds=_START_SECONDS if to_start else _COUNT_SECONDS, enough=enough)
    if count.exact and count.number == 0:
        return count, [_problem("audience", "nobody belongs to it: no confirmed subscriber fits what was chosen")]
    shown = f"{count.number:,}" if count.exact else f"at least {count.number:,}"
    return count, [
        _problem("audience", f"it has {shown} people, and {limit.whose} allows campaigns of {limit.messages:,} at most")
        for limit in limits
        if count.number > limit.messages
    ]


def _notices(recipients: Count) -> Iterator[Problem]:
    if not recipients.exact:
        yield _problem("audience", f"it was counted up to {recipients.number:,} people, there are more")


def _problem(field: str, message: str) -> Problem:
    return Problem(file="", field=field, message=message)


def frozen_content(checked: Checked) -> str:
    """The content as a start keeps it."""
    return json.dumps(checked.content.to_json())
