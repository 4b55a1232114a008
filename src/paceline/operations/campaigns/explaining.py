"""Why nothing, or not more, is being sent: for a campaign, for all that have not ended, for an account."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from paceline.chores.limit_resumer import blocks_on
from paceline.content.whatsapp import templates_of
from paceline.domain.account import AccountState
from paceline.domain.block import FullLayer, server_blocks
from paceline.domain.campaign import ENDED
from paceline.domain.errors import StoreUnavailable
from paceline.domain.layer import BY_RECIPIENT
from paceline.domain.reply_rule import RuleScope
from paceline.domain.restraint import Restraint
from paceline.domain.wording import counted
from paceline.engine.explain.accounts import AtWork, about_account
from paceline.engine.explain.cause import Cause
from paceline.engine.explain.explain import StoppedTemplate, Surroundings, explain as explain_one
from paceline.engine.process_identity import is_surely_dead
from paceline.operations.context import Context
from paceline.operations.ids import number_of, unknown
from paceline.operations.workers import waiting
from paceline.store import leaderships
from paceline.store.public_ids import IdKind
from paceline.store.queue import (
    account_records,
    accounts,
    campaigns,
    health,
    layers,
    outlook,
    parts,
    restraints,
    server_widths,
    servers,
    standstill,
    template_stops,
)
from paceline.store.queue.accounts import AccountStanding
from paceline.store.queue.campaigns import CampaignRow

__all__ = ["Cause", "database_unreachable", "explain", "explain_account", "explain_campaign"]


def explain(context: Context, key: str | None) -> list[Cause]:
    """Every cause, the one with most effect first. Raises UnknownCampaign.

    Without a key: of every campaign that has not ended, and of the accounts that none of them uses.
    """
    if key is not None:
        return explain_campaign(context, context.campaign(key))
    with context.queue.read() as connection:
        every = campaigns.every(connection, workspace_id=context.workspace_id)
    wanted = [campaign for campaign in every if campaign.status not in ENDED]
    causes = [cause for campaign in wanted for cause in explain_campaign(context, campaign)]
    return causes + _about_unused_accounts(context, wanted)


def explain_campaign(context: Context, campaign: CampaignRow) -> list[Cause]:
    """Every cause of one campaign."""
    now = context.clock.now()
    has_background = _has_background(context, now)
    with context.queue.read() as connection:
        progress = campaigns.progress(connection, campaign.id)
        standings = accounts.standings(connection, campaign_id=campaign.id)
        full = layers.used_up(connection, workspace_id=campaign.workspace_id, now=now)
        held_back = restraints.active(connection, workspace_id=campaign.workspace_id, now=now)
        at_work = _at_work(context, connection, standings, full, held_back, now)
        at_a_worker = waiting.causes_of(connection, campaign, has_background=has_background, now=now)
        is_away = waiting.is_away(at_a_worker)
        living = at_work.senders.values()
        here = sum(sender.campaign_id in (None, campaign.id) and sender.lease_until > now for sender in living)
        surroundings = Surroundings(
            senders_alive=here + is_away,  # its senders are at the worker
            clock_jump_seconds=context.clock.jump_seconds(),
            background_alive=has_background,
            next_slot_at=outlook.next_slot(connection, campaign.id),
            at_work=None if is_away else at_work,
            campaign_warning=health.of_campaign(connection, campaign.id).evidence,
            stopped_templates=_stopped_templates(connection, campaign, now),
            full_layers=_full_layers(full, campaign, standings),
            blocks=blocks_on(connection, campaign, now=now),
            restraints=held_back,
            account_warnings=health.warned_accounts(connection, campaign.id),
        )
    causes = explain_one(progress, standings, surroundings, now)
    unknown_here = ("sending", "standstill") if at_a_worker else ()
    return at_a_worker + [cause for cause in causes if cause.cause not in unknown_here]


def explain_account(context: Context, account_id: str) -> list[Cause]:
    """Why an account sends nothing, or not more, whatever campaign it is for; one that says that nothing does.

    Raises NotFound.
    """
    number, now = number_of(context, IdKind.ACCOUNT, account_id), context.clock.now()
    with context.queue.read() as connection:
        record = account_records.get(connection, number, workspace_id=context.workspace_id)
        if record is None:
            raise unknown(IdKind.ACCOUNT, account_id)
        standing = record.standing
        full = layers.used_up(connection, workspace_id=standing.workspace_id, now=now)
        held_back = restraints.active(connection, workspace_id=standing.workspace_id, now=now)
        at_work = _at_work(context, connection, [standing], full, held_back, now)
    doing = at_work.doings[number]
    found = about_account(None, standing, at_work if doing.campaigns else None, now)
    if found is None:
        what = f"it sends {counted(doing.campaigns, 'campaign')}" if doing.campaigns else "no running campaign uses it"
        sentence = f"{standing.name}: ready; {what}"
        found = Cause(campaign=None, account=standing.name, cause="account_ready", sentence=sentence, until=None)
    return [found]


def database_unreachable(failure: StoreUnavailable) -> Cause:
    """The cause before all others: nothing can be known, and nothing is handed over."""
    sentence = (
        f"the database cannot be reached, nothing is handed over until it is back: {failure}; "
        "`paceline doctor` examines it"
    )
    return Cause(campaign=None, account=None, cause="database_unreachable", sentence=sentence, until=None)


def _about_unused_accounts(context: Context, under_way: Sequence[CampaignRow]) -> list[Cause]:
    """Accounts in trouble of which no campaign that is under way would tell."""
    now = context.clock.now()
    with context.queue.read() as connection:
        used = {s.id for one in under_way for s in accounts.standings(connection, campaign_id=one.id)}
        every = accounts.standings(connection, workspace_id=context.workspace_id)
    unused = [s for s in every if s.id not in used and s.state is not AccountState.READY]
    found = (about_account(None, standing, None, now) for standing in unused)
    return [cause for cause in found if cause is not None]


def _full_layers(
    full: Sequence[FullLayer], campaign: CampaignRow, standings: Sequence[AccountStanding]
) -> list[FullLayer]:
    """The layers that are used up now and concern what the campaign would send."""
    hosts = {standing.host for standing in standings}
    return [
        one
        for one in full
        if one.layer.kind in BY_RECIPIENT
        or any(one.layer.holds_for(host=host, campaign_id=campaign.id) for host in hosts)
    ]


def _at_work(
    context: Context,
    connection: Connection,
    standings: Sequence[AccountStanding],
    full: Sequence[FullLayer],
    held_back: Sequence[Restraint],
    now: float,
) -> AtWork:
    living = standstill.senders(connection)
    return AtWork(
        senders={number: sender for number, sender in living.items() if not is_surely_dead(sender.process)},
        doings=standstill.doings(connection, context.queue, [standing.id for standing in standings]),
        full_servers=frozenset(servers.full(connection)),
        widths=server_widths.every(connection, now=now),
        blocked_servers={
            (standing.workspace_id, block.host): block
            for standing in standings
            for block in server_blocks(full, held_back)
            if block.host == standing.host
        },
        lowered={int(one.target): one for one in held_back if one.scope is RuleScope.ACCOUNT and not one.is_suspension},
        lease_margin_seconds=context.settings.lease_margin_seconds,
        final_dot_timeout_seconds=context.settings.final_dot_timeout_seconds,
    )


def _has_background(context: Context, now: float) -> bool:
    with context.catalogue.read() as connection:
        return any(leader.until_at > now for leader in leaderships.every(connection, leaderships.CATALOGUE))


def _stopped_templates(connection: Connection, campaign: CampaignRow, now: float) -> list[StoppedTemplate]:
    stops = template_stops.active(connection, workspace_id=campaign.workspace_id, now=now)
    return [
        StoppedTemplate(
            template=template,
            reason=stops[template].reason,
            until=stops[template].until_at,
            waiting=parts.count_waiting(connection, campaign.id, part),
        )
        for part, template in enumerate(templates_of(campaign))
        if template in stops
    ]
