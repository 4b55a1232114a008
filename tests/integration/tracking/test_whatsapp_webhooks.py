"""What WhatsApp tells of sent messages: in any order and number, of messages of ours only, and what follows from it."""

from __future__ import annotations

import itertools

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.domain.message import ReportKind
from paceline.operations.campaigns.summary import summary
from paceline.operations.context import Context
from paceline.store.queue import suppressions, whatsapp_charges, whatsapp_numbers
from paceline.store.queue.whatsapp_charges import Charges
from surroundings.queue import Queue
from surroundings.whatsapp_webhooks import BUSINESS, NUMBER, Callbacks, envelope, rows, text_message, value

PRICED = {"pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"}}


def sent(context: Context, contacts: int, *, key: str = "test") -> Callbacks:
    """A campaign that was sent, of which nothing has been told yet."""
    queue = Queue.filled(context, contacts, channel="whatsapp", key=key)
    holder = queue.holder()
    claimed = holder.claim(contacts)
    holder.intend(claimed)
    holder.tell(*(holder.report(message, ReportKind.ACCEPTED) for message in claimed))
    context.queue.execute("UPDATE accounts SET sender_id = NULL")
    return Callbacks(context)


def suppressed(context: Context) -> dict[str, str]:
    return {one.address: one.source for one in suppressions.listing(context.queue, workspace_id=1, channel="whatsapp")}


def test_every_order_of_statuses_ends_in_the_same_state(context: Context) -> None:
    callbacks = sent(context, 24 + 2)
    first, *others, last = callbacks.message_ids()
    orders = list(itertools.permutations(("sent", "delivered", "read", "sent")))
    for message, order in zip(others, orders, strict=False):
        for status in order * 2:
            callbacks.statuses(callbacks.status(message, status, **PRICED))
    told = min(len(others), len(orders))
    assert callbacks.counts() == {"delivered": told, "read": told}
    callbacks.statuses(*[callbacks.status(first, "failed", code=131026)] * 5)
    assert callbacks.counts() == {"delivered": told, "read": told, "bounced": 1}
    callbacks.statuses(callbacks.status(last, "read"))  # without delivered: it implies it
    assert callbacks.counts() == {"delivered": told + 1, "read": told + 1, "bounced": 1}
    assert summary(context, "test").counts["sent"] == 26
    with context.queue.read() as connection:
        charges = whatsapp_charges.of_campaign(connection, 1)
    assert charges == [Charges(category="marketing", country="1", billable=told, free=0)]


@pytest.mark.parametrize("order", [("failed", "delivered"), ("delivered", "failed")])
def test_who_has_received_a_message_has_not_failed_to(context: Context, order: tuple[str, ...]) -> None:
    callbacks = sent(context, 1)
    (message,) = callbacks.message_ids()
    for status in order:
        callbacks.statuses(callbacks.status(message, status, code=131026 if status == "failed" else None))
    assert callbacks.counts() == {"delivered": 1}


def test_a_body_of_many_statuses_is_taken_whole(context: Context) -> None:
    callbacks = sent(context, 400)
    ids = callbacks.message_ids()
    callbacks.statuses(*(callbacks.status(i, s) for s in ("delivered", "sent") for i in ids))
    assert callbacks.counts() == {"delivered": 400}
    assert rows(context, "SELECT COUNT(*) FROM received_webhooks") == [(0,)]


