"""Limits above single accounts: of a server, a workspace, a campaign, a recipient domain or its provider.

All layers that a message belongs to hold together with its account's own limits, and the tightest wins. A message counts
in them from its claim on, in every window, and from its acceptance on in the window of that moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from paceline.domain.account import Limits, Window
from paceline.domain.allowance import BUCKET_SECONDS, Exhaustion, window_seconds
from paceline.domain.mail_provider import domain_of, is_operated_by, provider_of


class LayerKind(StrEnum):
    """What a layer holds for, besides single accounts."""

    WORKSPACE = "workspace"  # everything that it sends
    SERVER = "server"  # all accounts on one host
    CAMPAIGN = "campaign"  # one campaign
    DOMAIN = "domain"  # all recipients of one domain
    PROVIDER = "provider"  # all recipients of one operator of mailboxes, by their domains' mail servers


BY_RECIPIENT = frozenset({LayerKind.DOMAIN, LayerKind.PROVIDER})
"""A full one holds back its recipients only; any other holds back whatever its account or campaign would send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer. ``name`` is the host, the campaign's id, the domain or the provider; a workspace has none."""

    kind: LayerKind
    name: str
    limits: Limits

    @property
    def title(self) -> str:
        """What it is called in a sentence."""
        if self.kind is LayerKind.WORKSPACE:
            return "the workspace"
        return "the campaign" if self.kind is LayerKind.CAMPAIGN else f"the {self.kind} {self.name}"

    def holds_for(self, *, host: str, campaign_id: int) -> bool:
        """Whether it holds for everything that an account on this host sends of this campaign."""
        match self.kind:
            case LayerKind.WORKSPACE:
                return True
            case LayerKind.SERVER:
                return self.name == host
            case LayerKind.CAMPAIGN:
                return self.name == str(campaign_id)
            case _:
                return False

    def holds_for_recipient(self, address: str, mail_server: str = "") -> bool:
        """Whether it holds for this recipient, whose domain's mail is taken by ``mail_server`` ("": it is not known)."""
        domain = domain_of(address)
        if self.kind is LayerKind.DOMAIN:
            return self.name == domain
        if self.kind is not LayerKind.PROVIDER:
            return False
        return self.name == provider_of(domain) or (mail_server != "" and is_operated_by(self.name, mail_server))


def why(layer: Layer, exhaustion: Exhaustion) -> str:
    """The sentence about a layer that is full."""
    return f"{layer.title}: {exhaustion.unit_name} limit {exhaustion.limit} reached"


@dataclass(slots=True, kw_only=True)
class Queue:
    """To when messages are put off that a full layer holds back: as many to each window as that has room for.

    Without it all of them would come back at the same moment, to be put off again but for a few.
    """

    at: float = 0.0
    count: int = 0

    def put_off(self, exhaustion: Exhaustion, window: Window) -> float:
        """The moment of one more message. A window that rolls is longer by the bucket that it cuts."""
        if self.at < exhaustion.resumes_at:
            self.at, self.count = exhaustion.resumes_at, 0
        elif self.count >= max(exhaustion.limit, 1):
            cut = BUCKET_SECONDS if window is Window.ROLLING else 0
            self.at, self.count = self.at + window_seconds(exhaustion.unit) + cut, 0
        self.count += 1
        return self.at
