"""What one account has claimed and not begun: claimed ahead from its campaigns by their shares, given back when it cannot be used."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Protocol

from paceline.domain.errors import CampaignUnsendable, StoreUnavailable
from paceline.domain.fair_share import FairShare
from paceline.engine.account_pace import AccountPace
from paceline.engine.composer import Composer
from paceline.engine.group_commit import GroupCommit
from paceline.store.queue.accounts import LeasedAccount
from paceline.store.queue.claiming import Claim, ClaimedMessage

_AHEAD_SECONDS = 2.0
_AHEAD_SECONDS_OF_SHARES = 0.5  # what one account holds of a small campaign, the others cannot send
_LARGEST_CLAIM = 250


class Consumer(Protocol):
    """What a supply asks of its worker."""

    @property
    def leaving(self) -> bool:
        """Whether nothing may be claimed any more."""

    @property
    def held(self) -> bool:
        """Whether nothing may be claimed for a moment."""

    def remaining(self) -> int | None:
        """Messages that may still begin; None is unlimited."""

    def filled(self) -> None:
        """There are new messages."""

    def stop(self) -> None:
        """The worker has to leave."""

    def cannot_send(self, campaign_id: int, reason: str) -> None:
        """A campaign has to wait for a person."""


class Supply:
    """The messages in the hands of one worker that wait for their turn, the first to begin first."""

    def __init__(
        self,
        leased: LeasedAccount,
        *,
        pace: AccountPace,
        consumer: Consumer,
        composer: Composer,
        group: GroupCommit,
        now: Callable[[], float],
        share: FairShare,
    ) -> None:
        """``share`` is kept from worker to worker: where a window has room for few messages, turns are taken over windows."""
        self._account = leased.account
        self._lease = leased.lease
        self._pace = pace
        self._consumer = consumer
        self._composer = composer
        self._group = group
        self._now = now
        self._share = share
        self._urgent: set[int] = set()
        self._smallest_batch = 4 * leased.account.max_connections
        self._batch = self._smallest_batch
        self._fed_at = 0.0
        self._left_behind = 0
        self._slots: dict[int, float] = {}
        """Campaign id -> from when on its pace has another message for anybody."""
        self._hungry = asyncio.Event()
        self.waiting: deque[ClaimedMessage] = deque()
        """What is held, the first to begin first."""

    def serve(self, weights: Mapping[int, float], urgent: Iterable[int]) -> None:
        """The campaigns to claim from, with their weights; what is held of others goes back, when a new one comes all.

        ``urgent`` ones go before what is held.
        """
        self._urgent = weights.keys() & set(urgent)
        before = set(self._share.weights)
        gone = before - weights.keys()
        if before and weights.keys() - before - self._urgent:
            gone = before  # what is held was claimed when a new one had no share in it
        self._share.serve(weights)
        if gone:
            self.give_back(message for message in self.waiting if message.campaign_id in gone)
            self._hungry.set()

    def look_again(self) -> None:
        """There may be new work."""
        self._hungry.set()

    def next(self) -> ClaimedMessage:
        """Take the first message out."""
        message = self.waiting.popleft()
        if len(self.waiting) <= self._batch // 2 and self._may_claim():
            self._hungry.set()
        return message

    def _may_claim(self) -> bool:
        """Whether a claim is not in vain, as far as the campaigns' paces are known here."""
        now = self._now()
        return any(self._slots.get(campaign_id, 0.0) <= now for campaign_id in self._share.weights)

    def give_back(self, messages: Iterable[ClaimedMessage]) -> None:
        """Release claimed messages that were not begun."""
        gone = {message.id: message for message in messages}
        if gone:
            held = len(self.waiting)
            self.waiting = deque(message for message in self.waiting if message.id not in gone)
            self._left_behind -= held - len(self.waiting)  # not begun: nothing tells that the account is fast
            self._group.release(list(gone.values()))

    async def feed(self) -> None:
        """Keep it filled until the worker leaves."""
        while not self._consumer.leaving:
            self._hungry.clear()
            for campaign_id in sorted(self._urgent):
                await self._claim(campaign_id, self._wanted(ahead=True), ahead=True)
                self._urgent.discard(campaign_id)  # until the sender sees more of it
            empty: set[int] = set()
            while shares := self._share.divided(self._wanted(), without=empty):
                for campaign_id, wanted in shares.items():
                    if await self._claim(campaign_id, wanted) < wanted:
                        empty.add(campaign_id)
            await self._hungry.wait()

    async def _claim(self, campaign_id: int, wanted: int, *, ahead: bool = False) -> int:
        """Claim up to ``wanted`` messages; returns how many came."""
        if wanted <= 0:
            return 0
        claim = Claim(account_id=self._account.id, lease=self._lease, campaign_id=campaign_id, limit=wanted)
        try:
            if not self._composer.knows(campaign_id):
                await asyncio.to_thread(self._composer.prepare, campaign_id)
            claimed = await self._group.claim(claim)
        except StoreUnavailable:
            self._consumer.stop()  # it may hold messages that nobody knows of: they return with the lease
            return 0
        except CampaignUnsendable as error:
            self._consumer.cannot_send(campaign_id, str(error))
            return 0
        self._slots[campaign_id] = claimed.next_at
        self._share.took(campaign_id, len(claimed))
        self._adapt_batch(full=len(claimed) == wanted)
        self._left_behind = len(self.waiting) + len(claimed)
        held = (*claimed, *self.waiting) if ahead else (*self.waiting, *claimed)
        self.waiting = deque(sorted(held, key=attrgetter("begin_at")))
        if claimed.more:
            self._hungry.set()
        if self._consumer.leaving or campaign_id not in self._share.weights:
            self.give_back(claimed)
        self._consumer.filled()
        return len(claimed)

    def _wanted(self, *, ahead: bool = False) -> int:
        """How many messages to claim: about half a second of work, 2 s of pace (0.5 s when campaigns share it), and never above the allowance.

        What goes ``ahead`` of the messages that are held has no regard to how many those are.
        """
        held = 0 if ahead else len(self.waiting)
        if held > self._batch // 2 or self._consumer.leaving or self._consumer.held:
            return 0
        wanted = self._batch - held
        if self._pace.interval:
            seconds = _AHEAD_SECONDS_OF_SHARES if len(self._share.weights) > 1 else _AHEAD_SECONDS
            wanted = min(wanted, max(1, int(seconds / self._pace.interval)) - held)
        remaining = self._consumer.remaining()
        return max(0, wanted if remaining is None else min(wanted, remaining - held))

    def _adapt_batch(self, *, full: bool) -> None:
        """Grow while a batch lasts for less than half a second at the present speed; a slow account hoards nothing."""
        since = self._now() - self._fed_at
        self._fed_at += since
        begun = self._left_behind - len(self.waiting)
        if full and 0.5 * begun > self._batch * since:
            self._batch = min(self._batch * 2, _LARGEST_CLAIM)
        elif since > 1.0:
            self._batch = max(self._batch // 2, self._smallest_batch)
