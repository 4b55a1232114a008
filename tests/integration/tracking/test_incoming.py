"""Mail that comes back lands on the right message, and on no other; the address is suppressed when it must be."""

from __future__ import annotations

from typing import Any

import pytest

from paceline.content.message_id import message_id
from paceline.domain.tokens import CampaignTokens, Purpose
from paceline.operations.context import Context
from paceline.store.queue import installation
from paceline.tracking.bounce_codes import BounceKind
from paceline.tracking.bounces import Report, ReportKind
from paceline.tracking.incoming import Incoming, Taken, Thresholds
from paceline.tracking.providers.base import ProviderEvent
from surroundings.tracked import Tracked

NOW = 1_800_000_000.0
DAY = 86400.0


@pytest.fixture
def tracked(context: Context) -> Tracked:
    """Five messages were sent."""
    return Tracked.campaign(context, sent=5)


def incoming(tracked: Tracked, **thresholds: float) -> Incoming:
    usual = {"soft_bounces": 3, "soft_days": 30.0, "soft_suppression_days": 90.0}
    limits = Thresholds(**{**usual, **thresholds})  # type: ignore[arg-type]  # of a test
    return Incoming(tracked.queue.context.queue, tracked.tokens, limits)


def own_message_id(tracked: Tracked, place: int) -> str:
    with tracked.queue.context.queue.read() as connection:
        secret = installation.name(connection).encode()
    return message_id(str(tracked.message_ids[place]), domain="example.com", secret=secret)


def report(
    diagnosis: str, *, to: str = "", recipient: str = "user0@example.com", returned: str = "", n: int = 0
) -> bytes:
    status = "4.4.1" if diagnosis.startswith("4") else "5.0.0"
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: {to or 'ann@example.com'}\nX-Number: {n}\n"
        'Subject: Undelivered\nContent-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nSorry.\n--B\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; {recipient}\nAction: failed\n"
        f"Status: {status}\nDiagnostic-Code: smtp; {diagnosis}\n\n"
        f"--B\nContent-Type: text/rfc822-headers\n\n{returned}\n--B--\n"
    ).encode()


def only(taken: list[Taken]) -> Taken:
    (one,) = taken
    return one


def suppressed(tracked: Tracked) -> list[tuple[object, ...]]:
    return tracked.rows("SELECT address, source, expires_at FROM suppressions ORDER BY address")


@pytest.mark.parametrize("way", ["header", "envelope", "returned path", "message id", "upper case"])
def test_report_finds_its_message(tracked: Tracked, way: str) -> None:
    address = tracked.bounce_address(2)
    parts: dict[str, Any] = {
        "header": {"to": address},
        "envelope": {},
        "returned path": {"returned": f"Return-Path: <{address}>"},
        "message id": {"returned": f"Subject: Hi\nMessage-ID: {own_message_id(tracked, 2)}"},
        "upper case": {"to": address.upper()},
    }[way]
    raw = report("550 5.1.1 unknown", recipient="user2@example.com", **parts)
    sent_to = address if way == "envelope" else ""
    taken = only(incoming(tracked).take(raw, sent_to=sent_to, now=NOW))
    assert (taken.message_id, taken.report.bounce, taken.suppressed) == (tracked.message_ids[2], BounceKind.HARD, True)
    assert tracked.counts() == {"bounced": 1, "bounced_hard": 1}
    assert [row.rule for row in tracked.facts(2)] == ["hard"]
    assert tracked.queue.counts() == {"sent": 5}


def test_same_report_twice_changes_nothing(tracked: Tracked) -> None:
    box, raw = incoming(tracked), report("550 5.1.1 unknown", to=tracked.bounce_address())
    first, again = only(box.take(raw, now=NOW)), only(box.take(raw, now=NOW + 5))
    assert (first.suppressed, again.suppressed) == (True, False)
    assert tracked.counts() == {"bounced": 1, "bounced_hard": 1}
    assert len(tracked.facts()) == 1


