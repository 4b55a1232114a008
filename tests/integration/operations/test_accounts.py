"""Accounts made through the API's operations: secrets stay where they belong, workspaces apart, files all or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from paceline.domain.account import Account, AccountState, Security, SmtpLogin
from paceline.domain.campaign import CampaignMove
from paceline.domain.errors import InputError
from paceline.operations.accounts import account_changes, account_details, accounts as by_name
from paceline.operations.campaigns import changes
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.store.database import sql
from paceline.store.queue import account_records, accounts as stored
from surroundings.queue import Queue

from .conftest import Open

FIELDS: dict[str, Any] = {
    "name": "relay-1",
    "host": "smtp.example.com",
    "port": 587,
    "username": "ann",
    "password": "s3cret-one",
    "hourly_limit": 40,
    "timezone": "Europe/Berlin",
}


def login_of(context: Context, account_id: str) -> SmtpLogin:
    with context.queue.read() as connection:
        number = account_details.account_number(context, account_id)
        return stored.load(connection, context.box, number).smtp


def problem(error: pytest.ExceptionInfo[InputError]) -> tuple[str | None, str]:
    (found,) = error.value.problems
    return found.field, found.message


def test_largest_campaign_can_be_set_changed_and_imported(context: Context) -> None:
    made = account_changes.create(context, {**FIELDS, "largest_campaign": 5000})
    assert made.largest_campaign == 5000
    assert account_changes.change(context, made.id, {"largest_campaign": 20_000}).largest_campaign == 20_000
    assert account_changes.change(context, made.id, {"hourly_limit": 50}).largest_campaign == 20_000
    assert account_changes.edit_many(context, ids=[made.id], fields={"largest_campaign": 0}) == 1
    assert account_details.get(context, made.id).largest_campaign == 0
    table = "name,host,port,largest_campaign\nrelay-2,mx.example.com,25,300\n"
    assert account_changes.import_text(context, "accounts.csv", table) == (1, 0)
    assert [row.largest_campaign for row in account_details.page(context, limit=10)] == [0, 300]


def test_created_account_shows_everything_but_its_secret(context: Context) -> None:
    made = account_changes.create(context, FIELDS, ["europe", "warm"])
    assert (made.name, made.host, made.port, made.security) == ("relay-1", "smtp.example.com", 587, "starttls")
    assert (made.tags, made.guarded, made.enabled) == (("europe", "warm"), True, True)
    assert made.summary.hourly_limit == 40
    assert "s3cret" not in repr(made)
    assert login_of(context, made.id).password == "s3cret-one"  # the test's own
    with context.queue.read() as connection:
        row = connection.execute(sql("SELECT * FROM accounts")).one()
    assert b"s3cret" not in b"".join(bytes(part) for part in row if isinstance(part, bytes | memoryview))
    assert "s3cret" not in "".join(str(part) for part in row if isinstance(part, str))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"host": "127.0.0.1"}, "host"),
        ({"host": "localhost"}, "host"),
        ({"host": "169.254.169.254"}, "host"),
        ({"host": "0x7f.1"}, "host"),
        ({"port": 0}, "port"),
        ({"colour": "red"}, "colour"),
        ({"ca_file": "/etc/passwd"}, "ca_file"),
        ({"password_env": "PATH", "password": ""}, "password"),
        ({"password": "a\nb"}, "password"),
        ({"token_url": "https://example.com/token"}, "token_url"),
        ({"timezone": "Moon"}, "timezone"),
    ],
)
def test_field_is_refused_by_its_name(context: Context, changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as error:
        account_changes.create(context, {**FIELDS, **changed})
    assert {found.field for found in error.value.problems} == {field}, error.value
    assert "s3cret" not in str(error.value)
    assert account_details.page(context, limit=10) == []


@pytest.mark.parametrize(
    "moved", [{"host": "evil.example.com"}, {"port": 25}, {"username": "bob"}, {"security": "none"}]
)
def test_password_is_asked_for_again_when_it_would_go_elsewhere(context: Context, moved: dict[str, Any]) -> None:
    made = account_changes.create(context, FIELDS)
    with pytest.raises(InputError) as error:
        account_changes.change(context, made.id, moved)
    assert problem(error)[0] == "password"
    assert login_of(context, made.id).host == "smtp.example.com"
    changed = account_changes.change(context, made.id, {**moved, "password": "s3cret-two"})
    assert login_of(context, changed.id).password == "s3cret-two"


def test_change_keeps_the_password_and_what_was_not_named(context: Context) -> None:
    made = account_changes.create(context, FIELDS, ["warm"])
    changed = account_changes.change(
        context, made.id, {"name": "relay-one", "daily_limit": 7}, tags=["cold"], enabled=False
    )
    assert (changed.id, changed.name, changed.tags, changed.enabled) == (made.id, "relay-one", ("cold",), False)
    assert (changed.summary.hourly_limit, changed.summary.daily_limit, changed.timezone) == (40, 7, "Europe/Berlin")
    assert login_of(context, made.id) == login_of(context, changed.id)
    assert account_changes.change(context, made.id, {}, enabled=True).enabled


def test_account_of_the_command_line_stays_trusted_until_it_moves(open_with: Open) -> None:
    context = open_with()
    login = SmtpLogin(host="127.0.0.1", port=25, security=Security.NONE, username="ann", password="x")
    by_name.add(context, Account(id=0, name="local", login=login))
    (found,) = account_details.page(context, limit=10)
    assert not found.guarded
    assert not account_changes.change(context, found.id, {"daily_limit": 5}).guarded
    with pytest.raises(InputError, match="PACELINE_PRIVATE_HOSTS"):
        account_changes.change(context, found.id, {"port": 26, "password": "y"})
    with pytest.raises(InputError, match="PACELINE_PRIVATE_HOSTS"):
        account_changes.import_text(context, "a.csv", "name,host,port\nlocal,127.0.0.1,25\n")


def test_names_and_logins_are_taken_once(context: Context) -> None:
    made = account_changes.create(context, FIELDS)
    with pytest.raises(NotPossible, match="same host"):
        account_changes.create(context, {**FIELDS, "name": "other"})
    with pytest.raises(NotPossible, match="name"):
        account_changes.create(context, {**FIELDS, "username": "bob"})
    other = account_changes.create(context, {**FIELDS, "name": "other", "username": "bob"})
    with pytest.raises(NotPossible):
        account_changes.change(context, other.id, {"username": "ann", "password": "x"})
    with pytest.raises(NotPossible):
        account_changes.change(context, other.id, {"name": made.name})


def test_account_in_use_is_not_deleted_and_one_with_history_only_hides(context: Context) -> None:
    queue = Queue.filled(context, 2)
    queue.now = context.clock.now()
    queue.holder("relay")
    (used,) = account_details.page(context, limit=10)
    fresh = account_changes.create(context, FIELDS)
    account_changes.delete(context, fresh.id)
    with context.queue.read() as connection:
        assert connection.execute(sql("SELECT COUNT(*) FROM accounts")).scalar_one() == 1
    with pytest.raises(NotPossible, match="test"):
        account_changes.delete(context, used.id)
    queue.move(CampaignMove.STOP)
    account_changes.delete(context, used.id)
    assert account_details.page(context, limit=10) == []
    assert by_name.list_accounts(context) == []
    with pytest.raises(NotFound):
        account_details.get(context, used.id)
    with context.queue.read() as connection:
        row = connection.execute(sql("SELECT state, hidden_at FROM accounts")).one()
    assert row.state == AccountState.DISABLED
    assert row.hidden_at is not None
    account = Account(id=0, name="relay", login=SmtpLogin(host="relay.example.com", port=25))
    by_name.add(context, account)  # it comes back, usable
    (back,) = account_details.page(context, limit=10)
    assert (back.id, back.enabled) == (used.id, True)


def test_other_workspace_sees_and_changes_nothing(context: Context) -> None:
    made = account_changes.create(context, FIELDS, ["warm"])
    other = context.in_workspace(2)
    assert account_details.page(other, limit=10) == []
    assert by_name.list_accounts(other) == []
    assert changes.AccountWatch(other).look() == {}
    for ask in (
        lambda: account_details.get(other, made.id),
        lambda: account_details.usage(other, made.id),
        lambda: account_changes.change(other, made.id, {"daily_limit": 1}),
        lambda: account_changes.delete(other, made.id),
        lambda: account_changes.edit_many(other, ids=[made.id], fields={}, enabled=False),
    ):
        with pytest.raises(NotFound):
            ask()
    assert account_changes.edit_many(other, tag="warm", fields={}, enabled=False) == 0
    assert account_changes.create(other, FIELDS).id != made.id  # the same login, for itself
    assert account_details.get(context, made.id).enabled


def test_csv_is_stored_as_a_whole(context: Context) -> None:
    text = "\ufeffName,Host,Port,Username,Password,Hourly_limit,Rate_per_minute,Tags\r\n" + "".join(
        f'relay-{n},smtp.example.com,587,user{n},"pass, {n}",40,1.5,warm;eu\r\n' for n in range(300)
    )
    assert account_changes.import_text(context, "accounts.csv", text) == (300, 0)
    assert account_changes.import_text(context, "accounts.csv", text) == (0, 300)
    page = account_details.page(context, limit=1000, tag="warm")
    assert len(page) == 300
    assert all(account.guarded and account.tags == ("eu", "warm") for account in page)
    assert login_of(context, page[7].id).password == "pass, 7"
    assert account_details.page(context, limit=10, tag="war") == []
    first = account_details.page(context, limit=200)
    assert len(account_details.page(context, after=first[-1].id, limit=200)) == 100


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("a.csv", "name,host,port\ngood,smtp.example.com,25\nbad,,25\nworse,smtp.example.com,x\n", {(3, "accounts.host"), (4, "accounts.port")}),
        ("a.csv", "name,host,port,colour\ngood,smtp.example.com,25,red\n", {(2, "accounts.colour")}),
        ("a.csv", "name,host,port,username,password_env\ngood,smtp.example.com,25,ann,HOME\n", {(2, "accounts.password")}),
        ("a.csv", "name,host,port\ngood,smtp.example.com,25\nprivate,10.0.0.1,25\n", {(3, "host")}),
        ("a.csv", "name,host,port\nsame,smtp.example.com,25\nsame,smtp2.example.com,25\n", {(3, "accounts.name")}),
        ("a.csv", "name,host,port\na,smtp.example.com,25\nb,smtp.example.com,25\n", {(3, "accounts")}),
        ("a.csv", "name,host,port\na,smtp.example.com,25,7\n", {(2, None)}),
        ("a.toml", '[[accounts]]\nname = "a"\nhost = "smtp.example.com"\nport = 25\n\n[[accounts]]\nname = "b"\nport = 25\n', {(6, "accounts.host")}),
        ("a.toml", 'key = 1\n[[accounts]]\nname = "a"\nhost = "smtp.example.com"\nport = 25\n', {(1, "key")}),
        ("a.toml", '[[accounts]]\naccount = "a"\n', {(2, "accounts.account")}),
    ],
)  # fmt: skip
def test_one_problem_refuses_the_whole_file(
    context: Context, name: str, text: str, places: set[tuple[int, str]]
) -> None:
    with pytest.raises(InputError) as error:
        account_changes.import_text(context, name, text)
    assert {(found.line, found.field) for found in error.value.problems} == places, error.value
    assert account_details.page(context, limit=10) == []


def test_toml_brings_its_secrets_and_names_nothing_of_this_machine(context: Context) -> None:
    text = '[[accounts]]\nname = "a"\nhost = "smtp.example.com"\nport = 465\nusername = "ann"\npassword = "s3cret"\ntags = ["x"]\n'
    assert account_changes.import_text(context, "a.toml", text) == (1, 0)
    (made,) = account_details.page(context, limit=10)
    assert (made.security, made.tags, login_of(context, made.id).password) == ("tls", ("x",), "s3cret")


def test_many_are_edited_at_once_or_none(context: Context) -> None:
    made = [
        account_changes.create(context, {**FIELDS, "name": f"relay-{n}", "username": f"u{n}"}, ["warm"])
        for n in range(4)
    ]
    ids = [account.id for account in made]
    changed = account_changes.edit_many(
        context, ids=ids[:2], fields={"daily_limit": 9, "window": "rolling", "timezone": "Asia/Tokyo"}, add_tags=["new"]
    )
    assert changed == 2
    first = account_details.get(context, ids[0])
    assert (first.summary.daily_limit, first.window, first.timezone, first.tags) == (
        9,
        "rolling",
        "Asia/Tokyo",
        ("new", "warm"),
    )
    assert account_details.get(context, ids[2]).summary.daily_limit == 0
    assert account_changes.edit_many(context, tag="warm", fields={}, remove_tags=["warm"], enabled=False) == 4
    assert not any(account.enabled or "warm" in account.tags for account in account_details.page(context, limit=10))
    with pytest.raises(NotFound):
        account_changes.edit_many(context, ids=[*ids, "acc_aaaaaaaaaaaaaaaaaaaaaaaaaa"], fields={}, enabled=True)
    for fields in ({"host": "x"}, {"daily_limit": -1}, {"max_connections": 0}):
        with pytest.raises(InputError):
            account_changes.edit_many(context, ids=ids, fields=fields, enabled=True)
    assert not any(account.enabled for account in account_details.page(context, limit=10))


def test_usage_is_counted_by_the_days_of_the_account(context: Context) -> None:
    made = account_changes.create(context, {**FIELDS, "timezone": "Asia/Kolkata"})  # half an hour off
    now = context.clock.now()
    with context.queue.write() as connection:
        for ago, count in ((1, 3), (3 * 86400, 5), (29 * 86400, 7), (40 * 86400, 11)):
            connection.execute(
                sql("INSERT INTO usage (account_id, bucket, count) VALUES (:id, :bucket, :count)"),
                {"id": made.number, "bucket": int((now - ago) // 10), "count": count},
            )
    usage = account_details.usage(context, made.id)
    assert len(usage.days) == 30
    assert sum(day.messages for day in usage.days) == 15
    three_days_ago = datetime.fromtimestamp(now - 3 * 86400, ZoneInfo(made.timezone)).date().isoformat()
    assert {day.date: day.messages for day in usage.days}[three_days_ago] == 5


def test_usage_of_many_is_read_at_once(context: Context) -> None:
    numbers = []
    with context.queue.write() as connection:
        for n in range(3):
            account = Account(id=0, name=f"a{n}", login=SmtpLogin(host=f"h{n}.example.com", port=25))
            numbers.append(stored.save(connection, context.box, account, workspace_id=1, channel="email"))
        for n, number in enumerate(numbers[:2]):
            for bucket in (100, 200):
                connection.execute(
                    sql("INSERT INTO usage (account_id, bucket, count) VALUES (:id, :bucket, :count)"),
                    {"id": number, "bucket": bucket, "count": n + 1},
                )
    with context.queue.read() as connection:
        starts = [(number, 1500.0, 900.0) for number in numbers]
        assert account_records.used_since(connection, context.queue, starts) == dict(
            zip(numbers, [(1, 2), (2, 4), (0, 0)], strict=True)
        )
