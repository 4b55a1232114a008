"""Reports in formats of their own, automatic replies, and mail that is none of it: name, mail, and what it says."""

from __future__ import annotations

from textwrap import dedent

from unit.tracking.standard_reports import ORIGINAL, Sample

JO = "jo@example.org"
_ORIGINAL = ORIGINAL.format(to=JO)


def plain(sender: str, subject: str, body: str, *, headers: str = "Return-Path: <>\n", kind: str = "text/plain") -> str:
    """A mail of one part."""
    return (
        f"{headers}From: {sender}\nTo: bounce+abc@news.example.com\nSubject: {subject}\n"
        f"Date: Mon, 1 Mar 2027 09:00:05 +0000\nContent-Type: {kind}; charset=utf-8\n\n{dedent(body)}\n"
    )


QMAIL = """\
Hi. This is the qmail-send program at example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<jo@example.org>:
{reason}

--- Below this line is a copy of the message.

"""

EXIM = """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  jo@example.org
    {reason}

------ This is a copy of the message, including all the headers. ------

"""


def _qmail(reason: str) -> str:
    return plain("MAILER-DAEMON@example.org", "failure notice", QMAIL.format(reason=reason) + _ORIGINAL)


def _exim(reason: str) -> str:
    headers = f"Return-Path: <>\nX-Failed-Recipients: {JO}\nAuto-Submitted: auto-replied\n"
    body = EXIM.format(reason=reason) + _ORIGINAL
    return plain(
        "Mail Delivery System <Mailer-Daemon@example.org>",
        "Mail delivery failed: returning message to sender",
        body,
        headers=headers,
    )


def _auto(headers: str, subject: str = "Spring news") -> str:
    return plain("Jo <jo@example.org>", subject, "I am away until Monday.", headers=headers)


