"""Second batch: what a bad journey made of reports, and what is no report of a failure."""

from __future__ import annotations

from corpus.making.sample import Sample
from corpus.making.second_frame import headed, piece, report, single


def _raw(name: str, kind: str, to: str, source: str, mail: bytes) -> Sample:
    return Sample(name=f"second-{name}", source=source, kind=kind, recipients=tuple(to.split()), mail=mail)


def damaged() -> list[Sample]:
    said = "550 5.1.1 <abel@rest.example>: Recipient address rejected: User unknown in relay recipient table"
    whole = report(
        "whole",
        "hard",
        "abel@rest.example",
        source="Postfix, cut",
        head="From: MAILER-DAEMON@gw.rest.example (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender",
        prose=piece(f"This is the mail system at host gw.rest.example.\n\n<abel@rest.example>: host mx said: {said}\n"),
        machine=f"Reporting-MTA: dns; gw.rest.example\n\nFinal-Recipient: rfc822; abel@rest.example\nAction: failed\n"
        f"Status: 5.1.1\nDiagnostic-Code: smtp; {said}",
    ).mail
    in_diagnosis = whole[: whole.index(b"Diagnostic-Code") + 30]
    in_prose = whole[: whole.index(b"Recipient address rejected") + 40]
    wrapped = headed(
        "From: Ticket Gateway <gateway@desk.example>\nSubject: FW: Undelivered Mail Returned to Sender",
        b'Content-Type: multipart/mixed; boundary="fw"\r\n\r\n--fw\r\n'
        + piece("Forwarded by rule.\n")
        + b"\r\n--fw\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n"
        + whole
        + b"\r\n--fw--\r\n",
    )
    flattened = """
-------- Original message --------
From: MAILER-DAEMON@gw.rest.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender

> This is the mail system at host gw.rest.example.
>
> <berta@rest.example>: host mx.rest.example[192.0.2.4] said: 552 5.2.2
>     <berta@rest.example>: Recipient address rejected: Mailbox is full / Over
>     quota (in reply to RCPT TO command)
"""
    octets = whole.replace(b"message/delivery-status", b"application/octet-stream; name=details.txt")
    return [
        _raw("cut-in-diagnosis", "hard", "abel@rest.example", "Postfix, cut", in_diagnosis),
        _raw("cut-in-prose", "hard", "abel@rest.example", "Postfix, cut", in_prose),
        _raw("forwarded-by-rule", "hard", "abel@rest.example", "Postfix, forwarded", wrapped),
        _raw("mislabelled-fields", "hard", "abel@rest.example", "Postfix, mislabelled", octets),
        single(
            "flattened-by-gateway",
            "soft",
            "berta@rest.example",
            source="Postfix, quoted",
            head="From: postmaster@desk.example\nSubject: Fwd: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-forwarded",
            text=flattened,
        ),
        report(
            "fields-only-generic-code",
            "unknown",
            "",
            source="unknown gateway",
            head="From: system@appliance.example\nSubject: Notification",
            prose=piece("A message was processed.\n"),
            machine="Reporting-MTA: dns; appliance.example\n",
        ),
        report(
            "internationalised-address",
            "hard",
            "jörg@bücher.example",
            source="Postfix, SMTPUTF8",
            head="From: MAILER-DAEMON@utf.example (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender",
            prose=piece('<jörg@bücher.example>: unknown user: "jörg"', charset="utf-8", transfer="8bit"),
            machine="Reporting-MTA: dns; utf.example\n\nFinal-Recipient: utf-8; j\\x{F6}rg@b\\x{FC}cher.example\n"
            'Action: failed\nStatus: 5.1.1\nDiagnostic-Code: X-Postfix; unknown user: "joerg"',
            back="",
        ),
    ]


