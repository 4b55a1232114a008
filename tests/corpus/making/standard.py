"""Reports after RFC 3464, each as its system words it."""

from __future__ import annotations

from corpus.making.sample import BOUNCES, Sample, dsn, returned, status

_DAEMON = "MAILER-DAEMON"


def _postfix(name: str, kind: str, to: str, code: str, said: str, *, action: str = "failed", host: str = "") -> Sample:
    at = host or "mx.example.net[192.0.2.7]"
    prose = (
        "This is the mail system at host out.news.example.org.\n\n"
        "I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients. "
        "It's attached below.\n\nFor further assistance, please send mail to postmaster.\n\n"
        "If you do so, please include this problem report. You can\n"
        "delete your own text from the attached returned message.\n\n                   The mail system\n\n"
        f"<{to}>: host {at} said: {said}\n    (in reply to RCPT TO command)\n"
    )
    return dsn(
        f"postfix-{name}",
        kind,
        to,
        source="Postfix",
        sender=f"{_DAEMON}@out.news.example.org (Mail Delivery System)",
        subject="Undelivered Mail Returned to Sender",
        prose=prose,
        fields=status(
            to,
            code,
            said,
            action=action,
            more=f"Original-Recipient: rfc822;{to}\nRemote-MTA: dns; {at.partition('[')[0]}\n",
        ),
        mta="out.news.example.org",
        more="Auto-Submitted: auto-replied\n",
        returned_type="message/rfc822",
    )


def _postfix_samples() -> list[Sample]:
    return [
        _postfix(
            "unknown-user",
            "hard",
            "no.such@example.net",
            "5.1.1",
            "550 5.1.1 <no.such@example.net>: Recipient address rejected: User unknown in virtual mailbox table",
        ),
        _postfix(
            "local-unknown",
            "hard",
            "gone@corp.example",
            "5.1.1",
            "550 5.1.1 <gone@corp.example>: Recipient address rejected: User unknown in local recipient table",
        ),
        _postfix("full", "soft", "full@example.net", "5.2.2", "552 5.2.2 <full@example.net>: Mailbox full"),
        _postfix("quota", "soft", "quota@example.net", "4.2.2", "452 4.2.2 <quota@example.net> Quota exceeded"),
        _postfix(
            "spamhaus",
            "spam",
            "anna@example.net",
            "5.7.1",
            "554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using zen.spamhaus.org; "
            "https://www.spamhaus.org/query/ip/192.0.2.25",
        ),
        _postfix(
            "spf",
            "spam",
            "bert@example.net",
            "5.7.23",
            "550 5.7.23 <bert@example.net>: Recipient address rejected: Message rejected due to: SPF fail - not authorized",
        ),
        _postfix(
            "no-domain",
            "hard",
            "ida@nodomain.example",
            "5.4.4",
            "Host or domain name not found. Name service error for name=nodomain.example type=AAAA: Host not found",
        ),
        _postfix(
            "timeout",
            "soft",
            "carl@slow.example",
            "4.4.1",
            "connect to mx.slow.example[198.51.100.9]:25: Connection timed out",
        ),
        _postfix(
            "greylisted-too-long",
            "soft",
            "dora@example.net",
            "4.2.0",
            "450 4.2.0 <dora@example.net>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help",
        ),
        _postfix(
            "too-large",
            "soft",
            "emil@example.net",
            "5.3.4",
            "552 5.3.4 Message size exceeds fixed limit (message size 31457280)",
        ),
        _postfix(
            "rspamd",
            "spam",
            "frida@example.net",
            "5.7.1",
            "554 5.7.1 Spam message rejected; If this is not spam contact abuse",
        ),
        _postfix(
            "relay-denied",
            "soft",
            "gustav@elsewhere.example",
            "5.7.1",
            "554 5.7.1 <gustav@elsewhere.example>: Relay access denied",
        ),
        _postfix(
            "disabled",
            "hard",
            "hanna@example.net",
            "5.2.1",
            "550 5.2.1 <hanna@example.net>: The email account that you tried to reach is disabled.",
        ),
        _postfix(
            "null-mx",
            "hard",
            "ivo@nomail.example",
            "5.1.0",
            "Domain nomail.example does not accept mail (nullMX)",
        ),
        _postfix(
            "lmtp-dovecot",
            "hard",
            "jan@example.net",
            "5.1.1",
            "550 5.1.1 <jan@example.net> User doesn't exist: jan@example.net",
            host="mail.example.net[private/dovecot-lmtp]",
        ),
        _postfix("delayed", "delayed", "kai@slow.example", "4.4.1", "connect to mx.slow.example[198.51.100.9]:25: "
                 "Connection refused", action="delayed"),
    ]  # fmt: skip


