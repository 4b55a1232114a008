"""A worker never forgets to wake up: not even when a message's moment comes between two looks at the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest

from paceline.channels.base import Letter
from paceline.domain.account import Account, SmtpLogin
from paceline.engine.account_worker import AccountWorker
from paceline.engine.composer import Composer
from paceline.engine.delivery import Delivery, Prepared
from paceline.engine.group_commit import GroupCommit
from paceline.engine.lane import Lane, LetGo
from paceline.store.queue.accounts import LeasedAccount
from paceline.store.queue.claiming import ClaimedMessage

_MOMENT = 1000.0
_LETTER = Letter(sender="a@example.com", recipient="b@example.com", data=b"Subject: hello\r\n\r\nhello\r\n")


def _moments(looks_before: int) -> Iterator[float]:
    """The clock at each look: just before the message's moment at first, and just after it from then on."""
    yield from [_MOMENT - 1e-6] * looks_before
    while True:
        yield _MOMENT + 1e-6


@pytest.mark.parametrize("looks_before", range(1, 9))
def test_message_is_handed_out_whenever_its_moment_comes(looks_before: int, monkeypatch: pytest.MonkeyPatch) -> None:
    message = ClaimedMessage(
        id=1,
        campaign_id=1,
        address="b@example.com",
        fields="{}",
        attempt=0,
        lease=1,
        begin_at=_MOMENT,
        suppressed=False,
    )
    monkeypatch.setattr(Delivery, "prepare", lambda self, message: Prepared(message, _LETTER))

    async def story() -> Prepared | LetGo | None:
        clock = _moments(0)
        worker = AccountWorker(
            LeasedAccount(
                account=Account(id=1, name="relay", login=SmtpLogin(host="mail.example.com", port=25)),
                lease=1,
                next_at=0.0,
                failures=0,
                open_intents=0,
                usage=(),
            ),
            channel=cast("Any", None),  # nothing is sent here
            composer=cast("Composer", None),
            group=cast("GroupCommit", None),
            now=lambda: next(clock),
            lease_holds=lambda: True,
        )
        worker._supply.waiting.append(message)
        clock = _moments(looks_before)
        async with asyncio.timeout(5):
            return await worker.park(cast("Lane", object()))

    prepared = asyncio.run(story())
    assert isinstance(prepared, Prepared)
    assert prepared.message is message