def test_forged_report_finds_nothing(tracked: Tracked) -> None:
    """A wrong MAC, a token of another purpose or installation, a Message-ID of somebody's making."""
    mine = CampaignTokens(tokens=tracked.tokens, workspace_id=1, campaign_id=tracked.campaign_id)
    token = mine.for_mail(tracked.message_ids[0], Purpose.BOUNCE)
    other = mine.for_mail(tracked.message_ids[0], Purpose.PREFERENCES)
    forged = [f"bounce+{token[:-1]}{'a' if token[-1] != 'a' else 'b'}@example.com", f"bounce+{other}@example.com"]
    fake = f"Message-ID: <{'0123456789abcdef' * 2}@example.com>"
    for to in (*forged, "bounce@example.com"):
        taken = only(incoming(tracked).take(report("550 5.1.1 unknown", to=to, returned=fake), now=NOW))
        assert (taken.message_id, taken.suppressed) == (None, False)
    assert tracked.counts() == {}
    assert suppressed(tracked) == []


@pytest.mark.parametrize(
    "diagnosis",
    ["550 5.7.1 spam", "550 5.4.5 Daily user sending limit exceeded", "554 5.7.1 blocked using zen.spamhaus.org"],
)
def test_refusals_that_say_nothing_of_the_address_suppress_nobody(tracked: Tracked, diagnosis: str) -> None:
    box = incoming(tracked, soft_bounces=1)
    for n in range(4):
        assert not only(box.take(report(diagnosis, to=tracked.bounce_address(), n=n), now=NOW)).suppressed
    assert suppressed(tracked) == []
    assert tracked.counts() == {"bounced": 1}


def test_soft_bounces_suppress_when_there_are_enough_within_their_days(tracked: Tracked) -> None:
    """Several campaigns' messages to one address; one message counts once, however many reports it brings."""
    tracked.queue.context.queue.execute("UPDATE messages SET address = 'Jo@example.org'")
    box = incoming(tracked, soft_bounces=3, soft_days=10)
    when = [(0, 0.0), (0, 1.0), (1, 2.0), (2, 11.5), (3, 11.8)]
    for n, (place, days) in enumerate(when):
        raw = report("452 4.2.2 mailbox full", to=tracked.bounce_address(place), recipient="jo@example.org", n=n)
        taken = only(box.take(raw, now=NOW + days * DAY))
        assert taken.suppressed is (n == 4), n
    assert suppressed(tracked) == [("jo@example.org", "bounce", NOW + (11.8 + 90) * DAY)]


def test_soft_bounces_may_be_left_alone(tracked: Tracked) -> None:
    box = incoming(tracked, soft_bounces=0)
    for place in range(5):
        assert not only(box.take(report("452 full", to=tracked.bounce_address(place)), now=NOW)).suppressed


@pytest.mark.parametrize(
    ("mail", "kind"),
    [
        (
            b"From: jo@example.org\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nAway.\n",
            ReportKind.AUTO_REPLY,
        ),
        (b"From: jo@example.org\nSubject: Re: Hi\n\nThank you!\n", ReportKind.UNKNOWN),
    ],
)
def test_answers_are_no_bounces(tracked: Tracked, mail: bytes, kind: ReportKind) -> None:
    taken = only(incoming(tracked).take(mail, sent_to=tracked.bounce_address(), now=NOW))
    assert (taken.report.kind, taken.message_id, taken.suppressed) == (kind, tracked.message_ids[0], False)
    assert tracked.counts() == {}
    assert [row.kind for row in tracked.facts()] == (["auto_replied"] if kind is ReportKind.AUTO_REPLY else [])


def complaint(returned: str, *, fields: str = "Original-Rcpt-To: user1@example.com\n", kind: str = "abuse") -> bytes:
    return (
        "From: feedback@provider.example\nTo: abuse@example.com\nSubject: complaint\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nThis is an email abuse report.\n"
        "--B\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: {kind}\nUser-Agent: Provider/1.0\nVersion: 1\nSource-IP: 203.0.113.9\n{fields}\n"
        f"--B\nContent-Type: message/rfc822\n\n{returned}\n--B--\n"
    ).encode()


@pytest.mark.parametrize("mark", ["message id", "unsubscribe link", "tracked link in the body", "return path"])
def test_redacted_complaint_is_found_by_our_marks(tracked: Tracked, mark: str) -> None:
    returned = {
        "message id": f"Message-ID: {own_message_id(tracked, 1)}\nTo: redacted\n\nx",
        "unsubscribe link": f"List-Unsubscribe:\n <https://t.example.com/u/{tracked.token(Purpose.UNSUBSCRIBE, 1)}>\n\nx",
        "tracked link in the body": "To: x@x\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n"
        f'<a href=3D"https://t.example.com/t/c/=\n{tracked.token(Purpose.CLICK, 1, 1)}=\n">x</a>',
        "return path": f"Return-Path: <{tracked.bounce_address(1)}>\n\nx",
    }[mark]
    raw = complaint(returned, fields="Original-Rcpt-To: redacted@redacted.invalid\n")
    box = incoming(tracked)
    for n in range(2):
        taken = only(box.take(raw, now=NOW + n))
        assert (taken.report.kind, taken.message_id) == (ReportKind.COMPLAINT, tracked.message_ids[1])
        assert taken.report.recipient == ""
    assert tracked.counts() == {"complained": 1}
    assert suppressed(tracked) == [("user1@example.com", "complaint", None)]


