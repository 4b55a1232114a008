"""What the sandbox keeps, when, and over which endings."""

from __future__ import annotations

import asyncio
import hashlib
import smtplib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from integration.sandbox.raw_client import RawClient, ThreadedSandbox
from paceline.sandbox.record import read_record
from paceline.sandbox.smtp_server import SmtpSandbox

Serve = Callable[..., SmtpSandbox]


def test_message_for_several_recipients_is_one_line_and_several_deliveries(serve: Serve, tmp_path: Path) -> None:
    sandbox = serve(record=tmp_path / "record.jsonl", keep=tmp_path / "kept")
    with smtplib.SMTP("127.0.0.1", sandbox.port) as client:
        client.sendmail("me@example.org", ["a@example.com", "b@example.com"], b"Message-ID: <7@x>\r\n\r\nhello\r\n")
        [entry] = read_record(tmp_path / "record.jsonl")
        kept = (tmp_path / "kept" / "00000001.eml").read_bytes()
    assert entry.recipients == ("a@example.com", "b@example.com")
    assert (entry.size, entry.sha256) == (len(kept), hashlib.sha256(kept).hexdigest())
    assert (entry.reply, entry.stored, entry.message_id, entry.file) == (
        "250 2.0.0 stored",
        True,
        "<7@x>",
        "00000001.eml",
    )
    assert [one.recipient for one in sandbox.deliveries] == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize("durable", [False, True])
def test_line_is_in_the_record_before_the_reply(serve: Serve, tmp_path: Path, *, durable: bool) -> None:
    record = tmp_path / "record.jsonl"
    sandbox = serve(record=record, durable=durable)
    with RawClient(sandbox.port) as client:
        client.greet()
        for number in range(50):
            client.deliver(f"r{number}@example.com")
            assert len(list(read_record(record))) == number + 1


def test_messages_that_arrive_together_share_a_commit_and_are_all_answered(serve: Serve, tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    sandbox = serve(record=record, durable=True)
    clients = [RawClient(sandbox.port) for _ in range(20)]
    for client in clients:
        client.greet()
        client.envelope()
    for client in clients:
        client.send(b"hello\r\n.\r\n")
    assert {client.reply()[:3] for client in clients} == {b"250"}
    assert len(list(read_record(record))) == 20
    assert sandbox.mailbox.most_connections == 20
    for client in clients:
        client.socket.close()


def test_message_is_kept_when_its_client_leaves_without_waiting(
    serve: Serve, threaded: ThreadedSandbox, tmp_path: Path
) -> None:
    sandbox = serve(record=tmp_path / "record.jsonl", durable=True)
    with RawClient(sandbox.port) as client:
        client.greet()
        client.envelope()
        client.send(b"hello\r\n.\r\n")
    threaded.run(sandbox.wait_for(messages=1))
    threaded.run(sandbox.stop())
    assert [entry.stored for entry in read_record(tmp_path / "record.jsonl")] == [True]


def test_message_without_its_dot_is_not_kept(serve: Serve, threaded: ThreadedSandbox, tmp_path: Path) -> None:
    sandbox = serve(record=tmp_path / "record.jsonl")
    with RawClient(sandbox.port) as client:
        client.greet()
        client.envelope()
        client.send(b"hello\r\n")
    threaded.run(sandbox.stop())
    assert sandbox.mailbox.messages == 0
    assert list(read_record(tmp_path / "record.jsonl")) == []


def test_stop_and_start_keep_the_port_and_the_record(serve: Serve, threaded: ThreadedSandbox, tmp_path: Path) -> None:
    sandbox = serve(record=tmp_path / "record.jsonl")
    port = sandbox.port
    for _ in range(2):
        with RawClient(port) as client:
            client.greet()
            client.deliver()
            threaded.run(sandbox.stop())
            threaded.run(sandbox.stop())
        with pytest.raises(ConnectionRefusedError):
            RawClient(port)
        threaded.run(sandbox.start())
    assert sandbox.port == port
    assert len(list(read_record(tmp_path / "record.jsonl"))) == sandbox.mailbox.messages == 2


def test_stop_before_start_does_nothing() -> None:
    asyncio.run(SmtpSandbox().stop())


def test_port_that_is_taken_is_an_error(serve: Serve, threaded: ThreadedSandbox) -> None:
    port = serve().port
    with pytest.raises(OSError, match="in use"):
        threaded.start(port=port)


def test_smtp_source_delivers_all_its_messages(serve: Serve, smtp_source: str, tmp_path: Path) -> None:
    sandbox = serve(record=tmp_path / "record.jsonl")
    subprocess.run(
        [smtp_source, "-s", "10", "-l", "4096", "-m", "500", f"127.0.0.1:{sandbox.port}"], check=True, timeout=60
    )
    assert sandbox.mailbox.messages == 500
    assert len(list(read_record(tmp_path / "record.jsonl"))) == 500
    assert not sandbox.violations
