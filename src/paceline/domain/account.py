"""An account: one sending identity, its login, its limits and its states."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from paceline.domain.rate import STANDARD_PER_SECOND
from paceline.domain.warm_up import WarmUp


class AccountState(StrEnum):
    """What an account can do now."""

    READY = "ready"  # may send
    LIMITED = "limited"  # has used its allowance, or its provider or a reply rule said so; until a known moment
    BACKING_OFF = "backing_off"  # failed lately; tried again at a known moment
    BROKEN = "broken"  # login refused, certificate, sender blocked: needs a person
    DISABLED = "disabled"  # switched off by a person


class Security(StrEnum):
    """How the connection to an SMTP server is protected."""

    NONE = "none"
    STARTTLS = "starttls"  # required: a server that does not offer it is not used
    TLS = "tls"  # from the first byte (port 465)


class Window(StrEnum):
    """How the windows of limits lie."""

    CALENDAR = "calendar"  # each minute, hour, day, month of the account's time zone
    ROLLING = "rolling"  # any 60 s, 3,600 s, 24 h, 30 days


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Messages an account may send per window; 0 is unlimited. Several hold together, the tightest wins."""

    minute: int = 0
    hour: int = 0
    day: int = 0
    month: int = 0
    window: Window = Window.CALENDAR
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    warm_up: WarmUp | None = None
    """A limit of each calendar day that grows from day to day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """What XOAUTH2 needs to obtain access tokens (RFC 6749 section 6)."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpLogin:
    """Where and as whom an account connects. ``ca_file`` adds a certificate authority of one's own."""

    host: str
    port: int
    security: Security = Security.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    oauth: OAuth | None = None
    ca_file: str = ""
    guarded: bool = False
    """Named through the API: connects only to addresses that the address guard allows."""

    @property
    def identity(self) -> str:
        """What makes two accounts the same one, whatever their names."""
        return f"{self.host.lower()}:{self.port}:{self.username}"


_STANDARD_CONNECTIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppLogin:
    """A phone number of the WhatsApp Cloud API, and where that is."""

    phone_number_id: str
    token: str = field(repr=False)
    api_url: str = "https://graph.facebook.com"
    api_version: str = "v25.0"
    messages_per_second: float = STANDARD_PER_SECOND
    """The provider's limit of this number: 20, 80 or 1,000."""
    business_account_id: str = ""
    """Of the WhatsApp Business Account that holds its templates; "" until a webhook tells it."""
    guarded: bool = False
    """Named through the API: connects only to addresses that the address guard allows."""

    @property
    def identity(self) -> str:
        """What makes two accounts the same one, whatever their names."""
        return self.phone_number_id

    @property
    def usual_connections(self) -> int:
        """Requests under way at once, at most, where the account does not say: enough for answers after 1.25 s."""
        return min(ceil(_STANDARD_CONNECTIONS * max(self.messages_per_second / STANDARD_PER_SECOND, 1.0)), 1000)

    @property
    def host(self) -> str:
        """The server's name."""
        return urlsplit(self.api_url).hostname or ""

    @property
    def port(self) -> int:
        """The server's port."""
        parts = urlsplit(self.api_url)
        return parts.port or (443 if parts.scheme == "https" else 80)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One sending identity, as its worker uses it."""

    id: int
    name: str
    login: SmtpLogin | WhatsAppLogin
    from_address: str = ""
    """Overrides the campaign's From where the mailbox may send only as itself."""
    limits: Limits = field(default_factory=Limits)
    rate_per_minute: float = 0
    max_connections: int = 1
    largest_campaign: int = 0
    """How many messages a campaign of lists or segments may have to be started with it; 0: any number."""
    weight: float = 1.0
    """Its share of campaigns that choose their accounts by weight."""
    revision: int = 0
    """Counts the changes of the account's settings; an intent made under an older revision is withheld."""

    @property
    def channel(self) -> str:
        """The channel that it sends on: email or whatsapp."""
        return "whatsapp" if isinstance(self.login, WhatsAppLogin) else "email"

    @property
    def smtp(self) -> SmtpLogin:
        """The login of an e-mail account; TypeError for any other."""
        if not isinstance(self.login, SmtpLogin):
            raise TypeError(f"{self.name} is no e-mail account")
        return self.login
