"""Second batch: Sendmail, qmail, and the younger servers."""

from __future__ import annotations

from corpus.making.sample import Sample
from corpus.making.second_frame import letter, piece, report, single


def sendmail_and_qmail() -> list[Sample]:
    session = """The original message was received at Thu, 19 Nov 2026 06:30:11 GMT
from out.news.example.org [192.0.2.25]

   ----- The following addresses had permanent fatal errors -----
<pavel@uni.example>
    (reason: 550 5.1.1 <pavel@uni.example>... User unknown)

   ----- Transcript of session follows -----
... while talking to mx.uni.example.:
>>> DATA
<<< 550 5.1.1 <pavel@uni.example>... User unknown
550 5.1.1 <pavel@uni.example>... User unknown
<<< 503 5.0.0 Need RCPT (recipient)
"""
    sent = "Reporting-MTA: dns; gate.uni.example\nReceived-From-MTA: DNS; out.news.example.org\n\n"
    host_unknown = """   ----- The following addresses had permanent fatal errors -----
"|/usr/bin/procmail -t"
    (reason: can't create (user) output file)
    (expanded from: <dorit@uni.example>)

   ----- Transcript of session follows -----
procmail: Quota exceeded while writing "/var/spool/mail/dorit"
550 5.0.0 "|/usr/bin/procmail -t"... Can't create output
"""
    qmail = """Hi. This is the qmail-send program at mx4.plesk.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

"""
    daemon = "From: MAILER-DAEMON@mx4.plesk.example\nSubject: failure notice"
    return [
        report(
            "sendmail-user-unknown",
            "hard",
            "pavel@uni.example",
            source="Sendmail",
            head="From: Mail Delivery Subsystem <MAILER-DAEMON@gate.uni.example>\nAuto-Submitted: auto-generated (failure)\n"
            "Subject: Returned mail: see transcript for details",
            prose=piece(session),
            machine=sent + "Final-Recipient: RFC822; pavel@uni.example\nAction: failed\nStatus: 5.1.1\n"
            "Remote-MTA: DNS; mx.uni.example\nDiagnostic-Code: SMTP; 550 5.1.1 <pavel@uni.example>... User unknown\n"
            "Last-Attempt-Date: Thu, 19 Nov 2026 06:31:02 GMT",
            boundary="5AJ6V2.1763533905/gate.uni.example",
        ),
        report(
            "sendmail-procmail-quota",
            "soft",
            "dorit@uni.example",
            source="Sendmail",
            head="From: Mail Delivery Subsystem <MAILER-DAEMON@gate.uni.example>\n"
            "Subject: Returned mail: see transcript for details",
            prose=piece(host_unknown),
            machine=sent
            + "Original-Recipient: rfc822;dorit@uni.example\nFinal-Recipient: RFC822; dorit@gate.uni.example\n"
            "X-Actual-Recipient: X-Unix; |/usr/bin/procmail -t\nAction: failed\nStatus: 5.2.2\n"
            "Diagnostic-Code: X-Unix; 73\nLast-Attempt-Date: Thu, 19 Nov 2026 06:31:02 GMT",
        ),
        single(
            "sendmail-could-not-send-5-days",
            "soft",
            "arno@uni.example",
            source="Sendmail",
            head="From: Mail Delivery Subsystem <MAILER-DAEMON@gate.uni.example>\n"
            "Subject: Returned mail: Cannot send message for 5 days",
            text="The original message was received at Sat, 14 Nov 2026 06:30:11 GMT\n\n"
            "   ----- The following addresses had permanent fatal errors -----\n<arno@uni.example>\n\n"
            "   ----- Transcript of session follows -----\n"
            "<arno@uni.example>... Deferred: Connection refused by mx.uni.example.\n"
            "Message could not be delivered for 5 days\nMessage will be deleted from queue\n\n"
            "   ----- Original message follows -----\n\n" + letter("arno@uni.example"),
        ),
        single(
            "qmail-vpopmail-no-mailbox",
            "hard",
            "susi@plesk.example",
            source="qmail",
            head=daemon,
            text=qmail + "<susi@plesk.example>:\nSorry, no mailbox here by that name. vpopmail (#5.1.1)\n\n"
            "--- Below this line is a copy of the message.\n\n" + letter("susi@plesk.example"),
        ),
        single(
            "qmail-over-quota",
            "soft",
            "timo@plesk.example",
            source="qmail",
            head=daemon,
            text=qmail
            + "<timo@plesk.example>:\nuser is over quota\n\n--- Below this line is a copy of the message.\n\n"
            + letter("timo@plesk.example"),
        ),
        single(
            "qmail-cname-lookup",
            "soft",
            "uta@fern.example",
            source="qmail",
            head=daemon,
            text=qmail + "<uta@fern.example>:\nCNAME lookup failed temporarily. (#4.4.3)\n"
            "I'm not going to try again; this message has been in the queue too long.\n\n"
            "--- Below this line is a copy of the message.\n\n" + letter("uta@fern.example"),
        ),
        single(
            "qmail-remote-does-not-like",
            "hard",
            "vera@fern.example",
            source="qmail",
            head=daemon,
            text=qmail + "<vera@fern.example>:\n203.0.113.5 does not like recipient.\n"
            "Remote host said: 550 unknown user\nGiving up on 203.0.113.5.\n\n"
            "--- Below this line is a copy of the message.\n\n" + letter("vera@fern.example"),
        ),
    ]


