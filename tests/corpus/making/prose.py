"""Reports that are no RFC 3464: words only, each after the system that writes so."""

from __future__ import annotations

from corpus.making.sample import Sample, plain, returned


def _qmail(name: str, kind: str, to: str, said: str) -> Sample:
    return plain(
        f"qmail-{name}",
        kind,
        to,
        source="qmail",
        sender="MAILER-DAEMON@relay.example.net",
        subject="failure notice",
        body="Hi. This is the qmail-send program at relay.example.net.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{to}>:\n{said}\n\n--- Below this line is a copy of the message.\n\n{returned(to, body='Hello')}\n",
    )


def _exim(name: str, kind: str, to: str, words: str, *, more: str | None = None) -> Sample:
    return plain(
        f"exim-prose-{name}",
        kind,
        to,
        source="Exim",
        sender="Mail Delivery System <Mailer-Daemon@relay.example.net>",
        subject="Mail delivery failed: returning message to sender",
        more=f"X-Failed-Recipients: {to}\n" if more is None else more,
        body="This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n"
        f"  {to}\n    {words}\n\n------ This is a copy of the message, including all the headers. ------\n\n"
        f"{returned(to, body='Hello')}\n",
    )


def _servers() -> list[Sample]:
    return [
        _qmail("no-mailbox", "hard", "abel@example.net", "Sorry, no mailbox here by that name. (#5.1.1)"),
        _qmail("no-vpopmail", "hard", "bruno@example.net",
               "This address no longer accepts mail."),
        _qmail("remote", "hard", "celia@example.net",
               "192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 <celia@example.net>: User unknown\n"
               "Giving up on 192.0.2.7."),
        _qmail("quota", "soft", "david@example.net", "The users mailfolder is over the allowed quota (size). (#5.2.2)"),
        _qmail("cname", "soft", "elsa@slow.example",
               "CNAME lookup failed temporarily. (#4.4.3)\nI'm not going to try again; this message has been in the queue "
               "too long."),
        _qmail("no-host", "hard", "felix@nodomain.example",
               "Sorry, I couldn't find any host named nodomain.example. (#5.1.2)"),
        _qmail("unable-to-connect", "soft", "greta@slow.example",
               "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\nI'm not going to try again; this message has "
               "been in the queue too long."),
        _qmail("spam", "spam", "hans@example.net",
               "192.0.2.7 failed after I sent the message.\nRemote host said: 554 5.7.1 Message contains spam or virus. "
               "Please see http://example.net/policy"),
        _exim("unknown", "hard", "iris@example.net", "No Such User Here"),
        _exim("unrouteable", "hard", "jonas@nodomain.example", "all relevant MX records point to non-existent hosts"),
        _exim("quota", "soft", "klara@example.net", "mailbox is full: retry timeout exceeded"),
        _exim("retry", "soft", "luis@slow.example", "retry time not reached for any host after a long failure period"),
        _exim("remote", "hard", "mara@example.net", "SMTP error from remote mail server after RCPT "
              "TO:<mara@example.net>:\n    host mx.example.net [192.0.2.7]: 550 5.1.1 User unknown", more=""),
        _exim("router", "hard", "noah@example.net", "Unrouteable address", more=""),
    ]  # fmt: skip


