"""Bad mail stops by itself: warned of first, then paused with the evidence, and forgiven when a person lets it go on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from paceline.cli.report import report
from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.domain.fact import Fact, FactKind
from paceline.domain.message import ReportKind
from paceline.domain.reputation import Level
from paceline.engine.reputation_watch import ReputationWatch
from paceline.operations.campaigns import explaining, reporting
from paceline.operations.campaigns.summary import summary
from paceline.operations.context import Context
from paceline.operations.installation.queue_chores import reputation_watch
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from paceline.store.queue import accounts, facts, pruning
from surroundings.queue import Holder, Queue
from surroundings.sending import logins, opened, send_to_the_end, write_campaign


@pytest.fixture
def context(database_url: str, tmp_path: Path) -> Iterator[Context]:
    with opened(database_url, tmp_path) as context:
        yield context


@dataclass(slots=True, kw_only=True)
class Mailing:
    """A campaign that is sent by hand, and the watch over its reputation."""

    queue: Queue
    holder: Holder
    watch: ReputationWatch

    @classmethod
    def of(cls, context: Context, messages: int) -> Mailing:
        queue = Queue.filled(context, messages)
        return cls(queue=queue, holder=queue.holder(), watch=reputation_watch(context))

    def send(self, count: int, *, hard: int = 0, spam: int = 0) -> list[int]:
        """Some messages are answered, the first of them with refusals; returns the accepted ones."""
        claimed = self.holder.claim(count)
        assert len(claimed) == count
        self.holder.intend(claimed)
        kinds: list[dict[str, Any]] = [{"hard_bounce": True}] * hard + [{"spam": True}] * spam
        for message, more in zip(claimed, kinds, strict=False):
            self.holder.tell(self.holder.report(message, ReportKind.REFUSED, **more))
        good = claimed[len(kinds) :]
        self.holder.tell(*(self.holder.report(message, ReportKind.ACCEPTED) for message in good))
        return [message.id for message in good]

    def came_back(self, kind: FactKind, message_ids: list[int], rule: str | None = None) -> None:
        found = [
            Fact(message_id=i, campaign_id=self.queue.campaign_id, kind=kind, key="1", at=self.queue.now, rule=rule)
            for i in message_ids
        ]
        database = self.queue.context.queue
        with database.write() as connection:
            facts.record(connection, database, found, now=self.queue.now)

    def look(self) -> None:
        self.queue.now += 10
        self.watch.look(self.queue.now)

    def status(self) -> CampaignStatus:
        return summary(self.queue.context, "test").status

    def reason(self) -> str:
        return summary(self.queue.context, "test").pause_reason or ""

    def level(self) -> Level:
        return reporting.report_of(self.queue.context, "test").health.level

    def notices(self) -> list[tuple[str, str]]:
        with self.queue.context.queue.read() as connection:
            rows = connection.execute(sql("SELECT kind, data FROM notices WHERE told = 0 ORDER BY id"))
            return [(row.kind, json.loads(row.data).get("reason") or "") for row in rows]


def test_hard_bounces_warn_and_then_pause_with_the_evidence(context: Context) -> None:
    mailing = Mailing.of(context, 400)
    mailing.send(200, hard=6)
    mailing.look()
    assert (mailing.status(), mailing.level()) == (CampaignStatus.RUNNING, Level.WARNED)
    mailing.send(50, hard=10)
    mailing.look()
    assert mailing.status() is CampaignStatus.PAUSED_HEALTH
    assert "last messages bounced hard" in mailing.reason()
    told = dict(mailing.notices())
    assert told["campaign.paused"] == mailing.reason()
    assert "6 of the 200 last messages bounced hard (3.0%" in told["campaign.warning"]
    assert any(mailing.reason() in line for line in report(summary(context, "test"), now=mailing.queue.now))
    assert mailing.reason() in explaining.explain(context, "test")[0].sentence


def test_only_the_last_messages_count(context: Context) -> None:
    mailing = Mailing.of(context, 1200)
    for _ in range(4):  # 5 of every 250, never more than 5 % of the last 200, and 2 % of all
        mailing.send(250, hard=5)
        mailing.look()
    assert (mailing.status(), mailing.level()) == (CampaignStatus.RUNNING, Level.GOOD)
    mailing.send(15, hard=15)
    mailing.look()
    assert mailing.status() is CampaignStatus.PAUSED_HEALTH  # 35 of 1,015 would not have been enough


def test_bounce_that_comes_later_counts_for_the_time_at_which_its_message_was_sent(context: Context) -> None:
    mailing = Mailing.of(context, 1000)
    first = mailing.send(200)
    mailing.look()
    for _ in range(3):
        mailing.send(200)
        mailing.look()
    mailing.came_back(FactKind.BOUNCED, first[:30], "hard")
    mailing.look()
    assert mailing.status() is CampaignStatus.RUNNING
    mailing.came_back(FactKind.BOUNCED, mailing.send(11), "hard")
    mailing.look()
    assert mailing.status() is CampaignStatus.PAUSED_HEALTH


def test_refusals_as_spam_pause(context: Context) -> None:
    mailing = Mailing.of(context, 100)
    mailing.came_back(FactKind.BOUNCED, mailing.send(10, spam=6)[:4], "spam")
    mailing.look()
    assert mailing.status() is CampaignStatus.RUNNING
    mailing.send(1, spam=1)
    mailing.look()
    assert mailing.status() is CampaignStatus.PAUSED_HEALTH
    assert "11 of the 200 last messages were refused as spam" in mailing.reason()


def test_complaints_warn_once_and_pause_at_more(context: Context) -> None:
    mailing = Mailing.of(context, 1100)
    sent = mailing.send(1000)
    mailing.look()
    mailing.came_back(FactKind.COMPLAINED, sent[:1])
    mailing.came_back(FactKind.COMPLAINED, sent[:1])  # told twice
    mailing.look()
    mailing.came_back(FactKind.COMPLAINED, sent[1:2])
    mailing.look()
    assert (mailing.status(), mailing.level()) == (CampaignStatus.RUNNING, Level.WARNED)
    assert [kind for kind, _ in mailing.notices()] == ["campaign.warning", "account.warning"]
    causes = {cause.cause: cause.sentence for cause in explaining.explain(context, "test")}
    assert "2 of the 1,000 messages of the last 3 days were called spam (0.20%" in causes["campaign_warning"]
    assert causes["account_warning"].startswith("relay: 2 of the 1,000")
    mailing.came_back(FactKind.COMPLAINED, sent[2:3])
    mailing.look()
    assert mailing.status() is CampaignStatus.PAUSED_HEALTH
    with context.queue.read() as connection:
        (standing,) = accounts.standings(connection, campaign_id=mailing.queue.campaign_id)
    assert (standing.state, standing.reason) == (AccountState.BROKEN, mailing.reason())
    assert [kind for kind, _ in mailing.notices()][2:] == ["campaign.paused", "account.broken"]


def test_what_a_person_lets_go_on_is_judged_by_what_is_sent_from_then_on(context: Context) -> None:
    mailing = Mailing.of(context, 1000)
    sent = mailing.send(300, hard=60)
    mailing.look()
    assert mailing.status() is CampaignStatus.PAUSED_HEALTH
    mailing.queue.move(CampaignMove.RESUME)
    with context.queue.write() as connection:
        accounts.retry(connection, [mailing.holder.account_id], now=mailing.queue.now)
    mailing.look()
    mailing.came_back(FactKind.BOUNCED, sent[:50], "hard")  # of the former messages
    mailing.look()
    assert (mailing.status(), mailing.level()) == (CampaignStatus.RUNNING, Level.GOOD)
    context.queue.execute("UPDATE accounts SET revision = 1")  # as a sender that has read it anew
    mailing.send(20, hard=11)
    mailing.look()
    assert mailing.status() is CampaignStatus.PAUSED_HEALTH


def test_watch_that_is_started_anew_knows_what_the_former_one_knew(context: Context) -> None:
    mailing = Mailing.of(context, 1000)
    mailing.send(400, hard=8)
    mailing.look()
    mailing.send(200)
    mailing.look()
    mailing.watch = reputation_watch(context)
    mailing.send(10, hard=10)
    mailing.look()
    assert (mailing.status(), mailing.level()) == (CampaignStatus.RUNNING, Level.WARNED)
    mailing.send(1, hard=1)
    mailing.look()
    assert mailing.status() is CampaignStatus.PAUSED_HEALTH


def test_worker_that_leaves_does_not_make_a_stopped_account_ready(context: Context) -> None:
    mailing = Mailing.of(context, 100)
    mailing.send(20, hard=11)
    mailing.look()
    with context.queue.write() as connection:
        left = accounts.set_state(
            connection,
            mailing.holder.account_id,
            lease=mailing.holder.lease,
            state=AccountState.READY,
            reason=None,
            until_at=None,
            failures=0,
            now=mailing.queue.now,
        )
    assert not left
    claimed = mailing.holder.claim(5)
    assert not mailing.holder.intend(claimed)


def test_campaign_that_has_ended_is_only_warned_of(context: Context) -> None:
    mailing = Mailing.of(context, 100)
    sent = mailing.send(100)
    mailing.queue.move(CampaignMove.COMPLETE)
    mailing.came_back(FactKind.COMPLAINED, sent[:5])
    mailing.look()
    assert (mailing.status(), mailing.level()) == (CampaignStatus.COMPLETED, Level.WARNED)
    assert mailing.notices()[1][0] == "campaign.warning"


def test_old_signs_are_removed(context: Context) -> None:
    mailing = Mailing.of(context, 100)
    mailing.send(20, hard=5)
    assert sum(pruning.health_signs(context.queue, before=mailing.queue.now + 1)) == 5
    assert sum(pruning.health_signs(context.queue, before=mailing.queue.now + 1)) == 0


def test_campaign_to_addresses_that_do_not_exist_stops_soon(database_url: str, tmp_path: Path) -> None:
    """Through a real server, with real senders: long before the whole list has been tried."""
    rules = [{"stage": "rcpt", "recipient": "gone*", "reply": "550 5.1.1 no such user"}]

    async def story() -> None:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
        await server.start()
        people = [f"{'gone' if n % 2 else 'user'}{n}@example.com" for n in range(600)]
        accounts_ = logins(server.port, 2, rate_per_minute=6000)
        with opened(database_url, tmp_path, watch_seconds=0.05) as context:
            path = write_campaign(tmp_path, contacts=people, accounts=accounts_)
            ended = await send_to_the_end(context, path)
        await server.stop()
        assert ended.status is CampaignStatus.PAUSED_HEALTH
        assert "last messages bounced hard" in (ended.pause_reason or "")
        assert ended.counts["failed"] < 250

    asyncio.run(story())
