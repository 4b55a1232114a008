"""For every state of a campaign and an account there is a sentence that says why nothing is sent, and when that ends."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from paceline.domain.account import AccountState, Limits
from paceline.domain.block import Block, FullLayer
from paceline.domain.campaign import CampaignKind, CampaignStatus, LateStart
from paceline.domain.campaign_pacing import CampaignPacing
from paceline.domain.layer import Layer, LayerKind
from paceline.domain.message import PUBLIC_STATES
from paceline.domain.reply_rule import RuleScope
from paceline.domain.restraint import Restraint
from paceline.domain.sending_window import SendingWindow, hours_of
from paceline.domain.server_width import ServerWidth
from paceline.engine.explain.accounts import AtWork
from paceline.engine.explain.cause import Cause
from paceline.engine.explain.explain import Surroundings, explain
from paceline.store.queue.accounts import AccountStanding
from paceline.store.queue.campaigns import CampaignRow, Progress
from paceline.store.queue.standstill import Doing, LivingSender
from surroundings.standings import campaign_row, standing_row

NOW = datetime(2027, 3, 1, 22, 30, tzinfo=UTC).timestamp()
BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2027, 3, 2, tzinfo=BERLIN).timestamp()
SENDER = 7


def progress(status: CampaignStatus, *, silent_seconds: float = 60.0, **changes: Any) -> Progress:
    """A campaign of ten messages of which five are sent; ``changes`` are counts and fields of its row."""
    counts = {**dict.fromkeys(PUBLIC_STATES, 0), "sent": 5, "queued": 5}
    counts |= {name: value for name, value in changes.items() if name in counts}
    fields = {name: value for name, value in changes.items() if name not in counts and name != "next_due_at"}
    return Progress(
        campaign=campaign_row(status=status, launched_at=fields.pop("launched_at", NOW - 600), **fields),
        counts=counts,
        came_back={},
        updated_at=NOW - silent_seconds,
        next_due_at=changes.get("next_due_at"),
    )


def standing(state: AccountState = AccountState.READY, **fields: Any) -> AccountStanding:
    return standing_row(name="relay-3", state=state, sender_id=SENDER, limits=Limits(timezone=BERLIN), **fields)


def surroundings(doing: Doing | None = None, **fields: Any) -> Surroundings:
    at_work = AtWork(
        senders={SENDER: LivingSender(process="", campaign_id=None, lease_until=NOW + 30)},
        doings={1: doing or Doing(campaigns=1)},
    )
    return Surroundings(**{"senders_alive": 1, "at_work": at_work, **fields})


def at_work(**fields: Any) -> Surroundings:
    """A sender is at work; what else is known of accounts and servers."""
    living = {SENDER: LivingSender(process="", campaign_id=None, lease_until=NOW + 30)}
    return surroundings(at_work=AtWork(senders=living, doings={1: Doing(campaigns=1)}, **fields))


MORNING = datetime(2027, 3, 2, 9, tzinfo=BERLIN).timestamp()
OFFICE_HOURS = SendingWindow(days=frozenset(range(5)), hours=(hours_of("09:00-17:00"),), timezone=BERLIN)
CLOSED = "outside its sending window (mon-fri 09:00-17:00, Europe/Berlin)"
SUSPENDED = 'suspended by the rule slow (3 answers within 1 min like "450 busy")'
SERVER_FULL = Block(
    cause="layer",
    reason="the server mail.example.com: daily limit 200 reached",
    until=MIDNIGHT,
    host="mail.example.com",
)


def full(kind: LayerKind, name: str) -> FullLayer:
    layer = Layer(kind=kind, name=name, limits=Limits(day=200, timezone=BERLIN))
    return FullLayer(layer=layer, reason=f"{layer.title}: daily limit 200 reached", until=MIDNIGHT)


def restraint(scope: RuleScope, target: str, *, rate: float | None = None) -> Restraint:
    return Restraint(scope=scope, target=target, reason=SUSPENDED, rate_per_minute=rate, until_at=NOW + 600)


def only(causes: list[Cause]) -> Cause:
    assert len(causes) == 1, causes
    return causes[0]


CAMPAIGNS: dict[CampaignStatus, tuple[dict[str, Any], str]] = {
    CampaignStatus.DRAFT: ({}, "it has not been started"),
    CampaignStatus.SCHEDULED: (
        {"starts_at": MIDNIGHT, "start_timezone": "Europe/Berlin"},
        "it starts 2027-03-02 00:00 Europe/Berlin",
    ),
    CampaignStatus.PAUSED: (
        {"pause_reason": "paused by a person"},
        "paused by a person; `paceline resume spring` lets it go on",
    ),
    CampaignStatus.PAUSED_LIMITS: (
        {"pause_reason": "no account has allowance left", "resumes_at": MIDNIGHT},
        "no account has allowance left; it resumes by itself at 2027-03-02 00:00 Europe/Berlin",
    ),
    CampaignStatus.PAUSED_HEALTH: (
        {"pause_reason": "no usable account: relay-3: 535 no"},
        "no usable account: relay-3: 535 no; mend it, then `paceline resume spring`",
    ),
    CampaignStatus.STOPPED: ({"queued": 0}, "it was stopped; what had not been sent is cancelled"),
    CampaignStatus.COMPLETED: ({"queued": 0}, "it is completed"),
}


@pytest.mark.parametrize("status", [status for status in CampaignStatus if status is not CampaignStatus.RUNNING])
def test_campaign_says_why_it_does_not_send(status: CampaignStatus) -> None:
    fields, sentence = CAMPAIGNS[status]
    cause = explain(progress(status, **fields), [standing()], surroundings(), NOW)[0]
    assert (cause.cause, cause.sentence) == (str(status), sentence)
    assert cause.until == fields.get("resumes_at", fields.get("starts_at"))


ACCOUNTS: dict[AccountState, tuple[dict[str, Any], str]] = {
    AccountState.LIMITED: (
        {"reason": "daily limit 200 reached", "until_at": MIDNIGHT},
        "relay-3: daily limit 200 reached, next message 2027-03-02 00:00 Europe/Berlin",
    ),
    AccountState.BACKING_OFF: (
        {"reason": "cannot connect: refused", "until_at": NOW + 90},
        "relay-3: cannot connect: refused; tried again 23:31:30 Europe/Berlin",
    ),
    AccountState.BROKEN: (
        {"reason": "535 5.7.8 no"},
        "relay-3: 535 5.7.8 no; mend it, then `paceline accounts enable relay-3`",
    ),
    AccountState.DISABLED: ({}, "relay-3: switched off; `paceline accounts enable relay-3` switches it on"),
}


@pytest.mark.parametrize("state", [state for state in AccountState if state is not AccountState.READY])
def test_account_says_why_it_does_not_send(state: AccountState) -> None:
    fields, sentence = ACCOUNTS[state]
    cause = only(explain(progress(CampaignStatus.RUNNING), [standing(state, **fields)], surroundings(), NOW))
    assert (cause.cause, cause.sentence, cause.account) == (f"account_{state}", sentence, "relay-3")
    assert cause.until == fields.get("until_at")


def test_moment_of_today_is_a_time_of_day() -> None:
    noon = datetime(2027, 3, 1, 12, tzinfo=BERLIN).timestamp()
    limited = standing(AccountState.LIMITED, reason="daily limit 200 reached", until_at=noon + 3600)
    causes = explain(progress(CampaignStatus.RUNNING), [limited], surroundings(), noon)
    assert "relay-3: daily limit 200 reached, next message 13:00 Europe/Berlin" in [one.sentence for one in causes]


RUNNING: dict[str, tuple[dict[str, Any], dict[str, Any], Surroundings, str]] = {
    "no sender": (
        {},
        {"sender_id": None},
        surroundings(senders_alive=0),
        "no sender is at work: run `paceline send` with the campaign's file",
    ),
    "no sender for lists": (
        {"kind": CampaignKind.CATALOGUE},
        {"sender_id": None},
        surroundings(senders_alive=0),
        "no sender is at work: run `paceline serve` or `paceline sender`",
    ),
    "launch goes on": (
        {"launched_at": None},
        {},
        surroundings(),
        "the audience is being queued, 10 messages so far; what is queued is sent meanwhile",
    ),
    "launch stands still": (
        {"launched_at": None, "kind": CampaignKind.CATALOGUE},
        {},
        surroundings(background_alive=False),
        "the audience is being queued, 10 messages so far, and nobody goes on with it: run `paceline serve`, which queues "
        "the rest",
    ),
    "everything has ended": (
        {"queued": 0, "sent": 10},
        {},
        surroundings(),
        "every message has ended; it is completed within a second",
    ),
    "slow pace of the campaign": (
        {"rate_per_minute": 0.5},
        {},
        surroundings(next_slot_at=NOW + 60),
        "its pace is 0.5 messages a minute, next message 22:31 UTC; 5 of 10 messages left",
    ),
    "one message a minute": (
        {"rate_per_minute": 1.0},
        {},
        surroundings(),
        "its pace is 1 message a minute; 5 of 10 messages left",
    ),
    "slow pace of the account": (
        {},
        {"rate_per_minute": 0.5},
        surroundings(Doing(next_at=NOW + 90, campaigns=1)),
        "relay-3: its pace is 0.5 messages a minute, next message 23:31:30 Europe/Berlin",
    ),
    "server stalls": (
        {"queued": 2, "sending": 3},
        {},
        surroundings(Doing(begun=3, begun_since=NOW - 30, campaigns=1)),
        "relay-3: mail.example.com has not answered 3 messages since 23:29:30 Europe/Berlin; it is waited for until "
        "23:39:30 Europe/Berlin at most",
    ),
    "connecting": (
        {"queued": 2, "sending": 3},
        {},
        surroundings(Doing(held=3, held_since=NOW - 30, campaigns=1)),
        "relay-3: it holds 3 messages and has begun none since 23:29:30 Europe/Berlin: it waits for a connection to "
        "mail.example.com",
    ),
    "server is full": (
        {},
        {"sender_id": None},
        surroundings(
            at_work=AtWork(
                senders={SENDER: LivingSender(process="", campaign_id=None, lease_until=NOW + 30)},
                full_servers=frozenset({(1, "mail.example.com")}),
            )
        ),
        "relay-3: all connections that mail.example.com may have are in use by other accounts",
    ),
    "nobody has taken it yet": (
        {},
        {"sender_id": None},
        surroundings(),
        "relay-3: it is ready and waits for a sender to take it",
    ),
    "its sender is silent": (
        {},
        {},
        surroundings(at_work=AtWork(senders={SENDER: LivingSender(process="", campaign_id=None, lease_until=NOW - 1)})),
        "relay-3: its sender has given no sign of life; others may take the account from 23:30:04 Europe/Berlin on",
    ),
    "its sender is gone": (
        {},
        {},
        surroundings(at_work=AtWork()),
        "relay-3: its sender is gone; another one takes the account back within a few seconds",
    ),
    "window is closed": (
        {"pacing": CampaignPacing(window=OFFICE_HOURS)},
        {},
        surroundings(blocks=[Block(cause="window", reason=CLOSED, until=MORNING)]),
        "outside its sending window (mon-fri 09:00-17:00, Europe/Berlin), next message 2027-03-02 09:00 Europe/Berlin",
    ),
    "window never opens again": (
        {"pacing": CampaignPacing(window=OFFICE_HOURS)},
        {},
        surroundings(blocks=[Block(cause="window", reason=CLOSED, until=None)]),
        "outside its sending window (mon-fri 09:00-17:00, Europe/Berlin), and that does not end by itself",
    ),
    "recipients are asleep": (
        {"pacing": CampaignPacing(window=replace(OFFICE_HOURS, recipient_timezone="zone")), "next_due_at": NOW + 3600},
        {},
        surroundings(),
        "5 messages queued, and whoever is left has to wait for his own hours (mon-fri 09:00-17:00, Europe/Berlin, or the "
        "recipient's zone); the next from 23:30 UTC",
    ),
    "workspace is full": (
        {},
        {},
        surroundings(full_layers=[full(LayerKind.WORKSPACE, "")]),
        "the workspace: daily limit 200 reached, next message 2027-03-02 00:00 Europe/Berlin",
    ),
    "provider is full": (
        {},
        {},
        surroundings(full_layers=[full(LayerKind.PROVIDER, "google")]),
        "the provider google: daily limit 200 reached, next message 2027-03-02 00:00 Europe/Berlin",
    ),
    "server has sent enough": (
        {},
        {"sender_id": None},
        at_work(blocked_servers={(1, "mail.example.com"): SERVER_FULL}),
        "relay-3: the server mail.example.com: daily limit 200 reached, next message 2027-03-02 00:00 Europe/Berlin",
    ),
    "a rule suspends a domain": (
        {},
        {},
        surroundings(restraints=[restraint(RuleScope.DOMAIN, "gmail.com")]),
        f"recipients at gmail.com: {SUSPENDED}, next message 22:40 UTC",
    ),
    "a rule suspends the campaign": (
        {},
        {},
        surroundings(blocks=[Block(cause="rule", reason=SUSPENDED, until=NOW + 600)]),
        f"{SUSPENDED}, next message 22:40 UTC",
    ),
    "a rule slows the campaign down": (
        {},
        {},
        surroundings(restraints=[restraint(RuleScope.CAMPAIGN, "1", rate=0.5)]),
        f"{SUSPENDED}: 0.5 messages a minute until 22:40 UTC",
    ),
    "a rule slows the account down": (
        {},
        {"rate_per_minute": 60.0},
        at_work(lowered={1: restraint(RuleScope.ACCOUNT, "1", rate=0.5)}),
        f"relay-3: {SUSPENDED}: 0.5 messages a minute until 23:40 Europe/Berlin",
    ),
    "server bears little": (
        {},
        {},
        at_work(widths={"mail.example.com": ServerWidth(width=2.7, cut_at=NOW - 5)}),
        "relay-3: mail.example.com has closed or refused connections; all its accounts together use 2 connections now, more "
        "with each message that it takes",
    ),
    "only deferred ones are left": (
        {"queued": 0, "deferred": 5, "next_due_at": NOW + 120},
        {},
        surroundings(),
        "5 messages deferred by the receivers; the first is tried again at 22:32 UTC",
    ),
    "nothing explains it": (
        {},
        {},
        surroundings(),
        "nothing has happened since 22:29:00 UTC, and nothing that is on record holds it back: `paceline doctor` examines the "
        "installation, and the log of its senders says what they do",
    ),
}


@pytest.mark.parametrize("name", RUNNING)
def test_running_campaign_says_why_it_does_not_send(name: str) -> None:
    campaign, account, around, sentence = RUNNING[name]
    standings = [replace(standing(), **account)]
    found = [cause.sentence for cause in explain(progress(CampaignStatus.RUNNING, **campaign), standings, around, NOW)]
    assert found[0] == sentence


def test_campaign_without_an_account_says_so() -> None:
    causes = explain(progress(CampaignStatus.RUNNING), [], surroundings(), NOW)
    assert only(causes).sentence == "it has no account"


def test_campaign_that_sends_says_so() -> None:
    cause = only(explain(progress(CampaignStatus.RUNNING, silent_seconds=1), [standing()], surroundings(), NOW))
    assert (cause.cause, cause.sentence) == ("sending", "5 of 10 messages left; nothing holds it back")


def test_schedule_without_a_process_that_would_start_it_says_so() -> None:
    fields = CAMPAIGNS[CampaignStatus.SCHEDULED][0]
    around = surroundings(background_alive=False)
    cause = explain(progress(CampaignStatus.SCHEDULED, **fields), [], around, NOW)[0]
    assert cause.sentence.endswith("but no `paceline serve` is at work that would start it: run it")


def test_draft_whose_start_was_missed_says_so() -> None:
    missed = progress(CampaignStatus.DRAFT, pause_reason="its start at 09:00 was missed")
    assert explain(missed, [standing()], surroundings(), NOW)[0].sentence == "its start at 09:00 was missed"


def test_what_costs_most_is_said_first() -> None:
    standings = [
        replace(standing(AccountState.READY, rate_per_minute=60), id=1, name="paced"),
        replace(standing(AccountState.BACKING_OFF, reason="refused", until_at=NOW + 5), id=2, name="backing off"),
        replace(standing(AccountState.LIMITED, reason="hourly limit", until_at=NOW + 60), id=3, name="until soon"),
        replace(standing(AccountState.LIMITED, reason="daily limit", until_at=MIDNIGHT), id=4, name="until midnight"),
        replace(standing(AccountState.BROKEN, reason="535"), id=5, name="broken"),
    ]
    causes = explain(progress(CampaignStatus.RUNNING, uncertain=1), standings, surroundings(), NOW)
    assert [cause.account for cause in causes] == [
        "broken",
        "until midnight",
        "until soon",
        "backing off",
        "paced",
        None,
    ]


@pytest.mark.parametrize("state", list(AccountState))
@pytest.mark.parametrize("until_at", [None, NOW - 60, NOW + 600])
def test_no_running_campaign_is_silent_about_a_silence(state: AccountState, until_at: float | None) -> None:
    doings = [
        Doing(campaigns=campaigns, begun=begun, begun_since=since, held=held, held_since=since, next_at=next_at)
        for campaigns, begun, held, since, next_at in itertools.product(
            (1, 2), (0, 3), (0, 3), (NOW - 60, NOW - 1), (0.0, NOW + 60)
        )
    ]
    for doing, rate, sender, alive, uncertain in itertools.product(
        doings, (0.0, 600.0), (None, SENDER), (0, 1), (0, 1)
    ):
        account = standing(state, until_at=until_at, rate_per_minute=rate, reason="because")
        around = surroundings(doing, senders_alive=alive)
        causes = explain(
            progress(CampaignStatus.RUNNING, uncertain=uncertain),
            [replace(account, sender_id=sender)],
            around,
            NOW,
        )
        assert {cause.cause for cause in causes} - {"sending", "uncertain", "account_shared"}


def test_every_status_and_state_is_here() -> None:
    assert {*CAMPAIGNS, CampaignStatus.RUNNING} == set(CampaignStatus)
    assert {*ACCOUNTS, AccountState.READY} == set(AccountState)
    assert isinstance(campaign_row(status=CampaignStatus.DRAFT), CampaignRow)
    assert campaign_row(status=CampaignStatus.DRAFT).late_start is LateStart.ASK


def test_what_holds_back_domains_of_recipients_holds_back_no_whatsapp_campaign() -> None:
    used_up = [full(LayerKind.DOMAIN, "example.com"), full(LayerKind.PROVIDER, "google")]
    around = surroundings(restraints=[restraint(RuleScope.DOMAIN, "gmail.com")], full_layers=used_up)
    running = progress(CampaignStatus.RUNNING, channel="whatsapp", silent_seconds=1)
    assert [cause.cause for cause in explain(running, [standing()], around, NOW)] == ["sending"]
