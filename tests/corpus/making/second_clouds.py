"""Second batch: Microsoft 365 and Exchange, Gmail."""

from __future__ import annotations

from corpus.making.sample import Sample
from corpus.making.second_frame import piece, report


def _office(name: str, kind: str, to: str, said: str, code: str, words: str) -> Sample:
    """Microsoft 365: HTML beside little text, the diagnosis in the fields."""
    page = (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>\n'
        f'<p><b><font color="#000066" size="3">Delivery has failed to these recipients or groups:</font></b></p>\n'
        f'<a href="mailto:{to}">{to}</a><br>\n<p>{words}</p><br><br>\n'
        "<p><b>Diagnostic information for administrators:</b></p>\n"
        f"<p>Generating server: DB9PR04MB8123.eurprd04.prod.outlook.com<br></p>\n<p>{to}<br>Remote Server returned '{said}'</p>\n"
        "</body></html>"
    )
    return report(
        name,
        kind,
        to,
        source="Microsoft 365",
        head="From: <postmaster@tenant.onmicrosoft.example>\nSubject: Undeliverable: November at the shop\n"
        "Content-Language: en-GB\nAuto-Submitted: auto-replied\nX-MS-Exchange-Message-Is-Ndr:",
        prose=piece(page, "text/html", "utf-8", "quoted-printable"),
        machine="Reporting-MTA: dns;DB9PR04MB8123.eurprd04.prod.outlook.com\nReceived-From-MTA: dns;out.news.example.org\n"
        f"Arrival-Date: Thu, 19 Nov 2026 06:30:11 +0000\n\nFinal-Recipient: rfc822;{to}\nAction: failed\nStatus: {code}\n"
        f"Diagnostic-Code: smtp;{said}\nX-Display-Name: {to}",
        back="message/rfc822",
        boundary="c2b1f4de-5f0c-4b7e-9a7e-9f6f0d0b1b1a",
    )


