"""No campaign is ever silent: in whatever state it, its accounts, servers, limits, window and rules are, its silence is explained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st

from paceline.domain.account import AccountState, Limits
from paceline.domain.block import Block, FullLayer
from paceline.domain.campaign import CampaignKind, CampaignStatus
from paceline.domain.campaign_pacing import CampaignPacing
from paceline.domain.layer import Layer, LayerKind
from paceline.domain.message import PUBLIC_STATES
from paceline.domain.reply_rule import RuleScope
from paceline.domain.restraint import Restraint
from paceline.domain.sending_window import SendingWindow, hours_of
from paceline.domain.server_width import ServerWidth
from paceline.engine.explain.accounts import AtWork
from paceline.engine.explain.explain import Surroundings, explain
from paceline.store.queue.accounts import AccountStanding
from paceline.store.queue.campaigns import Progress
from paceline.store.queue.standstill import Doing, LivingSender
from surroundings.standings import campaign_row, standing_row

NOW = 1_804_026_600.0
LATER = NOW + 3600
BERLIN = ZoneInfo("Europe/Berlin")
SENDER = 7
HOST = "mail.example.com"
WINDOW = SendingWindow(hours=(hours_of("09:00-17:00"),), timezone=BERLIN)
NO_REASON = {"sending", "uncertain", "account_shared", "server_narrow", "clock", "campaign_warning", "account_warning"}
"""What may be said beside the cause of a silence, and is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One thing that holds everything back, how it looks to an explanation, and what must be said of it and until when."""

    cause: str
    until: float | None = None
    campaign: tuple[tuple[str, Any], ...] = ()
    account: tuple[tuple[str, Any], ...] = ()
    around: tuple[tuple[str, Any], ...] = ()
    at_work: tuple[tuple[str, Any], ...] = ()


def _full(kind: LayerKind, name: str) -> FullLayer:
    layer = Layer(kind=kind, name=name, limits=Limits(hour=5, timezone=BERLIN))
    return FullLayer(layer=layer, reason=f"{layer.title}: hourly limit 5 reached", until=LATER)


def _held(scope: RuleScope, target: str, rate: float | None) -> Restraint:
    return Restraint(scope=scope, target=target, reason="by the rule slow", rate_per_minute=rate, until_at=LATER)


def _doing(**fields: Any) -> tuple[tuple[str, Any], ...]:
    return (("doings", {1: Doing(campaigns=1, **fields)}),)


_STATES = {
    "account_limited": (AccountState.LIMITED, LATER),
    "account_backing_off": (AccountState.BACKING_OFF, LATER),
    "account_broken": (AccountState.BROKEN, None),
    "account_disabled": (AccountState.DISABLED, None),
}
OBSTACLES = [
    *(
        Obstacle(cause=cause, until=until, account=(("state", state), ("until_at", until), ("reason", "because")))
        for cause, (state, until) in _STATES.items()
    ),
    *(
        Obstacle(cause="layer_full", until=LATER, around=(("full_layers", (_full(kind, name),)),))
        for kind, name in [
            (LayerKind.WORKSPACE, ""),
            (LayerKind.CAMPAIGN, "1"),
            (LayerKind.SERVER, HOST),
            (LayerKind.DOMAIN, "gmail.com"),
            (LayerKind.PROVIDER, "google"),
        ]
    ),
    Obstacle(
        cause="window_closed",
        until=LATER,
        campaign=(("pacing", CampaignPacing(window=WINDOW)),),
        around=(("blocks", (Block(cause="window", reason="outside its sending window", until=LATER),)),),
    ),
    Obstacle(
        cause="recipient_hours",
        until=LATER,
        campaign=(
            ("pacing", CampaignPacing(window=replace(WINDOW, recipient_timezone="zone"))),
            ("next_due_at", LATER),
        ),
    ),
    Obstacle(
        cause="campaign_suspended",
        until=LATER,
        around=(("blocks", (Block(cause="rule", reason="by the rule slow", until=LATER),)),),
    ),
    Obstacle(
        cause="domain_suspended",
        until=LATER,
        around=(("restraints", (_held(RuleScope.DOMAIN, "gmail.com", None),)),),
    ),
    Obstacle(cause="campaign_lowered", until=LATER, around=(("restraints", (_held(RuleScope.CAMPAIGN, "1", 0.1),)),)),
    Obstacle(cause="account_lowered", until=LATER, at_work=(("lowered", {1: _held(RuleScope.ACCOUNT, "1", 0.1)}),)),
    Obstacle(
        cause="server_blocked",
        until=LATER,
        at_work=(("blocked_servers", {(1, HOST): Block(cause="rule", reason="suspended", until=LATER, host=HOST)}),),
    ),
    Obstacle(cause="server_full", account=(("sender_id", None),), at_work=(("full_servers", frozenset({(1, HOST)})),)),
    Obstacle(
        cause="campaign_pace", until=LATER, campaign=(("rate_per_minute", 0.01),), around=(("next_slot_at", LATER),)
    ),
    Obstacle(cause="account_pace", until=LATER, account=(("rate_per_minute", 0.01),), at_work=_doing(next_at=LATER)),
    Obstacle(cause="server_stalls", until=NOW - 30 + 600, at_work=_doing(begun=3, begun_since=NOW - 30)),
    Obstacle(cause="connecting", at_work=_doing(held=3, held_since=NOW - 30)),
    Obstacle(cause="account_waits", account=(("sender_id", None),)),
    Obstacle(cause="sender_silent", at_work=(("senders", {}),)),
    Obstacle(cause="no_sender", account=(("sender_id", None),), around=(("senders_alive", 0),)),
    Obstacle(cause="launching", campaign=(("launched_at", None),)),
    Obstacle(
        cause="launching",
        campaign=(("launched_at", None), ("kind", CampaignKind.CATALOGUE)),
        around=(("background_alive", False),),
    ),
    Obstacle(cause="ending", campaign=(("queued", 0), ("sent", 10))),
    Obstacle(cause="deferred", until=LATER, campaign=(("queued", 0), ("deferred", 5), ("next_due_at", LATER))),
    Obstacle(cause="no_account", around=(("no_account", True),)),
]
_BESIDE = st.fixed_dictionaries(
    {
        "uncertain": st.integers(0, 2),
        "clock_jump_seconds": st.sampled_from([0.0, 90.0]),
        "campaign_warning": st.sampled_from(["", "complaints 0.2 %"]),
        "widths": st.sampled_from([{}, {HOST: ServerWidth(width=2.0, cut_at=NOW - 3)}]),
        "silent_seconds": st.floats(10.01, 1e6),
        "shared": st.booleans(),
    }
)


def _explained(obstacle: Obstacle | None, beside: dict[str, Any]) -> dict[str, float | None]:
    """Cause -> its end, of a running campaign with this obstacle (None: with none) that has been silent for a while."""
    obstacle = obstacle or Obstacle(cause="")
    fields, around = dict(obstacle.campaign), dict(obstacle.around)
    counts = {**dict.fromkeys(PUBLIC_STATES, 0), "sent": 5, "queued": 5, "uncertain": beside["uncertain"]}
    counts |= {name: fields.pop(name) for name in list(fields) if name in counts}
    next_due_at = fields.pop("next_due_at", None)
    progress = Progress(
        campaign=campaign_row(status=CampaignStatus.RUNNING, **{"launched_at": NOW - 600, **fields}),
        counts=counts,
        came_back={},
        updated_at=NOW - beside["silent_seconds"],
        next_due_at=next_due_at,
    )
    account: AccountStanding = standing_row(**{"name": "relay-3", "sender_id": SENDER, **dict(obstacle.account)})
    living = {SENDER: LivingSender(process="", campaign_id=None, lease_until=NOW + 30)}
    doings = {1: Doing(campaigns=2 if beside["shared"] else 1)}
    at_work = AtWork(**{"senders": living, "doings": doings, "widths": beside["widths"], **dict(obstacle.at_work)})
    standings = [] if around.pop("no_account", False) else [account]
    surroundings = Surroundings(
        **{
            "senders_alive": 1,
            "at_work": at_work,
            "clock_jump_seconds": beside["clock_jump_seconds"],
            "campaign_warning": beside["campaign_warning"],
            **around,
        }
    )
    return {cause.cause: cause.until for cause in explain(progress, standings, surroundings, NOW)}


@settings(max_examples=300)
@given(st.sampled_from(OBSTACLES), _BESIDE)
def test_silence_is_explained_by_what_causes_it_and_its_end(obstacle: Obstacle, beside: dict[str, Any]) -> None:
    found = _explained(obstacle, beside)
    assert obstacle.cause in found
    assert found[obstacle.cause] == obstacle.until
    assert "standstill" not in found


@settings(max_examples=50)
@given(_BESIDE)
def test_silence_without_a_cause_on_record_says_so(beside: dict[str, Any]) -> None:
    found = _explained(None, beside)
    assert "standstill" in found
    assert found.keys() - {"standstill"} <= NO_REASON