def test_statuses_of_others_change_nothing(context: Context) -> None:
    callbacks = sent(context, 1)
    (message,) = callbacks.message_ids()
    ours = callbacks.status(message, "delivered")
    callbacks.take(("messages", value(number="999", statuses=[ours])))  # of a number that has not sent it
    callbacks.statuses({**ours, "biz_opaque_callback_data": f"paceline:0123456789abcdef:{message}", "id": "other"})
    callbacks.statuses({**ours, "biz_opaque_callback_data": "order 7", "id": "other"})
    callbacks.statuses({"id": 7, "status": ["delivered"], "biz_opaque_callback_data": None})
    assert callbacks.counts() == {}
    callbacks.statuses(ours)
    assert callbacks.counts() == {"delivered": 1}
    del ours["biz_opaque_callback_data"]  # known by its id now
    callbacks.statuses({**ours, "status": "read"})
    assert callbacks.counts() == {"delivered": 1, "read": 1}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\x00", b'{"object": "page"}', b"[" * 100_000])
def test_a_body_that_says_nothing_is_set_aside_and_holds_up_none(context: Context, body: bytes) -> None:
    callbacks = sent(context, 1)
    (message,) = callbacks.message_ids()
    callbacks.keep(body)
    callbacks.keep(envelope(("messages", value(statuses=[callbacks.status(message, "delivered")])), ("x", {})))
    callbacks.work()
    assert callbacks.counts() == {"delivered": 1}
    assert [reason for (reason,) in rows(context, "SELECT failure FROM received_webhooks")] != [None]


def test_recipients_who_want_no_marketing_get_nothing_more(context: Context) -> None:
    callbacks = sent(context, 2)
    first, second = callbacks.message_ids()
    callbacks.statuses(callbacks.status(first, "failed", code=131050))
    callbacks.statuses(callbacks.status(second, "failed", code=131049))
    assert suppressed(context) == {"+165055500000": "whatsapp"}
    assert callbacks.counts() == {"bounced": 2, "bounced_hard": 1}


def test_a_number_that_is_undeliverable_twice_with_nothing_between_gets_nothing_more(context: Context) -> None:
    callbacks = sent(context, 2)
    gone, there = callbacks.message_ids()
    callbacks.statuses(*(callbacks.status(one, "failed", code=131026) for one in (gone, there)))
    assert suppressed(context) == {}
    sent(context, 2, key="again")
    gone, there = callbacks.message_ids()[2:]
    callbacks.now += 10
    callbacks.statuses(callbacks.status(there, "delivered", timestamp="1800000005"))
    callbacks.statuses(callbacks.status(gone, "failed", code=131026))
    assert suppressed(context) == {"+165055500000": "whatsapp"}


@pytest.mark.parametrize(
    "said",
    [
        text_message("165055500000", "Stop!"),
        text_message("165055500000", "  dÉsabonner. "),
        text_message("165055500000", "no", type="button", button={"payload": "STOP", "text": "No more"}),
        text_message("165055500000", "", type="button", button={"payload": "x", "text": "Stop promotions"}),
        text_message("", "stop", context={"id": "wamid.1"}),  # a username hides the number
    ],
)
def test_a_person_who_opts_out_by_answering_gets_nothing_more(
    context: Context, said: tuple[str, dict[str, object]]
) -> None:
    callbacks = sent(context, 1)
    (message,) = callbacks.message_ids()
    callbacks.statuses(callbacks.status(message, "delivered", id="wamid.1"))
    for _ in range(3):
        callbacks.take(said)
    assert suppressed(context) == {"+165055500000": "whatsapp"}
    assert callbacks.counts() == {"delivered": 1, "unsubscribed": 1}
    (number,) = _numbers(context)
    assert (number.inbound_at, number.business_account) == (callbacks.now, BUSINESS)


def _numbers(context: Context) -> list[whatsapp_numbers.NumberRow]:
    with context.queue.read() as connection:
        return whatsapp_numbers.with_id(connection, NUMBER)


def test_other_answers_are_kept_with_the_message_and_suppress_nobody(context: Context) -> None:
    callbacks = sent(context, 1)
    (message,) = callbacks.message_ids()
    callbacks.statuses(callbacks.status(message, "delivered"))
    for _ in range(2):
        callbacks.take(text_message("165055500000", "Please don't stop, it is great"))
    assert suppressed(context) == {}
    answers = rows(context, "SELECT message_id, detail FROM facts WHERE kind = 'replied'")
    assert answers == [(message, "Please don't stop, it is great")]


def test_preferences_suppress_and_bring_back_but_not_whom_something_else_suppressed(context: Context) -> None:
    callbacks = sent(context, 1)
    with context.queue.write() as connection:
        suppressions.suppress(
            connection, ["+4915112345678"], workspace_id=1, channel="whatsapp", reason="x", source="person", now=0
        )

    def preference(person: str, wish: str) -> tuple[str, dict[str, object]]:
        one = {"wa_id": person, "category": "marketing_messages", "value": wish, "timestamp": 1_800_000_000}
        return "user_preferences", value(user_preferences=[one])

    callbacks.take(preference("5511987654321", "stop"))
    assert set(suppressed(context)) == {"+5511987654321", "+551187654321", "+4915112345678"}
    callbacks.take(preference("551187654321", "resume"), preference("4915112345678", "resume"))
    assert set(suppressed(context)) == {"+4915112345678"}


@pytest.mark.parametrize(
    ("code", "bad", "stops"),
    [
        (131049, 5, False),
        (131049, 6, True),
        (131026, 8, False),
        (131026, 9, True),
        (131050, 1, False),
        (131050, 2, True),
    ],
)
def test_too_much_bad_news_stops_the_campaign_with_its_evidence(
    context: Context, code: int, bad: int, stops: bool
) -> None:
    callbacks = sent(context, 60)
    ids = callbacks.message_ids()
    callbacks.statuses(*(callbacks.status(one, "failed", code=code) for one in ids[:bad]))
    callbacks.statuses(*(callbacks.status(one, "delivered") for one in ids[bad:]))
    shown = summary(context, "test")
    assert shown.status is (CampaignStatus.PAUSED_HEALTH if stops else CampaignStatus.RUNNING)
    if stops:
        assert f"{bad} of the last 60 messages" in (shown.pause_reason or "")
