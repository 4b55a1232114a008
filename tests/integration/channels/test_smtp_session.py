"""A session that goes well: what is written together, what is held back, and what ends a connection in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from paceline.domain.outcome import Accepted, Refused, Returned, TroubleKind
from surroundings.scripted_smtp import ENVELOPE, HELLO, LETTER, STEPWISE_HELLO, hello, scripted_server
from surroundings.smtp_client import HASTY, account, channel, letter

Run = Callable[[Coroutine[Any, Any, None]], None]

COMMANDS = "C MAIL\nC RCPT\nC DATA\n"


def test_dot_is_withheld_until_it_is_handed_over(run: Run) -> None:
    async def story() -> None:
        body = letter().data
        async with scripted_server(f"{HELLO}{ENVELOPE}PART {len(body)}\nC .\nS 250 ok") as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter()) is None
            await server.wait_for_step("C", after="PART")  # all of the body has arrived, and nothing else
            assert server.lines[-1] == "DATA"
            assert await session.hand_over() == Accepted(reply="250 ok")
            assert server.lines[-1] == "."
            await session.close()

    run(story())


def test_next_envelope_rides_behind_the_dot(run: Run) -> None:
    async def story() -> None:
        # The server answers nothing before it has dot, MAIL, RCPT and DATA: without the ride nobody would go on.
        script = f"{ENVELOPE}BODY\n{COMMANDS}S 250 one\nS 250 ok\nS 250 ok\nS 354 go\nBODY\nS 250 two"
        async with scripted_server(HELLO + script) as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter(1)) is None
            following = letter(2)
            assert await session.hand_over(following) == Accepted(reply="250 one")
            assert await session.offer(following) is None
            assert await session.hand_over() == Accepted(reply="250 two")
            await session.close()
        assert server.lines.count("MAIL FROM:<bounce+2@example.com>") == 1
        assert server.deviations == []

    run(story())


def test_answer_is_returned_before_the_replies_to_the_next_envelope(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}BODY\n{COMMANDS}S 250 one\nSILENCE") as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter(1)) is None
            assert await session.hand_over(letter(2)) == Accepted(reply="250 one")
            session.abandon()

    run(story())


@pytest.mark.parametrize("reply", ["451 4.3.0 later", "550 5.7.1 spam"])
def test_next_envelope_stands_when_the_letter_before_it_was_refused(run: Run, reply: str) -> None:
    async def story() -> None:
        script = f"{ENVELOPE}BODY\n{COMMANDS}S {reply}\nS 250 ok\nS 250 ok\nS 354 go\nBODY\nS 250 two"
        async with scripted_server(HELLO + script) as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter(1)) is None
            following = letter(2)
            assert not isinstance(await session.hand_over(following), Accepted)
            assert await session.offer(following) is None
            assert await session.hand_over() == Accepted(reply="250 two")
            await session.close()

    run(story())


def test_refused_next_envelope_is_followed_by_reset(run: Run) -> None:
    async def story() -> None:
        ridden = f"{ENVELOPE}BODY\n{COMMANDS}S 250 one\nS 250 ok\nS 550 5.1.1 unknown\nS 503 no\n"
        third = f"C RSET\n{COMMANDS}S 250 reset\nS 250 ok\nS 250 ok\nS 354 go\nBODY\nS 250 three"
        async with scripted_server(HELLO + ridden + third) as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter(1)) is None
            following = letter(2)
            assert isinstance(await session.hand_over(following), Accepted)
            assert await session.offer(following) == Refused(
                reply="550 5.1.1 unknown", hard_bounce=True, is_answer=True
            )
            assert await session.offer(letter(3)) is None
            assert await session.hand_over() == Accepted(reply="250 three")
            await session.close()

    run(story())


def test_announced_letter_must_come_next(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}BODY\n{COMMANDS}S 250 one\nS 250 a\nS 250 b\nS 354 c") as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter(1)) is None
            assert isinstance(await session.hand_over(letter(2)), Accepted)
            assert isinstance(await session.offer(letter(3)), Returned)
            assert not session.usable
        assert len(server.messages) == 1

    run(story())


def test_close_with_an_announced_letter_says_no_quit_into_its_body(run: Run) -> None:
    async def story() -> None:
        script = f"{ENVELOPE}BODY\n{COMMANDS}S 250 one\nS 250 a\nS 250 b\nS 354 c\nC anything"
        async with scripted_server(HELLO + script) as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter(1)) is None
            assert isinstance(await session.hand_over(letter(2)), Accepted)
            await session.close()
            await server.wait_until_idle()
        assert server.lines[-1] in ("", "DATA")
        assert len(server.messages) == 1

    run(story())


def test_abandoned_letter_is_never_accepted(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}BODY") as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter()) is None
            session.abandon()
            assert not session.usable
            await server.wait_until_idle()
            assert isinstance(await session.offer(letter()), Returned)
            await session.close()
        assert server.messages == []

    run(story())


@pytest.mark.parametrize("script", ["C MAIL\nSILENCE", f"{ENVELOPE}DEAF"], ids=["in the envelope", "in the body"])
def test_cancelled_offer_closes_the_connection(run: Run, script: str) -> None:
    async def story() -> None:
        async with scripted_server(HELLO + script) as server:
            session = await channel().connect(account(server.port))
            offering = asyncio.create_task(session.offer(letter(data=b"line\r\n" * 3_000_000)))
            await server.wait_for_step(script.split()[-1])
            offering.cancel()
            with pytest.raises(asyncio.CancelledError):
                await offering
            assert not session.usable

    run(story())


def test_cancelled_hand_over_closes_the_connection(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}BODY\nSILENCE") as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter()) is None
            handing = asyncio.create_task(session.hand_over())
            await server.wait_for_step("SILENCE")
            handing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await handing
            assert not session.usable
            await server.wait_until_idle()

    run(story())


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_silent_server_is_left_after_the_timeout_of_each_verb(run: Run, stage: str) -> None:
    async def story() -> None:
        script = {
            "MAIL": "C MAIL\n",
            "RCPT": "C MAIL\nS 250 ok\nC RCPT\n",
            "DATA": "C MAIL\nS 250 ok\nC RCPT\nS 250 ok\n",
        }
        for start in (STEPWISE_HELLO + script[stage], HELLO + "C MAIL\n"):
            async with scripted_server(f"{start}SILENCE") as server:
                session = await channel(HASTY).connect(account(server.port))
                outcome = await session.offer(letter())
                assert isinstance(outcome, Returned)
                assert outcome.reply == "no answer within 0.2 s"
                assert outcome.trouble is not None
                assert outcome.trouble.kind is TroubleKind.FAILING

    run(story())


def test_server_that_stops_reading_is_left_after_the_block_timeout(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}DEAF") as server:
            session = await channel(HASTY).connect(account(server.port))
            outcome = await session.offer(letter(data=b"line\r\n" * 3_000_000))
            assert isinstance(outcome, Returned)
            assert outcome.reply == "no answer within 0.2 s"

    run(story())


def test_replies_byte_by_byte_and_many_in_one_packet_are_the_same(run: Run) -> None:
    async def story() -> None:
        trickle = f"{COMMANDS}BYTES 250 ok\nBYTES 250 ok\nBYTES 354 go\nBODY\nBYTES 250 one\n"
        at_once = rf"{COMMANDS}RAW 250 ok\r\n250-o\r\n250 k\r\n354 go\r\n" + "\nBODY\nS 250 two\n"
        async with scripted_server(HELLO + trickle + at_once) as server:
            session = await channel().connect(account(server.port))
            for number in (1, 2):
                assert await session.offer(letter(number)) is None
                assert isinstance(await session.hand_over(), Accepted)
            await session.close()
        assert len(server.messages) == 2

    run(story())


@pytest.mark.parametrize("size", [65_535, 65_536, 200_000, 5_000_000])
def test_large_letter_arrives_whole(run: Run, size: int) -> None:
    async def story() -> None:
        lines = b".dots and text\r\n" * (size // 16) + b"x" * (size % 16) + b"\r\n"
        async with scripted_server(HELLO + LETTER) as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter(data=lines)) is None
            assert isinstance(await session.hand_over(), Accepted)
            await session.close()
        assert server.messages[0].replace(b"\r\n..", b"\r\n.").removeprefix(b".") == lines

    run(story())


def test_letter_above_the_offered_size_is_refused_unsent(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(hello("PIPELINING", "SIZE 100")) as server:
            session = await channel().connect(account(server.port))
            outcome = await session.offer(letter(data=b"x" * 99 + b"\r\n"))
            assert outcome == Refused(reply="not sent: the message has 101 bytes, the server takes 100")
            assert session.usable
            await session.close()
        assert server.lines[1:] == ["QUIT"]

    run(story())


def test_what_the_server_offers_is_said_in_mail(run: Run) -> None:
    async def story() -> None:
        utf8 = letter(data="Subject: Grüße\r\n".encode())
        utf8 = type(utf8)(sender=utf8.sender, recipient="jörg@example.org", data=utf8.data)
        async with scripted_server(hello("SIZE 0", "8BITMIME", "SMTPUTF8", "PIPELINING") + LETTER) as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(utf8) is None
            assert isinstance(await session.hand_over(), Accepted)
            await session.close()
        assert server.lines[1:3] == [
            f"MAIL FROM:<bounce+1@example.com> SIZE={len(utf8.data)} BODY=8BITMIME SMTPUTF8",
            "RCPT TO:<jörg@example.org>",
        ]

    run(story())