def no_failures() -> list[Sample]:
    away = "Vielen Dank für Ihre Nachricht. Ich bin bis zum 30. November nicht im Büro; Ihre E-Mail wird nicht weitergeleitet.\n"
    left = (
        "Thank you for your message.\n\nPlease note that I no longer work for Kontor. This mailbox is not monitored and will be "
        "closed. Please write to office@kontor.example instead.\n"
    )
    challenge = (
        "Your message to dora@fence.example is being held because your address is not on the list of approved senders.\n"
        "To have it delivered, follow this link: https://fence.example/confirm?id=81\n"
    )
    ticket = "Your request has been received and assigned the number #550112. An agent will reply within one day.\n"
    human = (
        "Hi Ann,\n\nthe newsletter you sent to my husband (erwin@old.example) never arrives, his mailbox is full I think and his\n"
        "old address does not exist any more. User unknown, it says. Could you send it to me?\n\nBest, Gerda\n"
    )
    return [
        single(
            "away-german",
            "auto_reply",
            "",
            source="auto-reply",
            head="From: Heidi <heidi@kontor.example>\nSubject: Automatische Antwort: November at the shop\n"
            "Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All",
            text=away,
        ),
        single(
            "left-the-company",
            "auto_reply",
            "",
            source="auto-reply",
            head="From: Ingrid <ingrid@kontor.example>\nSubject: Automatic reply: November at the shop\n"
            "Auto-Submitted: auto-replied (vacation)",
            text=left,
        ),
        single(
            "challenge",
            "auto_reply",
            "",
            source="auto-reply",
            head="From: dora@fence.example\nSubject: Please confirm your message\nPrecedence: bulk\nAuto-Submitted: auto-replied",
            text=challenge,
        ),
        single(
            "ticket-number-like-a-code",
            "auto_reply",
            "",
            source="auto-reply",
            head="From: Support <support@desk.example>\nSubject: [#550112] We have received your request\nAuto-Submitted: auto-generated",
            text=ticket,
        ),
        _raw(
            "letter-of-a-person",
            "unknown",
            "",
            "a person",
            b"Return-Path: <gerda@old.example>\r\nFrom: Gerda <gerda@old.example>\r\nTo: ann@news.example.org\r\n"
            b"Subject: Re: November at the shop\r\nIn-Reply-To: <0f3c5a7e9b1d2468ace013579bdf2468@news.example.org>\r\n"
            b"MIME-Version: 1.0\r\n" + piece(human),
        ),
        report(
            "arf-complaint",
            "complaint",
            "",
            source="ARF",
            head="From: <feedback@fbl.example>\nSubject: FW: November at the shop",
            prose=piece("This is an email abuse report for an email message received from IP 192.0.2.25.\n"),
            machine="",
        ),
        report(
            "read-by-person",
            "read",
            "jo@kontor.example",
            source="MDN",
            head="From: Jo <jo@kontor.example>\nSubject: Read: November at the shop",
            prose=piece("Your message was read on Thursday, November 19, 2026 9:12:01 AM.\n"),
            machine="",
        ),
        report(
            "retrying-sendmail",
            "delayed",
            "kurt@uni.example",
            source="Sendmail",
            head="From: Mail Delivery Subsystem <MAILER-DAEMON@gate.uni.example>\n"
            "Subject: Warning: could not send message for past 4 hours\nAuto-Submitted: auto-generated (warning-timeout)",
            prose=piece(
                "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n"
                "    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\n"
                "   ----- The following addresses had transient non-fatal errors -----\n<kurt@uni.example>\n\n"
                "   ----- Transcript of session follows -----\n<kurt@uni.example>... Deferred: No route to host\n"
                "Warning: message still undelivered after 4 hours\nWill keep trying until message is 5 days old\n"
            ),
            machine="Reporting-MTA: dns; gate.uni.example\n\nFinal-Recipient: RFC822; kurt@uni.example\nAction: delayed\nStatus: 4.4.1\n"
            "Will-Retry-Until: Tue, 24 Nov 2026 06:30:11 GMT",
        ),
        single(
            "retrying-exim",
            "delayed",
            "lars@langsam.example",
            source="Exim",
            head="From: Mail Delivery System <Mailer-Daemon@out.news.example.org>\nAuto-Submitted: auto-replied\n"
            "Subject: Warning: message 1tDfQ2-0005xk-1b delayed 24 hours",
            text="This message was created automatically by mail delivery software.\nA message that you sent has not yet been "
            "delivered to one or more of its\nrecipients after more than 24 hours on the queue on out.news.example.org.\n\n"
            "The address to which the message has not yet been delivered is:\n\n  lars@langsam.example\n"
            "    host mx.langsam.example [192.0.2.88]\n    Delay reason: Connection timed out\n\nNo action is required on your part. "
            "Delivery attempts will continue for\nsome time, and this warning may be repeated at intervals if the message\n"
            "remains undelivered.\n",
        ),
        single(
            "own-newsletter-about-bounces",
            "unknown",
            "",
            source="newsletter",
            head="From: Deliverability Weekly <news@weekly.example>\nSubject: What 550 5.1.1 really means\nList-Id: <weekly.example>\n"
            "Precedence: bulk",
            text="This week: why your message could not be delivered.\n\nA typical line reads\n"
            "<user@domain.example>: 550 5.1.1 User unknown\nand it means that the mailbox does not exist.\n",
        ),
    ]


def _relabelled(sample: Sample, report_type: str, content_type: str, fields: str) -> Sample:
    """As a report of another kind than delivery."""
    mail = sample.mail.replace(b"report-type=delivery-status", f"report-type={report_type}".encode())
    old = piece("", "message/delivery-status")
    new = piece(fields, content_type)
    return Sample(
        name=sample.name,
        source=sample.source,
        kind=sample.kind,
        recipients=sample.recipients,
        mail=mail.replace(old, new),
    )


def samples() -> list[Sample]:
    feedback = (
        "Feedback-Type: abuse\nUser-Agent: FBL/2.1\nVersion: 1\nOriginal-Mail-From: <bounce+tag@news.example.org>\n"
        "Arrival-Date: Thu, 19 Nov 2026 06:30:11 +0000\nSource-IP: 192.0.2.25\nReported-Domain: news.example.org"
    )
    displayed = (
        "Reporting-UA: kontor.example; Microsoft Outlook 16.0\nFinal-Recipient: rfc822;jo@kontor.example\n"
        "Original-Message-ID: <0f3c5a7e9b1d2468ace013579bdf2468@news.example.org>\n"
        "Disposition: manual-action/MDN-sent-manually; displayed"
    )
    made = []
    for sample in [*damaged(), *no_failures()]:
        if sample.kind == "complaint":
            made.append(_relabelled(sample, "feedback-report", "message/feedback-report", feedback))
        elif sample.kind == "read":
            made.append(_relabelled(sample, "disposition-notification", "message/disposition-notification", displayed))
        else:
            made.append(sample)
    return made
