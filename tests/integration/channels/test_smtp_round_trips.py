"""One round trip per letter on a warm connection."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from paceline.domain.outcome import Accepted
from surroundings.delay import delaying_proxy
from surroundings.scripted_smtp import ENVELOPE, HELLO, scripted_server
from surroundings.smtp_client import account, channel, letter

Run = Callable[[Coroutine[Any, Any, None]], None]

COMMANDS = "C MAIL\nC RCPT\nC DATA\n"


@pytest.mark.timeout(60)
def test_one_connection_carries_18_letters_a_second_at_50_ms(run: Run) -> None:
    async def story() -> None:
        ridden = f"BODY\n{COMMANDS}S 250 next\nS 250 ok\nS 250 ok\nS 354 go\n" * 30
        async with (
            scripted_server(f"{HELLO}{ENVELOPE}{ridden}") as server,
            delaying_proxy(server.port, one_way_seconds=0.025) as port,
        ):
            session = await channel().connect(account(port))
            accepted_at = []
            current = letter(0)
            for number in range(1, 31):
                assert await session.offer(current) is None
                current = letter(number)
                assert isinstance(await session.hand_over(current), Accepted)
                accepted_at.append(time.monotonic())
            session.abandon()
        between = [later - earlier for earlier, later in itertools.pairwise(accepted_at)]
        assert 1 / statistics.median(between) >= 18

    run(story())