def microsoft() -> list[Sample]:
    return [
        _office(
            "m365-recipient-not-found",
            "hard",
            "amelie@kontor.example",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient amelie@kontor.example not found by SMTP address lookup",
            "5.1.10",
            "The email address you entered couldn't be found. Please check the recipient's email address and try to resend "
            "the message. If the problem continues, please contact your email admin.",
        ),
        _office(
            "m365-edge-blocking",
            "hard",
            "bruno@kontor.example",
            "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) "
            "[DB5EUR01FT021.eop-EUR01.prod.protection.outlook.com 2026-11-19T06:30:12.881Z 08DBE8B1]",
            "5.4.1",
            "Your message wasn't delivered because the recipient's domain rejected the address.",
        ),
        _office(
            "m365-mailbox-full",
            "soft",
            "celine@kontor.example",
            "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded; "
            "Failed to process message due to a permanent exception with message [BeginDiagnosticData]Cannot open mailbox",
            "5.2.2",
            "The recipient's mailbox is full and can't accept messages now. Please try resending your message later, or "
            "contact the recipient directly.",
        ),
        _office(
            "m365-group-members-only",
            "spam",
            "all-staff@kontor.example",
            "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check "
            "failed because the sender was not authenticated when sending to this group",
            "5.7.133",
            "The group all-staff only accepts messages from people in its organization or on its allowed senders list, and "
            "your email address isn't on the list.",
        ),
        _office(
            "m365-hop-count",
            "soft",
            "denis@kontor.example",
            "554 5.4.14 Hop count exceeded - possible mail loop ATTR34 [AM4EUR.eop-EUR05.prod.protection.outlook.com]",
            "5.4.14",
            "It looks like the recipient's email domain is stuck in a loop.",
        ),
        _office(
            "m365-bad-outbound-sender",
            "account",
            "emil@elsewhere.example",
            "550 5.1.8 Access denied, bad outbound sender AS(42004)",
            "5.1.8",
            "Your message couldn't be delivered because you weren't recognized as a valid sender. The most common reason for "
            "this is that your email address is suspected of sending spam and it's no longer allowed to send email.",
        ),
        _office(
            "m365-expired",
            "soft",
            "fanny@elsewhere.example",
            "550 5.4.300 Message expired -> 451 4.4.0 Primary target IP address responded with: 421 4.4.1 Connection timed out",
            "5.4.300",
            "Several attempts to deliver your message were unsuccessful and we stopped trying.",
        ),
        _office(
            "m365-tenant-threshold",
            "account",
            "gitte@elsewhere.example",
            "550 5.7.705 Access denied, tenant has exceeded threshold. Please contact support.",
            "5.7.705",
            "Your organization has sent too much mail that was found to be suspicious.",
        ),
        report(
            "exchange-2016-attachment-transport-rule",
            "spam",
            "heiko@werk.example",
            source="Exchange 2016",
            head="From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@werk.example>\n"
            "Subject: Undeliverable: November at the shop",
            prose=piece(
                "Delivery has failed to these recipients or groups:\n\nheiko@werk.example<mailto:heiko@werk.example>\n"
                "Your message wasn't delivered because of restrictions set by the recipient's organization.\n\n"
                "Diagnostic information for administrators:\n\nGenerating server: EX16-02.werk.local\n\nheiko@werk.example\n"
                "Remote Server returned '550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy'\n"
            ),
            machine="Reporting-MTA: dns;EX16-02.werk.local\nReceived-From-MTA: dns;out.news.example.org\n\n"
            "Original-Recipient: rfc822;heiko@werk.example\nFinal-Recipient: rfc822;heiko@werk.example\nAction: failed\n"
            "Status: 5.7.1\nDiagnostic-Code: smtp;550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by "
            "organization policy\nX-Display-Name: Heiko Wolf",
        ),
        report(
            "exchange-2016-relayed",
            "delivered",
            "iris@werk.example",
            source="Exchange 2016",
            head="From: postmaster@werk.example\nSubject: Relayed: November at the shop",
            prose=piece(
                "Delivery to these recipients or groups is complete, but no delivery notification was sent by the destination "
                "server:\n\niris@werk.example<mailto:iris@werk.example>\n"
            ),
            machine="Reporting-MTA: dns;EX16-02.werk.local\n\nFinal-Recipient: rfc822;iris@werk.example\nAction: relayed\nStatus: 2.0.0",
        ),
    ]


def _google(name: str, kind: str, to: str, words: str, fields: str, status: str = "Failure") -> Sample:
    head = (
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\n"
        f"Subject: Delivery Status Notification ({status})\nAuto-Submitted: auto-replied\n"
        f"X-Failed-Recipients: {to}\nIn-Reply-To: <0f3c5a7e9b1d2468ace013579bdf2468@news.example.org>"
    )
    return report(
        name,
        kind,
        to,
        source="Gmail",
        head=head,
        prose=piece(words, charset="utf-8"),
        machine="Reporting-MTA: dns; googlemail.com\nReceived-From-MTA: dns; ann@news.example.org\n"
        f"Arrival-Date: Wed, 18 Nov 2026 22:30:11 -0800 (PST)\nX-Original-Message-ID: <1@mail.gmail.com>\n\n{fields}\n"
        "Last-Attempt-Date: Wed, 18 Nov 2026 22:31:45 -0800 (PST)",
        back="message/rfc822",
        boundary="000000000000a1b2c3062f4d5e6f",
    )


