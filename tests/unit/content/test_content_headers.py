"""Header fields read back as what they were made of."""

from __future__ import annotations

import email
import email.utils
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header

import pytest
from hypothesis import given, strategies as st

from paceline.content.headers import (
    encode_mailbox,
    encode_recipient,
    encode_unstructured,
    encode_words,
    format_date,
    one_line,
)
from paceline.domain.address import Mailbox
from unit.content.letters import assert_sendable, read

LINES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400).map(one_line).filter(bool)
WORDY = st.text('ab =?_é日😀.,"\\<>@:;()', min_size=1, max_size=300).map(one_line).filter(bool)
END = "\r\nx\r\n"


@given(LINES | WORDY)
def test_subject_reads_back(text: str) -> None:
    field = encode_unstructured("Subject", text)
    assert_sendable(field.encode("ascii"))
    assert read((field + END).encode("ascii")).subject == text
    assert all(line.strip() for line in field.splitlines())


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(0, 40))
def test_encoded_words_are_short_and_whole(text: str, column: int) -> None:
    words = encode_words(text, column).split("\r\n ")
    assert column + len(words[0]) <= 76
    assert max(map(len, words)) <= 75
    for word in words:
        assert re.fullmatch(r"=\?utf-8\?b\?[A-Za-z0-9+/]+=*\?=", word)
        assert read(f"Subject: {word}\r\n{END}".encode("ascii")).message.defects == []


@given(st.one_of(LINES, WORDY).filter(lambda name: "=?" not in name))
def test_mailbox_reads_back(name: str) -> None:
    field = encode_mailbox("From", Mailbox(name=name, address="ann@example.com"))
    assert_sendable(field.encode("ascii"))
    # The phrase parser of Python 3.11 puts spaces between some encoded words; its older sister does not.
    shown, address = email.utils.parseaddr(email.message_from_string(field + END)["from"])
    assert address == "ann@example.com"
    assert " ".join(str(make_header(decode_header(shown))).split()) == " ".join(name.split())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "From: a@b.example\r\n"),
        ("Ann Lee", "From: Ann Lee <a@b.example>\r\n"),
        ('Lee, "Ann"', 'From: "Lee, \\"Ann\\"" <a@b.example>\r\n'),
        ("Jörg", "From: =?utf-8?b?SsO2cmc=?= <a@b.example>\r\n"),
        ("A" * 60, f"From: {'A' * 60}\r\n <a@b.example>\r\n"),
    ],
)
def test_mailbox_is_written_plainly(name: str, expected: str) -> None:
    assert encode_mailbox("From", Mailbox(name=name, address="a@b.example")) == expected


def test_recipient_beyond_ascii_is_shown_without_an_address() -> None:
    field = encode_recipient("jörg@example.org")
    message = read((field + END).encode("ascii")).message
    assert [group.display_name for group in message["to"].groups] == ["jörg@example.org"]
    assert message["to"].addresses == ()


@given(st.floats(86_400, 10_000_000_000))
def test_date_reads_back(at: float) -> None:
    assert email.utils.parsedate_to_datetime(format_date(at)) == datetime.fromtimestamp(int(at), UTC)


def test_line_breaks_become_one_space() -> None:
    assert one_line("a \r\n\t b\u2028\x85c\xa0d \n") == "a b c\xa0d"
