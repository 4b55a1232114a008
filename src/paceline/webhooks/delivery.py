"""One delivery: to a webhook, signed, or to a person by mail. It says how it ended and changes nothing by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from paceline.outbound.address_guard import AddressRefused
from paceline.outbound.http import Answer, CallFailed, OutboundHttp
from paceline.store.catalogue import notifications, webhooks
from paceline.store.catalogue.notifications import DueNotification
from paceline.store.database import Database
from paceline.store.public_ids import IdKind, PublicIds
from paceline.store.secrets import SecretBox
from paceline.webhooks.mail import Mailer, MailFailed
from paceline.webhooks.mail_text import mail_text
from paceline.webhooks.signing import signed_headers

_SHOWN_BYTES = 300
_GONE = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an attempt ended. ``final`` failures are not tried again; ``gone``: the receiver wants no more at all."""

    delivered: bool
    answer: str
    final: bool = False
    gone: bool = False
    wished_seconds: float | None = None


class Courier:
    """Makes deliveries, any number at once. Raises StoreUnavailable when it cannot learn where to."""

    def __init__(
        self, *, catalogue: Database, box: SecretBox, ids: PublicIds, http: OutboundHttp, mailer: Mailer | None
    ) -> None:
        self._catalogue = catalogue
        self._box = box
        self._ids = ids
        self._http = http
        self._mailer = mailer

    async def deliver(self, notification: DueNotification, *, now: float) -> Ending:
        """Make one attempt."""
        if notification.webhook_id is not None:
            return await self._call(notification, notification.webhook_id, now)
        return await self._mail(notification, notification.user_id or 0, now)

    async def _call(self, notification: DueNotification, webhook_id: int, now: float) -> Ending:
        receiver = await asyncio.to_thread(self._receiver, webhook_id, now)
        if receiver is None:
            return Ending(delivered=False, final=True, answer="the webhook was deleted")
        if not receiver.enabled:
            return Ending(delivered=False, final=True, answer="the webhook is switched off")
        body = notification.body
        headers = {
            "content-type": "application/json",
            "user-agent": "Paceline-Webhooks/1",
            **signed_headers(self._id(notification), body, receiver.secrets, now=now),
        }
        try:
            return _judged(await self._http.post(receiver.url, body.encode(), headers))
        except (AddressRefused, CallFailed) as error:
            return Ending(delivered=False, answer=_printable(str(error)))

    def _receiver(self, webhook_id: int, now: float) -> webhooks.Receiver | None:
        with self._catalogue.read() as connection:
            return webhooks.receiver(connection, self._box, webhook_id, now=now)

    async def _mail(self, notification: DueNotification, user_id: int, now: float) -> Ending:
        if self._mailer is None:
            cure = "no mail server is known: set PACELINE_NOTIFY_SMTP_URL and PACELINE_NOTIFY_FROM"
            return Ending(delivered=False, final=True, answer=cure)
        address = await asyncio.to_thread(self._address, notification, user_id)
        if address is None:
            return Ending(delivered=False, final=True, answer="the person is no member any more")
        subject, text = mail_text(notification.event, notification.body)
        try:
            reply = await self._mailer.send(
                to=address, subject=subject, text=text, message_id=self._id(notification), at=now
            )
        except MailFailed as error:
            return Ending(delivered=False, final=error.final, answer=_printable(str(error)))
        return Ending(delivered=True, answer=_printable(reply))

    def _address(self, notification: DueNotification, user_id: int) -> str | None:
        with self._catalogue.read() as connection:
            return notifications.mail_address(connection, user_id, workspace_id=notification.workspace_id)

    def _id(self, notification: DueNotification) -> str:
        return self._ids.encode(IdKind.DELIVERY, notification.id)


def _judged(answer: Answer) -> Ending:
    said = _printable(answer.body[:_SHOWN_BYTES].decode("utf-8", "replace"))
    words = f"HTTP {answer.status} {said}".strip()
    if 200 <= answer.status < 300:
        return Ending(delivered=True, answer=words)
    if 300 <= answer.status < 400:
        return Ending(delivered=False, answer=f"HTTP {answer.status}: redirects are not followed; change the URL")
    wished = answer.headers.get("retry-after", "")
    return Ending(
        delivered=False,
        answer=words,
        final=answer.status == _GONE,
        gone=answer.status == _GONE,
        wished_seconds=float(wished) if wished.isascii() and wished.isdigit() and len(wished) < 10 else None,
    )


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:_SHOWN_BYTES].strip()
