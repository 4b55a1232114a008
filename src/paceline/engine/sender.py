"""A process full of workers: leases accounts, starts and stops their workers, and keeps their leases alive.

Three loops: the group commit, the heartbeat that renews the lease, and the watch that looks a few times a second at
campaigns and accounts and tells the workers. A sender serves one campaign (``paceline send``) or all of them.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from paceline.channels.base import Channel
from paceline.clock import SteadyClock
from paceline.domain.allowance import Allowance
from paceline.domain.errors import StoreUnavailable
from paceline.domain.fair_share import FairShare
from paceline.domain.outcome import AccountTrouble, TemplateStop, TroubleKind
from paceline.domain.rate import INBOUND_SHARE
from paceline.engine import aftermath, alarms
from paceline.engine.account_worker import AccountWorker, Departure, Leaving
from paceline.engine.composer import Composer
from paceline.engine.group_commit import GroupCommit
from paceline.engine.operator_watch import OperatorWatch
from paceline.engine.process_identity import own_process
from paceline.engine.reply_watch import ReplyWatch
from paceline.engine.sender_lease import SenderLease
from paceline.engine.server_loads import ServerLoads
from paceline.engine.sight import Sight, look
from paceline.engine.signing import Signing
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.queue import accounts
from paceline.store.queue.accounts import AccountStanding, LeasedAccount
from paceline.store.queue.deliveries import Deliveries
from paceline.store.secrets import SecretBox, SecretsUnreadable

_log = logging.getLogger("paceline.engine")

_Result = TypeVar("_Result")

_FAREWELL_SECONDS = 10.0
_LEASED_AT_ONCE = 50  # where each transaction waits for the one before; elsewhere two senders could wait for each other


class Sender:
    """One sender, from its registration to its end."""

    def __init__(
        self,
        *,
        database: Database,
        settings: Settings,
        clock: SteadyClock,
        channel: Channel,
        box: SecretBox,
        campaign_id: int | None,
        on_change: Callable[[], None] = lambda: None,
        asks_name_servers: bool = True,
    ) -> None:
        """``on_change`` is called when an account's state has changed: a campaign may have to pause or resume.

        ``asks_name_servers``: whether it finds out whose mail servers recipients have, where a limit holds for those.
        """
        self._database = database
        self._settings = settings
        self._clock = clock
        self._channel = channel
        self._box = box
        self._campaign_id = campaign_id
        self._on_change = on_change
        self._signing = Signing(database, box)
        self._composer = Composer(database, clock.now, box.tokens(settings), self._signing, box.public_ids())
        self._workers: dict[int, AccountWorker] = {}
        self._servers = ServerLoads(database, now=clock.now)
        self._replies = ReplyWatch(database, clock.now, in_store=self._in_store, on_act=self._rule_has_acted)
        self._operators = OperatorWatch(database, settings, clock.now, asks=asks_name_servers)
        self._shares: dict[int, FairShare] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._notes: set[asyncio.Task[None]] = set()
        self._lease = SenderLease(database, settings, clock)
        self._stopping = asyncio.Event()
        self._look = asyncio.Event()
        self._deliveries: Deliveries | None = None
        self._group: GroupCommit | None = None

    async def run(self) -> None:
        """Send until stopped; returns when every worker has left and everything is on record."""
        self._deliveries = await self._in_store(self._register)
        self._group = GroupCommit(
            self._deliveries,
            now=self._clock.now,
            intent_timeout_seconds=self._settings.intent_timeout_seconds,
            defers_reports=not self._database.is_kept,
        )
        loops = [asyncio.create_task(loop) for loop in (self._group.run(), self._keep_lease(), self._watch())]
        stop = asyncio.create_task(self._stopping.wait())
        leaving: list[asyncio.Task[None]] = []
        try:
            await asyncio.wait((stop, *loops), return_when=asyncio.FIRST_COMPLETED)
            await self._end_watch(loops[-1])
            leaving = [asyncio.create_task(self._dismiss_workers())]
            # Without the group commit nobody could finish: nothing would ever be on record.
            await asyncio.wait((*leaving, loops[0]), return_when=asyncio.FIRST_COMPLETED)
            for task in (*loops, *leaving):
                if task.done():
                    task.result()
            if self._group.refusal is not None:
                raise self._group.refusal
        finally:
            await self._operators.end()
            await _cancel([stop, *loops, *leaving, *self._tasks.values()])
            self._group.close()
            self._lease.close()
            await self._say_goodbye()

    def stop(self) -> None:
        """Claim nothing more, finish open transactions, leave. May be called twice, and before the start."""
        self._stopping.set()

    def look_now(self) -> None:
        """Something has changed that a sender should see at once."""
        self._look.set()

    def flush(self) -> bool:
        """Begin to write what was deferred; False when nothing was."""
        return self._group is not None and self._group.flush()

    async def written(self) -> None:
        """Wait until what was deferred is in the store: somebody is about to read it."""
        if self._group is not None:
            await self._group.written()

    def wake_workers(self) -> None:
        """There may be new work for accounts that this sender holds: cheaper than a look around.

        In random order: at a slow pace the first to ask gets the slot.
        """
        for worker in random.sample([*self._workers.values()], len(self._workers)):
            worker.look_again()

    def wake_one_worker(self) -> None:
        """There is a single message to be had: of all who ask in random order the first would get it."""
        if self._workers:
            random.choice(list(self._workers.values())).look_again()

    @property
    def lost(self) -> bool:
        """Whether the sender was declared dead while it lived (stopped, suspended): a new one may be started."""
        return self._lease.lost

    @property
    def failure(self) -> Exception | None:
        """Why nothing can be handed over now, as far as the store is concerned."""
        return None if self._group is None else self._group.refusal or self._group.failure

    # The lease.

    def _register(self) -> Deliveries:
        slot = self._lease.begin(own_process(), campaign_id=self._campaign_id, prepare=self._operators.prepare)
        return Deliveries(self._database, sender_id=self._id, slot=slot, operators=self._operators.operators)

    @property
    def _id(self) -> int:
        return self._lease.sender_id

    async def _keep_lease(self) -> None:
        await self._lease.keep()
        _log.warning("this sender was declared dead while it was silent; its accounts are with others")
        self._stopping.set()

    # The watch.

    async def _watch(self) -> None:
        while not self._stopping.is_set():
            self._look.clear()
            try:
                await self._look_around()
            except StoreUnavailable as failure:
                _log.warning("the store cannot be read: %s", failure)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.watch_seconds):
                    await self._look.wait()

    async def _look_around(self) -> None:
        if self._group is not None and self._group.refusal is not None:
            await asyncio.to_thread(self._sound, alarms.pause_everything, str(self._group.refusal))
            self._stopping.set()
            return
        await self.written()
        seen = await asyncio.to_thread(self._read)
        self._replies.learn(seen.rules)
        self._operators.look()
        await self._servers.exchange(seen.widths, seen.shares)
        share = seen.share()
        self._leave_to_others(len(self._workers) - share)
        free = [one for one in seen.standings if one.id not in self._workers and seen.is_free(one)]
        for standing in seen.standings:
            worker = self._workers.get(standing.id)
            if worker is None and standing.sender_id == self._id:
                await asyncio.to_thread(self._give_back, standing.id)  # leased by a commit whose end was not heard of
            elif worker is None:
                continue
            elif standing.revision != worker.account.revision or standing.lease != worker.lease:
                worker.stop()
            else:
                worker.leave_room(INBOUND_SHARE if standing.id in seen.written_to else 0.0)
                worker.slow_down_to(seen.lowered_rate(standing))
                worker.keep_from(seen.suspended_domains(standing))
                worker.serve(seen.weighed(seen.served[standing.id]), seen.urgent)
        chosen, size = free[: max(share - len(self._workers), 0)], _LEASED_AT_ONCE if self._database.one_writer else 1
        for start in range(0, len(chosen), size):
            await self._start(chosen[start : start + size], seen)
        if any(standing.id in self._workers for standing in chosen):
            self._on_change()  # once: whoever hears it looks at every account
        for account_id in set(self._workers) - {standing.id for standing in seen.standings}:
            self._workers[account_id].stop()
        for worker in self._workers.values():
            worker.shed()
        if seen.with_work:
            self.wake_workers()

    def _leave_to_others(self, surplus: int) -> None:
        """Give accounts back that are more than this sender's share, since another sender has less than its own."""
        for worker in list(self._workers.values())[: max(surplus, 0)]:
            worker.stop()

    def _read(self) -> Sight:
        with self._database.read() as connection:
            seen = look(connection, sender_id=self._id, campaign_id=self._campaign_id, now=self._clock.now())
        # Behind the look: who resumes a campaign has mended its key before, so the mended key is what is read here.
        self._signing.refresh_if_due(self._clock.boot())
        return seen

    # Workers.

    async def _start(self, standings: Sequence[AccountStanding], seen: Sight) -> None:
        """Give accounts a worker each, unless somebody was quicker."""
        leases = await asyncio.to_thread(self._lease_accounts, [standing.id for standing in standings])
        for standing, leased in zip(standings, leases, strict=True):
            if leased is not None:
                await self._begin(standing, leased, seen)

    async def _begin(self, standing: AccountStanding, leased: LeasedAccount, seen: Sight) -> None:
        """The worker of an account, unless its allowance is used up."""
        exhaustion = Allowance(leased.account.limits, leased.usage, leased.open_intents, self._clock.now()).exhaustion(
            self._clock.now()
        )
        if exhaustion is not None:
            await self._leave(leased.account.id, leased.lease, aftermath.limited(exhaustion))
            return
        worker = self._new_worker(standing, leased)
        worker.slow_down_to(seen.lowered_rate(standing))
        worker.serve(seen.weighed(seen.worth_sending(standing)), seen.urgent)
        self._workers[standing.id] = worker
        self._tasks[standing.id] = asyncio.create_task(self._supervise(worker))

    def _new_worker(self, standing: AccountStanding, leased: LeasedAccount) -> AccountWorker:
        assert self._group is not None
        return AccountWorker(
            leased,
            channel=self._channel,
            composer=self._composer,
            group=self._group,
            now=self._clock.now,
            lease_holds=self._lease.holds,
            server=self._servers.of(leased.account),
            share=self._shares.setdefault(leased.account.id, FairShare()),
            on_template_stop=partial(self._stop_template, leased.account.id),
            on_campaign_stop=self._stop_campaign,
            on_answer=partial(self._replies.hear, standing),
        )

    def _rule_has_acted(self) -> None:
        self.look_now()
        self._on_change()

    def _stop_template(self, account_id: int, template: str, stop: TemplateStop) -> None:
        """A template cannot be sent any more; its contacts wait, in every campaign."""
        self._note(partial(self._sound, alarms.stop_template, account_id, template, stop))

    def _stop_campaign(self, campaign_id: int, reason: str) -> None:
        """A campaign cannot be sent as it stands; it waits for a person."""
        self._note(partial(self._sound, alarms.stop_campaign, campaign_id, reason))

    def _note(self, work: Callable[[], None]) -> None:
        """Write something down beside the sending."""
        note = asyncio.create_task(self._in_store(work))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    def _sound(self, alarm: Callable[..., None], *given: Any, **more: Any) -> None:
        """One of alarms.py, in the store."""
        with self._database.write() as connection:
            alarm(connection, *given, now=self._clock.now(), **more)
        self._on_change()

    def _lease_accounts(self, account_ids: Sequence[int]) -> list[LeasedAccount | None]:
        """Each account's lease, in one transaction; None where it is held, or not usable."""
        now = self._clock.now()
        try:
            with self._database.write() as connection:
                return [accounts.lease(connection, self._box, one, sender_id=self._id, now=now) for one in account_ids]
        except SecretsUnreadable as error:  # an account's own trouble: the others go on
            if len(account_ids) > 1:
                return [leased for one in account_ids for leased in self._lease_accounts([one])]
            with self._database.write() as connection:
                accounts.condemn(connection, account_ids[0], reason=str(error), now=now)
            return [None]

    async def _supervise(self, worker: AccountWorker) -> None:
        """Run a worker to its end; an error of ours costs this account a rest, not the other accounts."""
        try:
            departure = await worker.run()
        except Exception as error:
            _log.exception("the worker of %s failed", worker.account.name)
            trouble = AccountTrouble(kind=TroubleKind.FAILING, reason=f"unexpected error: {error!r}")
            departure = Departure(leaving=Leaving.TROUBLE, trouble=trouble)
        if departure.trouble is not None and departure.trouble.kind is TroubleKind.ALARM:
            await self._in_store(
                partial(self._sound, alarms.sound, worker.account, departure.trouble, own=self._campaign_id)
            )
        standing = aftermath.standing_after(
            departure,
            failures=worker.failures,
            accepted=worker.accepted > 0,
            now=self._clock.now(),
            longest=self._settings.backoff_longest_seconds,
            jitter=random.random(),
        )
        await self._leave(worker.account.id, worker.lease, standing)
        del self._workers[worker.account.id], self._tasks[worker.account.id]
        self.look_now()

    async def _leave(self, account_id: int, lease: int, standing: dict[str, Any]) -> None:
        """Keep what was learnt about the account and give its lease back."""

        def write() -> None:
            with self._database.write() as connection:
                accounts.set_state(connection, account_id, lease=lease, now=self._clock.now(), **standing)
            self._give_back(account_id)

        await self._in_store(write)
        _log.info("account %s: %s %s", account_id, standing["state"], standing["reason"] or "")
        self._on_change()

    def _give_back(self, account_id: int) -> None:
        """End the lease of an account, with whatever it holds by commits whose end was not heard of."""
        assert self._deliveries is not None
        self._deliveries.rescue(account_id, self._id, self._clock.now())

    async def _end_watch(self, watch: asyncio.Task[None]) -> None:
        """Let the watch finish its look, so that no worker starts after the others were dismissed."""
        self._stopping.set()
        self.look_now()
        await asyncio.wait((watch,))

    async def _dismiss_workers(self) -> None:
        """Every worker finishes its open transactions and leaves."""
        for worker in self._workers.values():
            worker.stop()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()))
        await asyncio.gather(*self._notes, self._replies.settled(), return_exceptions=True)

    async def _say_goodbye(self) -> None:
        """Leave the list of the living, if the store can still be told; otherwise the lease runs out."""
        try:
            await self._in_store(self._lease.end)
        except StoreUnavailable as failure:
            _log.warning("could not sign off: %s", failure)

    async def _in_store(self, work: Callable[[], _Result]) -> _Result:
        """Run a piece of work in the store, again while it is unavailable; when leaving, not for long."""
        pause = 0.1
        gave_up_at = None
        while True:
            try:
                return await asyncio.to_thread(work)
            except StoreUnavailable:
                now = self._clock.boot()
                if self._stopping.is_set():
                    gave_up_at = gave_up_at or now + _FAREWELL_SECONDS
                    if now > gave_up_at:
                        raise
                elif self._id == 0:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
