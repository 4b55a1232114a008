"""What a controller hands to a worker: the campaign, its accounts with what they have used, and its recipients in parts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from paceline.domain.account import Account, SmtpLogin, WhatsAppLogin
from paceline.domain.campaign import CampaignStatus
from paceline.domain.tokens import CampaignTokens
from paceline.remote import baggage
from paceline.remote.baggage import NothingToHandOver, Packing
from paceline.remote.protocol import AccountSpec, CampaignReport, CampaignSpec, Initialize, Part, Recipient
from paceline.store.database import Database
from paceline.store.queue import accounts, campaign_drafts, remote_campaigns, remote_messages
from paceline.store.queue.campaigns import CampaignRow
from paceline.store.queue.remote_campaigns import RemoteCampaign
from paceline.store.queue.remote_messages import Handed, Span

PART = 2000
"""Recipients in one part: a transaction here, and a few of them there."""

_SECRETS = ("password", "client_secret", "refresh_token", "token")


def order_of(remote: RemoteCampaign, campaign: CampaignRow) -> Initialize:
    """The campaign by itself, without accounts, baggage and recipients."""
    scheduled = campaign.status is CampaignStatus.SCHEDULED
    pacing = campaign.pacing.to_json()
    return Initialize(
        revision=remote.revision,
        campaign=CampaignSpec(
            name=campaign.name,
            channel="whatsapp" if campaign.channel == "whatsapp" else "email",
            content=_without_sources(json.loads(campaign.content)),
            message_id_domain=campaign.message_id_domain,
            rate_per_minute=campaign.rate_per_minute,
            max_attempts=campaign.max_attempts,
            retry_delay_seconds=campaign.retry_delay_seconds,
            pacing=None if pacing is None else json.loads(pacing),
            starts_at=campaign.starts_at if scheduled else None,
        ),
    )


def _without_sources(content: dict[str, Any]) -> dict[str, Any]:
    """A content without what only its authors read."""
    return {name: value for name, value in content.items() if name != "mjml"}


def order_to_prepare(packing: Packing, remote: RemoteCampaign, campaign: CampaignRow) -> Initialize:
    """The campaign with the files that are attached to it, but nobody's secrets yet. Raises NothingToHandOver."""
    return order_of(remote, campaign).model_copy(update={"files": baggage.attached(packing, campaign)})


def order_with_accounts(packing: Packing, remote: RemoteCampaign, campaign: CampaignRow, *, now: float) -> Initialize:
    """The same with the accounts that are lent (their logins, and what they have used) and the keys that sign.

    Raises NothingToHandOver.
    """
    specs = []
    with packing.queue.write() as connection:
        for number in campaign_drafts.account_ids(connection, campaign.id):
            usage = remote_campaigns.usage_to_lend(connection, number, now=now)
            next_at = remote_campaigns.next_slot(connection, number)
            account = accounts.begin_warm_up(connection, accounts.load(connection, packing.box, number), now=now)
            specs.append(_account(account, usage, next_at))
    more = {"accounts": specs, "signing_keys": baggage.signing_keys(packing, campaign)}
    return order_to_prepare(packing, remote, campaign).model_copy(update=more)


def order_with_keys(packing: Packing, remote: RemoteCampaign, campaign: CampaignRow) -> Initialize:
    """The campaign, which has started, with the keys that sign for it by now. Raises NothingToHandOver."""
    return order_of(remote, campaign).model_copy(update={"signing_keys": baggage.signing_keys(packing, campaign)})


def what_keeps_accounts(queue: Database, remote: RemoteCampaign) -> list[str]:
    """The names of accounts that the worker cannot have yet; those that nobody has are lent now."""
    with queue.read() as connection:
        names = remote_campaigns.accounts_elsewhere(connection, remote.campaign_id, remote.worker_id)
    if names:
        with queue.write() as connection:
            remote_campaigns.lend_accounts(connection, remote.campaign_id)
            names = remote_campaigns.accounts_elsewhere(connection, remote.campaign_id, remote.worker_id)
    return names