def _exim(name: str, kind: str, to: str, code: str, said: str, command: str = "RCPT TO:<{to}>") -> Sample:
    prose = (
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n"
        f"  {to}\n    host mx.example.net [192.0.2.7]\n"
        f"    SMTP error from remote mail server after {command.format(to=to)}:\n    {said}\n"
    )
    return dsn(
        f"exim-{name}",
        kind,
        to,
        source="Exim",
        sender="Mail Delivery System <Mailer-Daemon@out.news.example.org>",
        subject="Mail delivery failed: returning message to sender",
        prose=prose,
        fields=f"Action: failed\nFinal-Recipient: rfc822;{to}\nStatus: {code}\nRemote-MTA: dns; mx.example.net\n"
        f"Diagnostic-Code: smtp; {said}\n",
        mta="out.news.example.org",
        more=f"X-Failed-Recipients: {to}\nAuto-Submitted: auto-replied\n",
    )


def _exim_samples() -> list[Sample]:
    return [
        _exim("no-user", "hard", "lena@example.net", "5.0.0", "550 No Such User Here"),
        _exim("unrouteable", "hard", "max@example.net", "5.0.0", "550 Unrouteable address"),
        _exim("verify", "account", "nils@example.net", "5.0.0", "550-Verification failed for <ann@news.example.org>\n"
              " 550-No Such User Here\n 550 Sender verify failed"),
        _exim("over-quota", "soft", "olga@example.net", "5.0.0", "552 5.2.2 Mailbox size limit exceeded"),
        _exim("spam", "spam", "paul@example.net", "5.0.0", "550 This message was classified as SPAM and may not be "
              "delivered", "end of data"),
        _exim("helo", "spam", "quinn@example.net", "5.0.0", "550 Rejected because 192.0.2.25 is in a black list at "
              "bl.spamcop.net", "MAIL FROM:<bounce@news.example.org>"),
        _exim("administrative", "spam", "rosa@example.net", "5.0.0", "550 Administrative prohibition"),
    ]  # fmt: skip


def _sendmail(name: str, kind: str, to: str, code: str, said: str, transcript: str) -> Sample:
    prose = (
        "The original message was received at Tue, 17 Nov 2026 09:14:02 GMT\n"
        "from out.news.example.org [192.0.2.25]\n\n"
        "   ----- The following addresses had permanent fatal errors -----\n"
        f"<{to}>\n    (reason: {said})\n\n   ----- Transcript of session follows -----\n{transcript}\n"
    )
    return dsn(
        f"sendmail-{name}",
        kind,
        to,
        source="Sendmail",
        sender="Mail Delivery Subsystem <MAILER-DAEMON@relay.example.net>",
        subject="Returned mail: see transcript for details",
        prose=prose,
        fields=status(to, code, said, more="Remote-MTA: DNS; mx.example.net\n")
        + "Last-Attempt-Date: Tue, 17 Nov 2026 09:14:08 GMT\n",
        mta="relay.example.net",
        more="Auto-Submitted: auto-generated (failure)\n",
    )


