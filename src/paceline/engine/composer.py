"""A claimed message becomes a letter: the frozen content of its campaign, rendered for one recipient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from paceline.channels.base import Letter
from paceline.channels.whatsapp.messages import encode, template_message
from paceline.content.attachments import Attachment
from paceline.content.dkim import DkimSigner
from paceline.content.email import EmailContent, EmailRenderer
from paceline.content.whatsapp import WhatsAppContent, WhatsAppRenderer, WhatsAppTemplate
from paceline.content.whatsapp_media import files_of, marked, with_files
from paceline.domain.account import Account
from paceline.domain.errors import AccountUnavailable, CampaignUnsendable, ContentError, StoreUnavailable
from paceline.domain.outcome import AccountTrouble, TroubleKind
from paceline.domain.reference import mark_of, reference_of
from paceline.domain.tokens import CampaignTokens, Tokens
from paceline.engine.signing import CannotSign, Signing
from paceline.store.database import Database
from paceline.store.public_ids import IdKind, PublicIds
from paceline.store.queue import campaigns, files, installation
from paceline.store.queue.claiming import ClaimedMessage


class Composer:
    """Renders the messages of every campaign; each campaign's templates are compiled once."""

    def __init__(
        self, database: Database, now: Callable[[], float], tokens: Tokens, signing: Signing, ids: PublicIds
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._now = now
        self._signing = signing
        self._workspaces: dict[int, int] = {}
        self._ids = ids
        self._incomplete: set[int] = set()
        self._renderers: dict[int, EmailRenderer | WhatsAppRenderer] = {}
        self._mark = ""

    def prepare(self, campaign_id: int) -> None:
        """Read and compile a campaign's content; to be called off the event loop before its first message.

        Raises StoreUnavailable, and CampaignUnsendable where it cannot be compiled.
        """
        if campaign_id in self._renderers:
            return
        try:
            self._prepare(campaign_id)
        except StoreUnavailable:
            raise
        except Exception as error:  # it was checked before the start: it is damaged, or of another version
            cure = "install the version that it was started with, or stop it and start it anew"
            raise CampaignUnsendable(f"its content cannot be read ({error!r}): {cure}") from error

    def _prepare(self, campaign_id: int) -> None:
        with self._database.read() as connection:
            campaign = campaigns.get(connection, campaign_id)
            name = installation.name(connection)
        self._mark = mark_of(name)
        if campaign.channel == "whatsapp":
            self._renderers[campaign_id] = WhatsAppRenderer(WhatsAppContent.from_json(orjson.loads(campaign.content)))
            return
        self._signing.refresh()
        self._workspaces[campaign_id] = campaign.workspace_id
        content = EmailContent.from_json(orjson.loads(campaign.content))
        attached = [self._attachment(file_id, campaign.workspace_id) for file_id in content.attachments]
        if None in attached:
            self._incomplete.add(campaign_id)
        self._renderers[campaign_id] = EmailRenderer(
            content,
            attachments=[file for file in attached if file is not None],
            domain=campaign.message_id_domain,
            secret=name.encode(),
            tokens=CampaignTokens(tokens=self._tokens, workspace_id=campaign.workspace_id, campaign_id=campaign_id),
        )

    def knows(self, campaign_id: int) -> bool:
        """Whether the campaign is prepared."""
        return campaign_id in self._renderers

    def compose(self, message: ClaimedMessage, account: Account) -> Letter:
        """The letter of one message, from the account's own address where it has one.

        Pure but for the Date header. Raises ContentError when it cannot be rendered, AccountUnavailable or
        CampaignUnsendable when nothing can be signed that comes from the account's address, or from the campaign's.
        """
        try:
            fields = orjson.loads(message.fields)
        except ValueError as error:
            raise ContentError(f"the contact's fields are damaged: {error}") from None
        try:
            return self._rendered(message, account, fields)
        except (AttributeError, TypeError):
            if _are_texts_by_name(fields):
                raise
            raise ContentError("the contact's fields are damaged: they are not texts by their names") from None

    def _rendered(self, message: ClaimedMessage, account: Account, fields: dict[str, str]) -> Letter:
        renderer = self._renderers[message.campaign_id]
        if isinstance(renderer, WhatsAppRenderer):
            reference = reference_of(self._mark, message.id)
            return _request(message, account, reference, *renderer.render(message.address, fields))
        if message.campaign_id in self._incomplete:
            raise ContentError("a file that is attached to it was deleted")
        now = self._now()
        rendered = renderer.render(
            address=message.address,
            fields=fields,
            message_key=str(message.id),
            account_from=account.from_address,
            at=now,
            message_number=message.id,
        )
        data = rendered.data
        signer = self._signer(message.campaign_id, renderer, account)
        if signer is not None:
            data = signer.sign(data, at=now) + data
        return Letter(sender=rendered.sender, recipient=message.address, data=data)

    def _signer(self, campaign_id: int, renderer: EmailRenderer, account: Account) -> DkimSigner | None:
        try:
            return self._signing.of(self._workspaces[campaign_id], renderer.from_domain(account.from_address))
        except CannotSign as error:
            if account.from_address:
                raise AccountUnavailable(AccountTrouble(kind=TroubleKind.BROKEN, reason=str(error))) from None
            raise CampaignUnsendable(str(error)) from None

    def _attachment(self, file_id: str, workspace_id: int) -> Attachment | None:
        """A file of the workspace; None where it is not there any more."""
        number = self._ids.decode(IdKind.FILE, file_id)
        with self._database.read() as connection:
            row = None if number is None else files.get(connection, number, workspace_id=workspace_id)
            if row is None:
                return None
            return Attachment(name=row.name, media_type=row.media_type, data=files.content(connection, row.id))


def _are_texts_by_name(fields: object) -> bool:
    return isinstance(fields, dict) and all(isinstance(value, str) for value in fields.values())


def _request(
    message: ClaimedMessage,
    account: Account,
    reference: str,
    template: WhatsAppTemplate,
    components: list[dict[str, Any]],
    has_files: bool,  # a tuple of the renderer's is spread here, for every message
) -> Letter:
    """A WhatsApp message; our own number of it comes back with every status."""
    media = tuple(file for _, file in files_of(components)) if has_files else ()
    if media:
        components = with_files(components, marked)
    shape = template_message(message.address, template.name, template.language, components, reference=reference)
    return Letter(
        sender=account.login.identity,
        recipient=message.address,
        data=encode(shape),
        template=template.key,
        attempt=message.attempt + 1,
        media=media,
    )
