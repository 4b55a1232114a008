"""At the controller: what a campaign needs at a worker besides itself: files that are attached, keys that sign, tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.address import parse_mailbox
from paceline.domain.errors import PacelineError
from paceline.domain.tokens import CampaignTokens, Purpose, Tokens
from paceline.remote.protocol import FileSpec, SigningKeySpec
from paceline.store.database import Database
from paceline.store.public_ids import IdKind, PublicIds
from paceline.store.queue import campaign_drafts, files, sending_domains
from paceline.store.queue.campaigns import CampaignRow
from paceline.store.queue.sending_domains import ActiveKey
from paceline.store.secrets import SecretBox, SecretsUnreadable


class NothingToHandOver(PacelineError):
    """Something that a campaign needs is not there (any more), so that it cannot be handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """What is needed to pack."""

    queue: Database
    box: SecretBox
    ids: PublicIds
    tokens: Tokens


def attached(packing: Packing, campaign: CampaignRow) -> list[FileSpec]:
    """The files of a campaign. Raises NothingToHandOver for one that was deleted."""
    if campaign.channel != "email":
        return []
    found = []
    for file_id in json.loads(campaign.content).get("attachments") or ():
        number = packing.ids.decode(IdKind.FILE, file_id)
        with packing.queue.read() as connection:
            row = None if number is None else files.get(connection, number, workspace_id=campaign.workspace_id)
            if row is None:
                raise NothingToHandOver("a file that is attached to it was deleted")
            data = files.content(connection, row.id)
        encoded = base64.b64encode(data).decode()
        found.append(FileSpec(id=file_id, name=row.name, media_type=row.media_type, data=encoded))
    return found


def signing_keys(packing: Packing, campaign: CampaignRow) -> list[SigningKeySpec]:
    """The keys that sign what a campaign sends: those of the From domains of its content and its accounts, no others.

    Raises NothingToHandOver for one that does not open.
    """
    if campaign.channel != "email":
        return []
    with packing.queue.read() as connection:
        keys = [one for one in sending_domains.active_keys(connection) if one.workspace_id == campaign.workspace_id]
        if not keys:
            return []
        domains = {one.domain for one in keys}
        needed = signing_domains(connection, campaign, domains)
        chosen = [one for one in keys if one.domain in needed]
    try:
        return [_spec(packing.box, one) for one in chosen]
    except SecretsUnreadable as error:
        raise NothingToHandOver(f"what it sends cannot be signed: {error}") from None


def tokens_of(packing: Packing, campaign: CampaignRow) -> CampaignTokens | None:
    """What makes the tokens of its bounce address; None where it has none."""
    if campaign.channel != "email" or not json.loads(campaign.content).get("bounce_address"):
        return None
    return CampaignTokens(tokens=packing.tokens, workspace_id=campaign.workspace_id, campaign_id=campaign.id)


def mail_tokens(tokens: CampaignTokens | None, message_id: int) -> dict[str, str]:
    """The tokens of one recipient, by their names in the protocol."""
    if tokens is None:
        return {}
    return {
        "bounce_token": tokens.for_mail(message_id, Purpose.BOUNCE),
        "unsubscribe_token": tokens.for_mail(message_id, Purpose.UNSUBSCRIBE_MAIL),
    }


def signing_domains(connection: Connection, campaign: CampaignRow, known: Collection[str]) -> set[str]:
    """Those of these domains that sign what a campaign sends."""
    found = {_signing_domain(domain, known) for domain in _from_domains(connection, campaign)}
    return {domain for domain in found if domain is not None}


def _from_domains(connection: Connection, campaign: CampaignRow) -> set[str]:
    senders = [json.loads(campaign.content).get("from_address") or ""]
    senders += [account.from_address for account in campaign_drafts.sending_accounts(connection, campaign.id)]
    return {_domain(one) for one in senders if one}


def _domain(sender: str) -> str:
    try:
        return parse_mailbox(sender).address.rpartition("@")[2].lower()
    except ValueError:
        return ""


def _signing_domain(domain: str, known: Collection[str]) -> str | None:
    """A From domain itself or its nearest parent that has a key, as a sender here chooses it."""
    while domain:
        if domain in known:
            return domain
        domain = domain.partition(".")[2]
    return None


def _spec(box: SecretBox, key: ActiveKey) -> SigningKeySpec:
    return SigningKeySpec(
        domain=key.domain,
        selector=key.selector,
        kind=key.kind,
        public_key=key.public_key,
        private_key=base64.b64encode(key.private_key(box)).decode(),
    )
