"""The worker of one account: take, deliver, wait, repeat, within the account's pace and limits.

A worker has as many lanes as the account may have connections. Messages are claimed ahead into a small buffer and handed
to a lane when their turn comes; a slow account keeps one lane busy and opens one connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from paceline.channels.base import Channel
from paceline.domain.account import Account, WhatsAppLogin
from paceline.domain.allowance import Allowance, Exhaustion
from paceline.domain.errors import StoreUnavailable
from paceline.domain.outcome import Accepted, AccountTrouble, Outcome, Returned, TroubleKind, Uncertain
from paceline.domain.pacing import begin_at, interval_seconds, slot
from paceline.domain.rate import AdaptiveRate
from paceline.engine.composer import Composer
from paceline.engine.delivery import Delivery, Prepared, Withheld
from paceline.engine.group_commit import GroupCommit
from paceline.engine.lane import Lane
from paceline.store.queue.accounts import LeasedAccount
from paceline.store.queue.deliveries import Claim, ClaimedMessage

_CLAIM_AHEAD_SECONDS = 2.0
_LARGEST_CLAIM = 250
_RECONNECT_SECONDS = 1.0
_MOST_BUSY_IN_A_ROW = 5
_HOLD_SECONDS = 0.3
_FIRST_REQUESTS = 10
_SHED_SECONDS = 5.0


class Leaving(StrEnum):
    """Why a worker left."""

    ASKED = "asked"  # stopped from outside
    EXHAUSTED = "exhausted"  # the account's allowance is used up
    TROUBLE = "trouble"  # the account cannot send now


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """How a worker left its account."""

    leaving: Leaving
    exhaustion: Exhaustion | None = None
    trouble: AccountTrouble | None = None


class AccountWorker:
    """Sends for one account, using only that account."""

    def __init__(
        self,
        leased: LeasedAccount,
        *,
        channel: Channel,
        composer: Composer,
        group: GroupCommit,
        now: Callable[[], float],
        lease_holds: Callable[[], bool],
    ) -> None:
        self.account = leased.account
        self.lease = leased.lease
        self.failures = leased.failures
        self.accepted = 0
        """Messages accepted since this worker started."""
        self._channel = channel
        self._composer = composer
        self._group = group
        self._now = now
        self._delivery = Delivery(
            account=leased.account,
            lease=leased.lease,
            composer=composer,
            group=group,
            now=now,
            lease_holds=lease_holds,
        )
        self._allowance = Allowance(leased.account.limits, leased.usage, leased.open_intents, now())
        self._interval = interval_seconds(leased.account.rate_per_minute)
        self._rate = _adaptive_rate(leased.account)
        if self._rate is not None:
            self._follow(self._rate)
        self._next_at = leased.next_at
        self._campaigns: deque[int] = deque()
        self._urgent: set[int] = set()
        self._buffer: deque[ClaimedMessage] = deque()
        self._batch = 4 * leased.account.max_connections
        self._fed_at = 0.0
        self._taken_at = 0.0
        self._parked: list[tuple[Lane, asyncio.Future[Prepared | None]]] = []
        self._active: set[Lane] = set()
        self._width = 1
        if self._rate is not None and not leased.failures:  # requests, not connections that a server has to bear
            self._width = min(_FIRST_REQUESTS, leased.account.max_connections)
        # An account that failed the last time has one try, not several, to show that it is well.
        self._busy_in_a_row = _MOST_BUSY_IN_A_ROW - 1 if leased.failures else 0
        self._held_until = 0.0
        self._trouble: AccountTrouble | None = None
        self._stopping = asyncio.Event()
        self._jitter = random.random()
        self._hungry = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    # What the sender tells it.

    def serve(self, campaign_ids: Sequence[int], urgent: Iterable[int] = ()) -> None:
        """The campaigns that may be sent through this account now; what is held of others goes back.

        ``urgent`` ones have messages that somebody waits for: these are claimed first and sent before what is held.
        """
        self._urgent = set(urgent).intersection(campaign_ids)
        if set(campaign_ids) != set(self._campaigns):
            self._campaigns = deque(campaign_ids)
            self._give_back(message for message in self._buffer if message.campaign_id not in campaign_ids)

    def leave_room(self, share: float) -> None:
        """Keep back this share of the provider's rate, where there is one: somebody else needs it."""
        whole = _adaptive_rate(self.account)
        if self._rate is not None and whole is not None:
            self._follow(self._rate.below(whole.ceiling * (1 - share)))

    def look_again(self) -> None:
        """There may be new work."""
        self._hungry.set()

    def shed(self) -> None:
        """Give back what no lane comes to: a server that stalls must not hold up messages that others could send."""
        if self._active and self._now() - self._taken_at > _SHED_SECONDS:
            now = self._now()
            self._give_back(message for message in self._buffer if message.begin_at <= now)

    def stop(self) -> None:
        """Claim nothing more, finish what is open, leave. May be called twice."""
        self._stopping.set()
        self._hungry.set()
        self._dispatch()

    @property
    def idle(self) -> bool:
        """Whether it has nothing to do."""
        return not self._active and not self._buffer

    # The worker itself.

    async def run(self) -> Departure:
        """Send until stopped, exhausted or in trouble; everything claimed is settled or given back at the end."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self.account.max_connections):
                    lane = Lane(self, self._delivery, lambda: self._channel.connect(self.account))
                    tasks.create_task(lane.run())
                tasks.create_task(self._feed())
        finally:
            self._give_back(tuple(self._buffer))
            if self._timer is not None:
                self._timer.cancel()
        await self._group.settled()
        return self._departure()

    def _departure(self) -> Departure:
        if self._trouble is not None:
            return Departure(leaving=Leaving.TROUBLE, trouble=self._trouble)
        exhaustion = self._allowance.exhaustion(self._now())
        if exhaustion is not None:
            return Departure(leaving=Leaving.EXHAUSTED, exhaustion=exhaustion)
        return Departure(leaving=Leaving.ASKED)

    # Claiming ahead.

    async def _feed(self) -> None:
        """Keep the buffer filled until the worker leaves."""
        while not self._stopping.is_set():
            self._hungry.clear()
            for campaign_id in sorted(self._urgent):
                await self._claim(campaign_id, self._wanted(ahead=True), ahead=True)
                self._urgent.discard(campaign_id)  # until the sender sees more of it
            for _ in range(len(self._campaigns)):
                await self._claim_from_next_campaign()
            await self._hungry.wait()

    async def _claim_from_next_campaign(self) -> None:
        wanted = self._wanted()
        if wanted <= 0 or not self._campaigns:
            return
        campaign_id = self._campaigns[0]
        self._campaigns.rotate(-1)
        await self._claim(campaign_id, wanted)

    async def _claim(self, campaign_id: int, wanted: int, *, ahead: bool = False) -> None:
        if wanted <= 0:
            return
        claim = Claim(account_id=self.account.id, lease=self.lease, campaign_id=campaign_id, limit=wanted)
        try:
            if not self._composer.knows(campaign_id):
                await asyncio.to_thread(self._composer.prepare, campaign_id)
            claimed = await self._group.claim(claim)
        except StoreUnavailable:
            self.stop()  # it may hold messages that nobody knows of: they return with the lease
            return
        self._adapt_batch(full=len(claimed) == wanted)
        held = (*claimed, *self._buffer) if ahead else (*self._buffer, *claimed)
        self._buffer = deque(sorted(held, key=attrgetter("begin_at")))
        if self._stopping.is_set() or campaign_id not in self._campaigns:
            self._give_back(claimed)
        self._dispatch()

    def _wanted(self, *, ahead: bool = False) -> int:
        """How many messages to claim: about half a second of work, 2 s of pace, and never above the allowance.

        What goes ``ahead`` of the messages that are held has no regard to how many those are.
        """
        held = 0 if ahead else len(self._buffer)
        if held > self._batch // 2 or self._stopping.is_set() or self._is_held():
            return 0
        wanted = self._batch - held
        if self._interval:
            wanted = min(wanted, max(1, int(_CLAIM_AHEAD_SECONDS / self._interval)) - held)
        remaining = self._allowance.remaining(self._now())
        return wanted if remaining is None else min(wanted, remaining - held)

    def _adapt_batch(self, *, full: bool) -> None:
        since = self._now() - self._fed_at
        self._fed_at += since
        if full and since < 0.25:
            self._batch = min(self._batch * 2, _LARGEST_CLAIM)
        elif since > 1.0:
            self._batch = max(self._batch // 2, 4 * self.account.max_connections)

    def _give_back(self, messages: Iterable[ClaimedMessage]) -> None:
        """Release claimed messages that were not begun."""
        gone = {message.id: message for message in messages}
        if gone:
            self._buffer = deque(message for message in self._buffer if message.id not in gone)
            self._group.release(list(gone.values()))

    # Handing messages to lanes (lane.Dispatcher).

    def take(self) -> Prepared | None:
        """The next message if its turn is now: paced, within the allowance, rendered. It counts as open from here on."""
        now = self._now()
        if self._stopping.is_set() or self._is_held() or len(self._active) > self._width:
            return None
        while self._buffer and self._begins_in(now) <= 0:
            if self._allowance.remaining(now) == 0:
                return None
            prepared = self._delivery.prepare(self._buffer.popleft())
            if len(self._buffer) <= self._batch // 2:
                self._hungry.set()
            if prepared is not None:
                self._allowance.open()
                self._taken_at = now
                if self._interval:
                    self._keep_pace(now)
                return prepared
        return None

    def park(self, lane: Lane) -> asyncio.Future[Prepared | None]:
        """A lane is free: it gets the next message when its turn comes, or None when the worker leaves."""
        future: asyncio.Future[Prepared | None] = asyncio.get_running_loop().create_future()
        self._active.discard(lane)
        self._parked.append((lane, future))
        self._dispatch()
        return future

    def learn(self, result: Outcome | Withheld) -> float:
        """Draw the conclusions of one delivery; returns the seconds its lane has to rest."""
        match result:
            case Accepted():
                self._allowance.charge(self._now())
                self.accepted += 1
                self._busy_in_a_row = 0
                self._widen()
                if self._rate is not None:
                    self._follow(self._rate.accepted(self._now()))
            case Uncertain():
                self._allowance.charge(self._now())
                return self._slow_down(None)
            case Returned(retry_after_seconds=seconds) if seconds is not None:
                self._allowance.refund()  # only this message has to wait
            case Returned(trouble=AccountTrouble(kind=TroubleKind.TOO_FAST)) if self._rate is not None:
                self._allowance.refund()
                self._follow(self._rate.refused(self._now()))
            case Returned(trouble=trouble):
                self._allowance.refund()
                return self._slow_down(trouble)
            case Withheld():
                self._allowance.refund()
                self._hold()
            case _:
                self._allowance.refund()
                self._busy_in_a_row = 0
        return 0.0

    def _follow(self, rate: AdaptiveRate) -> None:
        """Keep the pace of the provider's rate."""
        self._rate = rate
        self._interval = max(interval_seconds(self.account.rate_per_minute), 1 / rate.rate)

    def not_begun(self, prepared: Prepared) -> None:
        """A message was taken and could not be begun: it goes back, the next worker may have it."""
        self._allowance.refund()
        self._group.release([prepared.message])

    def cannot_connect(self, trouble: AccountTrouble) -> float:
        """No session could be opened: the account or its server is in trouble."""
        return self._slow_down(trouble)

    async def rest(self, seconds: float) -> None:
        """Sleep, but no longer than the worker stays."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _widen(self) -> None:
        """One more connection after each success, up to the account's own number."""
        if self._width < self.account.max_connections:
            self._width += 1
            self._dispatch()

    def _dispatch(self) -> None:
        """Give every free lane what is due now, and wake up when the next message is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._parked and len(self._active) < self._width and not self._stopping.is_set():
            prepared = self.take()
            if prepared is None:
                break
            lane, future = self._parked.pop()  # the one used last: its connection is warm
            self._active.add(lane)
            future.set_result(prepared)
        if not self._active and self._allowance.exhaustion(self._now()) is not None:
            self._stopping.set()
            self._hungry.set()
        if self._stopping.is_set():
            self._dismiss()
        elif self._parked and self._buffer:
            now = self._now()
            wait = max(self._begins_in(now), self._held_until - asyncio.get_running_loop().time())
            if wait > 0 or self._has_room():  # else it waits for a busy lane, and that lane will come here
                self._timer = asyncio.get_running_loop().call_later(max(wait, 0.001), self._dispatch)

    def _has_room(self) -> bool:
        """Whether a message could begin but for the time: its moment may have come since it was asked for."""
        return len(self._active) < self._width and self._allowance.remaining(self._now()) != 0

    def _dismiss(self) -> None:
        """The worker leaves: free lanes end now, busy ones when they are free."""
        parked, self._parked = self._parked, []
        for _, future in parked:
            future.set_result(None)

    def _begins_in(self, now: float) -> float:
        """Seconds until the first message of the buffer may begin."""
        own = now
        if self._interval:
            own = begin_at(slot(self._next_at, now, self._interval), self._interval, self._jitter)
        return max(own, self._buffer[0].begin_at) - now

    def _keep_pace(self, now: float) -> None:
        """Move the grid on; jitter moves single messages, never the grid."""
        self._next_at = slot(self._next_at, now, self._interval) + self._interval
        self._jitter = random.random()
        self._group.pace(self.account.id, self._next_at)

    # Troubles.

    def _slow_down(self, trouble: AccountTrouble | None) -> float:
        """The server or the account is in trouble: fewer connections and a rest, or the worker leaves."""
        self._busy_in_a_row += 1
        self._width = max(self._width // 2, 1)
        if trouble is not None and (trouble.kind is not TroubleKind.BUSY or (trouble.retry_after_seconds or 0) > 5):
            self._leave(trouble)
            return 0.0
        if self._busy_in_a_row >= _MOST_BUSY_IN_A_ROW:
            reason = trouble.reason if trouble is not None else "the server closes connections again and again"
            self._leave(AccountTrouble(kind=TroubleKind.FAILING, reason=reason))
            return 0.0
        if trouble is None:
            return 0.001  # only this connection ended: a new one may work at once
        return max(trouble.retry_after_seconds or 0.0, _RECONNECT_SECONDS * (1 + random.random() / 2))

    def _leave(self, trouble: AccountTrouble) -> None:
        if self._trouble is None:
            self._trouble = trouble
        self.stop()

    def _is_held(self) -> bool:
        return asyncio.get_running_loop().time() < self._held_until  # real time: the clock of the rules may stand still

    def _hold(self) -> None:
        """Something said no: begin nothing until the sender has looked at campaigns and settings again."""
        self._held_until = asyncio.get_running_loop().time() + _HOLD_SECONDS
        self._give_back(tuple(self._buffer))


def _adaptive_rate(account: Account) -> AdaptiveRate | None:
    """The provider's rate where there is one that moves."""
    login = account.login
    return AdaptiveRate.at_ceiling(login.messages_per_second) if isinstance(login, WhatsAppLogin) else None
