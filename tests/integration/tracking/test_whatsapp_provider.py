"""What the provider says of templates, numbers and accounts: each signal stops what it is about, with its evidence."""

from __future__ import annotations

from typing import Any

import pytest

from paceline.domain.message import ReportKind
from paceline.operations.context import Context
from paceline.store.queue import template_stops, whatsapp_numbers
from surroundings.queue import Queue
from surroundings.whatsapp_webhooks import BUSINESS, NUMBER, Callbacks, rows, value

TEMPLATE = {"message_template_id": 7, "message_template_name": "promo", "message_template_language": "en-US"}


def running(context: Context) -> Callbacks:
    """A campaign under way, of whose first message the provider has told."""
    queue = Queue.filled(context, 3, channel="whatsapp")
    content = '{"templates": [{"name": "promo", "language": "en_US"}]}'
    context.queue.execute("UPDATE campaigns SET content = :content", content=content)
    holder = queue.holder()
    claimed = holder.claim(3)
    holder.intend(claimed)
    holder.tell(*(holder.report(message, ReportKind.ACCEPTED) for message in claimed))
    callbacks = Callbacks(context)
    callbacks.statuses(callbacks.status(callbacks.message_ids()[0], "sent"))
    return callbacks


def states(context: Context) -> tuple[str, str, str]:
    """Of the number, of the campaign, and why the campaign pauses."""
    (number,) = rows(context, "SELECT state FROM accounts")
    (campaign,) = rows(context, "SELECT status, COALESCE(pause_reason, '') FROM campaigns")
    return (*number, *campaign)


def stops(context: Context) -> dict[str, str]:
    with context.queue.read() as connection:
        active = template_stops.active(connection, workspace_id=1, now=0)
    return {name: stop.reason for name, stop in active.items()}


@pytest.mark.parametrize(
    ("event", "more"),
    [
        ("ACCOUNT_RESTRICTION", {"restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}]}),
        ("ACCOUNT_VIOLATION", {"violation_info": {"violation_type": "SPAM"}}),
        ("DISABLED_UPDATE", {"ban_info": {"waba_ban_state": "DISABLE"}}),
    ],
)
def test_a_restricted_account_stops_its_numbers_and_their_campaigns(
    context: Context, event: str, more: dict[str, Any]
) -> None:
    callbacks = running(context)
    callbacks.take(("account_update", {"event": event, **more}), business="another")
    assert states(context) == ("ready", "running", "")
    for _ in range(2):
        callbacks.take(("account_update", {"event": event, **more}))
    number, campaign, reason = states(context)
    assert (number, campaign) == ("broken", "paused_health")
    assert "business account" in reason


def test_other_account_events_stop_nothing(context: Context) -> None:
    callbacks = running(context)
    callbacks.take(("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}))
    callbacks.take(("account_update", {"event": "VERIFIED_ACCOUNT"}), ("account_alerts", {}), ("security", {}))
    assert states(context) == ("ready", "running", "")


def test_templates_stop_and_go_on_as_they_are_told(context: Context) -> None:
    callbacks = running(context)
    for event in ("PAUSED", "DISABLED", "FLAGGED"):
        callbacks.take(("message_template_status_update", {"event": event, "reason": "NONE", **TEMPLATE}))
        assert list(stops(context)) == ["promo/en_US"]
        callbacks.take(("message_template_status_update", {"event": "APPROVED", "reason": "NONE", **TEMPLATE}))
        assert stops(context) == {}
    callbacks.take(("message_template_status_update", {"event": "PENDING", **TEMPLATE}))
    callbacks.take(("message_template_quality_update", {"new_quality_score": "RED", **TEMPLATE}))
    assert stops(context) == {}
    assert states(context) == ("ready", "running", "")


@pytest.mark.parametrize(
    ("code", "number", "campaign", "stopped"),
    [
        (131048, "broken", "paused_health", False),
        (131031, "broken", "paused_health", False),
        (131042, "broken", "paused_health", False),
        (132015, "ready", "running", True),
        (132016, "ready", "running", True),
        (131053, "ready", "running", True),
        (131000, "ready", "running", False),
        (131049, "ready", "running", False),
    ],
)
def test_failures_told_later_stop_what_they_are_about(
    context: Context, code: int, number: str, campaign: str, stopped: bool
) -> None:
    callbacks = running(context)
    first, second, _ = callbacks.message_ids()
    callbacks.statuses(*(callbacks.status(one, "failed", code=code) for one in (first, second)))
    now = states(context)
    assert now[:2] == (number, campaign)
    assert bool(stops(context)) == stopped
    assert str(code) in (now[2] or str(code))
    assert callbacks.counts()["bounced"] == 2


def test_errors_about_no_message_stop_the_number_when_they_are_harmful(context: Context) -> None:
    callbacks = running(context)
    callbacks.take(("messages", value(errors=[{"code": 130429, "title": "Rate limit hit"}])))
    assert states(context)[:2] == ("ready", "running")
    callbacks.take(("messages", value(errors=[{"code": 368, "title": "Temporarily blocked"}])))
    assert states(context)[:2] == ("broken", "paused_health")


@pytest.mark.parametrize(
    ("limit", "known"),
    [(2000, 2000), ("TIER_2K", 2000), ("TIER_UNLIMITED", -1), (-1, -1), ("TIER_250", 250), ({}, None)],
)
def test_limits_are_learnt_in_every_form(context: Context, limit: object, known: int | None) -> None:
    callbacks = running(context)
    callbacks.take(("business_capability_update", {"max_daily_conversations_per_business": limit}))
    with context.queue.read() as connection:
        (number,) = whatsapp_numbers.with_id(connection, NUMBER)
    assert (number.messaging_limit, number.business_account) == (known, BUSINESS)


def test_a_flagged_number_stops_and_the_campaign_goes_on_through_others(context: Context) -> None:
    callbacks = running(context)
    with context.queue.write() as connection:
        (number,) = whatsapp_numbers.with_id(connection, NUMBER)
        whatsapp_numbers.learn(connection, number.account_id, display_number="15550783881")
    for said in ({"event": "THROUGHPUT_UPGRADE"}, {"event": "FLAGGED", "display_phone_number": "999"}):
        callbacks.take(("phone_number_quality_update", {"display_phone_number": "+1 555-078-3881", **said}))
    assert states(context)[:2] == ("ready", "running")
    callbacks.take(("phone_number_quality_update", {"display_phone_number": "+1 555-078-3881", "event": "FLAGGED"}))
    assert states(context)[:2] == ("broken", "running")
