"""Second batch: other providers, suites for offices, gateways and relays."""

from __future__ import annotations

from corpus.making.sample import Sample
from corpus.making.second_frame import letter, piece, report, single


def _fields(to: str, code: str, said: str, mta: str) -> str:
    return (
        f"Reporting-MTA: dns; {mta}\n\nFinal-Recipient: rfc822;{to}\nAction: failed\nStatus: {code}\n"
        f"Diagnostic-Code: smtp;{said}\n"
    )


def webmail() -> list[Sample]:
    yahoo = """Sorry, we were unable to deliver your message to the following address.

<pia_77@yahu.example>:
554: delivery error: dd Sorry, your message to pia_77@yahu.example cannot be delivered. This mailbox is disabled \
(554.30). - mta1101.mail.bf1.yahoo.com

--- Below this line is a copy of the message.

"""
    aol = """** THIS IS A WARNING FROM THE MAIL SYSTEM: YOUR MESSAGE WAS NOT DELIVERED **

<quentin@aoul.example>:
552: 1 Requested mail action aborted, mailbox not found

"""
    gmx = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of
its recipients. This is a permanent error. The following address
failed:

ronja.k@gemix.example:
SMTP error from remote server for RCPT TO command, host: mx00.emig.gemix.example (212.227.15.9) reason: 550-Requested action \
not taken: mailbox unavailable
550 For explanation visit https://postmaster.gemix.example/en/case?c=r0201&i=ip&v=192.0.2.25

--- The header of the original message is following. ---

"""
    gmx_quota = gmx.replace("ronja.k", "sascha.k").replace(
        "550-Requested action not taken: mailbox unavailable\n550 For explanation visit "
        "https://postmaster.gemix.example/en/case?c=r0201&i=ip&v=192.0.2.25",
        "552-Requested mail action aborted: exceeded storage allocation\n552 Quota exceeded. The recipient mailbox is full.",
    )
    tonline = """|------------------------- Message log follows: -------------------------|
 no valid recipients were found for this message
|------------------------- Failed addresses follow: ---------------------|
 <theo@tonlein.example> ... transport smtp: 550-5.7.0 Message considered as spam or virus, rejected
 550-5.7.0 Nachricht als Spam oder Virus klassifiziert, Annahme verweigert