def _sendmail_samples() -> list[Sample]:
    return [
        _sendmail("user-unknown", "hard", "sven@example.net", "5.1.1", "550 5.1.1 <sven@example.net>... User unknown",
                  "... while talking to mx.example.net.:\n>>> DATA\n<<< 550 5.1.1 <sven@example.net>... User unknown\n"
                  "550 5.1.1 <sven@example.net>... User unknown\n<<< 503 5.0.0 Need RCPT (recipient)"),
        _sendmail("host-unknown", "hard", "tom@nodomain.example", "5.1.2", "550 Host unknown",
                  "550 5.1.2 <tom@nodomain.example>... Host unknown (Name server: nodomain.example: host not found)"),
        _sendmail("deferred", "soft", "uwe@slow.example", "4.4.7", "451 4.4.1 reply: read error from mx.slow.example.",
                  "Message could not be delivered for 5 days\nMessage will be deleted from queue"),
        _sendmail("access-denied", "spam", "vera@example.net", "5.7.1", "550 5.7.1 Access denied",
                  ">>> MAIL From:<bounce@news.example.org>\n<<< 550 5.7.1 Access denied\n554 5.0.0 Service unavailable"),
        _sendmail("disk", "soft", "willi@example.net", "4.3.1", "452 4.3.1 Insufficient disk space; try again later",
                  "<<< 452 4.3.1 Insufficient disk space; try again later"),
    ]  # fmt: skip


def _exchange_online(name: str, kind: str, to: str, code: str, said: str, words: str) -> Sample:
    prose = (
        f"Delivery has failed to these recipients or groups:\n\n{to}<mailto:{to}>\n{words}\n\n\n\n\n"
        "Diagnostic information for administrators:\n\n"
        "Generating server: AM0PR07MB1234.eurprd07.prod.outlook.com\n\n"
        f"{to}\nRemote server returned '{said}'\n\nOriginal message headers:\n\n{returned(to)}\n"
    )
    return dsn(
        f"microsoft-365-{name}",
        kind,
        to,
        source="Microsoft 365",
        sender="<postmaster@firm.example>",
        subject="Undeliverable: November at the shop",
        prose=prose,
        fields=status(to, code, said) + f"X-Display-Name: {to.partition('@')[0]}\n",
        mta="AM0PR07MB1234.eurprd07.prod.outlook.com",
        more="X-MS-Exchange-Message-Is-Ndr:\nContent-Language: en-US\nIn-Reply-To: "
        "<0f3c5a7e9b1d2468ace013579bdf2468@news.example.org>\nAuto-Submitted: auto-generated\n",
        returned_type="message/rfc822",
    )


def _exchange_samples() -> list[Sample]:
    return [
        _exchange_online("not-found", "hard", "xenia@firm.example", "5.1.10",
                         "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient xenia@firm.example not found by SMTP "
                         "address lookup", "xenia wasn't found at firm.example.\n\nThe email address wasn't found."),
        _exchange_online("full", "soft", "yara@firm.example", "5.2.2",
                         "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoff"
                         "QuotaExceeded", "The recipient's mailbox is full and can't accept messages now."),
        _exchange_online("blocked", "spam", "zoe@firm.example", "5.7.606",
                         "550 5.7.606 Access denied, banned sending IP [192.0.2.25]. To request removal from this list "
                         "please visit https://sender.office.com/", "Your message couldn't be delivered."),
        _exchange_online("restricted", "spam", "adam@firm.example", "5.7.133",
                         "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery "
                         "restriction check failed because the sender was not authenticated when sending to this group",
                         "The group adam only accepts messages from people in its organization."),
        _exchange_online("bulk-limit", "account", "bea@firm.example", "5.1.90",
                         "550 5.1.90 Your message can't be sent because you've reached your daily limit for message "
                         "recipients", "You've reached your daily limit for message recipients."),
        _exchange_online("not-accepted-domain", "hard", "cleo@firm.example", "5.4.1",
                         "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) "
                         "[AM5EUR03FT012.eop-EUR03.prod.protection.outlook.com]",
                         "Your message to cleo@firm.example couldn't be delivered."),
        _exchange_online("expired", "soft", "dirk@firm.example", "4.4.7",
                         "550 4.4.7 QUEUE.Expired; message expired in unreachable destination queue. Reason: There is "
                         "currently no route to the mailbox database.", "The server has tried to deliver this message, "
                         "without success, and has stopped trying."),
        _exchange_online("loop", "soft", "edda@firm.example", "5.4.14",
                         "554 5.4.14 Hop count exceeded - possible mail loop ATTR34", "A mail loop was found."),
        _exchange_online("tenant-blocked", "account", "falk@firm.example", "5.7.705",
                         "550 5.7.705 Access denied, tenant has exceeded threshold", "Your message couldn't be sent."),
    ]  # fmt: skip


