"""Reply parsing: any cut of the same bytes gives the same replies, and everything is bounded and printable."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from paceline.channels.printable import printable
from paceline.channels.smtp.replies import LONGEST_LINE, Reply, ReplyParser, UnreadableReply

codes = st.integers(200, 599)
texts = st.text(st.characters(codec="latin-1", exclude_characters="\n\r"), max_size=60).map(
    lambda t: t.encode("latin-1")
)
replies = st.tuples(codes, st.lists(texts, min_size=1, max_size=6))


def written(code: int, lines: list[bytes]) -> bytes:
    marked = [(b"-" if line_number < len(lines) - 1 else b" ") + line for line_number, line in enumerate(lines)]
    return b"".join(b"%d%b\r\n" % (code, line) for line in marked)


def parsed(*pieces: bytes) -> list[Reply]:
    parser, found = ReplyParser(), list[Reply]()
    for piece in pieces:
        parser.feed(piece, found)
    assert parser.between_replies
    return found


@given(st.lists(replies, max_size=5), st.data())
def test_any_cut_of_the_bytes_gives_the_same_replies(
    conversation: list[tuple[int, list[bytes]]], data: st.DataObject
) -> None:
    stream = b"".join(written(code, lines) for code, lines in conversation)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [(reply.code, list(reply.lines)) for reply in parsed(*pieces)] == conversation


@given(st.binary(max_size=300), st.integers(1, 20))
def test_any_bytes_are_a_reply_or_refused_whatever_the_pieces(stream: bytes, size: int) -> None:
    def run(pieces: list[bytes]) -> tuple[list[Reply], bool]:
        parser, found = ReplyParser(), list[Reply]()
        try:
            for piece in pieces:
                parser.feed(piece, found)
        except UnreadableReply:
            return found, False
        return found, True

    assert run([stream]) == run([stream[start : start + size] for start in range(0, len(stream), size)])


@given(replies)
def test_text_is_one_printable_line_that_begins_with_the_code(reply: tuple[int, list[bytes]]) -> None:
    text = parsed(written(*reply))[0].text
    assert text.startswith(str(reply[0]))
    assert text.isprintable()
    assert len(text) <= 500


@given(st.text(max_size=1500))
def test_printable_leaves_nothing_that_is_not(text: str) -> None:
    shown = printable(text)
    assert shown == "" or shown.isprintable()
    assert len(shown) <= 500
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"250 2.0.0 Ok: queued as 4XyZ\r\n", "250 2.0.0 Ok: queued as 4XyZ"),
        (b"250\r\n", "250"),
        (b"250 \n", "250"),
        (
            b"550-5.1.1 The account does\r\n550-5.1.1 not exist.\r\n550 5.1.1 Sorry\r\n",
            "550 5.1.1 The account does not exist. Sorry",
        ),
        (b"550 no\x1b[31m\x00 red \xe2\x80\xae text\r\n", "550 no [31m red text"),
        (b"554 " + b"x" * 2000 + b"\r\n", "554 " + "x" * 496),
    ],
)
def test_text_for_people(raw: bytes, text: str) -> None:
    assert parsed(raw)[0].text == text


@pytest.mark.parametrize(
    ("raw", "enhanced"),
    [
        (b"550 5.1.1 unknown\r\n", "5.1.1"),
        (b"550-5.7.515 denied\r\n550 sorry\r\n", "5.7.515"),
        (b"250 2.0.0\r\n", "2.0.0"),
        (b"550 4.1.1 contradicts itself\r\n", ""),
        (b"550 5.1.1.1 is no code\r\n", ""),
        (b"550 mail 5.1.1\r\n", ""),
    ],
)
def test_enhanced_code(raw: bytes, enhanced: str) -> None:
    assert parsed(raw)[0].enhanced == enhanced


@pytest.mark.parametrize(
    "raw",
    [
        b"<html>\r\n",
        b"\r\n",
        b"25 ok\r\n",
        b"150 wait\r\n",
        b"650 what\r\n",
        b"250_ok\r\n",
        b"250-one\r\n251 two\r\n",
        b"250-one\r\n\r\n",
        b"250-x\r\n" * 101,
        b"250-" + b"x" * 1000 + (b"\r\n250-" + b"x" * 1000) * 9 + b"\r\n",
        b"250 " + b"x" * LONGEST_LINE + b"\r\n",
        b"x" * (LONGEST_LINE + 1),
    ],
)
def test_what_is_no_reply_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableReply):
        ReplyParser().feed(raw, [])


def test_replies_before_garbage_are_given() -> None:
    found: list[Reply] = []
    with pytest.raises(UnreadableReply):
        ReplyParser().feed(b"250 ok\r\n" + b"x" * 9000, found)
    assert [reply.code for reply in found] == [250]
