"""What one look at the queue shows a sender: how its accounts stand, what they may send, who else sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from sqlalchemy import Connection

from paceline.domain.account import AccountState
from paceline.domain.rate import INBOUND_SECONDS
from paceline.domain.reply_rule import RuleScope
from paceline.domain.restraint import Restraint, lowered_rate, suspended_domains
from paceline.domain.server_width import ServerWidth
from paceline.domain.sharing import fair_share
from paceline.store.queue import (
    accounts,
    campaign_work,
    layers,
    reply_rules,
    restraints,
    senders,
    server_widths,
    servers,
    whatsapp_numbers,
)
from paceline.store.queue.accounts import AccountStanding
from paceline.store.queue.reply_rules import RuleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the queue looked like at one moment."""

    now: float
    standings: Sequence[AccountStanding] = ()
    served: Mapping[int, list[int]] = field(default_factory=dict)
    """Account id -> the campaigns that may be sent through it."""
    with_work: set[int] = field(default_factory=set)
    urgent: set[int] = field(default_factory=set)
    """Campaigns that go before all others."""
    weights: Mapping[int, float] = field(default_factory=dict)
    """The share of each running campaign where several are sent through one account."""
    written_to: set[int] = field(default_factory=set)
    """Accounts to which people write as well."""
    full_servers: set[tuple[int, str]] = field(default_factory=set)
    """Workspace and host of servers that take no more connections, or no more messages now."""
    holdings: Mapping[int, int] = field(default_factory=dict)
    """Sender id -> accounts that it holds: of this sender and those that send the same."""
    rules: Sequence[RuleRow] = ()
    """The reply rules of every workspace."""
    widths: Mapping[str, ServerWidth] = field(default_factory=dict)
    """Host -> how many connections it bears, where something has failed lately."""
    shares: Mapping[str, float] = field(default_factory=dict)
    """Host of these -> this sender's part of the connections that all senders may open there."""
    restraints: Mapping[int, list[Restraint]] = field(default_factory=dict)
    """Workspace -> what reply rules hold back there."""

    def weighed(self, campaign_ids: Sequence[int]) -> dict[int, float]:
        """Those campaigns with their weights."""
        return {campaign_id: self.weights.get(campaign_id, 1.0) for campaign_id in campaign_ids}

    def worth_sending(self, standing: AccountStanding) -> list[int]:
        """The campaigns for which an account should get a worker now."""
        return [campaign for campaign in self.served[standing.id] if campaign in self.with_work]

    def lowered_rate(self, standing: AccountStanding) -> float | None:
        """The pace to which a reply rule lowers an account."""
        return lowered_rate(self.restraints.get(standing.workspace_id, []), RuleScope.ACCOUNT, str(standing.id))

    def suspended_domains(self, standing: AccountStanding) -> Set[str]:
        """The domains whose recipients get nothing of the account's workspace now."""
        return suspended_domains(self.restraints.get(standing.workspace_id, [])).keys()

    def is_free(self, standing: AccountStanding) -> bool:
        """Whether an account should get a worker: it has work, nobody holds it, and it may send now."""
        resting = standing.until_at is not None and standing.until_at > self.now
        unusable = standing.state in (AccountState.BROKEN, AccountState.DISABLED)
        full = (standing.workspace_id, standing.host) in self.full_servers
        return standing.sender_id is None and not (resting or unusable or full) and bool(self.worth_sending(standing))

    def share(self) -> int:
        """How many accounts this sender may hold beside the others that send the same."""
        free = sum(map(self.is_free, self.standings))
        return fair_share(sum(self.holdings.values()) + free, len(self.holdings))


def look(connection: Connection, *, sender_id: int, campaign_id: int | None, now: float) -> Sight:
    """Look around for one sender. ``campaign_id`` is the only campaign that it sends, None: everybody's."""
    if campaign_id is None:
        standings = accounts.standings_at_work(connection, sender_id, now=now)
    else:
        standings = accounts.standings(connection, campaign_id=campaign_id)
    if not standings:
        return Sight(now=now)
    served = campaign_work.attended(connection, [s.id for s in standings], own=campaign_id)
    running = {campaign_id for ids in served.values() for campaign_id in ids}
    with_work = campaign_work.with_work(connection, now=now) & running
    held_back = restraints.by_workspace(connection, now=now)
    widths = server_widths.every(connection, now=now)
    return Sight(
        now=now,
        standings=standings,
        served=served,
        with_work=with_work,
        urgent=campaign_work.urgent(connection) & with_work,
        weights=campaign_work.weights(connection, sorted(running)),
        full_servers=servers.full(connection)
        | layers.full_servers(connection, now=now)
        | _suspended_servers(held_back),
        written_to=whatsapp_numbers.written_to(connection, since=now - INBOUND_SECONDS),
        holdings=senders.holdings(connection, sender_id, campaign_id=campaign_id, now=now),
        rules=reply_rules.every(connection),
        widths=widths,
        shares=server_widths.shares(connection, sender_id, now=now) if widths else {},
        restraints=held_back,
    )


def _suspended_servers(held_back: Mapping[int, list[Restraint]]) -> set[tuple[int, str]]:
    return {
        (workspace_id, one.target)
        for workspace_id, found in held_back.items()
        for one in found
        if one.scope is RuleScope.SERVER and one.is_suspension
    }
