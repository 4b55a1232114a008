"""Reports after RFC 3464 as servers write them, made after their documented formats: name, mail, and what it says."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator
from textwrap import dedent

Sample = tuple[str, str, str, str, str | None]
"""Name, mail, kind, recipient, kind of the bounce."""

ORIGINAL = """\
Return-Path: <bounce+abc@news.example.com>
From: Ann Lee <ann@example.com>
To: {to}
Subject: Spring news
Message-ID: <0123456789abcdef0123456789abcdef@example.com>
List-Unsubscribe: <https://t.example.com/u/xyz>
Date: Mon, 1 Mar 2027 09:00:00 +0000
"""


def dsn(
    sender: str,
    subject: str,
    text: str,
    fields: str,
    *,
    to: str = "jo@example.org",
    headers: str = "",
    returned: str | None = "text/rfc822-headers",
    status_encoding: str = "",
    text_type: str = "text/plain; charset=us-ascii",
) -> str:
    """A multipart/report of three parts, or of two where ``returned`` is None."""
    body = dedent(fields).strip("\n") + "\n"
    encoding = ""
    if status_encoding == "base64":
        body, encoding = base64.encodebytes(body.encode()).decode(), "Content-Transfer-Encoding: base64\n"
    elif status_encoding == "quoted-printable":
        body = quopri.encodestring(body.encode()).decode()
        encoding = "Content-Transfer-Encoding: quoted-printable\n"
    last = "" if returned is None else f"--B1\nContent-Type: {returned}\n\n{ORIGINAL.format(to=to)}\n"
    return (
        f"Return-Path: <>\nFrom: {sender}\nTo: bounce+abc@news.example.com\nSubject: {subject}\n{headers}"
        "Date: Mon, 1 Mar 2027 09:00:05 +0000\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B1"\n\n'
        f"This is a MIME-encapsulated message.\n\n--B1\nContent-Type: {text_type}\n\n{dedent(text)}\n"
        f"--B1\nContent-Type: message/delivery-status\n{encoding}\n{body}\n{last}--B1--\n"
    )


POSTFIX = "MAILER-DAEMON@mx.example.com (Mail Delivery System)"
POSTFIX_TEXT = """\
    This is the mail system at host mx.example.com.

    I'm sorry to have to inform you that your message could not
    be delivered to one or more recipients. It's attached below.
    """


def _postfix(status: str, diagnosis: str, *, action: str = "failed", to: str = "jo@example.org") -> str:
    fields = f"""\
        Reporting-MTA: dns; mx.example.com
        X-Postfix-Queue-ID: 4XyZ1234
        X-Postfix-Sender: rfc822; bounce+abc@news.example.com
        Arrival-Date: Mon,  1 Mar 2027 09:00:00 +0000 (UTC)

        Final-Recipient: rfc822; {to}
        Original-Recipient: rfc822;{to}
        Action: {action}
        Status: {status}
        Remote-MTA: dns; mail.example.org
        Diagnostic-Code: {diagnosis}
        """
    text = f"{POSTFIX_TEXT}\n<{to}>: host mail.example.org said: {diagnosis}"
    return dsn(POSTFIX, "Undelivered Mail Returned to Sender", text, fields, to=to, returned="message/rfc822")


def _postfix_samples() -> Iterator[Sample]:
    jo = "jo@example.org"
    for name, status, diagnosis, bounce in (
        ("unknown", "5.1.1", "smtp; 550 5.1.1 <jo@example.org>: Recipient address rejected: User unknown in local recipient table", "hard"),
        ("unknown without a code", "5.0.0", "smtp; 550 No such user here", "hard"),
        ("no domain", "5.4.4", "X-Postfix; Host or domain name not found. Name service error for name=example.org type=AAAA: Host not found", "hard"),
        ("null mx", "5.1.0", "X-Postfix; Domain example.org does not accept mail (nullMX)", "hard"),
        ("full", "5.2.2", "smtp; 552 5.2.2 <jo@example.org>: Mailbox full", "soft"),
        ("full by its words", "5.0.0", "smtp; 552 Requested mail action aborted: exceeded storage allocation", "soft"),
        ("expired", "4.4.1", "X-Postfix; connect to mail.example.org[203.0.113.5]:25: Connection timed out", "soft"),
        ("greylisted for ever", "4.2.0", "smtp; 450 4.2.0 <jo@example.org>: Recipient address rejected: Greylisted", "soft"),
        ("spamhaus", "5.7.1", "smtp; 554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org", "spam"),
        ("content", "5.7.1", "smtp; 550 5.7.1 Message contains spam or virus. (in reply to end of DATA command)", "spam"),
        ("too large", "5.3.4", "smtp; 552 5.3.4 Message size exceeds fixed limit", "soft"),
        ("unknown behind policy code", "5.7.1", "smtp; 550 5.7.1 <jo@example.org>: Recipient address rejected: user jo does not exist", "hard"),
        ("disabled", "5.2.1", "smtp; 550 5.2.1 The email account that you tried to reach is disabled.", "hard"),
        ("own relay limit", "5.7.1", "smtp; 550 5.7.1 Daily SMTP relay limit exceeded for customer", "account"),
        ("loop", "5.4.6", "X-Postfix; mail for mx.example.org loops back to myself", "soft"),
    ):  # fmt: skip
        yield f"postfix {name}", _postfix(status, diagnosis), "failed", jo, bounce
    yield (
        "postfix delayed",
        _postfix("4.4.1", "X-Postfix; connect: Connection refused", action="delayed"),
        "delayed",
        jo,
        None,
    )
    yield "postfix delivered", _postfix("2.1.5", "smtp; 250 2.1.5 ok", action="relayed"), "delivered", jo, None


def _exchange(status: str, said: str, *, subject: str = "Undeliverable: Spring news") -> str:
    fields = f"""\
        Reporting-MTA: dns;AM0PR01MB1234.eurprd01.prod.exchangelabs.com
        Received-From-MTA: dns;mx.example.com
        Arrival-Date: Mon, 1 Mar 2027 09:00:01 +0000

        Final-Recipient: rfc822;jo@example.org
        Action: failed
        Status: {status}
        Diagnostic-Code: smtp;{said}
        Remote-MTA: dns;example.org
        """
    sender = "postmaster@example.org"
    headers = "X-MS-Exchange-Message-Is-Ndr:\nAuto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\n"
    text = "<html><body><h1>Your message couldn't be delivered.</h1></body></html>"
    return dsn(sender, subject, text, fields, headers=headers, text_type='text/html; charset="us-ascii"')


def _exchange_samples() -> Iterator[Sample]:
    for name, status, said, bounce in (
        ("unknown", "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient jo@example.org not found by SMTP address lookup", "hard"),
        ("not in its directory", "5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [AM5EUR.eop]", "hard"),
        ("full", "5.2.2", "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException; Failed to process message", "soft"),
        ("sender blocked", "5.1.8", "550 5.1.8 Access denied, bad outbound sender AS(42004)", "account"),
        ("tenant's limit", "5.7.705", "550 5.7.705 Access denied, tenant has exceeded threshold", "account"),
        ("banned sending ip", "5.7.606", "550 5.7.606 Access denied, banned sending IP [203.0.113.9]", "spam"),
        ("domain gone", "5.4.310", "550 5.4.310 DNS domain example.org does not exist [Message=InfoDomainNonexistent]", "hard"),
        ("too large", "5.3.4", "552 5.3.4 ROUTING.SizeLimit; message size exceeds fixed maximum size for route", "soft"),
    ):  # fmt: skip
        yield f"exchange {name}", _exchange(status, said), "failed", "jo@example.org", bounce
    german = _exchange(
        "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; nicht gefunden", subject="Unzustellbar: Spring news"
    )
    yield "exchange in German", german, "failed", "jo@example.org", "hard"


def _gmail(status: str, said: str, *, action: str = "failed") -> str:
    fields = f"""\
        Reporting-MTA: dns; googlemail.com
        Received-From-MTA: dns; bounce+abc@news.example.com
        Arrival-Date: Mon, 01 Mar 2027 01:00:01 -0800 (PST)
        X-Original-Message-ID: <0123456789abcdef0123456789abcdef@example.com>

        Final-Recipient: rfc822; jo@example.org
        Action: {action}
        Status: {status}
        Remote-MTA: dns; gmail-smtp-in.l.google.com. (142.250.1.26, the server for the domain example.org.)
        Diagnostic-Code: smtp; {said}
        Last-Attempt-Date: Mon, 01 Mar 2027 01:00:02 -0800 (PST)
        """
    sender = "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
    headers = "X-Failed-Recipients: jo@example.org\nAuto-Submitted: auto-replied\n"
    subject = "Delivery Status Notification (Failure)"
    return dsn(sender, subject, "** Message not delivered **", fields, headers=headers, returned="message/rfc822")


def _gmail_samples() -> Iterator[Sample]:
    for name, status, said, bounce in (
        ("unknown", "5.1.1", "550-5.1.1 The email account that you tried to reach does not exist. Please try\n 550-5.1.1 double-checking the recipient's email address", "hard"),
        ("full", "5.2.2", "552-5.2.2 The recipient's inbox is out of storage space and inactive.", "soft"),
        ("unauthenticated", "5.7.26", "550-5.7.26 Your email has been blocked because the sender is unauthenticated.", "spam"),
        ("own daily limit", "5.4.5", "550 5.4.5 Daily user sending limit exceeded. For more information on Gmail", "account"),
        ("rate", "4.7.28", "421-4.7.28 Gmail has detected an unusual rate of mail originating from your IP", "soft"),
        ("no domain", "5.1.2", "DNS Error: DNS type 'mx' lookup of example.org responded with code NXDOMAIN", "hard"),
    ):  # fmt: skip
        yield f"gmail {name}", _gmail(status, said), "failed", "jo@example.org", bounce
    yield (
        "gmail delayed",
        _gmail("4.4.1", "The recipient server did not accept our requests", action="delayed"),
        "delayed",
        "jo@example.org",
        None,
    )


def _others() -> Iterator[Sample]:
    jo = "jo@example.org"
    yield (
        "sendmail unknown",
        dsn(
            "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.com>",
            "Returned mail: see transcript for details",
            """\
        The original message was received at Mon, 1 Mar 2027 09:00:00 GMT
           ----- The following addresses had permanent fatal errors -----
        <jo@example.org>
            (reason: 550 5.1.1 <jo@example.org>... User unknown)
        """,
            """\
        Reporting-MTA: dns; mx.example.com
        Received-From-MTA: DNS; out.example.com
        Arrival-Date: Mon, 1 Mar 2027 09:00:00 GMT

        Final-Recipient: RFC822; jo@example.org
        Action: failed
        Status: 5.1.1
        Remote-MTA: DNS; mail.example.org
        Diagnostic-Code: SMTP; 550 5.1.1 <jo@example.org>... User unknown
        """,
            returned="message/rfc822",
        ),
        "failed",
        jo,
        "hard",
    )
    yield (
        "sendmail warning",
        dsn(
            "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.com>",
            "Warning: could not send message for past 4 hours",
            "THIS IS A WARNING MESSAGE ONLY",
            """\
        Reporting-MTA: dns; mx.example.com

        Final-Recipient: RFC822; jo@example.org
        Action: delayed
        Status: 4.4.1
        Will-Retry-Until: Sat, 6 Mar 2027 09:00:00 GMT
        """,
        ),
        "delayed",
        jo,
        None,
    )
    yield (
        "ses unknown",
        dsn(
            "MAILER-DAEMON@eu-west-1.amazonses.com",
            "Delivery Status Notification (Failure)",
            """\
        An error occurred while trying to deliver the mail to the following recipients:
        jo@example.org
        """,
            """\
        Reporting-MTA: dns; a6-1.smtp-out.eu-west-1.amazonses.com

        Action: failed
        Final-Recipient: rfc822; jo@example.org
        Diagnostic-Code: smtp; 550 5.1.1 user unknown
        Status: 5.1.1
        """,
            returned="message/rfc822",
        ),
        "failed",
        jo,
        "hard",
    )
    yield (
        "exim with a report",
        dsn(
            "Mail Delivery System <Mailer-Daemon@mx.example.com>",
            "Mail delivery failed: returning message to sender",
            """\
        A message that you sent could not be delivered to one or more of its recipients.
          jo@example.org
            host mail.example.org [203.0.113.5]
            SMTP error from remote mail server after RCPT TO:<jo@example.org>:
            550 Unrouteable address
        """,
            """\
        Reporting-MTA: dns; mx.example.com

        Action: failed
        Final-Recipient: rfc822;jo@example.org
        Status: 5.0.0
        Remote-MTA: dns; mail.example.org
        Diagnostic-Code: smtp; 550 Unrouteable address
        """,
            headers="X-Failed-Recipients: jo@example.org\nAuto-Submitted: auto-replied\n",
        ),
        "failed",
        jo,
        "hard",
    )
    yield (
        "icloud full",
        dsn(
            "MAILER-DAEMON@icloud.com",
            "Undelivered Mail Returned to Sender",
            "mailbox full",
            """\
        Reporting-MTA: dns; p00-icloudmta-asmtp.me.com

        Final-Recipient: rfc822; jo@example.org
        Action: failed
        Status: 5.2.2
        Diagnostic-Code: smtp; 552 5.2.2 <jo@example.org>: user is over quota
        """,
        ),
        "failed",
        jo,
        "soft",
    )
    yield (
        "yahoo disabled",
        dsn(
            "MAILER-DAEMON@yahoo.com",
            "Failure Notice",
            "Sorry",
            """\
        Reporting-MTA: dns; sonic.gate.mail.ne1.yahoo.com

        Final-Recipient: rfc822;jo@example.org
        Action: failed
        Status: 5.0.0
        Diagnostic-Code: smtp; 554 30 Sorry, your message to jo@example.org cannot be delivered. This mailbox is disabled (554.30).
        """,
        ),
        "failed",
        jo,
        "hard",
    )
    yield (
        "domino",
        dsn(
            "Postmaster@example.org",
            "DELIVERY FAILURE: User jo (jo@example.org) not listed in Domino Directory",
            "Your message could not be delivered",
            """\
        Reporting-MTA: dns;mail.example.org

        Final-Recipient: rfc822;jo@example.org
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: X-Notes; User jo (jo@example.org) not listed in Domino Directory
        """,
        ),
        "failed",
        jo,
        "hard",
    )
    yield (
        "groupwise",
        dsn(
            "Mailer-Daemon@example.org",
            "Mail failure",
            "User not found",
            """\
        Reporting-MTA: dns; gw.example.org

        Final-Recipient: rfc822; jo@example.org
        Action: failed
        Status: 5.0.0
        Diagnostic-Code: smtp; 550 5.1.1 Recipient unknown
        """,
        ),
        "failed",
        jo,
        "hard",
    )
    yield (
        "original recipient behind a forward",
        dsn(
            POSTFIX,
            "Undelivered Mail",
            POSTFIX_TEXT,
            """\
        Reporting-MTA: dns; mx.example.org

        Final-Recipient: rfc822; joseph@other.example
        Original-Recipient: rfc822;jo@example.org
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 unknown
        """,
        ),
        "failed",
        jo,
        "hard",
    )
    yield (
        "status part in base64",
        dsn(
            "postmaster@example.org",
            "Undeliverable",
            "x",
            """\
        Reporting-MTA: dns; mx.example.org

        Final-Recipient: rfc822; jo@example.org
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 unknown
        """,
            status_encoding="base64",
        ),
        "failed",
        jo,
        "hard",
    )
    yield (
        "status part in quoted-printable",
        dsn(
            "postmaster@example.org",
            "Undeliverable",
            "x",
            """\
        Reporting-MTA: dns; mx.example.org

        Final-Recipient: rfc822; jo@example.org
        Action: failed
        Status: 5.2.2
        Diagnostic-Code: smtp; 552 5.2.2 Das Postfach ist voll: =C3=BC
        """,
            status_encoding="quoted-printable",
        ),
        "failed",
        jo,
        "soft",
    )
    yield (
        "lower-case fields without an action",
        dsn(
            "postmaster@example.org",
            "Undeliverable",
            "x",
            """\
        reporting-mta: dns; mx.example.org

        final-recipient: RFC822; <Jo@Example.org>
        status: 5.1.1 (bad address)
        """,
        ),
        "failed",
        jo,
        "hard",
    )
    yield (
        "reason only in the text",
        dsn(
            "postmaster@example.org",
            "Undeliverable",
            """\
        Your message did not reach jo@example.org:
        550 5.2.2 mailbox full
        """,
            """\
        Reporting-MTA: dns; mx.example.org

        Final-Recipient: rfc822; jo@example.org
        Action: failed
        Status: 5.0.0
        """,
        ),
        "failed",
        jo,
        "soft",
    )
    whole = _postfix("5.1.1", "smtp; 550 5.1.1 unknown")
    yield "cut off in the returned message", whole[: whole.index("Subject: Spring")], "failed", jo, "hard"
    yield "cut off behind the status", whole[: whole.index("Remote-MTA")], "failed", jo, "hard"
    inner = "\n".join(["Content-Type: message/rfc822", "", whole])
    forwarded = (
        "From: helpdesk@example.com\nTo: ann@example.com\nSubject: Fwd: Undelivered Mail\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/mixed; boundary="F1"\n\n--F1\nContent-Type: text/plain\n\nfyi\n--F1\n{inner}\n--F1--\n'
    )
    yield "report forwarded as an attachment", forwarded, "failed", jo, "hard"
    yield "receipt of a reader", _receipt("manual-action/MDN-sent-manually; displayed"), "read", jo, None
    yield "thrown away unread", _receipt("automatic-action/MDN-sent-automatically; deleted"), "auto_reply", jo, None


def _receipt(disposition: str) -> str:
    return (
        "From: Jo <jo@example.org>\nTo: ann@example.com\nSubject: Read: Spring news\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="R1"\n\n'
        "--R1\nContent-Type: text/plain\n\nYour message was read.\n"
        "--R1\nContent-Type: message/disposition-notification\n\n"
        "Reporting-UA: mail.example.org; Client 1.0\nFinal-Recipient: rfc822;jo@example.org\n"
        f"Original-Message-ID: <0123456789abcdef0123456789abcdef@example.com>\nDisposition: {disposition}\n\n--R1--\n"
    )


STANDARD = (*_postfix_samples(), *_exchange_samples(), *_gmail_samples(), *_others())
