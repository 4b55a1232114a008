"""A campaign file: read, checked as a whole, and turned into what the program uses. The format: docs/reference/campaign-file.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from paceline.content.email import EmailContent
from paceline.content.whatsapp import WhatsAppContent
from paceline.domain.account import Account
from paceline.domain.campaign_pacing import CampaignPacing
from paceline.domain.errors import Problem
from paceline.domain.layer import Layer
from paceline.domain.reply_rule import ReplyRule
from paceline.operations.campaign_file.campaign_accounts import StoredAccount, read_accounts
from paceline.operations.campaign_file.campaign_channels import only_of
from paceline.operations.campaign_file.campaign_content import ContentPlaces, read_content
from paceline.operations.campaign_file.campaign_fields import CAMPAIGN, WHATSAPP_CAMPAIGN, read_section
from paceline.operations.campaign_file.campaign_limits import read_limits
from paceline.operations.campaign_file.campaign_pace import read_pacing
from paceline.operations.campaign_file.campaign_reply_rules import read_reply_rules
from paceline.operations.campaign_file.campaign_templates import TemplatePlaces, read_templates
from paceline.operations.campaign_file.text_file import UnusableFile, require_file
from paceline.operations.campaign_file.toml_document import Document, open_document

__all__ = ["CampaignFile", "StoredAccount", "read_campaign_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFile:
    """What a campaign file says. Rates are messages per minute, 0 is no pace; None leaves retries to the program."""

    path: Path
    key: str
    name: str
    channel: str
    audience: Path
    """Absolute. Whether it can be read as a table is not known yet."""
    rate_per_minute: float
    max_attempts: int | None
    retry_delay_seconds: float | None
    weight: float
    pacing: CampaignPacing
    limits: tuple[Layer, ...]
    """Of the campaign, whose layer has no name here, and of what it shares with others."""
    reply_rules: tuple[ReplyRule, ...]
    """Of the workspace."""
    content: EmailContent | WhatsAppContent
    accounts: tuple[Account | StoredAccount, ...]
    """At least one. Logins of one's own have id 0 and revision 0; no login is there twice."""
    content_places: ContentPlaces | TemplatePlaces
    fallback: CampaignFile | None = None
    """What takes over the contacts whom this one cannot reach, on the other channel."""
    worker: str = ""
    """The name of the remote worker that sends it; "": this installation does."""
    worker_fallback: bool = True
    default_country: str = ""
    """Of phone numbers without a country code; "": they are refused."""

    @property
    def content_files(self) -> Mapping[str, str]:
        """The files of the bodies, by field: {"html": "spring.html"}."""
        return self.content_places.bodies

    @property
    def attachments(self) -> tuple[Path, ...]:
        """The files that are attached to every message."""
        return self.content_places.attachments if isinstance(self.content_places, ContentPlaces) else ()

    def check_content(self, columns: Sequence[str]) -> list[Problem]:
        """What is wrong with the content for an audience of these columns, each problem with its file and line."""
        match self.content_places, self.content:
            case TemplatePlaces() as places, WhatsAppContent() as content:
                return places.problems(content, columns)
            case ContentPlaces() as places, EmailContent() as content:
                return places.problems(content, columns)
            case _:
                raise TypeError("the content is of one channel, its places of another")


def read_campaign_file(path: Path, environment: Mapping[str, str]) -> CampaignFile:
    """Read a campaign file and the bodies it names; passwords are taken from ``environment``.

    Nothing is changed and nothing is connected to. Raises InputError with every problem of the file at once, by line.
    """
    document = open_document(path, accepted="a campaign file in TOML")
    channel, second = document.table.get("channel", "email"), document.table.get("fallback")
    if not second:
        return _read(document, environment)
    if second == channel or second not in _OTHER or channel not in _OTHER:
        document.refuse(("fallback",), f'accepts the other channel ("{_OTHER.get(str(channel), "email")}")')
        document.raise_problems()
    if document.table.get("worker"):
        message = "a campaign of two channels is sent from here: take `fallback` or `worker` away"
        document.refuse(("worker",), message)
        document.raise_problems()
    first = _read(only_of(document, str(channel), key_suffix=""), environment)
    other = _read(only_of(document, str(second), key_suffix=f".{second}"), environment)
    return replace(first, fallback=other)


_OTHER = {"email": "whatsapp", "whatsapp": "email"}


def _read(document: Document, environment: Mapping[str, str]) -> CampaignFile:
    path = document.path
    is_whatsapp = document.table.get("channel") == "whatsapp"
    values = read_section(document, (), document.table, WHATSAPP_CAMPAIGN if is_whatsapp else CAMPAIGN)
    audience = _audience(document, values.get("audience"))
    key = values.get("key", "campaign")
    name = values.get("name") or key
    content: EmailContent | WhatsAppContent | None
    places: ContentPlaces | TemplatePlaces
    if is_whatsapp:
        content, places = read_templates(document, campaign_key=key, campaign_name=name)
    else:
        content, places = read_content(document, campaign_key=key, campaign_name=name)
    accounts = read_accounts(document, environment, "whatsapp" if is_whatsapp else "email")
    pacing, limits = read_pacing(document, values), read_limits(document)
    rules = read_reply_rules(document)
    document.raise_problems()
    assert content is not None
    assert audience is not None
    return CampaignFile(
        path=path,
        key=key,
        name=name,
        channel=values["channel"],
        audience=audience,
        rate_per_minute=values["rate_per_minute"],
        max_attempts=values["max_attempts"],
        retry_delay_seconds=values["retry_delay_seconds"],
        weight=values["weight"],
        pacing=pacing,
        limits=limits,
        reply_rules=rules,
        content=content,
        accounts=accounts,
        content_places=places,
        worker=values.get("worker", ""),
        worker_fallback=values.get("worker_fallback", True),
        default_country=values.get("default_country", ""),
    )


def _audience(document: Document, name: str | None) -> Path | None:
    if name is None:
        return None
    path = document.beside(name)
    try:
        require_file(path)
    except UnusableFile as error:
        document.refuse(("audience",), f"{path} {error.reason}; accepts a CSV or XLSX file")
    return path.absolute()
