"""What a controller hands to a worker: the campaign, its accounts with what they have used, and its recipients in parts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from paceline.domain.account import Account, SmtpLogin, WhatsAppLogin
from paceline.domain.campaign import CampaignStatus
from paceline.remote.protocol import AccountSpec, CampaignReport, CampaignSpec, Initialize, Part, Recipient
from paceline.store.database import Database
from paceline.store.queue import accounts, campaign_drafts, remote_campaigns
from paceline.store.queue.campaigns import CampaignRow
from paceline.store.queue.remote_campaigns import Handed, RemoteCampaign
from paceline.store.secrets import SecretBox

PART = 2000
"""Recipients in one part: a transaction here, and a few of them there."""

_SECRETS = ("password", "client_secret", "refresh_token", "token")


def order_of(remote: RemoteCampaign, campaign: CampaignRow) -> Initialize:
    """The campaign by itself, without accounts and recipients."""
    scheduled = campaign.status is CampaignStatus.SCHEDULED
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
            starts_at=campaign.starts_at if scheduled else None,
        ),
    )


def _without_sources(content: dict[str, Any]) -> dict[str, Any]:
    """A content without what only its authors read."""
    return {name: value for name, value in content.items() if name != "mjml"}


def order_with_accounts(
    queue: Database, box: SecretBox, remote: RemoteCampaign, campaign: CampaignRow, *, now: float
) -> Initialize:
    """The same with the accounts that are lent: their logins, and what they have used."""
    specs = []
    with queue.read() as connection:
        for number in campaign_drafts.account_ids(connection, campaign.id):
            usage = remote_campaigns.usage_to_lend(connection, number, now=now)
            next_at = remote_campaigns.next_slot(connection, number)
            specs.append(_account(accounts.load(connection, box, number), usage, next_at))
    return order_of(remote, campaign).model_copy(update={"accounts": specs})


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
        return remote_campaigns.fresh_left(connection, remote.campaign_id)


def next_part(
    queue: Database, remote: RemoteCampaign, campaign: CampaignRow, report: CampaignReport, *, now: float
) -> Part | None:
    """The next recipients behind those that the worker has; None while the launch has none yet.

    What was marked and did not arrive comes first. The rest is marked in its own transaction before it leaves.
    """
    with queue.read() as connection:
        before = remote_campaigns.get(connection, campaign.id)
        assert before is not None
        if report.upto < before.cursor:
            again = remote_campaigns.part_again(
                connection, campaign.id, after=report.upto, upto=before.cursor, limit=PART
            )
            upto = again[-1].id if len(again) == PART else before.cursor
            return _part(report.upto, upto, again, complete=False)
    with queue.write() as connection:
        remote_campaigns.gather(connection, campaign.id)
        found = remote_campaigns.take_part(
            connection,
            queue,
            campaign.id,
            limit=PART,
            workspace_id=campaign.workspace_id,
            channel=campaign.channel,
            now=now,
        )
        after = remote_campaigns.get(connection, campaign.id)
        more = remote_campaigns.fresh_left(connection, campaign.id)
    assert after is not None
    complete = campaign.launched_at is not None and not more
    if after.cursor == before.cursor and not complete:
        return None
    return _part(report.upto, after.cursor, found, complete=complete)


def _part(after: int, upto: int, found: Sequence[Handed], *, complete: bool) -> Part:
    recipients = [Recipient(id=one.id, address=one.address, fields=json.loads(one.fields)) for one in found]
    return Part(after=after, upto=upto, complete=complete, recipients=recipients)


def _account(account: Account, usage: list[tuple[int, int]], next_at: float) -> AccountSpec:
    login, secrets = _parted(account.login)
    limits = account.limits
    return AccountSpec(
        name=account.name,
        login=login,
        secrets=secrets,
        from_address=account.from_address,
        minute_limit=limits.minute,
        hourly_limit=limits.hour,
        daily_limit=limits.day,
        monthly_limit=limits.month,
        window=limits.window.value,
        timezone=limits.timezone.key,
        rate_per_minute=account.rate_per_minute,
        max_connections=account.max_connections,
        next_at=next_at,
        usage=usage,
    )


def _parted(login: SmtpLogin | WhatsAppLogin) -> tuple[dict[str, Any], dict[str, str]]:
    """A login without its secrets, and these by name."""
    values = asdict(login)
    values.pop("ca_file", None)  # a file of this machine
    secrets = {name: values.pop(name) for name in _SECRETS if name in values}
    oauth = values.get("oauth")
    if oauth is not None:
        secrets |= {name: oauth.pop(name) for name in _SECRETS if name in oauth}
    return values, {name: str(value) for name, value in secrets.items()}
