"""What bulk senders must do, judged on the very bytes that a server we did not write has received.

One campaign goes over STARTTLS to aiosmtpd, which defers one recipient and refuses another. The seven points are those that
Google, Yahoo, Microsoft and Apple ask for; each has a test of its own below, on everything that arrived.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from paceline.content.dkim import SIGNED_FIELDS, KeyKind
from paceline.domain.campaign import CampaignStatus
from paceline.domain.tokens import Purpose
from paceline.operations.campaigns import preflight
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.operations.domains import sending_domains
from paceline.store.database import sql
from paceline.store.queue import suppressions
from paceline.tracking.incoming import Incoming, Thresholds
from surroundings.certificates import Certificates
from surroundings.name_server import NameServer, name_server
from surroundings.sending import opened, send_to_the_end, write_campaign

dkim = pytest.importorskip("dkim", reason="dkimpy is not installed: `make test` installs it")

CONTACTS = 12
UNKNOWN, BUSY, BACK = "user3@example.com", "user5@example.com", "user7@example.com"
HTML = (
    "<html><body><p>Grüße, {{ contact.first_name }}</p>\n<p>the   spring menu\tis here. </p>\n.\n..\n"
    '<a href="https://shop.example.com/menu">Menu</a> <a href="{{ unsubscribe_url }}">Unsubscribe</a></body></html>\n'
)

RECORDS = {
    ("example.com", "TXT"): ['"v=spf1 ip4:192.0.2.1 -all"'],
    ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=quarantine; adkim=s; aspf=s"'],
    ("example.com", "MX"): ["10 mx.example.com."],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message as the peer got it, accepted or not."""

    sender: str
    recipient: str
    tls: bool
    accepted: bool
    data: bytes

    @property
    def message(self) -> EmailMessage:
        """As the standard library reads it."""
        read = email.message_from_bytes(self.data, policy=email.policy.SMTP)
        assert isinstance(read, EmailMessage)
        return read


