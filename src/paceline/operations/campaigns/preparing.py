"""A campaign file becomes a campaign: created once, afterwards only its accounts, limits and pace are read anew."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from paceline.audience.audience import Audience
from paceline.content.email import EmailContent
from paceline.content.whatsapp import WhatsAppContent, templates_of
from paceline.domain.account import Account, Limits
from paceline.domain.address import parse_mailbox
from paceline.domain.campaign import ENDED, CampaignMove, CampaignStatus
from paceline.domain.errors import InputError, Problem
from paceline.domain.hosted_file import LARGEST_FILE
from paceline.domain.layer import Layer, LayerKind
from paceline.operations.campaign_file.campaign_audience import open_campaign_audience
from paceline.operations.campaign_file.campaign_file import CampaignFile, StoredAccount
from paceline.operations.campaign_file.text_file import UnusableFile, read_bytes
from paceline.operations.campaigns import files, preflight
from paceline.operations.campaigns.worker_fitness import RULES_STAY_HERE, worker_problems
from paceline.operations.context import Context, NotFound
from paceline.operations.installation.older_copy import pause_if_older_copy
from paceline.operations.whatsapp.media_files import with_kept_files
from paceline.operations.workers.workers import row_of as worker_row
from paceline.store.queue import (
    accounts,
    campaign_drafts as stored_drafts,
    campaigns,
    fallbacks,
    layers,
    remote_campaigns,
    reply_rules,
    template_stops,
)
from paceline.store.queue.campaigns import CampaignRow, NewCampaign
from paceline.store.queue.remote_campaigns import RemoteCampaign


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A campaign that may be sent, and its audience where that is not yet in the queue altogether."""

    campaign_id: int
    audience: Audience | None
    notices: tuple[str, ...]


def prepare(context: Context, file: CampaignFile) -> Prepared:
    """Create the campaign of a file, or find it and bring its accounts and pace up to date.

    Raises InputError, with nothing changed, for content or an audience that cannot be used.
    """
    notices = pause_if_older_copy(context)
    worker_id = worker_of(context, file)
    with context.queue.read() as connection:
        found = campaigns.find(connection, file.key, workspace_id=context.workspace_id)
        remote = None if found is None else remote_campaigns.get(connection, found.id)
    if found is None:
        return _prepare_new(context, file, worker_id, notices)
    if file.fallback is not None:
        _bring_fallback_up_to_date(context, file.fallback)
    if found.status in ENDED:
        return Prepared(campaign_id=found.id, audience=None, notices=notices)
    _require_same_worker(file, worker_id, remote)
    audience_again = None if found.launched_at is not None else _same_audience(file, found)
    if remote is not None and remote.closed_at is None:
        _go_on_at_the_worker(context, found)
        notices = (*notices, f"{found.key} is at its worker: accounts, limits and pace stay as they were handed over")
    else:
        _bring_up_to_date(context, file, found)
    return Prepared(campaign_id=found.id, audience=audience_again, notices=notices)


def _prepare_new(context: Context, file: CampaignFile, worker_id: int | None, notices: tuple[str, ...]) -> Prepared:
    audience = open_campaign_audience(file)
    try:
        campaign_id = _create(context, file, audience, worker_id)
    except BaseException:
        audience.close()
        raise
    if campaign_id is None:
        audience.close()
        return prepare(context, file)
    if worker_id is not None and _has_reply_rules(context):
        notices = (*notices, RULES_STAY_HERE)
    return Prepared(campaign_id=campaign_id, audience=audience, notices=notices)


def _has_reply_rules(context: Context) -> bool:
    with context.queue.read() as connection:
        return bool(reply_rules.every(connection, workspace_id=context.workspace_id))


def _create(context: Context, file: CampaignFile, audience: Audience, worker_id: int | None) -> int | None:
    """The new campaign's id; None, with nothing changed, when another process has just created it.

    With it the campaign that takes over from it, where the file names one.
    """
    second = None if file.fallback is None else _new(context, file.fallback, audience)
    new = _new(context, file, audience)
    now = context.clock.now()
    with context.queue.write() as connection:
        campaign_id = _start_new(context, connection, file, new, now, worker_id=worker_id)
        if campaign_id is not None and file.fallback is not None and second is not None:
            fallback_id = _start_new(context, connection, file.fallback, second, now)
            if fallback_id is None:
                message = f"there is a campaign with the key {second.key} already, which the fallback needs"
                raise InputError([Problem(file=str(file.path), field="fallback", message=message)])
            fallbacks.pair(connection, campaign_id, fallback_id)
    return campaign_id