def _google(name: str, kind: str, to: str, code: str, said: str, *, action: str = "failed") -> Sample:
    prose = (
        f"\n** Address not found **\n\nYour message wasn't delivered to {to} because of what the server said.\n\n"
        f"Learn more here: https://support.google.com/mail/?p=NoSuchUser\n\nThe response was:\n\n{said}\n"
    )
    return dsn(
        f"google-{name}",
        kind,
        to,
        source="Google",
        sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        subject="Delivery Status Notification (Delay)" if action == "delayed" else "Delivery Status Notification (Failure)",
        prose=prose,
        fields=status(to, code, said, action=action, more="Remote-MTA: dns; aspmx.l.google.com. (2a00:1450::1b, the "
                      "server for the domain workspace.example.)\n")
        + "Last-Attempt-Date: Tue, 17 Nov 2026 01:14:08 -0800 (PST)\n",
        mta="googlemail.com",
        more=f"X-Failed-Recipients: {to}\nAuto-Submitted: auto-replied\nReferences: "
        "<0f3c5a7e9b1d2468ace013579bdf2468@news.example.org>\n",
        prose_type='text/plain; charset="UTF-8"',
        returned_type="message/rfc822",
    )  # fmt: skip


def _google_samples() -> list[Sample]:
    return [
        _google("no-user", "hard", "gerd@workspace.example", "5.1.1",
                "550-5.1.1 The email account that you tried to reach does not exist. Please try\n 550-5.1.1 double-checking "
                "the recipient's email address for typos or\n 550-5.1.1 unnecessary spaces. For more information, go to\n "
                "550 5.1.1  https://support.google.com/mail/?p=NoSuchUser a1-2024si12345wrm.123 - gsmtp"),
        _google("inactive", "hard", "heidi@workspace.example", "5.2.1",
                "550 5.2.1 The email account that you tried to reach is inactive. For more information, go to "
                "https://support.google.com/mail/?p=DisabledUser - gsmtp"),
        _google("storage", "soft", "ingo@workspace.example", "4.2.2",
                "452-4.2.2 The recipient's inbox is out of storage space. Please direct the\n 452 4.2.2 recipient to "
                "https://support.google.com/mail/?p=OverQuotaTemp - gsmtp"),
        _google("rate", "soft", "jule@workspace.example", "4.2.1",
                "450-4.2.1 The user you are trying to contact is receiving mail at a rate that\n 450-4.2.1 prevents "
                "additional messages from being delivered. - gsmtp"),
        _google("unsolicited", "spam", "kurt@workspace.example", "5.7.1",
                "550-5.7.1 [192.0.2.25] Our system has detected that this message is\n 550-5.7.1 likely unsolicited mail. "
                "To reduce the amount of spam sent to Gmail,\n 550 5.7.1 this message has been blocked. - gsmtp"),
        _google("unauthenticated", "spam", "lisa@workspace.example", "5.7.26",
                "550-5.7.26 This mail has been blocked because the sender is unauthenticated.\n 550-5.7.26 Gmail requires "
                "all senders to authenticate with either SPF or DKIM. - gsmtp"),
        _google("daily-limit", "account", "mona@workspace.example", "5.4.5",
                "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\n 550-5.4.5 sending limits go to "
                "550 5.4.5  https://support.google.com/a/answer/166852 - gsmtp"),
        _google("delay", "delayed", "nora@workspace.example", "4.4.1", "The recipient server did not accept our requests to "
                "connect. [mx.workspace.example. 192.0.2.99: timed out]", action="delayed"),
        _google("dns", "hard", "otto@nodomain.example", "5.1.2",
                "DNS Error: DNS type 'mx' lookup of nodomain.example responded with code NXDOMAIN "
                "Domain name not found: nodomain.example"),
    ]  # fmt: skip


def _service(
    source: str,
    name: str,
    kind: str,
    to: str,
    code: str,
    said: str,
    *,
    sender: str,
    subject: str,
    prose: str,
    more: str = "",
) -> Sample:
    return dsn(
        name,
        kind,
        to,
        source=source,
        sender=sender,
        subject=subject,
        prose=prose,
        fields=status(to, code, said),
        mta=sender.rpartition("@")[2].rstrip(">"),
        more=more,
    )


