"""A campaign is sent with tracking to an SMTP server that is not ours; what it received is opened, clicked, bounced and unsubscribed."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import time
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from paceline.store.database import Database, sql
from paceline.store.queue import facts
from paceline.tracking.incoming import Incoming, Thresholds
from surroundings.sending import opened, send_to_the_end, write_campaign
from surroundings.server import running_server

PATIENCE_SECONDS = 60.0
HTML = '<p>Hello {{ contact.first_name }}</p><a href="https://shop.example.com/?n={{ contact.first_name }}">shop</a>'
TRACKING = """
[tracking]
base_url = "https://t.example.com"
bounce_address = "bounce@news.example.com"
"""


class Received:
    """Keeps envelopes."""

    def __init__(self) -> None:
        self.envelopes: list[tuple[str, str, EmailMessage]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # its name there
        data = envelope.content
        assert isinstance(data, bytes)
        message = email.message_from_bytes(data, policy=email.policy.SMTP)
        assert isinstance(message, EmailMessage)
        self.envelopes.append((str(envelope.mail_from), envelope.rcpt_tos[0], message))
        return "250 OK"


def test_what_was_sent_comes_back_to_its_message(database_url: str, tmp_path: Path) -> None:
    received = Received()
    asyncio.run(_send(received, database_url, tmp_path))
    by_recipient = {recipient: (sender, message) for sender, recipient, message in received.envelopes}
    with running_server(database_url, str(tmp_path)) as server:
        client = server.stranger()
        client.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"
        reader, clicker, leaver = (by_recipient[f"user{n}@example.com"] for n in range(3))
        html = [str(message.get_body(("html",)).get_content()) for _, message in (reader, clicker)]  # type: ignore[union-attr]  # has HTML
        (pixel,) = re.findall(r"https://t\.example\.com(/t/o/[\w-]+)", html[0])
        (link,) = re.findall(r"https://t\.example\.com(/t/c/[\w-]+)", html[1])
        (leave,) = re.findall(r"<https://t\.example\.com(/u/[\w-]+)>", leaver[1]["List-Unsubscribe"])
        assert client.get(pixel).status_code == 200
        assert client.get(link).headers["location"] == "https://shop.example.com/?n=Name%201"
        assert client.post(leave, data={"List-Unsubscribe": "One-Click"}).status_code == 200
        queue, context = server.context.queue, server.context
        limits = Thresholds(soft_bounces=3, soft_days=30, soft_suppression_days=90)
        box = Incoming(queue, context.box.tokens(context.settings), limits)
        report = _report(reader[1], "user0@example.com")
        (taken,) = box.take(report, sent_to=reader[0], now=context.clock.now())
        (by_message_id,) = box.take(report + b" ", now=context.clock.now())
        assert taken.message_id == by_message_id.message_id is not None
        deadline = time.monotonic() + PATIENCE_SECONDS
        wanted = {
            "opened": 1,
            "clicked": 1,
            "unsubscribed": 1,
            "bounced": 1,
            "bounced_hard": 1,
            "opens": 1,
            "clicks": 1,
        }
        while (counts := _counts(server.context.queue)) != wanted:
            assert time.monotonic() < deadline, counts
            time.sleep(0.02)
        with queue.read() as connection:
            suppressed = connection.execute(sql("SELECT address FROM suppressions ORDER BY address")).scalars().all()
            addresses = connection.execute(sql("SELECT address FROM messages WHERE id = :id"), {"id": taken.message_id})
            assert list(addresses.scalars()) == ["user0@example.com"]
    assert suppressed == ["user0@example.com", "user2@example.com"]


async def _send(received: Received, database_url: str, folder: Path) -> None:
    listening = await asyncio.get_running_loop().create_server(lambda: SMTP(received), "127.0.0.1", 0)
    async with listening:
        path = write_campaign(folder, contacts=3, accounts=[{"port": listening.sockets[0].getsockname()[1]}])
        (folder / "body.html").write_text(HTML)
        text = path.read_text().replace('text = "body.txt"', 'html = "body.html"')
        path.write_text(text.replace("[[accounts]]", TRACKING + "\n[[accounts]]", 1))
        with opened(database_url, folder) as context:
            summary = await send_to_the_end(context, path)
            assert summary.counts["sent"] == 3
            context.queue.execute("UPDATE messages SET at = at - 3600")  # nobody reads within the second


def _report(message: EmailMessage, recipient: str) -> bytes:
    """As a server writes it that returns the headers of what it could not deliver."""
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nSubject: Undelivered\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
        "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 unknown\n\n--B\nContent-Type: text/rfc822-headers\n\n"
        f"Message-ID: {message['Message-ID']}\nSubject: {message['Subject']}\n\n--B--\n"
    ).encode()


def _counts(queue: Database) -> dict[str, int]:
    with queue.read() as connection:
        campaign_id = connection.execute(sql("SELECT id FROM campaigns")).scalar_one()
        return {name: count for name, count in facts.counts(connection, campaign_id).items() if count}
