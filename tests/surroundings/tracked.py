"""A campaign with tracked links of which some messages were sent long ago, and the tokens that stand in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from paceline.content.email import EmailContent
from paceline.domain.message import ReportKind
from paceline.domain.tokens import CampaignTokens, Purpose, Tokens
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.queue import facts
from paceline.store.queue.schema.facts import delivery_facts
from surroundings.queue import Queue

HTML = (
    '<a href="https://shop.example.com/">1</a><a href="https://shop.example.com/?who={{ contact.email }}">2</a>'
    '<a href="https://shop.example.com/3">3</a><a href="https://shop.example.com/4">4</a>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """Sent messages (``user0@example.com`` …) and queued ones behind them."""

    queue: Queue
    tokens: Tokens
    message_ids: tuple[int, ...]

    @classmethod
    def campaign(cls, context: Context, *, sent: int, queued: int = 0) -> Tracked:
        queue = Queue.filled(context, sent + queued)
        content = EmailContent(
            from_address="Ann <ann@example.com>",
            subject="Hi",
            html=HTML,
            base_url="https://t.example.com",
            bounce_address="bounce@example.com",
            campaign_key="test",
        )
        holder = queue.holder()
        claimed = holder.claim(sent)
        holder.intend(claimed)
        holder.tell(*(holder.report(message, ReportKind.ACCEPTED) for message in claimed))
        context.queue.execute("UPDATE campaigns SET content = :content", content=json.dumps(content.to_json()))
        context.queue.execute("UPDATE messages SET at = :at WHERE state = 4", at=context.clock.now() - 3600)
        tokens = context.box.tokens(context.settings)
        return cls(queue=queue, tokens=tokens, message_ids=tuple(message.id for message in claimed))

    @property
    def campaign_id(self) -> int:
        return self.queue.campaign_id

    def token(self, purpose: Purpose, place: int = 0, number: int = 0) -> str:
        """The token of the message at this place."""
        ids = {"workspace_id": 1, "campaign_id": self.campaign_id, "message_id": self.message_ids[place]}
        return self.tokens.make(purpose, **ids, number=number)

    def bounce_address(self, place: int = 0) -> str:
        """The envelope sender of the message at this place."""
        mine = CampaignTokens(tokens=self.tokens, workspace_id=1, campaign_id=self.campaign_id)
        return f"bounce+{mine.for_mail(self.message_ids[place], Purpose.BOUNCE)}@example.com"

    def counts(self) -> dict[str, int]:
        """What came back, without zeros; it must agree with the facts."""
        names = [column.name.removesuffix("_at") for column in delivery_facts.columns if column.name.endswith("_at")]
        sums = [f"(SELECT SUM({name}) FROM campaign_counters) AS {name}" for name in facts.COUNTS]
        found = [f"(SELECT COUNT({name}_at) FROM delivery_facts) AS known_{name}" for name in names]
        with self.queue.context.queue.read() as connection:  # one statement, because facts may arrive meanwhile
            row = connection.execute(sql(f"SELECT {', '.join(sums + found)}")).one()
        for name in names:
            assert getattr(row, name) == getattr(row, f"known_{name}"), name
        return {name: int(count) for name in facts.COUNTS if (count := getattr(row, name))}

    def facts(self, place: int = 0) -> list[facts.FactRow]:
        with self.queue.context.queue.read() as connection:
            return facts.of_message(connection, self.message_ids[place])

    def rows(self, words: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.queue.context.queue.read() as connection:
            return [tuple(row) for row in connection.execute(sql(words), values)]