def _services() -> list[Sample]:
    ses = "MAILER-DAEMON@amazonses.com"
    ses_prose = "An error occurred while trying to deliver the mail to the following recipients:\n{}\n"
    return [
        _service("Amazon SES", "amazon-ses-unknown", "hard", "pia@example.net", "5.1.1", "550 5.1.1 user unknown",
                 sender=ses, subject="Delivery Status Notification (Failure)", prose=ses_prose.format("pia@example.net")),
        _service("Amazon SES", "amazon-ses-suppressed", "hard", "ralf@example.net", "5.1.1",
                 "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an "
                 "invalid address.", sender=ses, subject="Delivery Status Notification (Failure)",
                 prose=ses_prose.format("ralf@example.net")),
        _service("Amazon SES", "amazon-ses-expired", "soft", "sina@example.net", "4.4.7",
                 "554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 Unable to lookup DNS>", sender=ses,
                 subject="Delivery Status Notification (Failure)", prose=ses_prose.format("sina@example.net")),
        _service("Yahoo", "yahoo-disabled", "hard", "tina@mailbox.example", "5.0.0",
                 "554 30 Sorry, your message to tina@mailbox.example cannot be delivered. This mailbox is disabled (554.30).",
                 sender="MAILER-DAEMON@yahoo.com", subject="Failure Notice",
                 prose="Sorry, we were unable to deliver your message to the following address.\n\n<tina@mailbox.example>:\n"
                 "554: 30 Sorry, your message to tina@mailbox.example cannot be delivered. This mailbox is disabled."),
        _service("Yahoo", "yahoo-no-account", "hard", "udo@mailbox.example", "5.0.0",
                 "554 delivery error: dd This user doesn't have a mailbox.example account (udo@mailbox.example) [-5] - "
                 "mta4321.mail.bf1.yahoo.com", sender="MAILER-DAEMON@yahoo.com", subject="Failure Notice",
                 prose="Sorry, we were unable to deliver your message to the following address."),
        _service("Yahoo", "yahoo-ts03", "spam", "vito@mailbox.example", "5.7.9",
                 "554 5.7.9 Message not accepted for policy reasons. See https://senders.yahooinc.com/error-codes",
                 sender="MAILER-DAEMON@yahoo.com", subject="Failure Notice",
                 prose="Sorry, we were unable to deliver your message to the following address."),
        _service("Apple iCloud", "icloud-over-quota", "soft", "wera@cloud.example", "5.2.2",
                 "552 5.2.2 <wera@cloud.example>: user is over quota", sender="postmaster@mx.icloud.com",
                 subject="Undelivered Mail Returned to Sender", prose="<wera@cloud.example>: user is over quota"),
        _service("Apple iCloud", "icloud-no-user", "hard", "xaver@cloud.example", "5.1.1",
                 "550 5.1.1 <xaver@cloud.example>: user does not exist", sender="postmaster@mx.icloud.com",
                 subject="Undelivered Mail Returned to Sender", prose="<xaver@cloud.example>: user does not exist"),
        _service("Apple iCloud", "icloud-policy", "spam", "yuki@cloud.example", "5.7.1",
                 "554 5.7.1 [HM08] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137",
                 sender="postmaster@mx.icloud.com", subject="Undelivered Mail Returned to Sender", prose="See below."),
        _service("Mimecast", "mimecast-unknown", "hard", "zita@firm.example", "5.1.1",
                 "550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550 [k3Vd8aYgP1y]",
                 sender="postmaster@eu-smtp-inbound-1.mimecast.com", subject="[Postmaster] Email Delivery Failure",
                 prose="This is a delivery failure notification message indicating that an email you addressed to email "
                 "address :\n-- zita@firm.example\n\ncould not be delivered."),
        _service("Mimecast", "mimecast-signature", "spam", "alma@firm.example", "5.7.1",
                 "554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554",
                 sender="postmaster@eu-smtp-inbound-1.mimecast.com", subject="[Postmaster] Email Delivery Failure",
                 prose="The problem appears to be :\n-- Recipient email server rejected the message"),
        _service("Proofpoint", "proofpoint-user", "hard", "bodo@firm.example", "5.1.1",
                 "550 5.1.1 User Unknown", sender="MAILER-DAEMON@mx0a-001b2d01.pphosted.com",
                 subject="Undeliverable: November at the shop", prose="550 5.1.1 User Unknown"),
        _service("Proofpoint", "proofpoint-blocked", "spam", "cara@firm.example", "5.7.0",
                 "554 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.25",
                 sender="MAILER-DAEMON@mx0a-001b2d01.pphosted.com", subject="Undeliverable: November at the shop",
                 prose="Blocked"),
        _service("Barracuda", "barracuda-user", "hard", "dana@firm.example", "5.1.1",
                 "550 permanent failure for one or more recipients (dana@firm.example:550 No such user)",
                 sender="MAILER-DAEMON@barracuda.firm.example", subject="Delivery Status Notification (Failure)",
                 prose="**Message you sent blocked by our bulk email filter**"),
        _service("Barracuda", "barracuda-reputation", "spam", "egon@firm.example", "5.7.1",
                 "554 Service unavailable; Client host [out.news.example.org] blocked using Barracuda Reputation; "
                 "http://www.barracudanetworks.com/reputation/?r=1&ip=192.0.2.25",
                 sender="MAILER-DAEMON@barracuda.firm.example", subject="Delivery Status Notification (Failure)",
                 prose="Blocked."),
        _service("Cisco IronPort", "ironport-user", "hard", "fee@firm.example", "5.1.0",
                 "550 #5.1.0 Address rejected.", sender="Mail Delivery System <MAILER-DAEMON@esa1.firm.example>",
                 subject="Delivery Status Notification (Failure)",
                 prose="The following message to <fee@firm.example> was undeliverable.\nThe reason for the problem:\n"
                 "5.1.0 - Unknown address error 550-'#5.1.0 Address rejected.'"),
        _service("Cisco IronPort", "ironport-hard-expired", "soft", "gabi@firm.example", "4.4.7",
                 "4.4.7 (delivery time expired)", sender="Mail Delivery System <MAILER-DAEMON@esa1.firm.example>",
                 subject="Delivery Status Notification (Failure)",
                 prose="The following message to <gabi@firm.example> was undeliverable.\nThe reason for the problem:\n"
                 "4.4.7 - Delivery expired (message too old) 'timeout'"),
        _service("GMX", "gmx-unknown", "hard", "hugo@post.example", "5.1.1",
                 "550 Requested action not taken: mailbox unavailable",
                 sender="GMX Mailer Daemon <mailer-daemon@gmx.net>", subject="Mail delivery failed: returning message to sender",
                 prose="This message was created automatically by mail delivery software."),
        _service("GMX", "gmx-full", "soft", "ilka@post.example", "5.2.2",
                 "552 Requested mail action aborted: exceeded storage allocation",
                 sender="GMX Mailer Daemon <mailer-daemon@gmx.net>", subject="Mail delivery failed: returning message to sender",
                 prose="This message was created automatically by mail delivery software."),
        _service("T-Online", "t-online-unknown", "hard", "jutta@telekom.example", "5.0.0",
                 "550 user unknown - Empfaenger unbekannt", sender="MAILER-DAEMON@mailin.t-online.de",
                 subject="Mail could not be delivered", prose="|------------------------- Failed addresses follow: ---\n"
                 " <jutta@telekom.example> ... unknown user"),
        _service("Mail.ru", "mail-ru-inactive", "hard", "karl@pochta.example", "5.2.1",
                 "550 Message was not accepted -- invalid mailbox. Local mailbox karl@pochta.example is unavailable: account is "
                 "disabled", sender="mailer-daemon@corp.mail.ru", subject="Mail failure.", prose="Mail failure."),
        _service("Mail.ru", "mail-ru-full", "soft", "lola@pochta.example", "5.2.2",
                 "550 Message was not accepted -- Mailbox is full", sender="mailer-daemon@corp.mail.ru",
                 subject="Mail failure.", prose="Mail failure."),
        _service("Yandex", "yandex-no-user", "hard", "milo@ya.example", "5.7.1",
                 "550 5.7.1 No such user! 1763370848-ab12CdEf34", sender="mailer-daemon@yandex.ru",
                 subject="Недоставленное сообщение", prose="This is the mail system at host forward500.mail.yandex.net."),
        _service("Yandex", "yandex-spam", "spam", "nele@ya.example", "5.7.1",
                 "554 5.7.1 [2] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc 1763370848-xyz",
                 sender="mailer-daemon@yandex.ru", subject="Недоставленное сообщение", prose="Spam."),
        _service("Zoho", "zoho-unknown", "hard", "olaf@zoho.example", "5.1.1",
                 "550 5.1.1 User does not exist - <olaf@zoho.example>", sender="mailer-daemon@mail.zoho.com",
                 subject="Undelivered Mail Returned to Sender", prose="This message was created automatically."),
        _service("Zoho", "zoho-relay-limit", "account", "petra@example.net", "5.4.6",
                 "550 5.4.6 Unusual sending activity detected. Please try after sometime",
                 sender="mailer-daemon@mail.zoho.com", subject="Undelivered Mail Returned to Sender", prose="Sorry."),
        _service("Proton Mail", "proton-unknown", "hard", "quirin@proton.example", "5.1.1",
                 "550 5.1.1 <quirin@proton.example>: Recipient address rejected: Address does not exist",
                 sender="MAILER-DAEMON@mailin.protonmail.ch", subject="Undelivered Mail Returned to Sender", prose="Sorry."),
        _service("Fastmail", "fastmail-unknown", "hard", "rita@fast.example", "5.1.1",
                 "550 5.1.1 <rita@fast.example>: Recipient address rejected: User unknown in relay recipient table",
                 sender="MAILER-DAEMON@mx1.messagingengine.com", subject="Undelivered Mail Returned to Sender", prose="Sorry."),
        _service("OpenSMTPD", "opensmtpd-invalid", "hard", "silke@example.net", "5.0.0",
                 "550 Invalid recipient: silke@example.net", sender="Mailer Daemon <MAILER-DAEMON@out.news.example.org>",
                 subject="Delivery status notification: error",
                 prose="    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n"
                 "    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\n"
                 "silke@example.net: 550 Invalid recipient: silke@example.net"),
        _service("Haraka", "haraka-unknown", "hard", "theo@example.net", "5.1.1",
                 "550 5.1.1 I cannot deliver mail for {theo@example.net}", sender="MAILER-DAEMON@haraka.example.net",
                 subject="failure notice", prose="Hi. This is the Haraka Mailer program at haraka.example.net."),
        _service("PowerMTA", "powermta-bad-mailbox", "hard", "ute@example.net", "5.1.1 (bad destination mailbox address)",
                 "550 5.1.1 unknown or illegal alias: ute@example.net", sender="mailer-daemon@pmta.example.net",
                 subject="Delivery report", prose="Hello, this is the mail server on pmta.example.net.\n\n"
                 "I am sending you this message to inform you on the delivery status of a\nmessage you previously sent.",
                 more="Auto-Submitted: auto-generated\n"),
        _service("PowerMTA", "powermta-bad-connection", "soft", "vicky@slow.example", "4.4.2 (bad connection)",
                 "421 4.4.2 Connection dropped due to SocketError", sender="mailer-daemon@pmta.example.net",
                 subject="Delivery report", prose="Hello, this is the mail server on pmta.example.net."),
        _service("Comcast", "comcast-not-our-customer", "hard", "wim@cable.example", "5.1.1",
                 "550 5.1.1 Not our Customer", sender="Mail Delivery Subsystem <mailer-daemon@comcast.net>",
                 subject="Permanent Error", prose="This is an automatically generated Delivery Status Notification."),
        _service("Orange", "orange-unknown", "hard", "xandra@orange.example", "5.1.1",
                 "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416",
                 sender="MAILER-DAEMON@smtp.orange.fr", subject="Mail delivery failed",
                 prose="Votre message n'a pas pu etre remis."),
        _service("Orange", "orange-throttled", "spam", "yann@orange.example", "4.0.0",
                 "421 Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR004_104 [104]",
                 sender="MAILER-DAEMON@smtp.orange.fr", subject="Mail delivery failed", prose="Refuse."),
        _service("Libero", "libero-full", "soft", "zeno@libero.example", "5.2.2",
                 "552 5.2.2 zeno@libero.example mailbox over quota", sender="MAILER-DAEMON@libero.it",
                 subject="Undelivered Mail", prose="mailbox over quota"),
        _service("Tencent QQ", "qq-unknown", "hard", "ada@qq.example", "5.0.0",
                 "550 The recipient may contain a non-existent account, please check the recipient address. "
                 "https://service.mail.qq.com/detail/122/168", sender="PostMaster@qq.com", subject="系统退信/Systems bounce",
                 prose="Sorry."),
        _service("NetEase", "netease-unknown", "hard", "ben@netease.example", "5.1.1",
                 "550 User not found: ben@netease.example", sender="Postmaster@163.com", subject="系统退信",
                 prose="User not found"),
        _service("NetEase", "netease-spam", "spam", "cora@netease.example", "5.7.1",
                 "554 DT:SPM 163 smtp10,D8CowADX,please see http://mail.163.com/help/help_spam_16.htm",
                 sender="Postmaster@163.com", subject="系统退信", prose="DT:SPM"),
        _service("Apache James", "james-unknown", "hard", "dino@example.net", "5.1.1",
                 "550 5.1.1 Unknown user: dino@example.net", sender="postmaster@james.example.net",
                 subject="[BOUNCE]November at the shop",
                 prose="Hi. This is the James mail server at james.example.net.\nI'm afraid I wasn't able to deliver your "
                 "message to the following addresses."),
    ]  # fmt: skip