def _new(context: Context, file: CampaignFile, audience: Audience) -> NewCampaign:
    """What a campaign is made of; raises InputError for content that cannot be used."""
    content = _content(file)
    problems = file.check_content(audience.columns)
    if not problems and isinstance(content, EmailContent):
        problems = _certainly_broken(context, file, content)
        if not problems and file.attachments:
            content, problems = _with_attachments(context, file, content)
    if not problems and isinstance(content, WhatsAppContent):
        content, found = with_kept_files(context, content, file.path.parent)
        problems = [replace(problem, file=str(file.path)) for problem in found]
    if problems:
        raise InputError(problems)
    about = {"path": str(file.audience), "digest": audience.digest, "columns": audience.columns}
    return NewCampaign(
        workspace_id=context.workspace_id,
        key=file.key,
        name=file.name,
        channel=file.channel,
        content=json.dumps(content.to_json()),
        audience=json.dumps({**about, **({"default_country": file.default_country} if file.default_country else {})}),
        message_id_domain=_message_id_domain(content),
        rate_per_minute=file.rate_per_minute,
        max_attempts=file.max_attempts,
        retry_delay_seconds=file.retry_delay_seconds,
        weight=file.weight,
        pacing=file.pacing,
    )


def _start_new(
    context: Context,
    connection: Connection,
    file: CampaignFile,
    new: NewCampaign,
    now: float,
    *,
    worker_id: int | None = None,
) -> int | None:
    campaign_id = campaigns.create(connection, new, now=now)
    if campaign_id is None:
        return None
    account_ids = _save_accounts(context, connection, file)
    accounts.attach(connection, campaign_id, account_ids)
    _save_limits(context, connection, file, campaign_id)
    _save_reply_rules(context, connection, file)
    if worker_id is not None:
        problems = worker_problems(
            context, connection, campaign_id, stored_drafts.sending_accounts(connection, campaign_id)
        )
        if found := [replace(problem, file=str(file.path)) for problem in problems]:
            raise InputError(found)
        remote_campaigns.assign(connection, campaign_id, worker_id, falls_back=file.worker_fallback, now=now)
    accounts.retry(connection, account_ids, now=now)
    campaigns.move(connection, campaign_id, CampaignMove.START, now=now)
    return campaign_id


def worker_of(context: Context, file: CampaignFile) -> int | None:
    """The number of the worker that a file names. Raises InputError when there is none of this name."""
    if not file.worker:
        return None
    try:
        return worker_row(context, file.worker).id
    except NotFound as error:
        message = f"{error}; `paceline workers list` shows those that there are"
        raise InputError([Problem(file=str(file.path), field="worker", message=message)]) from None


def _require_same_worker(file: CampaignFile, worker_id: int | None, remote: RemoteCampaign | None) -> None:
    """A worker is chosen before the start. Raises InputError where a file names another one afterwards."""
    if worker_id is None or (remote is not None and remote.worker_id == worker_id):
        return
    message = (
        "this campaign was started without this worker, and a worker is chosen before the start: take the line away, or "
        "start a new campaign with another key"
    )
    raise InputError([Problem(file=str(file.path), field="worker", message=message)])


def _go_on_at_the_worker(context: Context, found: CampaignRow) -> None:
    """Running the file again is a person's wish to try again, wherever the campaign is."""
    if found.status in (CampaignStatus.PAUSED_HEALTH, CampaignStatus.PAUSED_LIMITS):
        with context.queue.write() as connection:
            campaigns.move(connection, found.id, CampaignMove.RESUME, now=context.clock.now())


def _certainly_broken(context: Context, file: CampaignFile, content: EmailContent) -> list[Problem]:
    """What the preflight would not let pass; its warnings are for `paceline check`."""
    senders = [account.from_address if isinstance(account, Account) else "" for account in file.accounts]
    place = file.content_files.get("html", str(file.path))
    found = preflight.blocking(context, content, senders=senders)
    return [preflight.as_problem(finding, file=place) for finding in found]


def _with_attachments(
    context: Context, file: CampaignFile, content: EmailContent
) -> tuple[EmailContent, list[Problem]]:
    """The content with its files kept, as senders on every machine need them; the same files again are the same."""
    ids = []

    def problem(message: str) -> Problem:
        return Problem(file=str(file.path), field="content.attachments", message=message)

    for path in file.attachments:
        try:
            ids.append(files.upload(context, path.name, read_bytes(path, LARGEST_FILE)).id)
        except UnusableFile as error:
            return content, [problem(f"{path} {error.reason}")]
        except InputError as error:
            return content, [problem(f"{path.name}: {one.message}") for one in error.problems]
    wrong = files.attachment_problems(context, ids)
    return replace(content, attachments=tuple(ids)), [problem(one.message) for one in wrong]


