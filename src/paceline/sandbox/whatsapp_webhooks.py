"""The simulator's status webhooks: signed, batched, and on demand doubled, shuffled, reversed, early or lost."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import aiohttp

from paceline.sandbox.whatsapp_inbox import Arrival, WhatsAppInbox

SIGNATURE_HEADER = "X-Hub-Signature-256"
BUSINESS_ACCOUNT = "102290129340398"
"""The business account to which every number of the simulator belongs."""
_MOST_IN_BATCH = 1000
_ATTEMPTS = 5
_TIMEOUT_SECONDS = 10.0


class Order(StrEnum):
    """In which order the statuses of a batch are told."""

    NORMAL = "normal"
    REVERSED = "reversed"
    SHUFFLED = "shuffled"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPlan:
    """Where statuses go, and how."""

    url: str
    secret: str = ""
    statuses: tuple[str, ...] = ("sent", "delivered")
    delay_seconds: float = 0.05
    """From an accepted message to its first status; the others follow together with it."""
    order: Order = Order.NORMAL
    copies: int = 1
    """How often each status is told; 0: never."""
    early: bool = False
    """The first status arrives before the request is answered."""
    with_conversation: bool = False
    """As the API did before version 24."""


def sign(secret: str, body: bytes) -> str:
    """What the signature header holds."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _metadata(number: str) -> dict[str, Any]:
    return {"metadata": {"display_phone_number": number, "phone_number_id": number}}


class StatusWebhooks:
    """Tells the receiver what became of each message."""

    def __init__(self, plan: WebhookPlan, inbox: WhatsAppInbox, *, seed: int = 0) -> None:
        self.plan = plan
        """May be changed while the simulator runs."""
        self._inbox = inbox
        self._chance = random.Random(seed)
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._filled = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Begin to tell."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS))
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Tell no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._session is not None:
            await self._session.close()

    async def told(self) -> None:
        """Return when everything that there was to tell was told, or given up."""
        await self._idle.wait()

    async def say(self, number: str, field: str, value: dict[str, Any]) -> None:
        """Tell something else of a number: an answer of a person, an event of a template …"""
        await self._post_value(field, {"messaging_product": "whatsapp", **_metadata(number), **value})

    async def tell_early(self, arrival: Arrival) -> None:
        """The first status, before the request is answered."""
        if self.plan.statuses:
            await self._post(arrival.number, [self._status(arrival, self.plan.statuses[0], 0)])

    def tell(self, arrival: Arrival, statuses: Sequence[str] | None, failed_code: int) -> None:
        """What becomes of a message; None: what the plan says."""
        for status in self.plan.statuses if statuses is None else statuses:
            told = self._status(arrival, status, failed_code)
            self._waiting += [(arrival.number, told)] * self.plan.copies
        self._idle.clear()
        self._filled.set()

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            await asyncio.sleep(self.plan.delay_seconds)
            while self._waiting:
                number = self._waiting[0][0]
                batch = [told for of, told in self._waiting if of == number][:_MOST_IN_BATCH]
                taken = {id(told) for told in batch}
                self._waiting = [pair for pair in self._waiting if id(pair[1]) not in taken]
                await self._post(number, self._ordered(batch))
            self._filled.clear()
            self._idle.set()

    def _ordered(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self.plan.order is Order.REVERSED:
            batch.reverse()
        elif self.plan.order is Order.SHUFFLED:
            self._chance.shuffle(batch)
        return batch

    def _status(self, arrival: Arrival, status: str, failed_code: int) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": arrival.wamid,
            "status": status,
            "timestamp": str(int(arrival.at)),
            "recipient_id": arrival.recipient.lstrip("+"),
        }
        if arrival.reference:
            told["biz_opaque_callback_data"] = arrival.reference
        if status == "failed":
            told["errors"] = [
                {"code": failed_code, "title": "Failed", "message": "Failed", "error_data": {"details": "by a rule"}}
            ]
        elif status in ("sent", "delivered"):
            told["pricing"] = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"}
        if self.plan.with_conversation and status == "sent":
            told["conversation"] = {"id": f"conversation-{arrival.recipient}", "origin": {"type": "marketing"}}
        return told

    async def _post(self, number: str, statuses: list[dict[str, Any]]) -> None:
        await self._post_value("messages", {"messaging_product": "whatsapp", **_metadata(number), "statuses": statuses})

    async def _post_value(self, field: str, value: dict[str, Any]) -> None:
        entry = {"id": BUSINESS_ACCOUNT, "changes": [{"field": field, "value": value}]}
        # Characters outside ASCII are escaped, as the provider does: whoever serialises anew gets another signature.
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, ensure_ascii=True).encode()
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: sign(self.plan.secret, body)}
        assert self._session is not None
        for attempt in range(_ATTEMPTS):
            answered = 0
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with self._session.post(self.plan.url, data=body, headers=headers) as response:
                    answered = response.status
            self._inbox.webhooks[answered] += 1
            if answered == 200:
                return
            await asyncio.sleep(min(0.1 * 2**attempt, 2.0))
