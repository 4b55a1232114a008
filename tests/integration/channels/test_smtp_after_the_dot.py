"""What the answer to the final dot means, however it comes, and what follows when it does not. reference/threats.md."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from paceline.channels.base import Letter, Session
from paceline.domain.outcome import Accepted, Outcome, Returned, TroubleKind, Uncertain
from surroundings.scripted_smtp import ENVELOPE, HELLO, scripted_server
from surroundings.smtp_client import HASTY, account, channel, letter

Run = Callable[[Coroutine[Any, Any, None]], None]


async def deliver(session: Session, item: Letter) -> Outcome:
    return await session.offer(item) or await session.hand_over()


UNCERTAIN = [
    ("drop, stored", "BODY\nCLOSE", "closed the connection"),
    ("reset, stored", "BODY\nRESET", ""),
    ("garbage", "BODY\nS <html>", "no SMTP reply"),
    ("over-long line", f"BODY\nS 250 {'x' * 8192}", "more than"),
    ("endless line", f"BODY\nRAW 250 {'x' * 8192}", "more than"),
    ("endless reply", "BODY\n" + "S 250-still thinking\n" * 200, "more than"),
    ("half a reply", "BODY\nRAW 250 ok\nCLOSE", "closed the connection"),
    ("half a long reply", "BODY\nS 250-queued\nCLOSE", "closed the connection"),
    ("codes that differ", "BODY\nS 250-queued\nS 550 refused", "no SMTP reply"),
    ("354 again", "BODY\nS 354 go on", "354 go on"),
    ("code of no class", "BODY\nS 150 wait", "no SMTP reply"),
]


@pytest.mark.parametrize(("script", "words"), [row[1:] for row in UNCERTAIN], ids=[row[0] for row in UNCERTAIN])
def test_answer_that_never_came_is_uncertain(run: Run, script: str, words: str) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}{script}") as server:
            session = await channel().connect(account(server.port))
            outcome = await deliver(session, letter())
            assert isinstance(outcome, Uncertain)
            assert outcome.cause.startswith("after the final dot: ")
            assert words in outcome.cause
            assert not session.usable
            assert isinstance(await session.offer(letter(2)), Returned)
        assert len(server.messages) == 1

    run(story())


@pytest.mark.parametrize("script", ["BODY\nSILENCE", "BODY\nRAW 25\nSILENCE", "BODY\nS 250-slow\nSILENCE"])
def test_answer_after_our_timeout_is_uncertain_and_meets_nobody(run: Run, script: str) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}{script}") as server:
            session = await channel(HASTY).connect(account(server.port))
            assert await session.offer(letter()) is None
            following = letter(2)
            outcome = await session.hand_over(following)
            assert outcome == Uncertain(cause="after the final dot: no answer within 0.2 s")
            assert not session.usable
            await server.wait_until_idle()  # closed: a late answer has nowhere to go
            assert isinstance(await session.offer(following), Returned)

    run(story())


ANSWERED = [
    ("250 then closed", "S 250 ok\nCLOSE"),
    ("250 then reset", "S 250 ok\nRESET"),
    ("250 then garbage", "S 250 ok\nS <html>"),
    ("250 then garbage in one packet", r"RAW 250 ok\r\n<html>\r\n"),
    ("250 then an over-long line", f"RAW 250 ok\\r\\n{'x' * 9000}"),
    ("250 then 421", "S 250 ok\nS 421 enough\nCLOSE"),
    ("250 then 550", "S 250 ok\nS 550 what?"),
    ("250 byte by byte", "BYTES 250 ok"),
    ("250 in many lines", "S 250-well\nS 250-it is\nS 250 ok"),
    ("250 without text", "S 250"),
    ("250 with LF only", r"RAW 250 ok\n"),
]


@pytest.mark.parametrize("script", [row[1] for row in ANSWERED], ids=[row[0] for row in ANSWERED])
def test_nothing_after_250_changes_it(run: Run, script: str) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}BODY\n{script}") as server:
            session = await channel().connect(account(server.port))
            assert isinstance(await deliver(session, letter()), Accepted)
            await session.close()
            await session.close()
        assert server.messages == [letter().data]

    run(story())


def test_421_for_the_dot_returns_the_letter(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}BODY\nS 421 4.3.2 shutting down") as server:
            session = await channel().connect(account(server.port))
            outcome = await deliver(session, letter())
            assert isinstance(outcome, Returned)
            assert outcome.trouble is not None
            assert outcome.trouble.kind is TroubleKind.BUSY
            assert not session.usable

    run(story())


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("454 Throttling failure: Maximum sending rate exceeded.", TroubleKind.LIMITED),
        ("454 Throttling failure: Daily message quota exceeded.", TroubleKind.LIMITED),
        ("554 Message rejected: Email address is not verified.", TroubleKind.BROKEN),
        ("550 5.4.5 Daily user sending limit exceeded", TroubleKind.LIMITED),
        ("554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", TroubleKind.LIMITED),
    ],
)
def test_reply_about_the_account_after_the_dot_returns_the_letter(run: Run, reply: str, kind: TroubleKind) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}BODY\nS {reply}") as server:
            session = await channel().connect(account(server.port))
            outcome = await deliver(session, letter())
            assert isinstance(outcome, Returned)
            assert outcome.trouble is not None
            assert outcome.trouble.kind is kind
            await session.close()

    run(story())


def test_answer_that_takes_longer_than_any_other_reply_may_is_waited_for(run: Run) -> None:
    async def story() -> None:
        timeouts = dataclasses.replace(HASTY, final_dot=10)
        async with scripted_server(f"{HELLO}{ENVELOPE}BODY\nLATE 0.4 250 slow but sure") as server:
            session = await channel(timeouts).connect(account(server.port))
            assert await deliver(session, letter()) == Accepted(reply="250 slow but sure")
            await session.close()

    run(story())