def google() -> list[Sample]:
    return [
        _google(
            "gmail-domain-not-found",
            "hard",
            "jan@tippfehler.example",
            "\n** Address not found **\n\nYour message wasn't delivered to jan@tippfehler.example because the domain "
            "tippfehler.example couldn't be found. Check for typos or unnecessary spaces and try again.\n\n\n\nThe response was:\n\n"
            "DNS Error: DNS type 'mx' lookup of tippfehler.example responded with code NXDOMAIN\n"
            "Domain name not found: tippfehler.example",
            "Final-Recipient: rfc822; jan@tippfehler.example\nAction: failed\nStatus: 5.1.2\n"
            "Diagnostic-Code: smtp; DNS Error: DNS type 'mx' lookup of tippfehler.example responded with code NXDOMAIN\n"
            " Domain name not found: tippfehler.example",
        ),
        _google(
            "gmail-inbox-out-of-storage",
            "soft",
            "kai@gpost.example",
            "\n** Recipient inbox full **\n\nYour message couldn't be delivered to kai@gpost.example. Their inbox is full, or it's "
            "getting too much mail right now.\n\nThe response was:\n\nThe recipient's inbox is out of storage space.",
            "Final-Recipient: rfc822; kai@gpost.example\nAction: failed\nStatus: 5.2.2\n"
            "Remote-MTA: dns; gmail-smtp-in.l.google.com. (142.251.9.27, the server for the\n domain gpost.example.)\n"
            "Diagnostic-Code: smtp; 552-5.2.2 The recipient's inbox is out of storage space. Please direct the\n"
            " 552-5.2.2 recipient to\n 552 5.2.2  https://support.google.com/mail/?p=OverQuotaPerm a640c23a62f3a-si1 - gsmtp",
        ),
        _google(
            "gmail-disabled-user",
            "hard",
            "lou@gpost.example",
            "\n** Address not found **\n\nYour message wasn't delivered to lou@gpost.example because the address couldn't be "
            "found, or is unable to receive mail.",
            "Final-Recipient: rfc822; lou@gpost.example\nAction: failed\nStatus: 5.2.1\n"
            "Remote-MTA: dns; gmail-smtp-in.l.google.com.\n"
            "Diagnostic-Code: smtp; 550-5.2.1 The email account that you tried to reach is inactive. For more\n"
            " 550-5.2.1 information, go to\n 550 5.2.1  https://support.google.com/mail/?p=DisabledUser x13si7 - gsmtp",
        ),
        _google(
            "gmail-unauthenticated",
            "spam",
            "mia@gpost.example",
            "\n** Message blocked **\n\nYour message to mia@gpost.example has been blocked. See technical details below for more "
            "information.",
            "Final-Recipient: rfc822; mia@gpost.example\nAction: failed\nStatus: 5.7.26\n"
            "Diagnostic-Code: smtp; 550-5.7.26 Your email has been blocked because the sender is unauthenticated.\n"
            " 550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM.\n"
            " 550 5.7.26  https://support.google.com/mail/answer/81126#authentication - gsmtp",
        ),
        _google(
            "gmail-sending-limit",
            "account",
            "nils@gpost.example",
            "\n** Message not delivered **\n\nYou have reached a limit for sending mail. Your message was not sent.",
            "Final-Recipient: rfc822; nils@gpost.example\nAction: failed\nStatus: 5.4.5\n"
            "Diagnostic-Code: smtp; 550 5.4.5 Daily user sending limit exceeded. For more information on Gmail\n"
            " sending limits go to https://support.google.com/a/answer/166852 - gsmtp",
        ),
        _google(
            "gmail-delay",
            "delayed",
            "oda@stau.example",
            "\n** Delivery incomplete **\n\nThere was a temporary problem delivering your message to oda@stau.example. Gmail will "
            "retry for 46 more hours. You'll be notified if the delivery fails permanently.\n",
            "Final-Recipient: rfc822; oda@stau.example\nAction: delayed\nStatus: 4.4.1\n"
            "Diagnostic-Code: smtp; The recipient server did not accept our requests to connect.\n"
            " [mx.stau.example. 192.0.2.44: timed out]\nWill-Retry-Until: Fri, 20 Nov 2026 22:30:11 -0800 (PST)",
            "Delay",
        ),
    ]


def samples() -> list[Sample]:
    return [*microsoft(), *google()]
