"""How much a worker claims ahead follows what its account begins, and nothing else."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any, cast

from paceline.domain.account import Account, SmtpLogin
from paceline.domain.fair_share import FairShare
from paceline.engine.account_pace import AccountPace
from paceline.engine.supply import Supply
from paceline.store.queue.accounts import LeasedAccount
from paceline.store.queue.claiming import Claim, Claimed, ClaimedMessage


class _Queue:
    """A queue that never ends, in the place of the store; knows every campaign, and the worker that may always claim."""

    leaving = held = False

    def __init__(self) -> None:
        self.limits: list[int] = []
        self._numbers = itertools.count(1)

    def claim(self, claim: Claim) -> asyncio.Future[Claimed]:
        self.limits.append(claim.limit)
        future: asyncio.Future[Claimed] = asyncio.get_running_loop().create_future()
        future.set_result(Claimed(self._message(claim.campaign_id) for _ in range(claim.limit)))
        return future

    def release(self, messages: Sequence[ClaimedMessage]) -> None:
        """They are somebody else's now."""

    def knows(self, campaign_id: int) -> bool:
        return True

    def remaining(self) -> int | None:
        return None

    def filled(self) -> None:
        """Nothing is sent here."""

    def _message(self, campaign_id: int) -> ClaimedMessage:
        return ClaimedMessage(
            id=next(self._numbers),
            campaign_id=campaign_id,
            address="b@example.com",
            fields="{}",
            attempt=0,
            lease=1,
            begin_at=0.0,
            suppressed=False,
        )


def _claims(*, begun: bool) -> list[int]:
    """How much is claimed time after time, when what is held is begun, or is given back."""
    queue = _Queue()
    account = Account(id=1, name="relay", login=SmtpLogin(host="mail.example.com", port=25), max_connections=1)
    leased = LeasedAccount(account=account, lease=1, next_at=0.0, failures=0, open_intents=0, usage=())
    share = FairShare()
    share.serve({1: 1.0})

    async def story() -> None:
        loop = asyncio.get_running_loop()
        supply = Supply(
            leased,
            pace=AccountPace(account, 0.0, keep=lambda at: None),
            consumer=cast("Any", queue),
            composer=cast("Any", queue),
            group=cast("Any", queue),
            now=loop.time,
            share=share,
        )
        feeding = asyncio.create_task(supply.feed())
        for _ in range(10):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if begun:
                while supply.waiting:
                    supply.next()
            else:
                supply.give_back(list(supply.waiting))
            supply.look_again()
        feeding.cancel()

    asyncio.run(story())
    return queue.limits


def test_account_that_begins_what_it_holds_claims_more_and_more() -> None:
    claims = _claims(begun=True)
    assert claims == sorted(claims)
    assert claims[-1] > 4 * claims[0]


def test_account_that_gives_back_what_it_holds_claims_no_more_than_before() -> None:
    claims = _claims(begun=False)
    assert len(claims) > 5
    assert set(claims) == {claims[0]}
