"""Mail that reaches a bounce address and is no failed delivery: never to be taken for one."""

from __future__ import annotations

from corpus.making.sample import LETTER_ID, Sample, dsn, plain, returned, status, wire

_PERSON = "Ute Kern <ute.kern@firm.example>"


def _auto_replies() -> list[Sample]:
    return [
        plain("vacation-rfc3834", "auto_reply", (), source="RFC 3834", sender=_PERSON, path="<>",
              subject="Auto: November at the shop", more=f"Auto-Submitted: auto-replied\nIn-Reply-To: {LETTER_ID}\n",
              body="I am away until 30 November. In urgent cases write to max.moritz@firm.example.\n"),
        plain("vacation-outlook", "auto_reply", (), source="Outlook", sender=_PERSON, path="<ute.kern@firm.example>",
              subject="Automatic reply: November at the shop",
              more="X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n",
              body="I no longer work here. This mailbox is not read. Please write to info@firm.example.\n"),
        plain("vacation-german", "auto_reply", (), source="Outlook, German", sender=_PERSON, path="<ute.kern@firm.example>",
              subject="Automatische Antwort: November at the shop", more="Auto-Submitted: auto-generated\n",
              body="Ich bin bis zum 30.11. nicht im Büro. Ihre Nachricht wird nicht weitergeleitet.\n"),
        plain("vacation-gmail", "auto_reply", (), source="Google", sender=_PERSON, path="<ute.kern@workspace.example>",
              subject="Out of office Re: November at the shop", more="Precedence: bulk\nX-Autoreply: yes\n",
              body="Hi, I am on holiday.\n"),
        plain("vacation-unix", "auto_reply", (), source="vacation(1)", sender=_PERSON, path="<>",
              subject="away from my mail", more="Precedence: junk\nAuto-Submitted: auto-replied (vacation)\n",
              body="I will not be reading my mail for a while. Your mail could not be answered.\n"),
        plain("vacation-sieve", "auto_reply", (), source="Dovecot Pigeonhole", sender=_PERSON, path="<>",
              subject="Auto: November at the shop",
              more="X-Sieve: Pigeonhole Sieve 0.5\nPrecedence: bulk\nX-Auto-Response-Suppress: All\nAuto-Submitted: "
              "auto-replied (vacation)\n", body="Bin nicht da.\n"),
        plain("ticket-opened", "auto_reply", (), source="Zendesk", sender="Help <support@firm.example>",
              path="<support@firm.example>", subject="[Request received] November at the shop",
              more="Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\nX-Mailer: Zendesk Mailer\n",
              body="Your request (12345) has been received. 550 customers are before you.\n"),
        plain("left-the-company", "auto_reply", (), source="Exchange", sender=_PERSON, path="<>",
              subject="Automatic reply: November at the shop", more="X-Auto-Response-Suppress: DR, OOF, AutoReply\n"
              "Auto-Submitted: auto-generated\n",
              body="This e-mail address is no longer in use. User unknown to us. Please use ann.other@firm.example.\n"),
        plain("vacation-french", "auto_reply", (), source="Zimbra, French", sender=_PERSON, path="<>",
              subject="Réponse automatique : November at the shop", more="Auto-Submitted: auto-replied\n",
              body="Je suis absente du bureau jusqu'au 30 novembre.\n"),
        plain("vacation-japanese", "auto_reply", (), source="Outlook, Japanese", sender=_PERSON, path="<>",
              subject="自動応答: November at the shop", more="Auto-Submitted: auto-generated\n",
              body="不在にしております。\n"),
        plain("challenge-response", "auto_reply", (), source="TMDA", sender=_PERSON, path="<>",
              subject="Please confirm your message", more="Auto-Submitted: auto-replied\nPrecedence: bulk\n",
              body="This message was created automatically by mail delivery software (TMDA).\n\nYour message attached below is "
              "being held because the address <bounce@news.example.org> has not been verified.\n\nTo release your message for "
              "delivery, please send an empty message to the following address.\n"),
    ]  # fmt: skip