def has_something(queue: Database, remote: RemoteCampaign, campaign: CampaignRow) -> bool:
    """Whether there is a recipient to hand over, or the end of them to tell."""
    if campaign.launched_at is not None:
        return True
    with queue.read() as connection:
        return remote_messages.fresh_left(connection, remote.campaign_id)


def next_part(
    packing: Packing, remote: RemoteCampaign, campaign: CampaignRow, report: CampaignReport, *, now: float
) -> Part | None:
    """The next recipients behind those that the worker has; None while the launch has none yet.

    What was marked and did not arrive comes first. The rest is marked in its own transaction before it leaves.
    """
    queue, tokens = packing.queue, baggage.tokens_of(packing, campaign)
    with queue.read() as connection:
        before = remote_campaigns.get(connection, campaign.id)
    assert before is not None
    if report.upto < before.cursor:
        with queue.write() as connection:
            span = Span(after=report.upto, upto=before.cursor, limit=PART)
            upto, again = remote_messages.part_again(connection, queue, campaign, span, now=now)
        return _part(report.upto, upto, again, tokens, complete=False)
    with queue.write() as connection:
        remote_messages.gather(connection, campaign.id)
        found = remote_messages.take_part(connection, queue, campaign, limit=PART, now=now)
        after = remote_campaigns.get(connection, campaign.id)
        more = remote_messages.fresh_left(connection, campaign.id)
    assert after is not None
    complete = campaign.launched_at is not None and not more
    if after.cursor == before.cursor and not complete:
        return None
    return _part(report.upto, after.cursor, found, tokens, complete=complete)


def _part(after: int, upto: int, found: Sequence[Handed], tokens: CampaignTokens | None, *, complete: bool) -> Part:
    recipients = [
        Recipient(
            id=one.id,
            address=one.address,
            fields=json.loads(one.fields),
            **baggage.mail_tokens(tokens, one.id),
        )
        for one in found
    ]
    return Part(after=after, upto=upto, complete=complete, recipients=recipients)


def _account(account: Account, usage: list[tuple[int, int]], next_at: float) -> AccountSpec:
    login, secrets = _parted(account.login)
    limits, warm_up = account.limits, account.limits.warm_up
    since = None if warm_up is None else warm_up.since
    return AccountSpec(
        name=account.name,
        login=login,
        secrets=secrets,
        ca=_authority(account),
        from_address=account.from_address,
        minute_limit=limits.minute,
        hourly_limit=limits.hour,
        daily_limit=limits.day,
        monthly_limit=limits.month,
        window=limits.window.value,
        timezone=limits.timezone.key,
        rate_per_minute=account.rate_per_minute,
        max_connections=account.max_connections,
        weight=account.weight,
        warm_up="" if warm_up is None else str(warm_up),
        warm_up_since=None if since is None else since.isoformat(),
        next_at=next_at,
        usage=usage,
    )


def _authority(account: Account) -> str:
    """The certificates in the file that an account names, in PEM. Raises NothingToHandOver."""
    name = "" if isinstance(account.login, WhatsAppLogin) else account.login.ca_file
    if not name:
        return ""
    try:
        return Path(name).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise NothingToHandOver(f"the certificates of {account.name} in {name} cannot be read: {error}") from None


def _parted(login: SmtpLogin | WhatsAppLogin) -> tuple[dict[str, Any], dict[str, str]]:
    """A login without its secrets, and these by name."""
    values = asdict(login)
    values.pop("ca_file", None)  # a file of this machine: what is in it travels
    secrets = {name: values.pop(name) for name in _SECRETS if name in values}
    oauth = values.get("oauth")
    if oauth is not None:
        secrets |= {name: oauth.pop(name) for name in _SECRETS if name in oauth}
    return values, {name: str(value) for name, value in secrets.items()}
