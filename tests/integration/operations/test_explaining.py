"""Explanations of what stands in the queue: servers that stall, senders that are not there, accounts, a database that is away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from paceline.cli.main import run
from paceline.domain.account import Account, SmtpLogin
from paceline.domain.campaign import CampaignMove
from paceline.operations.campaigns.explaining import explain
from paceline.operations.context import Context
from paceline.store.queue import accounts
from surroundings.ports import free_port
from surroundings.queue import Queue
from surroundings.sending import Hands, opened
from surroundings.server import running_server

NOON = 1_803_902_400.0


def filled(context: Context) -> Queue:
    queue = Queue.filled(context, 20)
    queue.now = NOON
    return queue


def test_server_that_does_not_answer_is_named_with_the_moment_until_which_it_is_waited_for(
    database_url: str, tmp_path: Path
) -> None:
    hands = Hands(NOON)
    with opened(database_url, tmp_path, hands) as context:
        holder = filled(context).holder()
        messages = holder.claim(5)
        holder.intend(messages[:2])
        hands.turn(30)
        (cause,) = explain(context, "test")
    assert cause.cause == "server_stalls"
    assert cause.sentence.startswith("relay: relay.example.com has not answered 2 messages since 12:00 UTC")
    assert cause.until == pytest.approx(NOON + 600, abs=1)


def test_account_that_holds_messages_and_begins_none_waits_for_its_server(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)
    with opened(database_url, tmp_path, hands) as context:
        filled(context).holder().claim(5)
        hands.turn(30)
        assert [cause.cause for cause in explain(context, "test")] == ["connecting"]


def test_sender_that_died_is_no_sender(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)
    with opened(database_url, tmp_path, hands) as context:
        filled(context).holder()
        hands.turn(2000)  # its lease is over
        assert explain(context, "test")[0].cause == "no_sender"


def test_sender_of_another_campaign_is_none_for_this_one(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path, Hands(NOON)) as context:
        filled(context).holder()
        context.queue.execute("UPDATE senders SET campaign_id = 999")
        assert explain(context, "test")[0].cause == "no_sender"


def test_without_a_key_accounts_in_trouble_that_nobody_uses_are_told_too(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path, Hands(NOON)) as context:
        queue = filled(context)
        queue.holder()
        with context.queue.write() as connection:
            login = SmtpLogin(host="other.example.com", port=25)
            account = Account(id=0, name="spare", login=login)
            spare = accounts.save(connection, context.box, account, workspace_id=1, channel="email")
        context.queue.execute("UPDATE accounts SET state = 'broken', reason = '535 no' WHERE id = :id", id=spare)
        queue.move(CampaignMove.PAUSE)
        found = [(cause.campaign, cause.account, cause.cause) for cause in explain(context, None)]
    assert found == [("test", None, "paused"), (None, "spare", "account_broken")]


def test_account_is_explained_over_http(database_url: str, tmp_path: Path) -> None:
    account = {"name": "relay-1", "host": "smtp.example.com", "port": 587, "username": "ann", "password": "secret"}
    with running_server(database_url, str(tmp_path)) as server:
        client = server.with_key()
        there = f"/api/v1/accounts/{client.post('/api/v1/accounts', json=account).json()['id']}"
        (ready,) = client.get(f"{there}/explain").json()["causes"]
        assert (ready["cause"], ready["sentence"]) == ("account_ready", "relay-1: ready; no running campaign uses it")
        client.patch(there, json={"enabled": False})
        (switched_off,) = client.get(f"{there}/explain").json()["causes"]
        assert switched_off["cause"] == "account_disabled"
        assert client.get("/api/v1/accounts/nothing/explain").status_code == 404


def test_database_that_cannot_be_reached_is_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PACELINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PACELINE_DATABASE_CONNECT_ATTEMPTS", "1")
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    assert run(["explain", "--json", "--database", url]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    cause = json.loads(line)
    assert cause["cause"] == "database_unreachable"
    assert cause["sentence"].startswith("the database cannot be reached, nothing is handed over until it is back: ")
