"""What the sandbox reads out of a message, an address, a window and its own record."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from paceline.domain.errors import InputError
from paceline.sandbox import replies
from paceline.sandbox.mailbox import Delivery, Mailbox, Violation
from paceline.sandbox.record import Entry, MessageFolder, RecordFile, read_record
from paceline.sandbox.smtp_address import Refused, is_address, read_path
from paceline.sandbox.smtp_message import has_long_line, inspect
from paceline.sandbox.windows import count_by_window, most_in_any_window, window_start

ZURICH = ZoneInfo("Europe/Zurich")


# messages


@given(st.lists(st.text(st.characters(exclude_characters="\r\n\0", max_codepoint=126), max_size=900)))
def test_dots_doubled_for_the_wire_come_off_again(lines: list[str]) -> None:
    data = "".join(f"{line}\r\n" for line in lines).encode()
    wire = re.sub(rb"(?m)^\.", b"..", data)
    message = inspect(wire, eight_bit=False)
    assert message.data == data
    assert (message.violations, message.refusal) == ((), None)


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\0"]), max_size=12).map(b"".join))
def test_bare_line_endings_are_always_found(raw: bytes) -> None:
    raw += b"\r\n"
    is_bare = re.search(rb"\r(?!\n)|(?<!\r)\n", raw) is not None
    message = inspect(raw, eight_bit=True)
    assert (Violation.BARE_LINE_ENDING in message.violations) == is_bare
    assert (Violation.NUL_BYTE in message.violations) == (b"\0" in raw)
    assert (message.refusal is not None) == (is_bare or b"\0" in raw)


@given(st.lists(st.integers(0, 2_100), min_size=1, max_size=8))
def test_line_above_998_octets_is_found_wherever_it_stands(lengths: list[int]) -> None:
    assert has_long_line(b"".join(b"x" * length + b"\r\n" for length in lengths)) == (max(lengths) > 998)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Message-ID: <1@x>\r\nSubject: a", "<1@x>"),
        (b"Subject: a\r\nmessage-id:<2@x>", "<2@x>"),
        (b"Subject: a\r\nMessage-Id:\r\n <3@x>", "<3@x>"),
        (b"Subject: Message-ID: <4@x>", ""),
        (b"Message-ID:", ""),
    ],
)
def test_message_id_is_read_from_the_header(header: bytes, expected: str) -> None:
    assert inspect(header + b"\r\n\r\nMessage-ID: <body@x>\r\n", eight_bit=False).message_id == expected


# addresses


@pytest.mark.parametrize(
    "address",
    ["a@b", "a.b+c@d.example", '"a b\\"<>@"@d.example', "a@[127.0.0.1]", "a@[IPv6:::1]", "postmaster", "ä@ö.example"],
)
def test_address_is_read_with_its_parameters(address: str) -> None:
    assert read_path(f"TO:<{address}> SIZE=5 body=8BITMIME".encode(), b"TO:") == (
        address,
        {"SIZE": "5", "BODY": "8BITMIME"},
    )


@given(st.text(max_size=400))
def test_address_never_holds_a_line_break_or_separator(text: str) -> None:
    if is_address(text):
        assert len(text) <= 320
        assert not set(text) & set("\r\n\0\u2028\u2029\x85")


@given(st.binary(max_size=100))
def test_any_octets_are_a_path_or_refused(octets: bytes) -> None:
    address, reply = "", b"501"
    try:
        address, _ = read_path(b"FROM:" + octets, b"FROM:")
    except Refused as refused:
        reply = refused.reply
    assert address == "" or is_address(address)
    assert reply.startswith(b"501")


def test_capability_is_taken_out_of_the_reply_to_ehlo() -> None:
    shorter = replies.without_capabilities(replies.ehlo(tls=True), ("starttls", "SIZE", "AUTH"))
    assert shorter == (
        b"250-sandbox.invalid\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
    )


# windows


@pytest.mark.parametrize(
    ("moment", "seconds", "expected"),
    [
        ("2027-03-01T09:59:59+00:00", 3_600, "2027-03-01T10:00:00+01:00"),
        ("2027-03-01T09:59:59+00:00", 86_400, "2027-03-01T00:00:00+01:00"),
        ("2027-03-01T09:59:59+00:00", 60, "2027-03-01T10:59:00+01:00"),
        ("2027-10-31T00:30:00+00:00", 3_600, "2027-10-31T02:00:00+02:00"),
        ("2027-10-31T01:30:00+00:00", 3_600, "2027-10-31T02:00:00+01:00"),
        ("2027-03-28T22:30:00+00:00", 86_400, "2027-03-29T00:00:00+02:00"),
    ],
)
def test_window_begins_by_the_clock_of_its_time_zone(moment: str, seconds: int, expected: str) -> None:
    at = datetime.fromisoformat(moment).timestamp()
    assert window_start(at, seconds, ZURICH).isoformat() == expected


@given(st.integers(0, 4_000_000_000), st.sampled_from([1, 60, 600, 3_600, 86_400]))
def test_window_holds_its_instant(at: int, seconds: int) -> None:
    start = window_start(at, seconds, UTC).timestamp()
    assert start <= at < start + seconds


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(1, 20))
def test_fullest_window_is_found(instants: list[int], seconds: int) -> None:
    expected = max((sum(start <= at < start + seconds for at in instants) for start in instants), default=0)
    assert most_in_any_window([("relay", float(at)) for at in instants], seconds)["relay"] == expected


def test_messages_are_counted_by_login_and_window() -> None:
    accepted = [("a", 10.0), ("a", 59.9), ("a", 60.0), ("b", 0.0)]
    counts = count_by_window(accepted, 60, UTC)
    first, second = datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(60, UTC)
    assert counts == Counter({("a", first): 2, ("a", second): 1, ("b", first): 1})


def test_message_with_an_earlier_time_is_counted_where_it_belongs() -> None:
    mailbox = Mailbox()
    for at in (100.0, 50.0, 200.0, 150.0):
        mailbox.stored([_delivery(at)])
    assert [mailbox.accepted_since("relay", since) for since in (0, 60, 150, 201)] == [4, 3, 2, 0]
    assert mailbox.accepted_since("unknown", 0) == 0
    assert mailbox.accepted_since(None, 150) == 2
    assert mailbox.accepted_per_login_and_window(100, UTC)["relay", datetime.fromtimestamp(100, UTC)] == 2
    assert mailbox.most_in_any_window(51) == {"relay": 2}


def _delivery(at: float) -> Delivery:
    return Delivery(
        recipient="a@b.c",
        sender="",
        username="relay",
        message_id="",
        at=at,
        connection=1,
        answered="250 ok",
        data=None,
    )


# the record

_ENTRIES = st.builds(
    Entry,
    received_at=st.floats(0, 4e9),
    recipients=st.lists(st.text()).map(tuple),
    sender=st.text(),
    username=st.text(),
    message_id=st.text(),
    size=st.integers(0),
    sha256=st.text("0123456789abcdef"),
    connection=st.integers(1),
    reply=st.none() | st.text(),
    stored=st.booleans(),
    rule=st.none() | st.text(),
    violations=st.lists(st.sampled_from([str(one) for one in Violation])).map(tuple),
    file=st.none() | st.text(),
)


@given(_ENTRIES)
def test_line_of_the_record_is_json_and_one_line(entry: Entry) -> None:
    line = entry.line()
    assert line.count(b"\n") == 1
    assert list(json.loads(line)) == list(Entry.__slots__)


async def _append(path: Path, *lines: bytes, durable: bool = False) -> list[BaseException | None]:
    file = RecordFile(path, durable=durable)
    told: list[BaseException | None] = []
    for line in lines:
        file.append(line, told.append)
    await file.close()
    return told


@pytest.mark.parametrize("durable", [False, True])
def test_what_is_written_is_read_back(tmp_path: Path, *, durable: bool) -> None:
    entry = _entry()
    told = asyncio.run(_append(tmp_path / "deep" / "record.jsonl", *[entry.line()] * 100, durable=durable))
    assert told == [None] * 100
    assert list(read_record(tmp_path / "deep" / "record.jsonl")) == [entry] * 100


def test_line_that_a_kill_tore_is_neither_read_nor_kept(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    entry = _entry()
    path.write_bytes(entry.line() + entry.line()[:-9] + b"x" * 5_000)
    assert list(read_record(path)) == [entry]
    asyncio.run(_append(path, entry.line()))
    assert list(read_record(path)) == [entry, entry]


def test_record_that_is_nothing_but_torn_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    path.write_bytes(b"x" * 10_000)
    asyncio.run(_append(path, _entry().line()))
    assert list(read_record(path)) == [_entry()]


def test_line_that_is_not_of_a_record_is_an_error_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    path.write_bytes(_entry().line() + b'{"a": 1}\n')
    with pytest.raises(InputError, match=r"record\.jsonl:2"):
        list(read_record(path))


@pytest.mark.parametrize("durable", [False, True])
def test_message_that_cannot_be_recorded_is_told_so(*, durable: bool) -> None:
    told = asyncio.run(_append(Path("/dev/full"), b"line\n", durable=durable))
    assert [type(error) for error in told] == [OSError]


def test_numbers_of_kept_messages_go_on_after_a_restart(tmp_path: Path) -> None:
    names = [MessageFolder(tmp_path / "kept").keep(b"hello") for _ in range(3)]
    assert names == ["00000001.eml", "00000002.eml", "00000003.eml"]


def _entry() -> Entry:
    return Entry(
        received_at=1.5,
        recipients=("a@b.c", "ä@ö.example"),
        sender="",
        username="relay",
        message_id="<1@x>",
        size=5,
        sha256="0" * 64,
        connection=1,
        reply='250 "quoted"',
        stored=True,
        rule=None,
        violations=(),
        file=None,
    )
