"""What a rule holds back is lifted: that goes on, and what something else holds back does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from paceline.domain.message import MessageState, ReportKind
from paceline.domain.reply_rule import ReplyRule, RuleAction, RuleScope
from paceline.domain.restraint import Restraint
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.queue import reply_rules, restraints
from surroundings.queue import Queue
from surroundings.sending import opened


@pytest.fixture
def context(database_url: str, tmp_path: Path) -> Iterator[Context]:
    with opened(database_url, tmp_path) as context:
        yield context


def _suspended(connection: Connection, queue: Queue, scope: RuleScope, target: str, *, seconds: float) -> int:
    """A rule that holds this back for so long; its number."""
    name = f"{scope} for {seconds:g} s"
    rule = ReplyRule(name=name, text="slow", scope=scope, action=RuleAction.SUSPEND, for_seconds=seconds)
    number = reply_rules.save(connection, rule, workspace_id=1, now=queue.now)
    until = queue.now + seconds
    held = Restraint(scope=scope, target=target, reason=name, rate_per_minute=None, until_at=until)
    restraints.keep(connection, number, held, workspace_id=1, now=queue.now)
    return number


def test_lifted_domain_wakes_only_what_waited_for_it(context: Context) -> None:
    queue = Queue.filled(context, 5)
    holder = queue.holder()
    soon, late = holder.claim(2)
    holder.intend([soon, late])
    holder.tell(
        holder.report(soon, ReportKind.DEFERRED, retry_after_seconds=120),
        holder.report(late, ReportKind.DEFERRED, retry_after_seconds=7200),
    )
    queue.now += 300
    with context.queue.write() as connection:
        rule = _suspended(connection, queue, RuleScope.DOMAIN, "example.com", seconds=600)
    assert holder.claim(10) == []
    with context.queue.write() as connection:
        restraints.lift(connection, rule, now=queue.now)
    woken = holder.claim(10)
    assert soon.id in {message.id for message in woken}
    assert len(woken) == 4
    assert queue.state(late) is MessageState.DEFERRED
    assert queue.row(late).due_at > queue.now + 6000


def test_account_that_another_rule_suspends_too_stays_suspended(context: Context) -> None:
    queue = Queue.filled(context, 1)
    suspended, free = (queue.holder(name).account_id for name in ("relay", "other"))
    with context.queue.write() as connection:
        _suspended(connection, queue, RuleScope.ACCOUNT, str(suspended), seconds=300)
        longer = _suspended(connection, queue, RuleScope.ACCOUNT, str(suspended), seconds=600)
        concerned, reason, until = [suspended, free], "account for 600 s", queue.now + 600
        restraints.suspend_accounts(connection, concerned, reason=reason, until_at=until, now=queue.now)
        restraints.lift(connection, longer, now=queue.now)
        statement = sql("SELECT name, state, reason, until_at FROM accounts ORDER BY name")
        found = [tuple(row) for row in connection.execute(statement)]
    assert found == [
        ("other", "ready", None, None),
        ("relay", "limited", "account for 300 s", queue.now + 300),
    ]


def test_account_that_is_gone_has_no_pace(context: Context) -> None:
    account = Queue.filled(context, 1).holder().account_id
    with context.queue.read() as connection:
        assert restraints.pace_of(connection, [account, account + 1], now=1_800_000_000.0) == {account: 0.0}