def _old_servers() -> list[Sample]:
    return [
        plain("exchange-5.5", "hard", "oskar@firm.example", source="Exchange 5.5",
              sender="System Administrator <postmaster@firm.example>", subject="Undeliverable: November at the shop",
              body="Your message\n\n  To:      oskar@firm.example\n  Subject: November at the shop\n"
              "  Sent:    Tue, 17 Nov 2026 09:14:00 -0000\n\ndid not reach the following recipient(s):\n\n"
              "oskar@firm.example on Tue, 17 Nov 2026 09:14:05 -0000\n"
              "    The recipient name is not recognized\n\tThe MTS-ID of the original message is: c=us;a= ;p=firm;l=MX1\n"
              "    MSEXCH:IMS:FIRM:SITE:MX1 0 (000C05A6) Unknown Recipient\n"),
        plain("exchange-2003", "hard", "paula@firm.example", source="Exchange 2003",
              sender="System Administrator <postmaster@firm.example>", subject="Undeliverable:November at the shop",
              body="Your message did not reach some or all of the intended recipients.\n\n"
              "      Subject:  November at the shop\n      Sent:     11/17/2026 9:14 AM\n\n"
              "The following recipient(s) could not be reached:\n\n      paula@firm.example on 11/17/2026 9:14 AM\n"
              "            The e-mail account does not exist at the organization this message was sent to.  Check the\n"
              "e-mail address, or contact the recipient directly to find out the correct address.\n"
              "            <mx1.firm.example #5.1.1>\n"),
        plain("exchange-2003-full", "soft", "rolf@firm.example", source="Exchange 2003",
              sender="System Administrator <postmaster@firm.example>", subject="Undeliverable:November at the shop",
              body="Your message did not reach some or all of the intended recipients.\n\n"
              "The following recipient(s) could not be reached:\n\n      rolf@firm.example on 11/17/2026 9:14 AM\n"
              "            The message could not be delivered because the recipient's mailbox is full.\n"
              "            <mx1.firm.example #5.2.2>\n"),
        plain("domino", "hard", "selma@firm.example", source="HCL Domino",
              sender="Postmaster <postmaster@firm.example>", subject="DELIVERY FAILURE: User selma (selma@firm.example) not "
              "listed in Domino Directory",
              body="Your message\n\n  Subject: November at the shop\n\nwas not delivered to:\n\n  selma@firm.example\n\n"
              "because:\n\n  User selma (selma@firm.example) not listed in Domino Directory\n"),
        plain("domino-full", "soft", "timo@firm.example", source="HCL Domino",
              sender="Postmaster <postmaster@firm.example>",
              subject="DELIVERY FAILURE: Error delivering to timo; Router: Mail file is full",
              body="Your message\n\n  Subject: November at the shop\n\nwas not delivered to:\n\n  timo@firm.example\n\n"
              "because:\n\n  Error delivering to timo mail\\timo.nsf; Unable to copy database: quota exceeded\n"),
        plain("groupwise", "hard", "ursel@firm.example", source="GroupWise",
              sender="Mailer-Daemon@gwia.firm.example", subject="Message status - undeliverable",
              body="\nThe message that you sent was undeliverable to the following:\n"
              "\tursel@firm.example (user not found)\n\nPossibly truncated original message follows:\n\n"
              + returned("ursel@firm.example")),
        plain("mdaemon", "hard", "valentin@firm.example", source="MDaemon",
              sender="MDaemon@mail.firm.example", subject="Permanent Delivery Failure",
              body="The following data may contain sections which represent BASE64 encoded\nfile attachments.\n\n"
              "Message delivery failed for the following addresses:\n\n"
              "  valentin@firm.example  - no such user here\n\n"
              "--> RCPT TO:<valentin@firm.example>\n<-- 550 <valentin@firm.example>, Recipient unknown\n"),
        plain("hmailserver", "hard", "wanda@example.net", source="hMailServer",
              sender="mailer-daemon@hmail.firm.example", subject="Message undeliverable: November at the shop",
              body="Your message did not reach some or all of the intended recipients.\n\n   Sent: Tue, 17 Nov 2026 09:14:00 "
              "+0000\n   Subject: November at the shop\n\nThe following recipient(s) could not be reached:\n\n"
              "wanda@example.net\n   Error Type: SMTP\n   Remote server (192.0.2.7) issued an error.\n"
              "   hMailServer sent: RCPT TO:<wanda@example.net>\n"
              "   Remote server replied: 550 5.1.1 <wanda@example.net>: Recipient address rejected: User unknown\n\n"
              "hMailServer\n"),
        plain("hmailserver-connect", "soft", "xoan@slow.example", source="hMailServer",
              sender="mailer-daemon@hmail.firm.example", subject="Message undeliverable: November at the shop",
              body="Your message did not reach some or all of the intended recipients.\n\n"
              "The following recipient(s) could not be reached:\n\nxoan@slow.example\n   Error Type: SMTP\n"
              "   Connection to recipients server failed.\n   Error: Host name: mx.slow.example, message: The connection was "
              "timed out.\n   Tried 4 time(s)\n\nhMailServer\n"),
        plain("kerio", "hard", "yvo@firm.example", source="Kerio Connect",
              sender="postmaster@mail.firm.example", subject="Undeliverable: November at the shop",
              body="Your message could not be delivered to the following recipients:\n\n"
              "yvo@firm.example:\n    550 5.1.1 User unknown - no such mailbox\n"),
        plain("courier", "hard", "zara@example.net", source="Courier",
              sender='"Courier mail server at relay.example.net" <@>', subject="NOTICE: mail delivery status.",
              body="This is a delivery status notification from relay.example.net,\nrunning the Courier mail server, version "
              "0.73.\n\nThe original message was received on Tue, 17 Nov 2026 09:14:02 +0000\n"
              "from out.news.example.org (192.0.2.25)\n\n"
              "---------------------------------------------------------------------------\n\n"
              "                           UNDELIVERABLE MAIL\n\n"
              "Your message to the following recipients cannot be delivered:\n\n<zara@example.net>:\n"
              "    mx.example.net [192.0.2.7]:\n>>> RCPT TO:<zara@example.net>\n<<< 550 5.1.1 User unknown.\n"),
        plain("communigate", "hard", "arno@example.net", source="CommuniGate Pro",
              sender="<MAILER-DAEMON@cgp.example.net>", subject="Undeliverable mail: November at the shop",
              body="Failed to deliver to 'arno@example.net'\nLOCAL module(account arno) reports:\n account does not exist\n"),
        plain("imail", "hard", "birte@example.net", source="Ipswitch IMail",
              sender="Postmaster <postmaster@imail.example.net>", subject="Undeliverable Mail",
              body="User mailbox not found: birte@example.net\n\nOriginal message follows.\n\n" + returned("birte@example.net")),
        plain("smtp32-unknown", "hard", "chris@example.net", source="Ipswitch IMail",
              sender="Postmaster <postmaster@imail.example.net>", subject="Undeliverable Mail",
              body="Unknown user: chris@example.net\nundeliverable to chris@example.net\n\nOriginal message follows.\n\n"
              + returned("chris@example.net")),
        plain("sendmail-8.8", "hard", "doris@example.net", source="Sendmail",
              sender="Mail Delivery Subsystem <MAILER-DAEMON@old.example.net>", subject="Returned mail: User unknown",
              body="The original message was received at Tue, 17 Nov 2026 09:14:02 GMT\nfrom out.news.example.org\n\n"
              "   ----- The following addresses had permanent fatal errors -----\n<doris@example.net>\n\n"
              "   ----- Transcript of session follows -----\n... while talking to mx.example.net.:\n"
              ">>> RCPT To:<doris@example.net>\n<<< 550 <doris@example.net>... User unknown\n"
              "550 <doris@example.net>... User unknown\n\n   ----- Original message follows -----\n\n"
              + returned("doris@example.net")),
        plain("smail", "hard", "edgar@example.net", source="Smail",
              sender="<MAILER-DAEMON@smail.example.net>", subject="mail failed, returning to sender",
              body="|------------------------- Message log follows: -------------------------|\n"
              " no valid recipients were found for this message\n"
              "|------------------------- Failed addresses follow: ---------------------|\n"
              " <edgar@example.net> ... unknown user\n"
              "|------------------------- Message text follows: ------------------------|\n" + returned("edgar@example.net")),
    ]  # fmt: skip