ODD: tuple[Sample, ...] = (
    ("qmail unknown", _qmail("Sorry, no mailbox here by that name. (#5.1.1)"), "failed", JO, "hard"),
    ("qmail remote", _qmail("203.0.113.5 does not like recipient.\nRemote host said: 550 5.1.1 User unknown\nGiving up on 203.0.113.5."), "failed", JO, "hard"),
    ("qmail full", _qmail("203.0.113.5 failed after I sent the message.\nRemote host said: 552 5.2.2 mailbox over quota"), "failed", JO, "soft"),
    ("qmail no host", _qmail("Sorry, I couldn't find any host named example.org. (#5.1.2)"), "failed", JO, "hard"),
    ("qmail given up", _qmail("Connected to 203.0.113.5 but connection died. (#4.4.2)\nI'm not going to try again; this message has been in the queue too long."), "failed", JO, "soft"),
    ("exim unknown", _exim("Unrouteable address"), "failed", JO, "hard"),
    ("exim remote unknown", _exim("SMTP error from remote mail server after RCPT TO:<jo@example.org>:\n    550 5.1.1 <jo@example.org>: Recipient address rejected: User unknown"), "failed", JO, "hard"),
    ("exim full", _exim("SMTP error from remote mail server after end of data:\n    552 5.2.2 Mailbox size limit exceeded: quota exceeded"), "failed", JO, "soft"),
    ("exim spam", _exim("SMTP error from remote mail server after end of data:\n    550 5.7.1 This message looks like spam"), "failed", JO, "spam"),
    ("exim retry", _exim("retry timeout exceeded"), "failed", JO, "soft"),
    ("exim delayed", plain("Mail Delivery System <Mailer-Daemon@example.org>", "Warning: message 1abc-000-XY delayed 24 hours", """\
        This message was created automatically by mail delivery software.
        A message that you sent has not yet been delivered to one or more of its
        recipients after more than 24 hours on the queue.
          jo@example.org
            Delay reason: Connection refused
        No action is required on your part.
        """), "delayed", JO, None),
    ("yahoo of old", plain("MAILER-DAEMON@yahoo.com", "Failure Notice", """\
        Sorry, we were unable to deliver your message to the following address.

        <jo@example.org>:
        Remote host said: 554 delivery error: dd This user doesn't have a yahoo.com account (jo@example.org) [0] - mta1.mail.yahoo.com

        --- Below this line is a copy of the message.

        """), "failed", JO, "hard"),
    ("exchange 5.5", plain("System Administrator <postmaster@example.org>", "Undeliverable: Spring news", """\
        Your message

          To:      jo@example.org
          Subject: Spring news
          Sent:    Mon, 1 Mar 2027 09:00:00 +0000

        did not reach the following recipient(s):

        jo@example.org on Mon, 1 Mar 2027 09:00:05 +0000
            The recipient name is not recognized
            The MTS-ID of the original message is: c=us;a= ;p=example
            MSEXCH:IMS:EXAMPLE:ORG 0 (000C05A6) Unknown Recipient
        """), "failed", JO, "hard"),
    ("domino of old", plain("Postmaster@example.org", "DELIVERY FAILURE: User jo@example.org not listed in public Name & Address Book", """\
        Your message

          Subject: Spring news

        was not delivered to:

          jo@example.org

        because:

          User jo@example.org not listed in public Name & Address Book
        """), "failed", JO, "hard"),
    ("mailbox full in words", plain("MAILER-DAEMON@example.org", "Undeliverable mail", """\
        The following message could not be delivered to jo@example.org because the mailbox is full.
        """), "failed", JO, "soft"),
    ("german words", plain("Mailer-Daemon <postmaster@example.org>", "Unzustellbar: Spring news", """\
        Ihre Nachricht an jo@example.org konnte nicht zugestellt werden.
        Grund: Der Empfänger ist unbekannt (550 Benutzer unbekannt).
        """), "failed", JO, "hard"),
    ("french words", plain("postmaster@example.org", "=?utf-8?q?=C3=89chec_de_la_remise?=", """\
        Votre message n'a pas pu être remis à jo@example.org.
        Motif : 550 destinataire inconnu
        """), "failed", JO, "hard"),
    ("spanish full", plain("postmaster@example.org", "No se ha podido entregar el mensaje", """\
        No se pudo entregar su mensaje a jo@example.org: 552 buzon lleno, quota exceeded
        """), "failed", JO, "soft"),
    ("portuguese words", plain("mailer-daemon@example.org", "Mensagem não entregue", """\
        Sua mensagem para jo@example.org não foi entregue.
        Erro: 550 5.1.1 o usuário não existe
        """), "failed", JO, "hard"),
    ("polish words", plain("MAILER-DAEMON@example.org", "Wiadomość nie dostarczona - delivery failure", """\
        Adres jo@example.org: 550 taki adres nie istnieje
        """), "failed", JO, "hard"),
    ("chinese words", plain("postmaster@example.org", "=?utf-8?b?57O757uf6YCA5L+h?=", """\
        jo@example.org
        550 User not exist 收件人不存在
        """), "failed", JO, "hard"),
    ("html only", plain("postmaster@example.org", "Delivery has failed", """\
        <html><body><p>Delivery to <b>jo@example.org</b> has failed.</p>
        <p>The server said:<br>550&nbsp;5.1.1 User unknown</p></body></html>
        """, kind="text/html"), "failed", JO, "hard"),
    ("latin-1 that says utf-8", plain("postmaster@example.org", "Undeliverable", "jo@example.org: 550 Empf\udce4nger unbekannt"), "failed", JO, "hard"),
    # Automatic replies
    ("out of office, RFC 3834", _auto("Auto-Submitted: auto-replied\n"), "auto_reply", "", None),
    ("out of office with an empty sender", _auto("Return-Path: <>\nAuto-Submitted: auto-replied (vacation)\n", "Out of office: Spring news"), "auto_reply", "", None),
    ("exchange auto reply", _auto("X-Auto-Response-Suppress: All\n", "Automatic reply: Spring news"), "auto_reply", "", None),
    ("autoresponder of a panel", _auto("X-Autorespond: Spring news\nPrecedence: bulk\n"), "auto_reply", "", None),
    ("precedence of old", _auto("Precedence: auto_reply\n"), "auto_reply", "", None),
    ("german absence", _auto("", "Abwesenheitsnotiz: Spring news"), "auto_reply", "", None),
    ("french absence", _auto("", "=?utf-8?q?R=C3=A9ponse_automatique_=3A_Spring_news?="), "auto_reply", "", None),
    ("auto reply that speaks of failure", plain("Jo <jo@example.org>", "Automatic reply: Spring news", "This mailbox is not monitored, user unknown to most. 550", headers="Auto-Submitted: auto-replied\n"), "auto_reply", "", None),
    # Neither
    ("answer of a person", plain("Jo <jo@example.org>", "Re: Spring news", "Thank you! My old address jo@old.example does not exist any more.", headers=""), "unknown", "", None),
    ("person who writes of an error", plain("Jo <jo@example.org>", "Mail delivery failed?", "I got: 550 user unknown. Can you help?", headers=""), "unknown", "", None),
    ("daemon that says nothing", plain("MAILER-DAEMON@example.org", "Hello", "Nothing to see here."), "unknown", "", None),
    ("newsletter", plain("News <news@shop.example>", "50 % off", "Buy now", headers="List-Id: <news.shop.example>\n"), "unknown", "", None),
    ("empty", "", "unknown", "", None),
)  # fmt: skip
