"""A small campaign in the queue without a sender: tests claim, intend and report by themselves, as senders do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from paceline.domain.account import Account, SmtpLogin, WhatsAppLogin
from paceline.domain.campaign import CampaignMove
from paceline.domain.message import MessageState, Report, ReportKind
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.queue import accounts, campaigns, launching, senders
from paceline.store.queue.campaigns import NewCampaign
from paceline.store.queue.claiming import Claim, ClaimedMessage
from paceline.store.queue.deliveries import Batch, Deliveries, Exchanged, Intent
from paceline.store.queue.launching import NewMessage

_LONG_SECONDS = 1000.0


def _address(channel: str, place: int) -> str:
    return f"user{place}@example.com" if channel == "email" else f"+1650555{place:05d}"


def _login(channel: str, name: str) -> SmtpLogin | WhatsAppLogin:
    if channel == "email":
        return SmtpLogin(host=f"{name}.example.com", port=25)
    return WhatsAppLogin(phone_number_id="106540352242922", token="secret")


@dataclass(slots=True, kw_only=True)
class Holder:
    """A sender with one leased account, without connections."""

    queue: Queue
    sender_id: int
    account_id: int
    lease: int
    deliveries: Deliveries

    def claim(self, limit: int) -> list[ClaimedMessage]:
        claim = Claim(account_id=self.account_id, lease=self.lease, campaign_id=self.queue.campaign_id, limit=limit)
        return self.exchange(claims=[claim]).claimed[0]

    def intend(self, messages: Sequence[ClaimedMessage]) -> frozenset[int]:
        return self.exchange(intents=[self.intent(message) for message in messages]).granted

    def intent(self, message: ClaimedMessage) -> Intent:
        return Intent(
            message_id=message.id,
            campaign_id=message.campaign_id,
            account_id=self.account_id,
            lease=self.lease,
            revision=1,
            suppression_key=message.address,
        )

    def report(self, message: ClaimedMessage, kind: ReportKind, *, intended: bool = True, **more: Any) -> Report:
        return Report(
            message_id=message.id,
            campaign_id=message.campaign_id,
            account_id=self.account_id,
            lease=self.lease,
            attempt=message.attempt + 1,
            intended=intended,
            kind=kind,
            at=self.queue.now,
            **{"reply": f"250 {kind}", **more},
        )

    def tell(self, *reports: Report) -> None:
        self.exchange(reports=list(reports))

    def exchange(self, **parts: Any) -> Exchanged:
        return self.deliveries.exchange(Batch(**parts), self.queue.tick())


@dataclass(slots=True, kw_only=True)
class Queue:
    """A running campaign of some messages, fully launched."""

    context: Context
    campaign_id: int = 0
    channel: str = "email"
    now: float = field(default=1_800_000_000.0)

    @classmethod
    def filled(cls, context: Context, messages: int, *, channel: str = "email", key: str = "test") -> Queue:
        queue = cls(context=context, channel=channel)
        with context.queue.write() as connection:
            new = NewCampaign(
                workspace_id=1,
                key=key,
                name=key,
                channel=channel,
                content="{}",
                audience="{}",
                message_id_domain="example.com",
                rate_per_minute=0,
                max_attempts=None,
                retry_delay_seconds=None,
            )
            created = campaigns.create(connection, new, now=queue.now)
            assert created is not None
            queue.campaign_id = created
            rows = [NewMessage(contact_id=n, address=_address(channel, n), fields={}) for n in range(messages)]
            launching.add(
                connection,
                context.queue,
                created,
                rows,
                after=0,
                cursor=messages,
                refused=0,
                slot=0,
                now=queue.now,
            )
            launching.finish(connection, created, now=queue.now)
            campaigns.move(connection, created, CampaignMove.START, now=queue.now)
        return queue

    def tick(self) -> float:
        self.now += 0.001
        return self.now

    def holder(self, name: str = "relay") -> Holder:
        """A new sender that leases the account of this name."""
        with self.context.queue.write() as connection:
            sender_id, slot = senders.register(
                connection,
                process="",
                campaign_id=self.campaign_id,
                now=self.now,
                lease_until=self.now + _LONG_SECONDS,
            )
            account = Account(id=0, name=name, login=_login(self.channel, name))
            account_id = accounts.save(connection, self.context.box, account, workspace_id=1, channel=self.channel)
            accounts.attach(connection, self.campaign_id, [account_id])
            leased = accounts.lease(connection, self.context.box, account_id, sender_id=sender_id, now=self.now)
        assert leased is not None
        deliveries = Deliveries(self.context.queue, sender_id=sender_id, slot=slot)
        return Holder(queue=self, sender_id=sender_id, account_id=account_id, lease=leased.lease, deliveries=deliveries)

    def move(self, what: CampaignMove) -> None:
        with self.context.queue.write() as connection:
            assert campaigns.move(connection, self.campaign_id, what, now=self.now)

    def row(self, message: ClaimedMessage) -> Any:
        return self._one("SELECT * FROM messages WHERE id = :id", id=message.id)

    def state(self, message: ClaimedMessage) -> MessageState:
        return MessageState(self.row(message).state)

    def counts(self) -> dict[str, int]:
        """The counters, which must agree with the messages."""
        with self.context.queue.read() as connection:
            counted = campaigns.progress(connection, self.campaign_id).counts
            assert counted == campaigns.count_anew(connection, self.campaign_id)
        return {state: count for state, count in counted.items() if count}

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that a report can change."""
        tables = ("messages", "campaign_counters", "accounts", "usage", "campaign_accounts", "events", "suppressions")
        columns = {"campaign_counters": "campaign_id, queued, sending, deferred, sent, failed, skipped, uncertain"}
        with self.context.queue.read() as connection:
            found = {t: connection.execute(sql(f"SELECT {columns.get(t, '*')} FROM {t}")).all() for t in tables}
        return {table: sorted(map(tuple, rows), key=repr) for table, rows in found.items()}

    def events(self, message: ClaimedMessage) -> list[tuple[int, str]]:
        with self.context.queue.read() as connection:
            statement = sql("SELECT attempt, kind FROM events WHERE message_id = :id ORDER BY attempt, kind")
            return [(row.attempt, row.kind) for row in connection.execute(statement, {"id": message.id})]

    def used(self, holder: Holder) -> tuple[int, int]:
        """(messages charged, intents open) of an account."""
        row = self._one(
            "SELECT open_intents, (SELECT COALESCE(SUM(count), 0) FROM usage WHERE account_id = :id) AS charged "
            "FROM accounts WHERE id = :id",
            id=holder.account_id,
        )
        return int(row.charged), int(row.open_intents)

    def _one(self, words: str, **values: Any) -> Any:
        with self.context.queue.read() as connection:
            return connection.execute(sql(words), values).one()
