"""Webhooks are kept before they are answered; those that come while others are written are written together."""

from __future__ import annotations

import asyncio
from itertools import count

from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.tracking.whatsapp.keeper import WebhookKeeper


def test_what_comes_at_once_is_kept_in_few_transactions(context: Context) -> None:
    transactions = count()
    keeper = WebhookKeeper(context.queue, lambda: float(next(transactions)))
    bodies = [b"%d" % number for number in range(150)]

    async def story() -> None:
        await asyncio.gather(*map(keeper.keep, bodies))
        await keeper.keep(b"later")

    asyncio.run(story())
    with context.queue.read() as connection:
        rows = connection.execute(sql("SELECT body, at FROM received_webhooks ORDER BY id")).all()
    assert [bytes(row.body) for row in rows] == [*bodies, b"later"]
    assert [row.at for row in rows] == [0.0] * 100 + [1.0] * 50 + [2.0]


def test_whoever_sent_one_that_cannot_be_kept_is_told(context: Context) -> None:
    keeper = WebhookKeeper(context.queue, context.clock.now)
    with context.queue.write() as connection:
        connection.execute(sql("ALTER TABLE received_webhooks RENAME TO elsewhere"))

    async def story() -> list[BaseException | None]:
        return await asyncio.gather(*(keeper.keep(b"x") for _ in range(3)), return_exceptions=True)

    failures = asyncio.run(story())
    assert len(failures) == 3
    assert all(isinstance(one, Exception) for one in failures)
    with context.queue.write() as connection:
        connection.execute(sql("ALTER TABLE elsewhere RENAME TO received_webhooks"))
    asyncio.run(keeper.keep(b"again"))