def test_complaint_without_marks_is_shown_and_blames_nobody(tracked: Tracked) -> None:
    taken = only(incoming(tracked).take(complaint("Subject: Hi\n\nx"), now=NOW))
    assert (taken.report.kind, taken.report.recipient, taken.message_id) == (
        ReportKind.COMPLAINT,
        "user1@example.com",
        None,
    )
    assert suppressed(tracked) == []


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", ""])
def test_other_feedback_is_no_complaint(tracked: Tracked, kind: str) -> None:
    returned = f"Message-ID: {own_message_id(tracked, 1)}\n\nx"
    assert only(incoming(tracked).take(complaint(returned, kind=kind), now=NOW)).report.kind is ReportKind.UNKNOWN
    assert suppressed(tracked) == []


def test_mail_to_the_unsubscribe_address_unsubscribes(tracked: Tracked) -> None:
    mine = CampaignTokens(tokens=tracked.tokens, workspace_id=1, campaign_id=tracked.campaign_id)
    address = f"bounce+{mine.for_mail(tracked.message_ids[3], Purpose.UNSUBSCRIBE_MAIL)}@example.com"
    raw = f"From: somebody@else.example\nTo: {address}\nSubject: unsubscribe\n\n".encode()
    assert only(incoming(tracked).take(raw, now=NOW)).unsubscribed
    assert suppressed(tracked) == [("user3@example.com", "mail", None)]
    assert tracked.counts() == {"unsubscribed": 1}


def test_returned_message_with_an_unsubscribe_address_unsubscribes_nobody(tracked: Tracked) -> None:
    mine = CampaignTokens(tokens=tracked.tokens, workspace_id=1, campaign_id=tracked.campaign_id)
    token = mine.for_mail(tracked.message_ids[3], Purpose.UNSUBSCRIBE_MAIL)
    header = f"List-Unsubscribe: <mailto:bounce+{token}@example.com?subject=unsubscribe>"
    taken = only(incoming(tracked).take(report("452 4.2.2 full", returned=header), now=NOW))
    assert (taken.message_id, taken.unsubscribed) == (tracked.message_ids[3], False)
    assert suppressed(tracked) == []


def event(
    tracked: Tracked, kind: ReportKind, key: str, *, place: int = 0, bounce: BounceKind | None = None
) -> ProviderEvent:
    report = Report(kind=kind, recipient=f"user{place}@example.com", bounce=bounce)
    return ProviderEvent(key=key, report=report, marks=f"Message-ID: {own_message_id(tracked, place)}")


@pytest.mark.parametrize("turn", range(3))
def test_events_of_a_provider_doubled_and_in_any_order_count_exactly(tracked: Tracked, turn: int) -> None:
    told = [
        event(tracked, ReportKind.DELIVERED, "1"),
        event(tracked, ReportKind.COMPLAINT, "2"),
        event(tracked, ReportKind.FAILED, "3", place=1, bounce=BounceKind.HARD),
        event(tracked, ReportKind.DELAYED, "4", place=1),
    ]
    box = incoming(tracked)
    for one in (told[turn:] + told[:turn]) * 2 + told[::-1]:
        assert box.take_event(one, now=NOW).message_id is not None
    assert tracked.counts() == {"delivered": 1, "complained": 1, "bounced": 1, "bounced_hard": 1}
    assert [address for address, *_ in suppressed(tracked)] == ["user0@example.com", "user1@example.com"]


def test_event_about_a_message_of_somebody_else_finds_nothing(tracked: Tracked) -> None:
    report = Report(kind=ReportKind.COMPLAINT, recipient="user0@example.com")
    foreign = ProviderEvent(key="1", report=report, marks="<0100@eu-west-1.amazonses.com>")
    assert incoming(tracked).take_event(foreign, now=NOW).message_id is None
    assert suppressed(tracked) == []
