"""Second batch: mail servers that people run themselves."""

from __future__ import annotations

from corpus.making.sample import Sample
from corpus.making.second_frame import letter, piece, report, single


def _exim(name: str, kind: str, to: str, words: str, fields: str = "") -> Sample:
    prose = f"""
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

{words}
"""
    head = (
        f"Received: from Debian-exim by out.news.example.org with local (Exim 4.96)\n\tid 1tDfQ2-0005xk-1b\n"
        f"X-Failed-Recipients: {', '.join(to.split())}\nAuto-Submitted: auto-replied\n"
        "From: Mail Delivery System <Mailer-Daemon@out.news.example.org>\n"
        "Subject: Mail delivery failed: returning message to sender\nMessage-Id: <E1tDfQ2-0005xk-1b@out.news.example.org>"
    )
    if not fields:
        copy = "------ This is a copy of the message, including all the headers. ------\n\n"
        return single(name, kind, to, source="Exim", head=head, text=f"{prose}\n{copy}{letter(to.split()[0])}")
    machine = f"Reporting-MTA: dns; out.news.example.org\n\n{fields}"
    return report(
        name,
        kind,
        to,
        source="Exim",
        head=head,
        prose=piece(prose),
        machine=machine,
        boundary="1763533905-eximdsn-1804289383",
    )


def exim() -> list[Sample]:
    return [
        _exim(
            "exim-unrouteable-domain",
            "hard",
            "brigitte@gonne-shop.example",
            "  brigitte@gonne-shop.example\n    Unrouteable address\n",
            "Action: failed\nFinal-Recipient: rfc822;brigitte@gonne-shop.example\nStatus: 5.0.0\n",
        ),
        _exim(
            "exim-all-hosts-failing",
            "soft",
            "anton@hof-laden.example",
            "  anton@hof-laden.example\n    host mx.hof-laden.example [198.51.100.14]\n    retry timeout exceeded\n",
            "Action: failed\nFinal-Recipient: rfc822;anton@hof-laden.example\nStatus: 5.0.0\n",
        ),
        _exim(
            "exim-cpanel-no-such-user",
            "hard",
            "office@old-studio.example",
            "  office@old-studio.example\n    host old-studio.example [203.0.113.90]\n"
            "    SMTP error from remote mail server after RCPT TO:<office@old-studio.example>:\n"
            '    550 No Such User Here"',
        ),
        _exim(
            "exim-quota-in-transport",
            "soft",
            "lena.p@verein.example",
            "  lena.p@verein.example\n    (generated from info@verein.example)\n"
            "    mailbox is full (MTA-imposed quota exceeded while writing to file\n    /var/mail/verein/lena.p/new)",
        ),
        _exim(
            "exim-two-recipients",
            "hard",
            "k.brandt@zwei.example m.brandt@zwei.example",
            "  k.brandt@zwei.example\n    host mx.zwei.example [203.0.113.77]\n"
            "    SMTP error from remote mail server after RCPT TO:<k.brandt@zwei.example>:\n"
            "    550 5.1.1 <k.brandt@zwei.example>: Recipient address rejected: User unknown in virtual mailbox table\n"
            "  m.brandt@zwei.example\n    host mx.zwei.example [203.0.113.77]\n"
            "    SMTP error from remote mail server after RCPT TO:<m.brandt@zwei.example>:\n"
            "    550 5.1.1 <m.brandt@zwei.example>: Recipient address rejected: User unknown in virtual mailbox table",
        ),
        _exim(
            "exim-spamassassin-acl",
            "spam",
            "jo@tinkerer.example",
            "  jo@tinkerer.example\n    host mail.tinkerer.example [203.0.113.12]\n"
            "    SMTP error from remote mail server after end of data:\n"
            "    550 This message scored 9.4 spam points. Congratulations!",
        ),
        _exim(
            "exim-hourly-limit-of-sender",
            "account",
            "tess@reader.example",
            "  tess@reader.example\n    Domain news.example.org has exceeded the max emails per hour (201/200 (100%)) allowed."
            "  Message discarded.",
        ),
    ]


def _postfix(name: str, kind: str, to: str, words: str, fields: str, subject: str = "") -> Sample:
    prose = f"""
This is the mail system at host relay3.hoster.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

For further assistance, please send mail to postmaster.

If you do so, please include this problem report. You can
delete your own text from the attached returned message.

                   The mail system

{words}
"""
    return report(
        name,
        kind,
        to,
        source="Postfix",
        head=f"From: MAILER-DAEMON@relay3.hoster.example (Mail Delivery System)\nAuto-Submitted: auto-replied\n"
        f"Subject: {subject or 'Undelivered Mail Returned to Sender'}",
        prose=piece(prose),
        machine="Reporting-MTA: dns; relay3.hoster.example\nX-Postfix-Queue-ID: 4Xw1bK0Zz9z2xQ\n"
        f"X-Postfix-Sender: rfc822; ann@news.example.org\nArrival-Date: Thu, 19 Nov 2026 06:30:11 +0000 (UTC)\n\n{fields}",
        back="message/rfc822",
        boundary="4Xw1bK0Zz9z2xQ.1763533905/relay3.hoster.example",
    )


