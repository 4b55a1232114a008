"""The worker of one account: take, deliver, wait, repeat, within the account's pace and limits.

A worker has as many lanes as the account may have connections. Messages are claimed ahead into a small buffer and handed
to a lane when their turn comes; a slow account keeps one lane busy and opens one connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

from paceline.channels.base import Channel
from paceline.domain.allowance import Allowance, Exhaustion
from paceline.domain.errors import AccountUnavailable, CampaignUnsendable
from paceline.domain.fair_share import FairShare
from paceline.domain.mail_provider import domain_of
from paceline.domain.outcome import Accepted, AccountTrouble, Outcome, Returned, TemplateStop, TroubleKind, Uncertain
from paceline.engine.account_pace import AccountPace
from paceline.engine.composer import Composer
from paceline.engine.delivery import Delivery, Prepared, Withheld
from paceline.engine.endurance import Endurance
from paceline.engine.group_commit import GroupCommit
from paceline.engine.lane import LET_GO, Lane, LetGo
from paceline.engine.server_load import ServerLoad
from paceline.engine.supply import Supply
from paceline.store.queue.accounts import LeasedAccount
from paceline.store.queue.claiming import ClaimedMessage

_HOLD_SECONDS = 0.3
_SHED_SECONDS = 5.0
_SERVER_LOOK_SECONDS = 0.05
_IDLE_SECONDS = 30.0
_IDLE_AT_A_NARROW_SERVER_SECONDS = 0.5
_OF_THE_SERVER = frozenset({TroubleKind.BUSY, TroubleKind.FAILING})


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
        on_template_stop: Callable[[str, TemplateStop], None] = lambda template, stop: None,
        on_campaign_stop: Callable[[int, str], None] = lambda campaign_id, reason: None,
        on_answer: Callable[[str, ClaimedMessage | None], None] = lambda answer, message: None,
        server: ServerLoad | None = None,
        share: FairShare | None = None,
    ) -> None:
        """``server`` is shared with the other workers of the same host, ``share`` with the workers of the account before;

        ``on_answer`` hears what is not accepted, ``on_campaign_stop`` which campaign cannot be sent as it stands, and why.
        """
        self.account = leased.account
        self.lease = leased.lease
        self.failures = leased.failures
        self.accepted = 0
        """Messages accepted since this worker started."""
        self._channel = channel
        self._on_answer = on_answer
        self._on_campaign_stop = on_campaign_stop
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
            on_template_stop=on_template_stop,
            on_answer=on_answer,
        )
        self._allowance = Allowance(leased.account.limits, leased.usage, leased.open_intents, now())
        self._pace = AccountPace(leased.account, leased.next_at, keep=lambda at: group.pace(leased.account.id, at))
        self._endurance = Endurance(leased.account, failures=leased.failures)
        self._supply = Supply(
            leased,
            pace=self._pace,
            consumer=self,
            composer=composer,
            group=group,
            now=now,
            share=share or FairShare(),
        )
        self._server = server or ServerLoad(now)
        self._taken_at = 0.0
        self._parked: list[tuple[Lane, asyncio.Future[Prepared | LetGo | None]]] = []
        self._active: set[Lane] = set()
        self._held_until = 0.0
        self._stopping = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    # What the sender tells it.

    def serve(self, weights: Mapping[int, float], urgent: Iterable[int] = ()) -> None:
        """The campaigns that may be sent through this account now, with their weights; what is held of others goes back.

        ``urgent`` ones have messages that somebody waits for: these are claimed first and sent before what is held.
        """
        self._supply.serve(weights, urgent)

    def leave_room(self, share: float) -> None:
        """Keep back this share of the provider's rate, where there is one: somebody else needs it."""
        self._pace.leave_room(share)

    def slow_down_to(self, rate_per_minute: float | None) -> None:
        """A reply rule lowers the pace of the account; None: it does not any more. What is held may be too much then."""
        if self._pace.lower(rate_per_minute):
            self._supply.give_back(tuple(self._supply.waiting))
            self._dispatch()

    def keep_from(self, domains: Set[str]) -> None:
        """Recipients of these domains get nothing now: what is held for them goes back."""
        if domains:
            self._supply.give_back(
                message for message in tuple(self._supply.waiting) if domain_of(message.address) in domains
            )

    def look_again(self) -> None:
        """There may be new work."""
        self._supply.look_again()

    def shed(self) -> None:
        """Give back what no lane comes to: a server that stalls must not hold up messages that others could send."""
        if self._active and self._now() - self._taken_at > _SHED_SECONDS:
            now = self._now()
            self._supply.give_back(message for message in self._supply.waiting if message.begin_at <= now)

    def stop(self) -> None:
        """Claim nothing more, finish what is open, leave. May be called twice."""
        self._stopping.set()
        self._supply.look_again()
        self._dispatch()

    @property
    def connections_in_use(self) -> int:
        """Connections at work now."""
        return len(self._active)

    @property
    def most_connections(self) -> int:
        """Connections that it may have by itself."""
        return self.account.max_connections

    def let_go(self) -> None:
        """Close the connections that are open and not at work: the server bears few, others need them."""
        for _, waiting in tuple(self._parked):
            self.let_go_of(waiting)

    # The worker itself.

    async def run(self) -> Departure:
        """Send until stopped, exhausted or in trouble; everything claimed is settled or given back at the end."""
        self._server.join(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self.account.max_connections):
                    lane = Lane(self, self._delivery, lambda: self._channel.connect(self.account))
                    tasks.create_task(lane.run())
                tasks.create_task(self._supply.feed())
        finally:
            self._server.leave(self)
            self._supply.give_back(tuple(self._supply.waiting))
            if self._timer is not None:
                self._timer.cancel()
        await self._group.settled()
        return self._departure()

    def _departure(self) -> Departure:
        if self._endurance.trouble is not None:
            return Departure(leaving=Leaving.TROUBLE, trouble=self._endurance.trouble)
        exhaustion = self._allowance.exhaustion(self._now())
        if exhaustion is not None:
            return Departure(leaving=Leaving.EXHAUSTED, exhaustion=exhaustion)
        return Departure(leaving=Leaving.ASKED)

    # What its supply asks (supply.Consumer).

    @property
    def leaving(self) -> bool:
        """Whether nothing may be claimed any more."""
        return self._stopping.is_set()

    @property
    def held(self) -> bool:
        """Whether nothing may begin for a moment."""
        # Real time: the clock of the rules may stand still. It is asked for only where something has said no before.
        return self._held_until > 0 and asyncio.get_running_loop().time() < self._held_until

    def remaining(self) -> int | None:
        """Messages that may still begin; None is unlimited."""
        return self._allowance.remaining(self._now())

    def cannot_send(self, campaign_id: int, reason: str) -> None:
        """A campaign has to wait for a person; what is held of others goes back for a moment with it."""
        self._on_campaign_stop(campaign_id, reason)
        self._hold()

    def filled(self) -> None:
        """There are new messages."""
        self._dispatch()

    # Handing messages to lanes (lane.Dispatcher).

    @property
    def idle_seconds(self) -> float:
        """How long a connection may be open without a message: not for long where others wait for one."""
        return _IDLE_AT_A_NARROW_SERVER_SECONDS if self._server.narrow else _IDLE_SECONDS

    def take(self) -> Prepared | None:
        """The next message if its turn is now: paced, within the allowance, rendered. It counts as open from here on."""
        now = self._now()
        if self._stopping.is_set() or self.held or len(self._active) > self._endurance.width:
            return None
        if self._server.narrow and self._server.is_over():
            return None
        while self._supply.waiting and self._begins_in(now) <= 0:
            if self._allowance.remaining(now) == 0:
                return None
            message = self._supply.next()
            if message.closes_at <= now:
                self._group.release([message])  # its sending window has closed
                continue
            if (prepared := self._prepared(message)) is not None:
                self._allowance.open()
                self._taken_at = now
                self._pace.began(now)
                return prepared
        return None

    def _prepared(self, message: ClaimedMessage) -> Prepared | None:
        try:
            return self._delivery.prepare(message)
        except AccountUnavailable as error:
            self.cannot_connect(error.trouble)
        except CampaignUnsendable as error:
            self.cannot_send(message.campaign_id, str(error))
        return None

    def park(self, lane: Lane) -> asyncio.Future[Prepared | LetGo | None]:
        """A lane is free: it gets the next message when its turn comes, or None when the worker leaves."""
        future: asyncio.Future[Prepared | LetGo | None] = asyncio.get_running_loop().create_future()
        self._active.discard(lane)
        self._parked.append((lane, future))
        self._dispatch()
        return future

    def let_go_of(self, waiting: asyncio.Future[Prepared | LetGo | None]) -> None:
        """A lane that waits closes its connection, and asks again."""
        if not waiting.done():
            self._parked = [(lane, future) for lane, future in self._parked if future is not waiting]
            waiting.set_result(LET_GO)

    def learn(self, result: Outcome | Withheld) -> float:
        """Draw the conclusions of one delivery; returns the seconds its lane has to rest."""
        match result:
            case Accepted():
                self._allowance.charge(self._now())
                self.accepted += 1
                self._pace.accepted(self._now())
                self._server.accepted()
                if self._endurance.accepted():
                    self._dispatch()
            case Uncertain():
                self._allowance.charge(self._now())
                return self._slow_down(None)
            case Returned(retry_after_seconds=seconds) if seconds is not None:
                self._allowance.refund()  # only this message has to wait
            case Returned(trouble=AccountTrouble(kind=TroubleKind.TOO_FAST)) if self._pace.has_rate:
                self._allowance.refund()
                self._pace.refused(self._now())
            case Returned(trouble=trouble):
                self._allowance.refund()
                return self._slow_down(trouble)
            case Withheld():
                self._allowance.refund()
                self._hold()
            case _:
                self._allowance.refund()
                self._endurance.answered()
        return 0.0

    def not_begun(self, prepared: Prepared) -> None:
        """A message was taken and could not be begun: it goes back, the next worker may have it."""
        self._allowance.refund()
        self._group.release([prepared.message])

    def cannot_connect(self, trouble: AccountTrouble) -> float:
        """No session could be opened: the account or its server is in trouble."""
        if trouble.is_answer:
            self._on_answer(trouble.reason, None)
        return self._slow_down(trouble)

    async def rest(self, seconds: float) -> None:
        """Sleep, but no longer than the worker stays."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _dispatch(self) -> None:
        """Give every free lane what is due now, and wake up when the next message is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._parked and len(self._active) < self._endurance.width and not self._stopping.is_set():
            prepared = self.take() if self._server.has_room() else None
            if prepared is None:
                break
            lane, future = self._parked.pop()  # the one used last: its connection is warm
            self._active.add(lane)
            future.set_result(prepared)
        if not self._active and self._allowance.exhaustion(self._now()) is not None:
            self._stopping.set()
            self._supply.look_again()
        if self._stopping.is_set():
            self._dismiss()
        elif self._parked and self._supply.waiting:
            now = self._now()
            loop = asyncio.get_running_loop()
            wait = max(self._begins_in(now), self._held_until - loop.time())
            if self._server.narrow:
                wait = max(wait, _SERVER_LOOK_SECONDS)  # whoever makes room at the server does not come here
            if wait > 0 or self._has_room():  # else it waits for a busy lane, and that lane will come here
                self._timer = loop.call_later(max(wait, 0.001), self._dispatch)

    def _has_room(self) -> bool:
        """Whether a message could begin but for the time: its moment may have come since it was asked for."""
        return len(self._active) < self._endurance.width and self._allowance.remaining(self._now()) != 0

    def _dismiss(self) -> None:
        """The worker leaves: free lanes end now, busy ones when they are free."""
        parked, self._parked = self._parked, []
        for _, future in parked:
            future.set_result(None)

    def _begins_in(self, now: float) -> float:
        """Seconds until the first message of the buffer may begin."""
        return max(self._pace.begins_at(now), self._supply.waiting[0].begin_at) - now

    # Troubles.

    def _slow_down(self, trouble: AccountTrouble | None) -> float:
        """The server or the account is in trouble: fewer connections and a rest, or the worker leaves."""
        if trouble is None or trouble.kind in _OF_THE_SERVER:
            self._server.failed()
        rest = self._endurance.failed(trouble)
        if self._endurance.trouble is not None:
            self.stop()
        return rest

    def _hold(self) -> None:
        """Something said no: begin nothing until the sender has looked at campaigns and settings again."""
        self._held_until = asyncio.get_running_loop().time() + _HOLD_SECONDS
        self._supply.give_back(tuple(self._supply.waiting))
