"""A phone number is one account: webhooks find it by its id alone, so the database itself refuses a second one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from paceline.domain.account import Account, WhatsAppLogin
from paceline.domain.errors import PacelineError
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.migrations import QUEUE, upgrade
from paceline.store.queue import account_records, accounts
from paceline.store.queue.taken_logins import LoginTaken
from surroundings.sending import opened
from surroundings.serving import wait_until

NUMBER = "106540352242922"


@pytest.fixture
def context(database_url: str, tmp_path: Path) -> Iterator[Context]:
    with opened(database_url, tmp_path) as context:
        yield context


def number(name: str, phone_number_id: str = NUMBER) -> Account:
    return Account(id=0, name=name, login=WhatsAppLogin(phone_number_id=phone_number_id, token="a token"))


def save(context: Context, account: Account, workspace_id: int) -> int:
    with context.queue.write() as connection:
        return accounts.save(connection, context.box, account, workspace_id=workspace_id, channel="whatsapp")


def test_number_of_another_workspace_is_refused_until_it_is_deleted_there(context: Context) -> None:
    theirs, own = save(context, number("theirs"), 2), save(context, number("own", "999"), 1)
    with pytest.raises(LoginTaken, match=f"the phone number {NUMBER} is in use elsewhere in this installation"):
        save(context, number("mine"), 1)
    with pytest.raises(LoginTaken), context.queue.write() as connection:
        accounts.change(connection, context.box, own, number("own"))
    with context.queue.write() as connection:
        account_records.delete(connection, context.box, theirs, now=1.0)
    assert save(context, number("mine"), 1) != theirs
    with pytest.raises(LoginTaken):
        save(context, number("theirs"), 2)


def test_of_two_that_claim_a_number_at_once_one_gets_it(postgresql_url: str, tmp_path: Path) -> None:
    with opened(postgresql_url, tmp_path) as context, ThreadPoolExecutor(1) as other:
        with context.queue.write() as connection:
            accounts.save(connection, context.box, number("first"), workspace_id=1, channel="whatsapp")
            second = other.submit(save, context, number("second"), 2)
            wait_until(lambda: _somebody_waits(context))
        with pytest.raises(LoginTaken):
            second.result()
        with context.queue.read() as connection:
            assert connection.execute(sql("SELECT name FROM accounts")).scalars().all() == ["first"]


def test_upgrade_asks_a_person_which_workspace_keeps_a_number(context: Context) -> None:
    context.queue.execute("DROP INDEX accounts_phone_number")
    context.queue.execute("UPDATE queue_version SET version_num = '0018'")
    for workspace_id in (1, 2):
        save(context, number("both"), workspace_id)
    with pytest.raises(PacelineError, match=rf"the same phone numbers \({NUMBER}\): delete them in all but one"):
        upgrade(context.queue, QUEUE)
    context.queue.execute("UPDATE accounts SET hidden_at = 1 WHERE workspace_id = 2")
    upgrade(context.queue, QUEUE)
    with pytest.raises(LoginTaken):
        save(context, number("both"), 2)


def _somebody_waits(context: Context) -> bool:
    with context.queue.read() as connection:
        return bool(connection.execute(text("SELECT COUNT(*) FROM pg_locks WHERE NOT granted")).scalar_one())
