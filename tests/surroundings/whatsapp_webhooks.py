"""WhatsApp's webhooks in the tests: bodies as the provider makes them, taken as the server takes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from paceline.domain.reference import mark_of, reference_of
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.queue import facts, installation, received_webhooks
from paceline.tracking.whatsapp.webhooks import WhatsAppWebhooks

NUMBER = "106540352242922"
BUSINESS = "102290129340398"


@dataclass(slots=True)
class Callbacks:
    """The webhooks of one installation."""

    context: Context
    now: float = 1_800_000_000.0

    def status(self, message_id: int, status: str, **more: Any) -> dict[str, Any]:
        """One status of a message of ours."""
        with self.context.queue.read() as connection:
            mark = mark_of(installation.name(connection))
            address = connection.execute(
                sql("SELECT address FROM messages WHERE id = :id"), {"id": message_id}
            ).scalar()
        told: dict[str, Any] = {
            "id": f"wamid.{message_id}",
            "status": status,
            "timestamp": "1800000000",
            "recipient_id": str(address).lstrip("+"),
            "biz_opaque_callback_data": reference_of(mark, message_id),
        }
        code = more.pop("code", None)
        if code is not None:
            told["errors"] = [{"code": code, "title": "by a test", "error_data": {"details": "by a test"}}]
        return {**told, **more}

    def take(self, *said: tuple[str, dict[str, Any]], business: str = BUSINESS) -> None:
        """Take one body that holds all of this and work it through."""
        self.keep(envelope(*said, business=business))
        self.work()

    def keep(self, body: bytes) -> None:
        """As the server does before it answers."""
        with self.context.queue.write() as connection:
            received_webhooks.keep(connection, [body], now=self.now)

    def work(self) -> None:
        """As the background does."""
        webhooks = WhatsAppWebhooks(self.context.queue, self.context.settings.whatsapp_opt_out_words)
        while webhooks.work(now=self.now):
            pass

    def statuses(self, *statuses: dict[str, Any]) -> None:
        """Take a body with these statuses."""
        self.take(("messages", value(statuses=list(statuses))))

    def message_ids(self) -> list[int]:
        """All messages in their order."""
        with self.context.queue.read() as connection:
            return list(connection.execute(sql("SELECT id FROM messages ORDER BY id")).scalars())

    def counts(self) -> dict[str, int]:
        """What came back of the first campaign, without zeros; the first times say the same."""
        names = ("delivered", "read", "bounced", "bounced_hard", "unsubscribed")
        with self.context.queue.read() as connection:
            campaign_id = connection.execute(sql("SELECT MIN(id) FROM campaigns")).scalar_one()
            counted = facts.counts(connection, campaign_id)
            for name in names:
                known = connection.execute(sql(f"SELECT COUNT({name}_at) FROM delivery_facts")).scalar_one()
                assert known == counted[name], name
        return {name: count for name, count in counted.items() if count}


def envelope(*said: tuple[str, dict[str, Any]], business: str = BUSINESS) -> bytes:
    """A body as the provider makes it: what is not ASCII is escaped."""
    changes = [{"field": field, "value": value} for field, value in said]
    entry = {"id": business, "time": 1_800_000_000, "changes": changes}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def value(number: str = NUMBER, **parts: Any) -> dict[str, Any]:
    """What is said of a number."""
    metadata = {"display_phone_number": "15550783881", "phone_number_id": number}
    return {"messaging_product": "whatsapp", "metadata": metadata, **parts}


def text_message(sender: str, text: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """A person has written."""
    message = {"from": sender, "id": f"wamid.in.{text}", "type": "text", "text": {"body": text}, **more}
    return "messages", value(messages=[message])


@asynccontextmanager
async def worked_through(context: Context) -> AsyncIterator[None]:
    """While this lasts, what comes is worked through, as the background does."""
    webhooks = WhatsAppWebhooks(context.queue, context.settings.whatsapp_opt_out_words)
    over = asyncio.Event()

    async def work() -> None:
        while True:
            done = await asyncio.to_thread(lambda: webhooks.work(now=context.clock.now()))
            if not done:
                if over.is_set():
                    return
                try:
                    async with asyncio.timeout(0.05):
                        await over.wait()
                except TimeoutError:
                    continue

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        over.set()
        await task


def rows(context: Context, words: str) -> Sequence[tuple[Any, ...]]:
    """What a query finds."""
    with context.queue.read() as connection:
        return [tuple(row) for row in connection.execute(sql(words))]
