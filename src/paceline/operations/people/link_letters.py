"""Letters with a one-time link: an invitation, a password reset. Sent at once or not at all: whoever asked can ask again.

The link itself is stored nowhere, so there is nothing to send it from later.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from threading import BoundedSemaphore

from paceline.operations.context import Context
from paceline.operations.people.invitations import Invitation
from paceline.webhooks.mail import Mailer, MailFailed

_log = logging.getLogger("paceline.people")

_AT_ONCE = BoundedSemaphore(4)  # a mail server that hangs must not take the threads that answer requests


def mail_is_set_up(context: Context) -> bool:
    """Whether there is a server to mail through."""
    return bool(context.settings.notify_smtp_url)


def send_invitation(context: Context, invitation: Invitation, *, inviter: str, workspace_name: str) -> None:
    """Mail an invitation that has just been made; does nothing where there is no mail. Failures go to the log."""
    subject = f"{inviter} invites you to {workspace_name} on Paceline"
    text = (
        f"{subject}, as {invitation.role}.\n\nOpen this link to accept. It works once, within seven days:\n\n"
        f"{invitation.link}\n\nIf you do not know {inviter}, do nothing."
    )
    _send(context, to=invitation.email, subject=subject, text=text)


def send_reset_link(context: Context, *, to: str, link: str) -> None:
    """Mail a reset link; does nothing where there is no mail. Failures go to the log."""
    text = (
        "Somebody, probably you, asked for a new password for Paceline.\n\n"
        f"Open this link to set one. It works once, within the hour:\n\n{link}\n\n"
        "If it was not you, do nothing: your password stays as it is."
    )
    _send(context, to=to, subject="Set a new password for Paceline", text=text)


def _send(context: Context, *, to: str, subject: str, text: str) -> None:
    mailer = Mailer.from_settings(context.settings, context.channel)
    if mailer is None:
        return
    if not _AT_ONCE.acquire(blocking=False):
        _log.warning("a mail to %s was not sent: too many are under way, the mail server is slow", to)
        return
    try:
        letter = mailer.send(
            to=to, subject=subject, text=f"{text}\n", message_id=secrets.token_hex(16), at=context.clock.now()
        )
        asyncio.run(letter)
    except MailFailed as failure:
        _log.warning("a mail to %s was not sent: %s", to, failure)
    finally:
        _AT_ONCE.release()
