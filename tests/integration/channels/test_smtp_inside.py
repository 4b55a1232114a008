"""What goes wrong with a message under way, at every step before and after the final dot. reference/threats.md."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from paceline.channels.base import Letter, Session
from paceline.domain.outcome import (
    Accepted,
    AccountTrouble,
    Deferred,
    Outcome,
    Refused,
    Returned,
    TroubleKind,
)
from surroundings.scripted_smtp import ENVELOPE, HELLO, LETTER, STEPWISE_HELLO, scripted_server
from surroundings.smtp_client import account, channel, letter

Run = Callable[[Coroutine[Any, Any, None]], None]

COMMANDS = "C MAIL\nC RCPT\nC DATA\n"
QUEUED = "S 250 2.0.0 queued\n"


async def deliver(session: Session, item: Letter) -> Outcome:
    return await session.offer(item) or await session.hand_over()


# -- before the dot: never accepted, never uncertain --------------------------------------------------------------------

BEFORE_THE_DOT = [
    ("drop before any reply", "C MAIL\nCLOSE", TroubleKind.FAILING, ""),
    ("drop after MAIL", f"{COMMANDS}S 250 ok\nCLOSE", TroubleKind.FAILING, "closed the connection"),
    ("drop after RCPT", f"{COMMANDS}S 250 ok\nS 250 ok\nCLOSE", TroubleKind.FAILING, "closed the connection"),
    ("drop after 354", f"{ENVELOPE}CLOSE", TroubleKind.FAILING, ""),
    ("reset after MAIL", f"{COMMANDS}S 250 ok\nRESET", TroubleKind.FAILING, ""),
    ("reset after 354", f"{ENVELOPE}RESET", TroubleKind.FAILING, ""),
    ("drop in the middle of a reply", f"{COMMANDS}S 250 ok\nRAW 25\nCLOSE", TroubleKind.FAILING, ""),
    ("garbage for MAIL", f"{COMMANDS}S <html>", TroubleKind.FAILING, "no SMTP reply"),
    ("over-long line for RCPT", f"{COMMANDS}S 250 ok\nS 250 {'x' * 8192}", TroubleKind.FAILING, "more than"),
    ("250 instead of 354", f"{COMMANDS}S 250 ok\nS 250 ok\nS 250 ok", TroubleKind.FAILING, "250 ok"),
    ("354 for MAIL", f"{COMMANDS}S 354 go\nS 250 ok\nS 354 go", TroubleKind.FAILING, "354 go"),
    ("252 for RCPT", f"{COMMANDS}S 250 ok\nS 252 perhaps\nS 354 go", TroubleKind.FAILING, "252 perhaps"),
    ("an extra 250 before", f"{COMMANDS}S 250 ok\nS 250 ok\nS 250 ok\nS 354 go", TroubleKind.FAILING, "250 ok"),
    (
        "an extra 250 behind",
        f"{COMMANDS}RAW 250 a\\r\\n250 b\\r\\n354 c\\r\\n250 d\\r\\n",
        TroubleKind.FAILING,
        "250 d",
    ),
    (
        "a piece of a reply behind",
        f"{COMMANDS}RAW 250 a\\r\\n250 b\\r\\n354 c\\r\\n25",
        TroubleKind.FAILING,
        "out of turn",
    ),
    ("421 for MAIL, staying open", f"{COMMANDS}S 421 4.3.2 going down", TroubleKind.BUSY, "421 4.3.2"),
    ("421 for RCPT", f"{COMMANDS}S 250 ok\nS 421 4.3.2 going down\nCLOSE", TroubleKind.BUSY, "421 4.3.2"),
    ("421 for DATA", f"{COMMANDS}S 250 ok\nS 250 ok\nS 421 going down\nCLOSE", TroubleKind.BUSY, "421 going"),
    ("421 behind 354", f"{COMMANDS}RAW 250 a\\r\\n250 b\\r\\n354 c\\r\\n421 d\\r\\n\nCLOSE", TroubleKind.BUSY, "421 d"),
    ("rate limit at RCPT", f"{COMMANDS}S 250 ok\nS 550 5.4.5 Daily limit\nS 503 no", TroubleKind.LIMITED, "550 5.4.5"),
    ("login wanted at MAIL", f"{COMMANDS}S 530 5.7.0 login\nS 503 no\nS 503 no", TroubleKind.BROKEN, "530"),
]


@pytest.mark.parametrize(
    ("script", "kind", "words"), [row[1:] for row in BEFORE_THE_DOT], ids=[row[0] for row in BEFORE_THE_DOT]
)
def test_fault_before_the_dot_returns_the_letter(run: Run, script: str, kind: TroubleKind, words: str) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{script}") as server:
            session = await channel().connect(account(server.port))
            outcome = await deliver(session, letter())
            assert isinstance(outcome, Returned)
            assert outcome.trouble is not None
            assert outcome.trouble.kind is kind
            assert words in outcome.reply
            if kind not in (TroubleKind.LIMITED, TroubleKind.BROKEN):
                assert not session.usable
            await session.close()
        assert server.messages == []

    run(story())


@pytest.mark.parametrize("ending", ["CLOSE", "RESET"])
@pytest.mark.parametrize("count", [1, 10, len(letter().data) - 1, len(letter().data)])
def test_drop_at_any_byte_of_the_body_returns_the_letter(run: Run, count: int, ending: str) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}PART {count}\n{ending}") as server:
            session = await channel().connect(account(server.port))
            ended = await session.offer(letter())
            if ended is None:
                await server.wait_until_idle()
                ended = await session.hand_over()
            assert isinstance(ended, Returned)
            assert ended.trouble is not None
            assert ended.trouble.kind is TroubleKind.FAILING
        assert server.messages == []

    run(story())


@pytest.mark.parametrize("ending", ["CLOSE", "RESET"])
def test_drop_in_a_large_body_returns_the_letter(run: Run, ending: str) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}PART 100000\n{ending}") as server:
            session = await channel().connect(account(server.port))
            large = letter(data=b"x" * 70 + b"\r\n" + b"line\r\n" * 3_000_000)
            assert isinstance(await session.offer(large), Returned)
            assert not session.usable
        assert server.messages == []

    run(story())


@pytest.mark.parametrize(
    ("reply", "expected", "kind"),
    [
        ("552 5.3.4 too big", Refused, None),
        ("451 4.3.0 not now", Deferred, None),
        ("421 4.3.2 going down", Returned, TroubleKind.BUSY),
        ("250 got it", Returned, TroubleKind.FAILING),
    ],
)
def test_reply_in_the_middle_of_the_body_ends_the_letter(
    run: Run, reply: str, expected: type[Outcome], kind: TroubleKind | None
) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{ENVELOPE}PART 100\nS {reply}\nDEAF") as server:
            session = await channel().connect(account(server.port))
            outcome = await session.offer(letter(data=b"line\r\n" * 3_000_000))
            assert isinstance(outcome, expected)
            assert (outcome.trouble.kind if isinstance(outcome, Returned) and outcome.trouble else None) is kind
            assert not session.usable

    run(story())


def test_reply_while_the_intent_is_made_withholds_the_dot(run: Run) -> None:
    async def story() -> None:
        body = letter().data
        async with scripted_server(f"{HELLO}{ENVELOPE}PART {len(body)}\nS 250 too early\nBODY") as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter()) is None
            await server.wait_for_step("BODY")
            outcome = await session.hand_over()
            assert isinstance(outcome, Returned)
            assert outcome.trouble is not None
            assert outcome.trouble.kind is TroubleKind.FAILING
        assert server.messages == []

    run(story())


def test_recipient_refused_but_354_sends_no_body_and_closes(run: Run) -> None:
    async def story() -> None:
        script = f"{COMMANDS}S 250 ok\nS 550 5.1.1 no such user\nS 354 go\nC nothing"
        async with scripted_server(HELLO + script) as server:
            session = await channel().connect(account(server.port))
            outcome = await session.offer(letter())
            assert outcome == Refused(reply="550 5.1.1 no such user", hard_bounce=True, is_answer=True)
            assert not session.usable
            await server.wait_until_idle()
        assert server.messages == []
        assert server.lines[-1] == ""  # the end, not a body and not a lone dot

    run(story())


# -- refusals at each verb ------------------------------------------------------------------------------------------------

CODES = [450, 451, 452, 550, 552, 554]


def refused_at(stage: str, code: int, *, pipelined: bool) -> str:
    """A script that refuses one letter at this stage and accepts the next."""
    order = ["MAIL", "RCPT", "DATA", "DOT"]
    at = order.index(stage)
    replies = ["250 ok", "250 ok", "354 go"][:at] + [f"{code} no"] + ["503 out of order"] * (2 - at)
    if stage == "DOT":
        first = f"{stepwise('250 ok', '250 ok', '354 go', pipelined=pipelined)}BODY\nS {code} no\n"
    else:
        first = stepwise(*(replies if pipelined else replies[: at + 1]), pipelined=pipelined)
    reset = "" if stage == "DOT" else "C RSET\n" if pipelined else "C RSET\nS 250 reset\n"
    second = stepwise("250 ok", "250 ok", "354 go", pipelined=pipelined)
    if pipelined and reset:
        second = second.replace("S 250 ok", "S 250 reset\nS 250 ok", 1)
    return f"{first}{reset}{second}BODY\n{QUEUED}"


def stepwise(*replies: str, pipelined: bool) -> str:
    verbs = ["C MAIL", "C RCPT", "C DATA"]
    if pipelined:
        return "\n".join(verbs + [f"S {reply}" for reply in replies]) + "\n"
    return "".join(f"{verb}\nS {reply}\n" for verb, reply in zip(verbs, replies, strict=False))


def expected_refusal(stage: str, code: int) -> Outcome:
    reply = f"{code} no"
    if stage != "MAIL":
        return Deferred(reply=reply, is_answer=True) if code < 500 else Refused(reply=reply, is_answer=True)
    if code == 552:
        return Refused(reply=reply, is_answer=True)
    kind = TroubleKind.FAILING if code < 500 else TroubleKind.BROKEN
    return Returned(reply=reply, trouble=AccountTrouble(kind=kind, reason=reply, is_answer=True), is_answer=True)


@pytest.mark.parametrize("pipelined", [True, False], ids=["pipelined", "stepwise"])
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "DOT"])
def test_refusal_at_each_verb_and_the_session_goes_on(run: Run, stage: str, code: int, pipelined: bool) -> None:
    async def story() -> None:
        hello = HELLO if pipelined else STEPWISE_HELLO
        async with scripted_server(hello + refused_at(stage, code, pipelined=pipelined)) as server:
            session = await channel().connect(account(server.port))
            assert await deliver(session, letter(1)) == expected_refusal(stage, code)
            assert session.usable
            assert isinstance(await deliver(session, letter(2)), Accepted)
            await session.close()
        assert server.deviations == []
        assert len(server.messages) == (2 if stage == "DOT" else 1)

    run(story())


@pytest.mark.parametrize("reply", ["550 no", "421 no", "<html>", ""])
def test_reset_that_fails_ends_the_session(run: Run, reply: str) -> None:
    async def story() -> None:
        first = stepwise("250 ok", "550 5.1.1 no", "503 no", pipelined=True)
        script = f"{HELLO}{first}C RSET\n{COMMANDS}" + (
            f"S {reply}\nS 250 ok\nS 250 ok\nS 354 go" if reply else "CLOSE"
        )
        async with scripted_server(script) as server:
            session = await channel().connect(account(server.port))
            assert isinstance(await deliver(session, letter(1)), Refused)
            assert isinstance(await deliver(session, letter(2)), Returned)
            assert not session.usable
        assert server.messages == []

    run(story())


def test_wait_that_a_reply_asks_for_is_kept(run: Run) -> None:
    async def story() -> None:
        script = stepwise("250 ok", "451 4.7.1 greylisted, try again in 5 minutes", "503 no", pipelined=True)
        async with scripted_server(HELLO + script) as server:
            session = await channel().connect(account(server.port))
            outcome = await session.offer(letter())
            assert outcome == Deferred(
                reply="451 4.7.1 greylisted, try again in 5 minutes", retry_after_seconds=300, is_answer=True
            )
            await session.close()

    run(story())


# -- between two letters ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["CLOSE", "RESET", "S 421 4.4.2 idle too long\nCLOSE", "S 250 hello?"])
def test_connection_that_ends_between_two_letters_is_a_free_retry(run: Run, ending: str) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}{LETTER}{ending}\nSILENCE") as server:
            session = await channel().connect(account(server.port))
            assert isinstance(await deliver(session, letter(1)), Accepted)
            while session.usable:
                await server.next_turn()
            outcome = await session.offer(letter(2))
            assert isinstance(outcome, Returned)
            assert outcome.trouble is None
        assert len(server.messages) == 1

    run(story())


def test_421_every_25th_message_loses_and_doubles_nothing(run: Run) -> None:
    async def story() -> None:
        script = HELLO + LETTER * 24 + f"{COMMANDS}S 421 4.7.0 enough for one connection\nCLOSE"
        async with scripted_server(script) as server:
            waiting = [letter(number, b"Subject: %d\r\n" % number) for number in range(100)]
            session: Session = await channel().connect(account(server.port))
            while waiting:
                if not session.usable:
                    await session.close()
                    session = await channel().connect(account(server.port))
                if isinstance(await deliver(session, waiting[0]), Accepted):
                    del waiting[0]
            await session.close()
        assert sorted(server.messages) == sorted(b"Subject: %d\r\n" % number for number in range(100))

    run(story())


def test_fresh_connection_that_is_closed_at_once_is_the_accounts_trouble(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}C MAIL\nCLOSE") as server:
            session = await channel().connect(account(server.port))
            outcome = await session.offer(letter())
            assert isinstance(outcome, Returned)
            assert outcome.trouble is not None
            assert outcome.trouble.kind is TroubleKind.FAILING

    run(story())