def _unknown() -> list[Sample]:
    return [
        plain("person-asks", "unknown", (), source="a person", sender=_PERSON, path="<ute.kern@firm.example>",
              subject="Re: November at the shop", body="Hello, is the blue one still there? Regards, Ute\n"),
        plain("person-forwards-a-bounce", "unknown", (), source="a person", sender=_PERSON, path="<ute.kern@firm.example>",
              subject="Fwd: Undelivered", body="Look what I got when I wrote to my aunt:\n\n"
              "> <aunt@example.net>: 550 5.1.1 User unknown\n\nDo you know her new address?\n"),
        plain("person-says-stop", "unknown", (), source="a person", sender=_PERSON, path="<ute.kern@firm.example>",
              subject="Re: November at the shop", body="Stop writing to me, or I call my lawyer. 550 times I have said so!\n"),
        plain("newsletter", "unknown", (), source="a newsletter", sender="Shop <news@other.example>", path="<b@other.example>",
              subject="Only today", more="List-Id: <news.other.example>\nPrecedence: bulk\n", body="Buy now.\n"),
        plain("spam-as-bounce", "unknown", (), source="spam", sender="Support <admin@phish.example>", path="<x@phish.example>",
              subject="Mail delivery failed: 3 messages are waiting", content_type="text/html; charset=utf-8",
              body='<p>Your mailbox ann@news.example.org is full. <a href="http://phish.example/">Verify now</a></p>\n'),
        plain("dmarc-report", "unknown", (), source="DMARC", sender="noreply-dmarc-support@google.example",
              path="<noreply-dmarc-support@google.example>", subject="Report domain: news.example.org Submitter: google.example "
              "Report-ID: 1234", content_type="application/zip; name=report.zip", body="UEsDBBQAAAAIAA==\n"),
        plain("calendar", "unknown", (), source="Exchange", sender=_PERSON, path="<ute.kern@firm.example>",
              subject="Accepted: November at the shop", content_type="text/calendar; charset=utf-8; method=REPLY",
              body="BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR\n"),
        plain("empty", "unknown", (), source="empty", sender="", subject="", body=""),
        plain("unheard-of-format", "unknown", (), source="unknown system", sender="robot@gateway.example",
              path="<robot@gateway.example>", subject="Notice 77", body="TRX 0x77 REF A-1 PARTY vera@example.net STATE Q\n"),
        plain("daemon-without-reason", "unknown", (), source="unknown system", sender="MAILER-DAEMON@gateway.example",
              subject="Notice", body="The mail system at gateway.example has processed your message. Reference 8812.\n"),
        plain("list-moderation", "unknown", (), source="Mailman", sender="list-owner@lists.example",
              path="<list-bounces@lists.example>", subject="Your message to list awaits moderator approval",
              more="Precedence: bulk\nX-Mailman-Version: 2.1.39\n", body="Your mail to 'list' is being held until the list "
              "moderator can review it for approval.\n"),
    ]  # fmt: skip


def _warnings() -> list[Sample]:
    to = "walter@slow.example"
    return [
        plain("exim-warning", "delayed", to, source="Exim", sender="Mail Delivery System <Mailer-Daemon@relay.example.net>",
              subject="Warning: message 1r3abc-0001Ab-2C delayed 24 hours", more="Auto-Submitted: auto-replied\n",
              body="This message was created automatically by mail delivery software.\nA message that you have sent has not yet "
              "been delivered to one or more of its\nrecipients after more than 24 hours on the queue on relay.example.net.\n\n"
              f"The address to which the message has not yet been delivered is:\n\n  {to}\n    Delay reason: Connection timed "
              "out\n\nNo action is required on your part. Delivery attempts will continue for\nsome time, and this warning may "
              "be repeated at intervals if the message\nremains undelivered.\n"),
        dsn("sendmail-warning", "delayed", to, source="Sendmail", sender="MAILER-DAEMON@relay.example.net",
            subject="Warning: could not send message for past 4 hours",
            prose="    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n"
            "    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************",
            fields=status(to, "4.4.1", "", action="delayed"), mta="relay.example.net"),
        dsn("microsoft-365-delayed", "delayed", to, source="Microsoft 365", sender="<postmaster@firm.example>",
            subject="Delivery delayed: November at the shop", prose="This message hasn't been delivered yet. Delivery will "
            "continue to be attempted.", fields=status(to, "4.4.7", "400 4.4.7 Message delayed", action="delayed"),
            mta="AM0PR07MB1234.eurprd07.prod.outlook.com"),
    ]  # fmt: skip


def _complaint(name: str, source: str, to: str, extra: str) -> Sample:
    mail = (
        f"Return-Path: <feedback@isp.example>\nFrom: <feedbackloop@isp.example>\nTo: abuse@news.example.org\n"
        "Subject: complaint about message from 192.0.2.25\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="fbl"\n\n'
        "--fbl\nContent-Type: text/plain\n\nThis is an email abuse report.\n"
        "--fbl\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: abuse\nUser-Agent: {source}/1.0\nVersion: 1\n{extra}\n"
        f"--fbl\nContent-Type: message/rfc822\n\n{returned(to, body='Hello')}\n--fbl--\n"
    )
    recipients = (to,) if "Rcpt" in extra else ()
    return Sample(name=name, source=source, kind="complaint", recipients=recipients, mail=wire(mail))


def _complaints() -> list[Sample]:
    return [
        _complaint(
            "arf-with-recipient", "Yahoo CFL", "xeno@mailbox.example", "Original-Rcpt-To: <xeno@mailbox.example>\n"
        ),
        _complaint("arf-redacted", "Comcast FBL", "redacted@redacted.invalid", "Source-IP: 192.0.2.25\n"),
    ]


def samples() -> list[Sample]:
    """Every mail of this kind."""
    return [*_auto_replies(), *_unknown(), *_warnings(), *_complaints()]