def _several() -> list[Sample]:
    two = ("ella@example.net", "finn@example.net")
    fields = "\n".join(status(to, "5.1.1", "550 5.1.1 User unknown") for to in two)
    mixed = status("good@example.net", "2.1.5", "250 2.1.5 OK", action="delivered")
    return [
        dsn("postfix-two-recipients", "hard", two, source="Postfix", sender=f"{_DAEMON}@out.news.example.org",
            subject="Undelivered Mail Returned to Sender", prose="Two failed.", fields=fields, mta="out.news.example.org"),
        dsn("sendmail-delivered", "delivered", "good@example.net", source="Sendmail",
            sender="MAILER-DAEMON@relay.example.net", subject="Return receipt", prose="It arrived.", fields=mixed,
            mta="relay.example.net"),
        dsn("sendmail-relayed", "delivered", "good2@example.net", source="Sendmail",
            sender="MAILER-DAEMON@relay.example.net", subject="Return receipt", prose="It was passed on.",
            fields=status("good2@example.net", "2.6.0", "250 ok", action="relayed"), mta="relay.example.net"),
        dsn("forwarded-original-recipient", "hard", "public@example.net", source="Postfix",
            sender="MAILER-DAEMON@forward.example.net", subject="Undelivered Mail Returned to Sender",
            prose="<secret@inner.example> (expanded from <public@example.net>): User unknown",
            fields=status("secret@inner.example", "5.1.1", "550 5.1.1 User unknown",
                          more="Original-Recipient: rfc822;public@example.net\n"),
            mta="forward.example.net", third=returned("public@example.net")),
        dsn("no-diagnostic-code", "hard", "gina@example.net", source="RFC 3464", sender=f"postmaster@{BOUNCES[11:]}",
            subject="Delivery failed", prose="It failed.", fields=status("gina@example.net", "5.1.1", ""), mta="mx.example.net"),
        dsn("status-x.0.0-with-words", "soft", "henk@example.net", source="RFC 3464", sender="postmaster@example.net",
            subject="Delivery failed", prose="It failed.", fields=status("henk@example.net", "5.0.0",
                                                                        "550 mailbox is full, try again later"),
            mta="mx.example.net"),
        dsn("global-utf8", "hard", "jürgen@bücher.example", source="RFC 6533", sender="postmaster@example.net",
            subject="Delivery failed", prose="It failed.",
            fields="Final-Recipient: utf-8; jürgen@bücher.example\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1 unknown user\n", mta="mx.example.net"),
    ]  # fmt: skip


def samples() -> list[Sample]:
    """Every report of this kind."""
    return [
        *_postfix_samples(),
        *_exim_samples(),
        *_sendmail_samples(),
        *_exchange_samples(),
        *_google_samples(),
        *_services(),
        *_several(),
    ]