def _message_id_domain(content: EmailContent | WhatsAppContent) -> str:
    """The domain of the Message-IDs; WhatsApp has none."""
    if isinstance(content, WhatsAppContent):
        return ""
    return parse_mailbox(content.from_address).address.rpartition("@")[2]


def _content(file: CampaignFile) -> EmailContent | WhatsAppContent:
    """The content as it is frozen; where it names no From, every account has one and the first gives the domain."""
    if isinstance(file.content, WhatsAppContent) or file.content.from_address:
        return file.content
    first = next(account.from_address for account in file.accounts if isinstance(account, Account))
    return replace(file.content, from_address=first)


def _bring_fallback_up_to_date(context: Context, file: CampaignFile) -> None:
    """The second campaign of a file, unless it has ended: what is handed over to it later opens it again."""
    with context.queue.read() as connection:
        second = campaigns.find(connection, file.key, workspace_id=context.workspace_id)
    if second is not None and second.status not in ENDED:
        _bring_up_to_date(context, file, second)


def _bring_up_to_date(context: Context, file: CampaignFile, found: CampaignRow) -> None:
    """Accounts, limits and pace as the file says now; running it again is a person's wish to try again."""
    now = context.clock.now()
    with context.queue.write() as connection:
        account_ids = _save_accounts(context, connection, file)
        accounts.attach(connection, found.id, account_ids)
        _save_limits(context, connection, file, found.id)
        _save_reply_rules(context, connection, file)
        accounts.retry(connection, account_ids, now=now)
        campaigns.change_pace(
            connection,
            found.id,
            rate_per_minute=file.rate_per_minute,
            max_attempts=file.max_attempts,
            retry_delay_seconds=file.retry_delay_seconds,
            weight=file.weight,
            pacing=file.pacing,
            now=now,
        )
        if found.status in (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED):
            campaigns.move(connection, found.id, CampaignMove.START, now=now)
        elif found.status in (CampaignStatus.PAUSED_HEALTH, CampaignStatus.PAUSED_LIMITS):
            template_stops.lift(connection, templates_of(found), workspace_id=found.workspace_id)
            campaigns.move(connection, found.id, CampaignMove.RESUME, now=now)


def _save_accounts(context: Context, connection: Connection, file: CampaignFile) -> list[int]:
    """The ids of the file's accounts in its order; those with a login of their own are stored, new or changed."""
    ids: list[int] = []
    problems: list[Problem] = []
    for account in file.accounts:
        if isinstance(account, StoredAccount):
            known = accounts.find(connection, account.name, workspace_id=context.workspace_id)
            if len(known) != 1:
                problems.append(_not_one(file, account, len(known)))
            ids += [standing.id for standing in known[:1]]
        else:
            ids.append(
                accounts.save(connection, context.box, account, workspace_id=context.workspace_id, channel=file.channel)
            )
    if problems:
        raise InputError(problems)
    return list(dict.fromkeys(ids))


def _save_limits(context: Context, connection: Connection, file: CampaignFile, campaign_id: int) -> None:
    """The limits of the file; the campaign has none where it names none, the others stay as they are until changed."""
    own = Layer(kind=LayerKind.CAMPAIGN, name=str(campaign_id), limits=Limits())
    for layer in file.limits:
        if layer.kind is LayerKind.CAMPAIGN:
            own = replace(own, limits=layer.limits)
        else:
            layers.save(connection, layer, workspace_id=context.workspace_id, now=context.clock.now())
    layers.save(connection, own, workspace_id=context.workspace_id, now=context.clock.now())


def _save_reply_rules(context: Context, connection: Connection, file: CampaignFile) -> None:
    """The rules of the file, by their names; others stay as they are."""
    for rule in file.reply_rules:
        reply_rules.save(connection, rule, workspace_id=context.workspace_id, now=context.clock.now())


def _not_one(file: CampaignFile, account: StoredAccount, count: int) -> Problem:
    what = "no stored account has" if count == 0 else f"{count} stored accounts have"
    message = f"{what} the name {account.name!r}; `paceline accounts list` shows them"
    return Problem(file=str(file.path), line=account.line, field="account", message=message)


def _same_audience(file: CampaignFile, found: CampaignRow) -> Audience:
    """The audience of a campaign that is not yet in the queue altogether; it must be the one it was."""
    audience = open_campaign_audience(file)
    if audience.digest != json.loads(found.audience)["digest"]:
        audience.close()
        message = (
            f"{file.audience.name} has changed since this campaign was started and is only queued up to line "
            f"{found.launch_cursor}: bring the former file back, or start a new campaign with another key"
        )
        raise InputError([Problem(file=str(file.path), field="audience", message=message)])
    return audience
