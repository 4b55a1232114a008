"""Mail is taken whoever brings it: once, at its message, or kept for a person where nobody can say what it is."""

from __future__ import annotations

import smtplib
from dataclasses import replace

import pytest

from paceline.domain.tokens import CampaignTokens, Purpose
from paceline.operations.context import Context
from paceline.operations.incoming.receiving import intake_of, listening_for_mail, receive
from paceline.store.queue import kept_mail
from paceline.store.queue.kept_mail import KeptMail
from surroundings.ports import free_port
from surroundings.reports import bounce, letter
from surroundings.tracked import Tracked

NOW = 1_800_000_000.0


@pytest.fixture
def tracked(context: Context) -> Tracked:
    """Three messages were sent."""
    return Tracked.campaign(context, sent=3)


def kept(context: Context, workspace_id: int = 1) -> list[KeptMail]:
    with context.queue.read() as connection:
        return kept_mail.newest(connection, workspace_id=workspace_id, before=None, limit=100)


def test_report_by_pipe_and_by_lmtp_and_once_more_is_one_bounce(tracked: Tracked, context: Context) -> None:
    """The copies differ in what was written on them on the way."""
    raw, address = bounce(to="list@example.com"), tracked.bounce_address(1)
    receive(context, raw, sent_to=address)
    receive(context, b"Delivered-To: x@example.com\r\n" + raw, sent_to=address)
    port = free_port()
    listening = replace(context, settings=replace(context.settings, lmtp_port=port))
    with listening_for_mail(listening), smtplib.LMTP("127.0.0.1", port, timeout=30) as client:
        client.sendmail("", [address], b"Received: by mx.example.com\r\n" + raw)
    assert tracked.counts() == {"bounced": 1, "bounced_hard": 1}
    assert len(tracked.facts(1)) == 1
    assert kept(context) == []


def test_what_cannot_be_read_or_matched_is_kept_once_and_suppresses_nobody(tracked: Tracked, context: Context) -> None:
    unreadable = letter(to="bounce@example.com")
    for raw in (unreadable, unreadable, bounce(to="bounce@example.com", recipient="user0@example.com")):
        receive(context, raw)
    found = kept(context)
    assert [(mail.kind, mail.source, mail.subject) for mail in found] == [
        ("failed", "pipe", "Undelivered"),
        ("unknown", "pipe", "A question"),
    ]
    with context.queue.read() as connection:
        one = kept_mail.get(connection, found[1].id, workspace_id=1)
        assert kept_mail.get(connection, found[1].id, workspace_id=2) is None
    assert one is not None
    assert one[1] == unreadable
    assert tracked.counts() == {}
    assert tracked.rows("SELECT address FROM suppressions") == []


def test_answer_of_a_person_is_kept_beside_its_message(tracked: Tracked, context: Context) -> None:
    receive(context, letter(to="x@example.com"), sent_to=tracked.bounce_address(2))
    assert [mail.message_id for mail in kept(context)] == [tracked.message_ids[2]]
    assert tracked.counts() == {}


def test_mail_to_unsubscribe_is_not_kept_however_often_it_comes(tracked: Tracked, context: Context) -> None:
    mine = CampaignTokens(tokens=tracked.tokens, workspace_id=1, campaign_id=tracked.campaign_id)
    address = f"bounce+{mine.for_mail(tracked.message_ids[0], Purpose.UNSUBSCRIBE_MAIL)}@example.com"
    for number in range(2):
        receive(context, letter(to=address, number=number), sent_to=address)
    assert tracked.counts() == {"unsubscribed": 1}
    assert kept(context) == []


def test_shared_mailbox_gives_only_what_is_about_our_messages(tracked: Tracked, context: Context) -> None:
    intake = intake_of(context)
    private = letter(to="ann@example.com")
    answer = letter(to=tracked.bounce_address(0))
    foreign = bounce(to="ann@example.com")
    assert [intake.take_if_ours(raw, now=NOW) for raw in (private, answer, foreign)] == [[], [], []]
    (taken,) = intake.take_if_ours(bounce(to=tracked.bounce_address(0)), now=NOW)
    assert taken.message_id == tracked.message_ids[0]
    assert kept(context) == []


def test_flood_is_kept_up_to_its_bound(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_mail, "MOST_KEPT", 3)
    for number in range(5):
        receive(context, letter(to="bounce@example.com", number=number))
    assert len(kept(context)) == 3
    walked = list(kept_mail.prune(context.queue, before=context.clock.now() + 60))
    assert (sum(walked), kept(context)) == (3, [])
