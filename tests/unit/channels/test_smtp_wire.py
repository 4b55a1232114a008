"""What goes over the wire: envelopes that hold exactly one address each, bodies that end in exactly one place."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, strategies as st

from paceline.channels.base import Letter
from paceline.channels.smtp.limits import DEFAULT_MESSAGES_PER_CONNECTION, SmtpTimeouts, messages_per_connection_of
from paceline.channels.smtp.replies import Reply
from paceline.channels.smtp.wire import TERMINATOR, Capabilities, double_dots, envelope, read_capabilities
from paceline.domain.outcome import Refused

EVERYTHING = Capabilities(pipelining=True, eight_bit=True, utf8=True, size=0)


def letter(recipient: str = "bob@example.org", sender: str = "ann@example.com", data: bytes = b"x\r\n") -> Letter:
    return Letter(sender=sender, recipient=recipient, data=data)


def undouble(data: bytes) -> bytes:
    """A receiver's view: lines up to the lone dot, one leading dot removed (RFC 5321 section 4.5.2)."""
    lines = data.split(b"\r\n")
    end = lines.index(b".")
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines[:end])


smuggling = st.lists(st.sampled_from([b"\r\n", b".", b"..", b"a", b"\r\n.\r\n", b"MAIL FROM:<x>"])).map(b"".join)


@given(smuggling)
@example(b"")
@example(b".\r\n")
def test_body_survives_its_dots_and_ends_once(data: bytes) -> None:
    data += b"\r\n"
    transmitted = double_dots(data) + TERMINATOR
    assert undouble(transmitted) == data
    assert transmitted.find(b"\r\n.\r\n") in (-1, len(transmitted) - 5)
    assert not transmitted.startswith(TERMINATOR)


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"\0", b".", b"text", b"\xfc"])).map(b"".join))
@example(b"a\r.\r\n")
@example(b"a\n.\n\r\n")
@example(b"a\r\r\n")
@example(b"no end")
def test_only_plain_lines_leave(data: bytes) -> None:
    plain = re.fullmatch(rb"([^\r\n\0]*\r\n)+", data) is not None
    assert isinstance(envelope(letter(data=data), EVERYTHING), Refused) is not plain


