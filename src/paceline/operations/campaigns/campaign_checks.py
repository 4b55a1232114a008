"""What stands between a draft and its start: content, accounts, audience, and how large a campaign may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from paceline.content.email import EmailContent
from paceline.content.whatsapp import WhatsAppContent, check_template
from paceline.domain.account import AccountState
from paceline.domain.address import parse_mailbox
from paceline.domain.campaign import CampaignKind
from paceline.domain.errors import Problem
from paceline.domain.segment import Node
from paceline.launch.catalogue_audience import AudienceChoice, frozen_audience, read_choice
from paceline.launch.largest_campaign import size_limits
from paceline.operations.campaigns.campaign_drafts import row_of
from paceline.operations.campaigns.draft_content import DraftContent, content_of
from paceline.operations.campaigns.email_values import content_problems
from paceline.operations.campaigns.files import attachment_problems
from paceline.operations.campaigns.worker_fitness import RULES_STAY_HERE, channel_problems, worker_problems
from paceline.operations.context import Context, NotPossible
from paceline.operations.whatsapp.media_files import media_problems
from paceline.store.catalogue import segments
from paceline.store.catalogue.audiences import AudienceWalk, Count
from paceline.store.queue import campaign_drafts, remote_campaigns, reply_rules
from paceline.store.queue.campaign_drafts import SendingAccount
from paceline.store.queue.campaigns import CampaignRow

_COUNT_SECONDS = 2.0
_SOME_CONTACTS = 5_000
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
    content: DraftContent
    """With a From where every e-mail account has one of its own."""
    audience: str
    """What a start keeps: the choice, and copies of the filters."""

    @property
    def email(self) -> EmailContent | None:
        """Its e-mail part, if it has one."""
        return self.content.email if "email" in self.content.channels else None

    @property
    def whatsapp(self) -> WhatsAppContent | None:
        """Its WhatsApp part, if it has one."""
        return self.content.whatsapp if "whatsapp" in self.content.channels else None

    @property
    def message_id_domain(self) -> str:
        """The domain of its Message-IDs; WhatsApp has none."""
        return "" if self.content.channel == "whatsapp" else self._domain

    @property
    def _domain(self) -> str:
        if self.email is None:
            return ""
        return parse_mailbox(self.email.from_address).address.rpartition("@")[2]

    @property
    def frozen_content(self) -> str:
        """The content as a start keeps it."""
        return self.content.to_stored(message_id_domain=self._domain)


def check(context: Context, campaign_id: str, *, to_start: bool = False) -> Checked:
    """Look at a draft (or a scheduled campaign) as its start would. Raises NotPossible for a campaign from a file.

    ``to_start`` is in a hurry: people are counted only as far as a start must know of them.
    """
    row = row_of(context, campaign_id)
    if row.kind is not CampaignKind.CATALOGUE:
        raise NotPossible(f"{row.key} comes from a file; `paceline send` starts it")
    with context.queue.read() as connection:
        accounts = campaign_drafts.sending_accounts(connection, row.id)
        is_remote = remote_campaigns.get(connection, row.id) is not None
        unfit = list(worker_problems(context, connection, row.id, accounts)) if is_remote else []
        has_reply_rules = bool(is_remote and reply_rules.every(connection, workspace_id=context.workspace_id))
    content = content_of(row)
    problems, own_from = list[Problem](), ""
    if "email" in content.channels:
        own_from, found = _email_problems(context, content.email, accounts)
        problems += found
    if "whatsapp" in content.channels:
        problems += template_problems(content.whatsapp) + media_problems(context, content.whatsapp)
    if is_remote:
        problems += [*channel_problems(content.channels), *unfit]
    problems += [problem for channel in content.channels for problem in _account_problems(accounts, channel)]
    problems += _strange_accounts(accounts, content.channels)
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
        notices=list(_notices(recipients, rules_stay_here=has_reply_rules)),
        recipients=recipients,
        content=replace(content, email=replace(content.email, from_address=content.email.from_address or own_from)),
        audience=frozen,
    )


def _email_problems(
    context: Context, content: EmailContent, accounts: list[SendingAccount]
) -> tuple[str, list[Problem]]:
    """What is wrong with an e-mail content, and the From of its accounts."""
    froms = [account.from_address for account in accounts if account.channel == "email"]
    own_from = next(filter(None, froms), "")
    problems = content_problems(content, from_elsewhere=own_from if froms and all(froms) else "")
    problems += attachment_problems(context, content.attachments)
    return own_from, problems


def template_problems(content: WhatsAppContent) -> list[Problem]:
    """What is wrong with the templates of a campaign, as far as its audience need not be known."""
    if not content.templates:
        return [_problem("templates", "there is none: name at least one approved template")]
    return [
        _problem(f"templates[{place}].parameters", message)
        for place, template in enumerate(content.templates, start=1)
        for message in check_template(template, None, content.surroundings())
    ]


def _strange_accounts(accounts: list[SendingAccount], channels: tuple[str, ...]) -> list[Problem]:
    return [
        _problem(
            "accounts", f"{account.name} sends by {account.channel}, and this campaign goes by {' and '.join(channels)}"
        )
        for account in accounts
        if account.channel not in channels
    ]


def _account_problems(every: list[SendingAccount], channel: str) -> list[Problem]:
    accounts = [account for account in every if account.channel == channel]
    if not accounts:
        what = "account" if channel == "email" else "phone number (an account with the channel whatsapp)"
        return [_problem("accounts", f"there is none: name at least one {what} that sends it")]
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
        audience=frozen_audience(frozen, workspace_id=context.workspace_id, channel=row.channel),
        now=context.clock.now(),
    )
    enough = min((limit.messages + 1 for limit in limits), default=1 if to_start else None)
    count = walk.count(seconds=_START_SECONDS if to_start else _COUNT_SECONDS, enough=enough)
    if count.exact and count.number == 0:
        who = "with a phone number fits" if row.channel == "whatsapp" else "fits"
        return count, [_problem("audience", f"nobody belongs to it: no confirmed subscriber {who} what was chosen")]
    shown = f"{count.number:,}" if count.exact else f"at least {count.number:,}"
    return count, [
        _problem("audience", f"it has {shown} people, and {limit.whose} allows campaigns of {limit.messages:,} at most")
        for limit in limits
        if count.number > limit.messages
    ]


def first_addresses(context: Context, checked: Checked, look_at: Callable[[str], None]) -> None:
    """Show some thousand recipients of what was looked at: those of the contacts that were stored first."""
    audience = frozen_audience(checked.audience, workspace_id=context.workspace_id, channel=checked.row.channel)
    walk = AudienceWalk(database=context.catalogue, audience=audience, now=context.clock.now())
    with context.catalogue.read() as connection:
        _, recipients = walk.window(connection, after=0, size=_SOME_CONTACTS)
    for recipient in recipients:
        look_at(recipient.address)


def _notices(recipients: Count, *, rules_stay_here: bool) -> Iterator[Problem]:
    if rules_stay_here:
        yield _problem("worker", RULES_STAY_HERE)
    if not recipients.exact:
        yield _problem("audience", f"it was counted up to {recipients.number:,} people, there are more")


def _problem(field: str, message: str) -> Problem:
    return Problem(file="", field=field, message=message)