def postfix() -> list[Sample]:
    return [
        _postfix(
            "postfix-name-service-error",
            "hard",
            "hugo@gmial.example",
            "<hugo@gmial.example>: Host or domain name not found. Name service error for\n"
            "    name=gmial.example type=AAAA: Host not found",
            "Final-Recipient: rfc822; hugo@gmial.example\nOriginal-Recipient: rfc822;hugo@gmial.example\n"
            "Action: failed\nStatus: 5.4.4\nDiagnostic-Code: X-Postfix; Host or domain name not found. Name service error\n"
            "    for name=gmial.example type=AAAA: Host not found",
        ),
        _postfix(
            "postfix-null-mx",
            "hard",
            "ida@parked.example",
            "<ida@parked.example>: Domain parked.example does not accept mail (nullMX)",
            "Final-Recipient: rfc822; ida@parked.example\nAction: failed\nStatus: 5.1.0\n"
            "Diagnostic-Code: X-Postfix; Domain parked.example does not accept mail (nullMX)",
        ),
        _postfix(
            "postfix-loops-back",
            "soft",
            "nico@umzug.example",
            "<nico@umzug.example>: mail for umzug.example loops back to myself",
            "Final-Recipient: rfc822; nico@umzug.example\nAction: failed\nStatus: 5.4.6\n"
            "Diagnostic-Code: X-Postfix; mail for umzug.example loops back to myself",
        ),
        _postfix(
            "postfix-forwarded-alias-gone",
            "hard",
            "team@kiosk.example",
            "<erik.old@provider.example> (expanded from <team@kiosk.example>): host\n"
            "    mx.provider.example[198.51.100.80] said: 550 5.1.1 unknown or illegal alias:\n"
            "    erik.old@provider.example (in reply to RCPT TO command)",
            "Final-Recipient: rfc822; erik.old@provider.example\nOriginal-Recipient: rfc822;team@kiosk.example\n"
            "Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.provider.example\n"
            "Diagnostic-Code: smtp; 550 5.1.1 unknown or illegal alias: erik.old@provider.example",
        ),
        _postfix(
            "postfix-expired-greylist",
            "soft",
            "olga@kanzlei.example",
            "<olga@kanzlei.example>: host mail.kanzlei.example[192.0.2.60] said: 451 4.7.1\n"
            "    <olga@kanzlei.example>: Recipient address rejected: Greylisted, see\n"
            "    http://postgrey.example/help (in reply to RCPT TO command)",
            "Final-Recipient: rfc822; olga@kanzlei.example\nAction: failed\nStatus: 4.7.1\nRemote-MTA: dns; mail.kanzlei.example\n"
            "Diagnostic-Code: smtp; 451 4.7.1 <olga@kanzlei.example>: Recipient address\n    rejected: Greylisted",
        ),
        _postfix(
            "postfix-spamhaus",
            "spam",
            "vic@bastion.example",
            "<vic@bastion.example>: host mx.bastion.example[192.0.2.99] said: 554 5.7.1\n"
            "    Service unavailable; Client host [192.0.2.25] blocked using\n"
            "    zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.25 (in reply to\n    RCPT TO command)",
            "Final-Recipient: rfc822; vic@bastion.example\nAction: failed\nStatus: 5.7.1\nRemote-MTA: dns; mx.bastion.example\n"
            "Diagnostic-Code: smtp; 554 5.7.1 Service unavailable; Client host [192.0.2.25]\n"
            "    blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.25",
        ),
        _postfix(
            "postfix-size-limit",
            "soft",
            "zara@klein.example",
            "<zara@klein.example>: message size 27334112 exceeds size limit 10485760 of server\n"
            "    mx.klein.example[192.0.2.71]",
            "Final-Recipient: rfc822; zara@klein.example\nAction: failed\nStatus: 5.3.4\n"
            "Diagnostic-Code: X-Postfix; message size 27334112 exceeds size limit 10485760 of\n"
            "    server mx.klein.example[192.0.2.71]",
        ),
        _postfix(
            "postfix-delayed-warning",
            "delayed",
            "rita@langsam.example",
            "<rita@langsam.example>: connect to mx.langsam.example[192.0.2.88]:25: Connection\n    timed out",
            "Final-Recipient: rfc822; rita@langsam.example\nAction: delayed\nStatus: 4.4.1\n"
            "Diagnostic-Code: X-Postfix; connect to mx.langsam.example[192.0.2.88]:25:\n    Connection timed out\n"
            "Will-Retry-Until: Tue, 24 Nov 2026 06:30:11 +0000 (UTC)",
            "Delayed Mail (still being retried)",
        ),
        _postfix(
            "postfix-dovecot-lmtp-quota",
            "soft",
            "finn@selbst.example",
            "<finn@selbst.example>: host mail.selbst.example[private/dovecot-lmtp] said: 552\n"
            "    5.2.2 <finn@selbst.example> Quota exceeded (mailbox for user is full) (in reply\n    to end of DATA command)",
            "Final-Recipient: rfc822; finn@selbst.example\nAction: failed\nStatus: 5.2.2\nRemote-MTA: dns; mail.selbst.example\n"
            "Diagnostic-Code: smtp; 552 5.2.2 <finn@selbst.example> Quota exceeded (mailbox for\n    user is full)",
        ),
    ]


def samples() -> list[Sample]:
    return [*exim(), *postfix()]
