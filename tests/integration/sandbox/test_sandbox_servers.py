"""Whole servers made of rules, and rules that change while clients are connected."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from integration.sandbox.raw_client import RawClient, ThreadedSandbox
from paceline.sandbox.behaviour_file import load_behaviours, parse_behaviours, shipped_behaviours
from paceline.sandbox.record import read_record
from paceline.sandbox.smtp_server import SmtpSandbox

Serve = Callable[..., SmtpSandbox]


def test_rules_can_change_while_a_client_is_connected(serve: Serve, threaded: ThreadedSandbox) -> None:
    sandbox = serve()
    refusing = parse_behaviours({"rules": [{"stage": "dot", "reply": "451 4.3.0 later"}]})
    with RawClient(sandbox.port) as client:
        client.greet()
        assert client.deliver().startswith(b"250")
        threaded.call(lambda: setattr(sandbox, "behaviours", refusing))
        assert client.deliver().startswith(b"451")
        assert sandbox.behaviours == refusing


def test_login_has_its_limit_whatever_its_connections(serve: Serve) -> None:
    sandbox = serve({"stage": "dot", "limit": {"messages": 3, "in": "hour"}, "reply": "550 5.4.5 daily limit"})
    for username in ("relay-1", "relay-2"):
        for expected in ([b"250", b"250"], [b"250", b"550"]):
            with RawClient(sandbox.port) as client:
                client.greet()
                client.log_in(username)
                assert [client.deliver()[:3] for _ in range(2)] == expected
    assert sandbox.mailbox.per_login == {"relay-1": 3, "relay-2": 3}


def test_fourth_connection_of_a_login_is_refused(serve: Serve) -> None:
    sandbox = serve()
    sandbox.behaviours = load_behaviours("three_connections")
    clients = [RawClient(sandbox.port) for _ in range(4)]
    for client in clients:
        client.greet()
    assert [client.log_in("relay-1")[:3] for client in clients] == [b"235", b"235", b"235", b"432"]
    assert sandbox.mailbox.most_per_login == {"relay-1": 3}
    for client in clients:
        client.socket.close()


def test_greylisted_recipient_is_accepted_at_the_second_attempt(serve: Serve) -> None:
    sandbox = serve()
    sandbox.behaviours = load_behaviours("greylisting")
    with RawClient(sandbox.port) as client:
        client.greet()
        client.ask(b"MAIL FROM:<me@example.org>")
        asked = [b"ann", b"bob", b"ann", b"bob"]
        assert [client.ask(b"RCPT TO:<%b@example.com>" % name)[:3] for name in asked] == [b"451"] * 2 + [b"250"] * 2


@pytest.mark.parametrize("name", shipped_behaviours())
def test_shipped_behaviour_never_stores_what_it_refuses(serve: Serve, name: str, tmp_path: Path) -> None:
    sandbox = serve(record=tmp_path / "record.jsonl")
    sandbox.behaviours = load_behaviours(name)
    accepted = 0
    for number in range(3 if name == "bytewise" else 22):
        with RawClient(sandbox.port) as client:
            client.socket.settimeout(1)
            try:
                client.greet()
                accepted += client.deliver(f"r{number}@example.com").startswith(b"250")
            except TimeoutError:
                break
            except (ConnectionError, AssertionError):
                continue
    unanswered = [entry for entry in read_record(tmp_path / "record.jsonl") if entry.stored and not entry.reply]
    assert sandbox.mailbox.messages == accepted + len(unanswered)
    assert sandbox.mailbox.messages == len(sandbox.deliveries)


def test_connections_can_all_be_cut_while_the_server_goes_on(serve: Serve, threaded: ThreadedSandbox) -> None:
    sandbox = serve({"stage": "dot", "delay_seconds": 60})
    with RawClient(sandbox.port) as client:
        client.greet()
        client.envelope()
        client.send(b"hello\r\n.\r\n")
        threaded.run(sandbox.wait_for(messages=1))
        threaded.run(sandbox.drop_connections())
        with pytest.raises((ConnectionError, OSError)):
            client.reply()
    assert sandbox.mailbox.open_connections == 0
    with RawClient(sandbox.port) as client:
        assert client.reply().startswith(b"220")


def test_stop_ends_a_misbehaviour_under_way() -> None:
    async def story() -> None:
        rules = {"rules": [{"stage": "connect", "answer": "endless"}]}
        sandbox = SmtpSandbox(behaviours=parse_behaviours(rules))
        await sandbox.start()
        tasks_before = asyncio.all_tasks()
        reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
        await reader.readline()
        await sandbox.stop()
        writer.close()
        assert asyncio.all_tasks() == tasks_before

    asyncio.run(asyncio.wait_for(story(), 20))