|------------------------- Message text follows: ------------------------|
"""
    icloud = "550 5.1.1 <uli@eiwolke.example>: inactive email address"
    return [
        single(
            "yahoo-disabled",
            "hard",
            "pia_77@yahu.example",
            source="Yahoo",
            head="From: MAILER-DAEMON@yahoo.com\nSubject: Failure Notice\nX-Mailer: WebService",
            text=yahoo + letter("pia_77@yahu.example"),
        ),
        single(
            "aol-mailbox-not-found",
            "hard",
            "quentin@aoul.example",
            source="AOL",
            head="From: Mail Delivery Subsystem <MAILER-DAEMON@aol.com>\nSubject: Mail delivery failed",
            text=aol + letter("quentin@aoul.example"),
        ),
        single(
            "gmx-mailbox-unavailable",
            "hard",
            "ronja.k@gemix.example",
            source="GMX",
            head="From: GMX Mailer Daemon <mailer-daemon@gmx.de>\nSubject: Mail delivery failed: returning message to sender",
            text=gmx + letter("ronja.k@gemix.example", ""),
        ),
        single(
            "gmx-exceeded-storage",
            "soft",
            "sascha.k@gemix.example",
            source="GMX",
            head="From: GMX Mailer Daemon <mailer-daemon@gmx.de>\nSubject: Mail delivery failed: returning message to sender",
            text=gmx_quota + letter("sascha.k@gemix.example", ""),
        ),
        single(
            "t-online-spam",
            "spam",
            "theo@tonlein.example",
            source="T-Online",
            head="From: Mail Delivery System <MAILER-DAEMON@fwd07.aul.t-online.de>\nSubject: Mail could not be delivered",
            text=tonline + letter("theo@tonlein.example"),
        ),
        report(
            "icloud-inactive",
            "hard",
            "uli@eiwolke.example",
            source="iCloud",
            head="From: Mail Delivery System <MAILER-DAEMON@mr85p00im.me.example>\nSubject: Undelivered Mail Returned to Sender",
            prose=piece(f"<uli@eiwolke.example>: host mx01.mail.icloud.com[17.57.155.25] said: {icloud}"),
            machine=_fields("uli@eiwolke.example", "5.1.1", f" {icloud}", "mr85p00im.me.example"),
        ),
        report(
            "yahoo-deferred-complaints-expired",
            "spam",
            "valentin@yahu.example",
            source="Yahoo",
            head="From: MAILER-DAEMON@out.news.example.org\nSubject: Undelivered Mail Returned to Sender",
            prose=piece(
                "<valentin@yahu.example>: host mta6.am0.yahoodns.net[67.195.228.94] said: 421 4.7.0 [TSS04] Messages from\n"
                " 192.0.2.25 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1"
            ),
            machine=_fields(
                "valentin@yahu.example",
                "4.7.0",
                " 421 4.7.0 [TSS04] Messages from 192.0.2.25 temporarily deferred due\n to unexpected volume or user complaints",
                "out.news.example.org",
            ),
        ),
    ]


def gateways() -> list[Sample]:
    domino = (
        "Your message\n\n  Subject: November at the shop\n\nwas not delivered to:\n\n  wanda@lotus.example\n\nbecause:\n\n"
        "  User wanda (wanda@lotus.example) not listed in Domino Directory\n"
    )
    mdaemon = (
        "The attached message had PERMANENT fatal delivery errors!\n\nAfter one or more unsuccessful delivery attempts the\n"
        "attached message has been removed from the mail queue\non this server.  The number and frequency of delivery\n"
        "attempts are determined by local configuration parameters.\n\nYOUR MESSAGE WAS NOT DELIVERED TO ONE OR MORE RECIPIENTS!\n\n"
        "Failed address: xaver@mdae.example\n\n--- Session Transcript ---\n"
        " Thu 2026-11-19 06:31:02: Parsing message <xxxxxxxxxxxxxxxxxxxxxxxxx\\pd50001234.msg>\n"
        " Thu 2026-11-19 06:31:02: *  To: xaver@mdae.example\n Thu 2026-11-19 06:31:04: <-- 220 mx.mdae.example ESMTP\n"
        " Thu 2026-11-19 06:31:04: --> RCPT To:<xaver@mdae.example>\n"
        " Thu 2026-11-19 06:31:04: <-- 550 <xaver@mdae.example>, Recipient unknown\n Thu 2026-11-19 06:31:04: --> QUIT\n"
        "--- End Transcript ---\n\n: Message contains [1] file attachments\n"
    )
    hmail = (
        "Your message did not reach some or all of the intended recipients.\n\n   Sent: Thu, 19 Nov 2026 06:30:00 +0000\n"
        "   Subject: November at the shop\n\nThe following recipient(s) could not be reached:\n\nyannick@hmail.example\n"
        "   Error Type: SMTP\n   Remote server (203.0.113.40) issued an error.\n   hMailServer sent: RCPT TO:<yannick@hmail.example>\n"
        "   Remote server replied: 550 Unknown user\n\nhMailServer\n"
    )
    hmail_timeout = hmail[: hmail.index("yannick")] + (
        "zoe@hmail.example\n   Error Type: SMTP\n   Error Description: The host name mx.hmail.example could not be connected to.\n"
        "   Additional information: This error often occurs when the server is down for a short time. Tried 4 time(s)\n\nhMailServer\n"
    )
    kerio = (
        "Your message could not be delivered to the following recipient(s):\n\n    adele@keri.example: mailbox quota exceeded\n\n"
        "Original message headers follow.\n"
    )
    mimecast = (
        "550 Rejected by header based Anti-Spoofing policy: ann@news.example.org - "
        "https://community.mimecast.com/docs/DOC-1369#550 [Kq2YbA3rMnWgQ0vS.uk85]"
    )
    barracuda = "554 rejected due to spam content; Blocked by Barracuda content filter (rule: intent)"
    proofpoint = "550 5.1.1 User Unknown - pps.filterd reject=550 <cosima@proof.example>"
    zimbra = (
        "This is the mail system at host mta1.zimb.example.\n\n<daria@zimb.example>: host mbox2.zimb.example[10.11.0.4] said:\n"
        "    452 4.2.2 Over quota (in reply to end of DATA command)\n"
    )
    icewarp = (
        "The message you sent could not be delivered.\n\nRecipient: <enno@icy.example>\nReason: 5.2.1 Mailbox disabled, not "
        "accepting messages\n\nYour message headers are attached.\n"
    )
    daemon = "From: Mail Delivery System <postmaster@mta1.zimb.example>\nSubject: Undelivered Mail Returned to Sender"
    return [
        report(
            "domino-not-listed",
            "hard",
            "wanda@lotus.example",
            source="Domino",
            head="From: Postmaster@lotus.example\nSubject: DELIVERY FAILURE: User wanda (wanda@lotus.example) not listed in Domino\n"
            " Directory\nX-MIMETrack: Itemize by SMTP Server on MAIL01/Lotus(Release 12.0.2)",
            prose=piece(domino),
            machine="Reporting-MTA: dns;mail01.lotus.example\n\nFinal-Recipient: rfc822;wanda@lotus.example\nAction: failed\n"
            "Status: 5.1.1\nDiagnostic-Code: X-Notes; User wanda (wanda@lotus.example) not listed in\n Domino Directory",
        ),
        single(
            "mdaemon-recipient-unknown",
            "hard",
            "xaver@mdae.example",
            source="MDaemon",
            head="From: MDaemon@mdae2.example\nSubject: Permanent Delivery Failure\nX-MDDSN-Message: Yes",
            text=mdaemon,
        ),
        single(
            "hmailserver-unknown-user",
            "hard",
            "yannick@hmail.example",
            source="hMailServer",
            head="From: mailer-daemon@hm.example\nSubject: Message undeliverable: November at the shop\nAuto-Submitted: auto-generated",
            text=hmail,
        ),
        single(
            "hmailserver-not-connected",
            "soft",
            "zoe@hmail.example",
            source="hMailServer",
            head="From: mailer-daemon@hm.example\nSubject: Message undeliverable: November at the shop\nAuto-Submitted: auto-generated",
            text=hmail_timeout,
        ),
        single(
            "kerio-quota",
            "soft",
            "adele@keri.example",
            source="Kerio Connect",
            head="From: postmaster@keri.example\nSubject: Delivery failed",
            text=kerio + letter("adele@keri.example", ""),
        ),
        report(
            "mimecast-anti-spoofing",
            "spam",
            "bodo@mimi.example",
            source="Mimecast",
            head="From: postmaster@eu.mimecast.example\nSubject: [Postmaster] Email Delivery Failure",
            prose=piece(
                "Your message could not be delivered to bodo@mimi.example.\n\nThe remote server said:\n\n" + mimecast,
            ),
            machine=_fields("bodo@mimi.example", "5.0.0", f" {mimecast}", "eu-smtp-delivery-1.mimecast.example"),
        ),
        report(
            "barracuda-content",
            "spam",
            "carlo@barra.example",
            source="Barracuda",
            head="From: MAILER-DAEMON@d1.ess.barra.example\nSubject: Undeliverable: November at the shop",
            prose=piece(f"<carlo@barra.example>: {barracuda}"),
            machine=_fields("carlo@barra.example", "5.0.0", f" {barracuda}", "d1.ess.barra.example"),
        ),
        report(
            "proofpoint-user-unknown",
            "hard",
            "cosima@proof.example",
            source="Proofpoint",
            head="From: Mail Delivery Subsystem <MAILER-DAEMON@mx0a.pphosted.example>\nSubject: Returned mail: see transcript for details",
            prose=piece(
                f"   ----- The following addresses had permanent fatal errors -----\n<cosima@proof.example>\n    (reason: {proofpoint})"
            ),
            machine=_fields("cosima@proof.example", "5.1.1", f" {proofpoint}", "mx0a.pphosted.example"),
        ),
        report(
            "zimbra-over-quota",
            "soft",
            "daria@zimb.example",
            source="Zimbra",
            head=daemon,
            prose=piece(zimbra),
            machine=_fields("daria@zimb.example", "4.2.2", " 452 4.2.2 Over quota", "mta1.zimb.example"),
            outer="multipart/report; charset=us-ascii; report-type=delivery-status",
        ),
        single(
            "icewarp-disabled",
            "hard",
            "enno@icy.example",
            source="IceWarp",
            head="From: Mail Delivery Subsystem <MAILER-DAEMON@icy.example>\nSubject: Delivery failure",
            text=icewarp,
        ),
    ]


def relays() -> list[Sample]:
    ses = "smtp; 550 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 Unable to lookup DNS for frau.example>"
    return [
        report(
            "ses-expired",
            "soft",
            "frau@frau.example",
            source="Amazon SES",
            head="From: MAILER-DAEMON@eu-central-1.amazonses.com\nSubject: Delivery Status Notification (Failure)",
            prose=piece(
                "An error occurred while trying to deliver the mail to the following recipients:\nfrau@frau.example",
                charset="utf-8",
            ),
            machine="Reporting-MTA: dns; b224-14.smtp-out.eu-central-1.amazonses.com\n\nAction: failed\n"
            f"Final-Recipient: rfc822; frau@frau.example\nDiagnostic-Code: {ses}\nStatus: 4.4.7",
            back="message/rfc822",
        ),
        report(
            "workmail-does-not-exist",
            "hard",
            "gesa@workm.example",
            source="Amazon WorkMail",
            head="From: MAILER-DAEMON@amazonses.com\nSubject: Delivery Status Notification (Failure)",
            prose=piece(
                "An error occurred while trying to deliver the mail to the following recipients:\ngesa@workm.example"
            ),
            machine="Reporting-MTA: dns; inbound-smtp.eu-west-1.amazonaws.com\n\nAction: failed\n"
            "Final-Recipient: rfc822; gesa@workm.example\n"
            "Diagnostic-Code: smtp; 550 5.1.1 Requested action not taken: mailbox unavailable\nStatus: 5.1.1",
        ),
        single(
            "mailgun-like-suppressed",
            "hard",
            "hannes@mgun.example",
            source="Mailgun",
            head="From: Mailer Daemon <postmaster@mg.news.example.org>\nSubject: Message delivery failed\n"
            "X-Failed-Recipients: hannes@mgun.example",
            text="Your message to <hannes@mgun.example> could not be delivered:\n\n605 Not delivering to previously bounced address\n",
        ),
        single(
            "postmark-inactive-recipient",
            "hard",
            "ilse@pmark.example",
            source="Postmark",
            head="From: Postmark <bounces@pm.example>\nSubject: Hard bounce: November at the shop",
            text="A message you sent could not be delivered.\n\nRecipient: ilse@pmark.example\nType: HardBounce\n"
            "Description: The server was unable to deliver your message (ex: unknown user, mailbox not found).\n"
            "Details: smtp;550 5.1.1 The email account that you tried to reach does not exist.\n",
        ),
        single(
            "relay-login-revoked",
            "account",
            "jutta@reader.example",
            source="smarthost",
            head="From: Mail Delivery System <mailer-daemon@smart.example>\nSubject: Message not sent",
            text="Your message to jutta@reader.example was not sent.\n\nThe smarthost smtp.relay.example answered:\n"
            "535 5.7.8 Error: authentication failed: account suspended\n",
        ),
    ]


def samples() -> list[Sample]:
    return [*webmail(), *gateways(), *relays()]