def _services() -> list[Sample]:
    return [
        plain("yahoo-prose", "hard", "frank@mailbox.example", source="Yahoo",
              sender="MAILER-DAEMON@yahoo.com", subject="Failure Notice",
              body="Sorry, we were unable to deliver your message to the following address.\n\n<frank@mailbox.example>:\n"
              "No mx record found for domain=mailbox.example\n\n--- Below this line is a copy of the message.\n\n"
              + returned("frank@mailbox.example")),
        plain("aol-prose", "hard", "gesa@aol.example", source="AOL",
              sender="Mail Delivery Subsystem <MAILER-DAEMON@omr-m01.mx.aol.com>",
              subject="Returned mail: User unknown",
              body="Your mail is not being delivered to the following address(es):\n\n   ----- The following addresses had "
              "permanent fatal errors -----\n<gesa@aol.example>\n\n   ----- Transcript of session follows -----\n"
              "... while talking to air-xf01.mail.aol.com.:\n>>> RCPT To:<gesa@aol.example>\n"
              "<<< 550 MAILBOX NOT FOUND\n550 <gesa@aol.example>... User unknown\n"),
        plain("gmail-html", "hard", "helge@workspace.example", source="Google",
              sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
              subject="Delivery Status Notification (Failure)", content_type="text/html; charset=utf-8",
              body="<html><body><h2>Address not found</h2><p>Your message wasn't delivered to "
              '<a href="mailto:helge@workspace.example"><b>helge@workspace.example</b></a> because the address couldn\'t be '
              "found, or is unable to receive mail.</p><p>The response was:</p>"
              "<p>550 5.1.1 The email account that you tried to reach does not exist.</p></body></html>\n"),
        plain("office-html", "hard", "inga@firm.example", source="Microsoft 365",
              sender="Microsoft Outlook <postmaster@firm.example>", subject="Undeliverable: November at the shop",
              content_type="text/html; charset=us-ascii",
              body="<html><head></head><body><p><b>Delivery has failed to these recipients or groups:</b></p>"
              '<p><a href="mailto:inga@firm.example">inga@firm.example</a><br>The e-mail address you entered couldn\'t be '
              "found. Please check the recipient's e-mail address and try to resend the message.</p>"
              "<p>Diagnostic information for administrators:<br>Generating server: mx1.firm.example<br>inga@firm.example<br>"
              "#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##</p></body></html>\n"),
        plain("free-fr", "hard", "joel@free.example", source="Free",
              sender="MAILER-DAEMON@free.fr", subject="failure notice",
              body="Hi. This is the qmail-send program at free.fr.\n<joel@free.example>:\n"
              "Remote host said: 550 5.1.1 Mailbox doesn't exist: joel@free.example\n"),
        plain("naver", "hard", "kim@naver.example", source="Naver",
              sender="Mail Delivery Subsystem <MAILER-DAEMON@naver.com>", subject="[네이버메일] 메일 전송에 실패했습니다.",
              body="아래의 주소로 메일을 보내지 못했습니다.\n\nkim@naver.example\n\n"
              "550 5.1.1 Recipient address rejected: User unknown\n"),
        plain("rackspace", "hard", "leo@example.net", source="Rackspace",
              sender="MAILER-DAEMON@smtp.emailsrvr.com (Mail Delivery System)", subject="Undelivered Mail Returned to Sender",
              body="This is the mail system at host smtp.emailsrvr.com.\n\n"
              "<leo@example.net>: host mx.example.net[192.0.2.7] said: 550 5.1.1\n    <leo@example.net>: Recipient address "
              "rejected: User unknown (in reply to RCPT TO command)\n"),
        plain("ovh-forward-loop", "soft", "mila@example.net", source="OVH",
              sender="MAILER-DAEMON@mx1.ovh.net", subject="failure notice",
              body="Hi. This is the qmail-send program at mx1.ovh.net.\nI'm afraid I wasn't able to deliver your message to "
              "the following addresses.\n\n<mila@example.net>:\nmail system configuration error: Too many hops, "
              "possible mail loop. (#5.4.6)\n"),
        plain("sendgrid-prose", "hard", "nico@example.net", source="SendGrid",
              sender="MAILER-DAEMON@sendgrid.net", subject="Undelivered Mail Returned to Sender",
              body="Hello, this is the mail server on o1.sendgrid.net.\n\nI am sending you this message to inform you on the "
              "delivery status of a message you\npreviously sent.  Immediately below you will find a list of the affected "
              "recipients.\n\n<nico@example.net>\n  550 5.1.1 The email account that you tried to reach does not exist.\n"),
        plain("mailgun-prose", "hard", "oda@example.net", source="Mailgun",
              sender="Mail Delivery System <postmaster@mailgun.example>", subject="Delivery failed: November at the shop",
              body="Delivery to the following recipient failed permanently:\n\n     oda@example.net\n\n"
              "Technical details of permanent failure:\n550 5.1.1 <oda@example.net>: No such recipient here\n"),
        plain("postmark-prose", "soft", "pit@example.net", source="Postmark",
              sender="postmaster@pm.mtasv.example", subject="Undeliverable: November at the shop",
              body="Delivery to pit@example.net failed.\n\nsmtp;452 4.2.2 The email account that you tried to reach is over "
              "quota\n"),
        plain("symantec", "hard", "ria@firm.example", source="Symantec Messaging Gateway",
              sender="MAILER-DAEMON@server-4.bemta-5.messagelabs.com", subject="Mail Delivery Failure",
              body="This is the mail delivery agent at messagelabs.com.\nI was unable to deliver your message to the following "
              "addresses.\n\nria@firm.example\n\nReason: 550 5.1.1 <ria@firm.example>... User unknown\n"),
        plain("ses-forward", "hard", "sara@example.net", source="Amazon SES",
              sender="MAILER-DAEMON@eu-west-1.amazonses.com", subject="Delivery Status Notification (Failure)",
              body="An error occurred while trying to deliver the mail to the following recipients:\nsara@example.net\n\n"
              "The recipient's mail server said: 550 5.1.1 mailbox unavailable\n"),
        plain("daum-over-quota", "soft", "tae@daum.example", source="Daum",
              sender="MAILER-DAEMON@hanmail.net", subject="Returned mail: see transcript for details",
              body="   ----- The following addresses had permanent fatal errors -----\n<tae@daum.example>\n"
              "    (reason: 552 5.2.2 Mailbox is full)\n"),
        plain("own-server-to-sender", "account", "urs@example.net", source="Shared hosting",
              sender="Mail Delivery System <Mailer-Daemon@box12.hosting.example>",
              subject="Mail delivery failed: returning message to sender", more="X-Failed-Recipients: urs@example.net\n",
              body="This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
              "delivered to one or more of its\nrecipients. The following address(es) failed:\n\n  urs@example.net\n"
              "    Domain news.example.org has exceeded the max emails per hour (500/500 (100%)) allowed.  Message discarded.\n"),
    ]  # fmt: skip


def samples() -> list[Sample]:
    """Every report of this kind."""
    return [*_servers(), *_old_servers(), *_services()]