def younger() -> list[Sample]:
    smtpd = """Hi!

This is the MAILER-DAEMON, please DO NOT REPLY to this email.

An error has occurred while attempting to deliver a message for
the following list of recipients:

britt@bsd.example: 550 Invalid recipient: <britt@bsd.example>

Below is a copy of the original message:
"""
    stalwart = """Your message could not be delivered to the following recipients:

<cleo@rost.example> (host 'mx.rost.example' rejected command 'RCPT TO:<cleo@rost.example>' with \
code 550 (5.1.1) 'Mailbox does not exist.')
"""
    haraka = """Intended Recipients: <dirk@hara.example>
Failure Reason: 550 5.2.1 The email account that you tried to reach is disabled.
"""
    courier = """This is a delivery status notification from mail.courier.example,
running the Courier mail server, version 1.2.

The original message was received on Thu, 19 Nov 2026 06:30:11 +0000
from out.news.example.org (192.0.2.25)

---------------------------------------------------------------------------

                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<edda@courier.example>:
    maildrop: maildir over quota.
"""
    james = """Hi. This is the James mail server at james.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out. Below
I include the list of recipients and the reason why I was unable to deliver
your message.

Failed recipient(s):
falk@apache.example

Error message:
550 5.1.1 Unknown user: falk@apache.example
"""
    return [
        report(
            "opensmtpd-invalid-recipient",
            "hard",
            "britt@bsd.example",
            source="OpenSMTPD",
            head="From: Mailer Daemon <MAILER-DAEMON@puffy.example>\n"
            "Subject: Delivery status notification: error\nAuto-Submitted: auto-replied",
            prose=piece(smtpd),
            machine="Reporting-MTA: dns; puffy.example\n\nFinal-Recipient: rfc822; britt@bsd.example\nAction: failed\nStatus: 5.0.0\n",
        ),
        report(
            "stalwart-mailbox-does-not-exist",
            "hard",
            "cleo@rost.example",
            source="Stalwart",
            head="From: Mail Delivery Subsystem <MAILER-DAEMON@stal.example>\nSubject: Failed to deliver message",
            prose=piece(stalwart, charset="utf-8"),
            machine="Reporting-MTA: dns;stal.example\nArrival-Date: Thu, 19 Nov 2026 06:30:11 +0000\n\n"
            "Final-Recipient: rfc822;cleo@rost.example\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp;550 Mailbox does not exist.\nRemote-MTA: dns;mx.rost.example\n",
            back="message/rfc822",
        ),
        report(
            "haraka-disabled",
            "hard",
            "dirk@hara.example",
            source="Haraka",
            head="From: MAILER-DAEMON@hk.example\nSubject: Failed Mail Delivery",
            prose=piece(haraka),
            machine="Reporting-MTA: dns;hk.example\nArrival-Date: Thu, 19 Nov 2026 06:30:11 +0000\n\n"
            "Final-Recipient: rfc822;dirk@hara.example\nAction: failed\nStatus: 5.2.1\nRemote-MTA: mx.hara.example\n"
            "Diagnostic-Code: smtp;550 5.2.1 The email account that you tried to reach is disabled.",
        ),
        report(
            "courier-over-quota",
            "soft",
            "edda@courier.example",
            source="Courier",
            head='From: "Courier mail server at mail.courier.example" <@>\nSubject: NOTICE: mail delivery status.',
            prose=piece(courier),
            machine="Reporting-MTA: dns; mail.courier.example\nArrival-Date: Thu, 19 Nov 2026 06:30:11 +0000\n\n"
            "Final-Recipient: rfc822; edda@courier.example\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: unix; maildrop: maildir over quota.",
        ),
        single(
            "james-unknown-user",
            "hard",
            "falk@apache.example",
            source="Apache James",
            head="From: postmaster@james.example\nSubject: Re: November at the shop",
            text=james + "\n" + letter("falk@apache.example"),
        ),
    ]


def samples() -> list[Sample]:
    return [*sendmail_and_qmail(), *younger()]