@dataclass(slots=True)
class Peer:
    """What arrived."""

    arrivals: list[Arrival]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # aiosmtpd's name
        recipient = envelope.rcpt_tos[0]
        before = any(arrival.recipient == recipient for arrival in self.arrivals)
        reply = "250 2.0.0 kept"
        if recipient == UNKNOWN:
            reply = "550 5.1.1 no such mailbox"
        elif recipient == BUSY and not before:
            reply = "451 4.2.1 come back later"
        self.arrivals.append(
            Arrival(
                sender=str(envelope.mail_from),
                recipient=recipient,
                tls=session.ssl is not None,
                accepted=reply.startswith("2"),
                data=bytes(envelope.original_content or b""),
            )
        )
        return reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A campaign that was sent, what arrived, and what DNS says of its domain."""

    context: Context
    names: NameServer
    summary: Summary
    arrivals: list[Arrival]

    @property
    def accepted(self) -> list[Arrival]:
        """The messages that the peer took."""
        return [arrival for arrival in self.arrivals if arrival.accepted]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Sent]:
    folder = tmp_path_factory.mktemp("bulk")
    with (
        name_server() as names,
        opened(
            f"sqlite:///{folder / 'paceline.db'}", folder, dns_servers=names.setting, dns_timeout_seconds=10.0
        ) as context,
    ):
        domain = sending_domains.add(context, "example.com", [KeyKind.RSA, KeyKind.ED25519])
        for key in domain.keys:
            names.publish(key.record_name, key.record_value)
        sending_domains.activate(context, domain.id)
        names.records |= RECORDS
        summary, arrivals = asyncio.run(_campaign(context, folder, certificates))
        yield Sent(context=context, names=names, summary=summary, arrivals=arrivals)


async def _campaign(context: Context, folder: Path, certificates: Certificates) -> tuple[Summary, list[Arrival]]:
    peer = Peer([])
    loop = asyncio.get_running_loop()
    tls = certificates.server_context()
    listener = await loop.create_server(
        lambda: SMTP(peer, loop=loop, hostname="peer.example.com", tls_context=tls, require_starttls=True),
        "127.0.0.1",
        0,
    )
    account = {
        "port": listener.sockets[0].getsockname()[1],
        "security": "starttls",
        "ca_file": str(certificates.ca_file),
        "max_connections": 2,
    }
    path = write_campaign(
        folder, contacts=CONTACTS, accounts=[account], name="Spring", retry_delay_seconds=1, max_attempts=3
    )
    (folder / "body.html").write_text(HTML)
    words = path.read_text().replace('text = "body.txt"', 'html = "body.html"\nreply_to = "office@example.com"')
    tracking = {"base_url": "https://news.example.com", "bounce_address": "bounce@example.com"}
    table = "\n".join(f"{name} = {json.dumps(value)}" for name, value in tracking.items())
    path.write_text(words.replace("[[accounts]]", f"[tracking]\n{table}\n\n[[accounts]]", 1))
    try:
        summary = await send_to_the_end(context, path)
    finally:
        listener.close()
        await listener.wait_closed()
    return summary, peer.arrivals


def test_campaign_arrived_once_at_everybody_who_exists(sent: Sent) -> None:
    assert sent.summary.status is CampaignStatus.COMPLETED
    assert sorted(arrival.recipient for arrival in sent.accepted) == sorted(
        address for n in range(CONTACTS) if (address := f"user{n}@example.com") != UNKNOWN
    )


def _signatures(arrival: Arrival) -> list[dict[str, str]]:
    """The tags of each DKIM-Signature."""
    values = arrival.message.get_all("DKIM-Signature", [])
    pairs = [[part.partition("=") for part in "".join(str(value).split()).split(";") if part] for value in values]
    return [{name: value for name, _, value in tags} for tags in pairs]


def _published(sent: Sent) -> Any:
    def ask(name: bytes, timeout: float = 5) -> bytes:
        texts = sent.names.records[name.decode().rstrip("."), "TXT"]
        return "".join(re.findall(r'"([^"]*)"', texts[0])).encode()

    return ask


def _verifies(data: bytes, number: int, sent: Sent) -> bool:
    try:
        return bool(dkim.DKIM(data).verify(idx=number, dnsfunc=_published(sent)))
    except dkim.DKIMException:
        return False


def test_1_one_from_and_a_signature_aligned_with_it_over_tls(sent: Sent) -> None:
    for arrival in sent.arrivals:
        (mailbox,) = arrival.message["From"].addresses
        assert len(arrival.message.get_all("From", [])) == 1
        assert {tags["d"] for tags in _signatures(arrival)} == {mailbox.domain} == {"example.com"}
        assert arrival.sender.endswith("@example.com"), "SPF is aligned as well"
        assert arrival.tls
    checked = preflight.of_campaign(sent.context, "test")
    assert not checked.blocks
    (finding,) = checked.findings
    assert (finding.rule, "127.0.0.1 is not a public server" in finding.sentence) == ("ptr", True)


def test_2_dkim_verifies_and_covers_what_it_must(sent: Sent) -> None:
    for arrival in sent.arrivals:
        signatures = _signatures(arrival)
        assert sorted(tags["a"] for tags in signatures) == ["ed25519-sha256", "rsa-sha256"]
        verifier = dkim.DKIM(arrival.data, minkey=2048)
        assert [verifier.verify(idx=n, dnsfunc=_published(sent)) for n in range(2)] == [True, True]
        for tags in signatures:
            assert tags["h"].split(":") == ["from", *SIGNED_FIELDS]
            assert "l" not in tags
        forged = arrival.data.replace(b"From: ", b"From: Eve <eve@example.net>\r\nFrom: ", 1)
        assert [_verifies(forged, n, sent) for n in range(2)] == [False, False]
    with sent.context.queue.read() as connection:
        keys = connection.execute(sql("SELECT kind FROM dkim_keys WHERE state = 'active' ORDER BY id")).scalars().all()
    assert keys == ["rsa", "ed25519"]


def test_3_unsubscribing_by_one_click_by_mail_and_by_a_visible_link(sent: Sent) -> None:
    for arrival in sent.accepted:
        head = arrival.data.partition(b"\r\n\r\n")[0].decode()
        (raw,) = re.findall(r"^List-Unsubscribe:((?:[^\r\n]|\r\n[ \t])*)", head, re.M)
        url, mailto = re.findall(r"<([^<>\s]+)>", raw)
        assert url.startswith("https://news.example.com/u/")
        assert mailto.startswith("mailto:bounce+")
        assert str(arrival.message["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
        token = sent.context.box.tokens(sent.context.settings).read(url.rpartition("/")[2], Purpose.UNSUBSCRIBE)
        assert token is not None
        html = arrival.message.get_body(("html",))
        assert html is not None
        assert url in html.get_content()


def test_4_who_does_not_exist_is_tried_once_and_suppressed(sent: Sent) -> None:
    assert [arrival.recipient for arrival in sent.arrivals].count(UNKNOWN) == 1
    with sent.context.queue.read() as connection:
        now = sent.context.clock.now()
        assert suppressions.find(connection, UNKNOWN, workspace_id=1, channel="email", now=now) is not None
        assert suppressions.find(connection, BUSY, workspace_id=1, channel="email", now=now) is None


def test_5_ids_are_unique_of_our_domain_and_the_same_at_every_attempt(sent: Sent) -> None:
    ids = [str(arrival.message["Message-ID"]) for arrival in sent.accepted]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"<[^<>@\s]+@example\.com>", one) for one in ids)
    first, second = (arrival for arrival in sent.arrivals if arrival.recipient == BUSY)
    assert (first.accepted, second.accepted) == (False, True)
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.sender == second.sender
    now = sent.context.clock.now()
    for arrival in sent.arrivals:
        message = arrival.message
        assert abs(parsedate_to_datetime(str(message["Date"])).timestamp() - now) < 600
        assert str(message["List-Id"]) == "<test.example.com>"
        assert re.fullmatch(r"test:test:campaign:pl[0-9a-f]{10}", str(message["Feedback-ID"]))
        assert message["Auto-Submitted"] is None
    assert len({str(arrival.message["Feedback-ID"]) for arrival in sent.arrivals}) == 1


def test_6_every_message_has_an_envelope_sender_of_its_own(sent: Sent) -> None:
    tokens = sent.context.box.tokens(sent.context.settings)
    senders = {arrival.recipient: arrival.sender for arrival in sent.accepted}
    assert len(set(senders.values())) == len(senders)
    for sender in senders.values():
        match = re.fullmatch(r"bounce\+([a-z0-9]+)@example\.com", sender)
        assert match is not None
        assert tokens.read_from_mail(match[1], Purpose.BOUNCE) is not None
        other = "a" if match[1][-1] != "a" else "b"
        assert tokens.read_from_mail(match[1][:-1] + other, Purpose.BOUNCE) is None


def test_7_a_report_to_that_address_finds_its_message_and_suppresses(sent: Sent) -> None:
    (sender,) = (arrival.sender for arrival in sent.accepted if arrival.recipient == BACK)
    report = (
        f"From: MAILER-DAEMON@mx.example.org\nTo: {sender}\nSubject: Undelivered\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
        "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
        f"Final-Recipient: rfc822; {BACK}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown\n\n--B--\n"
    )
    context = sent.context
    thresholds = Thresholds(soft_bounces=3, soft_days=30.0, soft_suppression_days=90.0)
    incoming = Incoming(context.queue, context.box.tokens(context.settings), thresholds)
    (taken,) = incoming.take(report.encode(), now=context.clock.now())
    assert taken.message_id is not None
    with context.queue.read() as connection:
        assert suppressions.find(connection, BACK, workspace_id=1, channel="email", now=context.clock.now()) is not None