BAD_ADDRESSES = [
    "",
    "bob",
    "bob@",
    "@example.org",
    "bob@example.org,eve@example.org",
    "bob@b.c,eve@d.e",
    "bob@example.org>\r\nRCPT TO:<eve@example.org",
    "bob@example.org\r\nDATA",
    "bob@example.org\n",
    "bob@example.org ",
    "bob eve@example.org",
    "bob@example.org\0",
    "bob@exämple.org",
    "bo\u2028b@example.org",
    "bo\x85b@example.org",
    "<bob@example.org>",
    "@relay.example,@other.example:bob@example.org",
    "bob@example.org@example.com",
    "bob> SIZE=1 <eve@example.org",
    f"{'x' * 400}@example.org",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_what_is_not_one_address_is_not_written(address: str) -> None:
    assert isinstance(envelope(letter(recipient=address), EVERYTHING), Refused)
    if address:
        assert isinstance(envelope(letter(sender=address), EVERYTHING), Refused)


pieces = st.lists(st.sampled_from([*'ab.@<>,; "\\:[]\r\n\0', "\u2028", "ü", "example.org", "SIZE=1"]), max_size=8).map(
    "".join
)


@given(pieces, pieces)
def test_envelope_is_three_lines_with_one_address_each_or_nothing(local: str, domain: str) -> None:
    commands = envelope(letter(recipient=f"{local}a@b{domain}"), EVERYTHING)
    if not isinstance(commands, Refused):
        path = rb'(?:[^<>\r\n@, ]+|"[^"\r\n<>]*")@[^<>\r\n@, ]+'
        assert re.fullmatch(rb"MAIL FROM:<%b>[^\r\n<>]*\r\nRCPT TO:<%b>\r\nDATA\r\n" % (path, path), commands)


@pytest.mark.parametrize(
    "address", ["a+b@example.org", '"b o b"@example.org', "bob@[192.0.2.1]", "o'neill@example.org", "-bob@example.org"]
)
def test_unusual_addresses_are_written_as_they_are(address: str) -> None:
    commands = envelope(letter(recipient=address), Capabilities())
    assert isinstance(commands, bytes)
    assert f"RCPT TO:<{address}>\r\n".encode() in commands


@pytest.mark.parametrize(
    ("offered", "item", "first_line"),
    [
        (Capabilities(), letter(), "MAIL FROM:<ann@example.com>"),
        (Capabilities(), letter(sender=""), "MAIL FROM:<>"),
        (Capabilities(size=0), letter(), "MAIL FROM:<ann@example.com> SIZE=3"),
        (Capabilities(eight_bit=True), letter(), "MAIL FROM:<ann@example.com>"),
        (Capabilities(eight_bit=True), letter(data=b"\xfc\r\n"), "MAIL FROM:<ann@example.com> BODY=8BITMIME"),
        (Capabilities(utf8=True), letter("jörg@example.org"), "MAIL FROM:<ann@example.com> SMTPUTF8"),
    ],
)
def test_parameters_of_mail(offered: Capabilities, item: Letter, first_line: str) -> None:
    commands = envelope(item, offered)
    assert isinstance(commands, bytes)
    assert commands.decode().split("\r\n")[0] == first_line


@pytest.mark.parametrize(
    ("offered", "item", "words"),
    [
        (Capabilities(size=2), letter(), "has 3 bytes, the server takes 2"),
        (Capabilities(), letter(data=b"\xfc\r\n"), "no 8BITMIME"),
        (Capabilities(), letter("jörg@example.org"), "no SMTPUTF8"),
    ],
)
def test_letter_that_a_server_cannot_take_is_refused_in_our_own_words(
    offered: Capabilities, item: Letter, words: str
) -> None:
    refused = envelope(item, offered)
    assert isinstance(refused, Refused)
    assert refused.reply.startswith("not sent: ")
    assert words in refused.reply
    assert not refused.hard_bounce


def test_capabilities_are_read() -> None:
    lines = [
        "mx.example.com",
        "PIPELINING",
        "size 35882577",
        "8BITMIME",
        "AUTH PLAIN",
        "AUTH=LOGIN",
        "STARTTLS",
        "SMTPUTF8",
    ]
    lines += ["LIMITS RCPTMAX=50 MAILMAX=20", "", "XUNKNOWN a b"]
    marked = [f"250{'-' if n < len(lines) - 1 else ' '}{line}".encode() for n, line in enumerate(lines)]
    assert read_capabilities(Reply(250, tuple(marked))) == Capabilities(
        pipelining=True,
        starttls=True,
        eight_bit=True,
        utf8=True,
        size=35882577,
        mechanisms=frozenset({"PLAIN", "LOGIN"}),
        most_messages=20,
    )


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=10))
def test_any_ehlo_reply_is_readable(lines: list[bytes]) -> None:
    read_capabilities(Reply(250, tuple(b"250-" + line for line in lines)))


@pytest.mark.parametrize(
    ("host", "count"),
    [
        ("smtp.gmail.com", 50),
        ("SMTP.Office365.com.", 50),
        ("smtp.mail.yahoo.com", 20),
        ("smtp.mail.me.com", 5),
        ("smtp.sendgrid.net", 100),
        ("notgmail.com", DEFAULT_MESSAGES_PER_CONNECTION),
        ("mail.example.com", DEFAULT_MESSAGES_PER_CONNECTION),
    ],
)
def test_messages_per_connection_follow_the_provider(host: str, count: int) -> None:
    assert messages_per_connection_of(host) == count


def test_timeouts_are_at_least_those_of_the_rfc() -> None:
    timeouts = SmtpTimeouts()
    assert (timeouts.greeting, timeouts.mail, timeouts.recipient) == (300, 300, 300)
    assert (timeouts.data, timeouts.block, timeouts.final_dot) == (120, 180, 600)
