"""The course of a campaign by arithmetic: who sends how much from when to when, until nothing is left.

Accounts take their messages in **bites**: as many as fit before anything changes for them (a limit is reached, a window
ends, the rest of the queue becomes scarce), in one step, however many those are.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from paceline.domain.pacing import interval_seconds, slot
from paceline.domain.retry_policy import RetryPolicy
from paceline.engine.forecast.days import DayCounts
from paceline.engine.forecast.gathering import Gathered, gather
from paceline.engine.forecast.plan import Plan
from paceline.engine.forecast.rules import FOREVER, UNLIMITED, OpenHours, Room, Rule, SharedLimits, rules_of, tightest

_CLAIM_AHEAD_SECONDS = 2.0
"""As in the engine: a claim reaches that far into a campaign's pace."""
_SHARE_OF_A_BITE = 8
"""No bite takes longer than this part of the time that all need for what is left: so the last ones are single messages."""
_STEPS_OF_A_PACED_CAMPAIGN = 50_000
_GOLDEN = 0.618033988749895
_FARTHEST_SECONDS = 100 * 366 * 86_400.0
_LEAST_INTERVAL_SECONDS = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The campaign waits for allowance, from one moment to another, for the first account that has it again."""

    begins_at: float
    ends_at: float
    account: str
    reason: str
    of_campaign: bool = False
    """The reason is the campaign's own, whichever account comes first."""


@dataclass(slots=True, kw_only=True)
class Course:
    """What was reckoned. ``finish_at`` None: it never finishes by itself."""

    finish_at: float | None = None
    pauses: list[Pause] = field(default_factory=list)
    per_day: DayCounts
    per_account: list[tuple[str, int]] = field(default_factory=list)
    waits: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    """(account, reason) -> seconds that limits held it up."""
    sending_seconds: float = 0.0
    """Of all accounts together."""
    slot_seconds: float = 0.0
    """Seconds that accounts waited for the campaign's own pace."""
    alike: dict[str, int] = field(default_factory=dict)
    """For the first name of accounts that are alike: how many they are."""


class _Entry:
    """Accounts that are alike, from one bite to the next."""

    __slots__ = (
        "because",
        "interval",
        "latency",
        "limited",
        "limited_at",
        "names",
        "next_at",
        "of_campaign",
        "own",
        "sent",
        "shared",
        "shares",
        "width",
    )

    def __init__(self, gathered: Gathered, shared: tuple[Rule, ...], start: float) -> None:
        account = gathered.account
        paced = interval_seconds(account.rate_per_minute)
        self.names, self.width, self.shares = gathered.names, gathered.width, gathered.shares
        self.latency = account.seconds_per_message
        self.interval = max(paced, self.latency / max(account.connections, 1), _LEAST_INTERVAL_SECONDS)
        self.next_at = account.next_at
        crowd = len(self.names) if self.shares else 1
        own = rules_of(
            account.limits, account.usage, account.open_intents, at=start, interval=self.interval, crowd=crowd
        )
        self.own, self.shared = own, shared
        self.of_campaign = False
        self.limited = account.is_limited and account.rests_until > start
        self.limited_at = start
        self.because = account.rests_because
        self.sent = 0


@dataclass(frozen=True, slots=True)
class _Again:
    """Deferred messages that become due together; ``attempts`` they have had."""

    attempts: int
    count: int


_SLOT = "slot"
_Item = tuple[float, int, "_Entry | _Again | str"]


def reckon(plan: Plan, *, per_day: DayCounts) -> Course:
    """The course of a campaign from the start of its plan to its end."""
    return _Reckoning(plan, per_day).run()


class _Reckoning:
    def __init__(self, plan: Plan, per_day: DayCounts) -> None:
        self._plan = plan
        self._course = Course(per_day=per_day)
        self._work = [plan.messages]  # by attempts that were made
        self._left = plan.messages
        self._owed: list[list[float]] = []  # fractions of messages by attempt: [deferred, refused]
        self._again_count = 0
        self._deferrals = 0
        self._heap: list[_Item] = []
        self._count = 0
        self._idle: list[_Entry] = []
        self._limited = 0
        self._busy_until = self._last_end = plan.start
        self._pace = interval_seconds(plan.rate_per_minute)
        self._slot = plan.next_at
        self._slot_is_awaited = False
        self._waiting: deque[tuple[_Entry, float]] = deque()
        self._speed = 0.0  # messages per second of all that are not limited
        self._reopenings: list[float] = []
        self._shared = _shared_rules(plan)
        self._width = max(len(plan.accounts), 1)
        self._entries = self._enter()
        self._paced_bite = max(1, plan.messages // _STEPS_OF_A_PACED_CAMPAIGN)

    def run(self) -> Course:
        while self._heap:
            if not self._left and not self._again_count:
                break
            at, _, what = heapq.heappop(self._heap)
            if at > self._plan.start + _FARTHEST_SECONDS:
                break
            if isinstance(what, _Entry):
                self._turn(what, at)
            elif isinstance(what, _Again):
                self._again(what, at)
            else:
                self._fill_slots(at)
        if not self._left and not self._again_count:
            self._course.finish_at = self._last_end
        return self._ended()

    def _enter(self) -> list[_Entry]:
        start = self._plan.start
        entries = []
        for gathered in gather(self._plan):
            entry = _Entry(gathered, self._shared_by(gathered.account.host), start)
            entries.append(entry)
            self._limited += entry.limited
            if entry.limited:
                heapq.heappush(self._reopenings, gathered.account.rests_until)
            else:
                self._speed += entry.width / entry.interval
            self._push(max(start, gathered.account.rests_until), entry)
        for due, count in self._plan.waiting:
            self._again_count += count
            self._push(max(start, due), _Again(1, count))
        return entries

    def _shared_by(self, host: str) -> tuple[Rule, ...]:
        """What accounts on this host share with others: each rule is there once, whoever asks."""
        return tuple(rule for where, rule in self._shared if where in (None, host))

    def _push(self, at: float, what: _Entry | _Again | str) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, what))

    # One turn of an account.

    def _turn(self, entry: _Entry, at: float) -> None:
        if entry.limited:
            self._reopen(entry, at)
        if self._left:
            self._claim(entry, at, since=at)
        else:
            self._idle.append(entry)

    def _reopen(self, entry: _Entry, at: float) -> None:
        if self._limited == len(self._entries) and at > self._busy_until:
            pause = Pause(
                begins_at=self._busy_until,
                ends_at=at,
                account=entry.names[0],
                reason=entry.because,
                of_campaign=entry.of_campaign,
            )
            self._course.pauses.append(pause)
            self._busy_until = at
        self._course.waits[entry.names[0], entry.because] += max(0.0, at - entry.limited_at) * len(entry.names)
        entry.limited = False
        self._limited -= 1
        self._speed += entry.width / entry.interval

    def _limit(self, entry: _Entry, room: Room, *, since: float) -> None:
        entry.limited, entry.limited_at, entry.because, entry.of_campaign = True, since, room.reason, room.of_campaign
        self._limited += 1
        self._speed -= entry.width / entry.interval
        self._busy_until = max(self._busy_until, since)
        if room.until < FOREVER:
            self._push(room.until, entry)
            heapq.heappush(self._reopenings, room.until)

    def _claim(self, entry: _Entry, at: float, *, since: float) -> None:
        """Take a bite; or wait for the campaign's pace, or for the account's own room."""
        first = max(at, entry.next_at)
        if self._pace:
            if self._slot - at > _CLAIM_AHEAD_SECONDS:
                self._await_slot(entry, since)
                return
            self._slot = slot(self._slot, at, self._pace)
            first = max(first, self._slot)
            self._course.slot_seconds += first - since
        room, shared = self._rooms(entry, at)
        if room.messages > 0 and first > at:
            if entry.shared and first < room.until:
                room = self._own_room(entry, first, room.until)
            else:
                room, shared = self._rooms(entry, first)
        if room.messages <= 0:
            self._limit(entry, room, since=at)
            return
        count = self._bite(entry, room, first)
        messages = min(count * entry.width, self._left)
        if shared < FOREVER:
            count = min(count, max(1, int(shared / (_SHARE_OF_A_BITE * self._width))))
            messages = min(count * entry.width, self._left, int(shared))
        self._take(entry, first, count, messages)

    def _own_room(self, entry: _Entry, first: float, until: float) -> Room:
        """Its own limits at the moment at which it begins. What it shares is not asked ahead of the others' time."""
        room = tightest(entry.own, first)
        return room._replace(until=min(room.until, until)) if room.messages > 0 else room

    def _rooms(self, entry: _Entry, at: float) -> tuple[Room, float]:
        """What each account of the entry may begin, and how many messages those that share its limits have together."""
        own = tightest(entry.own, at)
        if not entry.shared:
            return own, FOREVER
        shared = tightest(entry.shared, at)
        if shared.messages <= 0:
            return (own if own.messages <= 0 and own.until > shared.until else shared), 0
        return (own._replace(until=min(own.until, shared.until)) if own.messages > 0 else own), shared.messages

    def _bite(self, entry: _Entry, room: Room, first: float) -> int:
        """How many messages each account of the entry takes at once."""
        seconds = self._left / (_SHARE_OF_A_BITE * self._speed)
        until = min(room.until, first + seconds, self._next_reopening(first))
        count = max(1, math.ceil((until - first) / entry.interval))
        if self._pace:
            count = min(count, self._paced_bite)
        return int(min(count, room.messages))

    def _next_reopening(self, after: float) -> float:
        """When the next account that is limited comes back and takes its part of what is left."""
        while self._reopenings and self._reopenings[0] <= after:
            heapq.heappop(self._reopenings)
        return self._reopenings[0] if self._reopenings else FOREVER

    def _take(self, entry: _Entry, first: float, count: int, messages: int) -> None:
        interval = entry.interval
        if messages < count * entry.width:
            count = -(-messages // entry.width)
        if self._pace:
            self._slot += self._pace * messages
            interval = max(interval, self._pace * entry.width)
        last = first + (count - 1) * interval
        end = last + entry.latency
        accepted = self._settle(messages, end)
        each = -(-accepted // entry.width)
        if each:
            for rule in entry.own:
                rule.use(first, interval, each)
            for rule in entry.shared:
                rule.use(first, interval / entry.width, accepted)
        entry.next_at = last + interval
        entry.sent += accepted
        self._course.sending_seconds += count * interval * len(entry.names)
        self._course.per_day.add(first, interval, count, accepted)
        self._last_end = max(self._last_end, end)
        self._busy_until = max(self._busy_until, end)
        after = self._rooms(entry, last)[0] if entry.own or entry.shared else UNLIMITED
        if after.messages <= 0:
            self._limit(entry, after, since=end)
        else:
            self._push(last, entry)

    # What becomes of messages.

    def _settle(self, messages: int, at: float) -> int:
        """Take messages from the queue, those that were deferred first; returns how many are accepted."""
        self._left -= messages
        accepted = 0
        for attempts in range(len(self._work) - 1, -1, -1):
            taken = min(messages, self._work[attempts])
            if taken:
                self._work[attempts] -= taken
                messages -= taken
                accepted += self._answered(attempts, taken, at)
        return accepted

    def _answered(self, attempts: int, taken: int, at: float) -> int:
        expected = self._plan.expected
        deferred = expected.deferred[attempts] if attempts < len(expected.deferred) else 0.0
        refused = expected.refused if attempts == 0 else 0.0
        if not deferred and not refused:
            return taken
        while len(self._owed) <= attempts:
            self._owed.append([0.5, 0.5])
        owed = self._owed[attempts]
        owed[0] += deferred * taken
        owed[1] += refused * taken
        later, never = min(int(owed[0]), taken), int(owed[1])
        never = min(never, taken - later)
        owed[0] -= later
        owed[1] -= never
        if later:
            self._defer(attempts + 1, later, at)
        return taken - later - never

    def _defer(self, attempts: int, count: int, at: float) -> None:
        """They come back after the delay that the campaign's rules give, spread as their jitter spreads them."""
        parts = min(count, 4)
        for part in range(parts):
            self._deferrals += 1
            delay = _delay(self._plan.retries, attempts, jitter=self._deferrals * _GOLDEN % 1.0)
            if delay is not None:
                share = count // parts + (part < count % parts)
                self._again_count += share
                self._push(at + delay, _Again(attempts, share))

    def _again(self, what: _Again, at: float) -> None:
        """They are due: whoever is idle takes them."""
        while len(self._work) <= what.attempts:
            self._work.append(0)
        self._work[what.attempts] += what.count
        self._left += what.count
        self._again_count -= what.count
        idle, self._idle = self._idle, []
        for entry in idle:
            self._turn(entry, at)

    # The campaign's pace: accounts take its slots in turn.

    def _await_slot(self, entry: _Entry, since: float) -> None:
        self._waiting.append((entry, since))
        if not self._slot_is_awaited:
            self._slot_is_awaited = True
            self._push(self._slot - _CLAIM_AHEAD_SECONDS, _SLOT)

    def _fill_slots(self, at: float) -> None:
        self._slot_is_awaited = False
        while self._waiting and self._left and self._slot - at <= _CLAIM_AHEAD_SECONDS:
            entry, since = self._waiting.popleft()
            self._claim(entry, at, since=since)
        if not self._left:
            self._idle += [entry for entry, _ in self._waiting]
            self._waiting.clear()
        elif self._waiting and not self._slot_is_awaited:
            self._slot_is_awaited = True
            self._push(max(at, self._slot - _CLAIM_AHEAD_SECONDS), _SLOT)

    def _ended(self) -> Course:
        for entry in self._entries:
            self._course.alike[entry.names[0]] = len(entry.names)
            self._course.per_account += zip(entry.names, _divided(entry), strict=True)
        return self._course


def _shared_rules(plan: Plan) -> list[tuple[str | None, Rule]]:
    """(host or None for all, rule) of what is not an account's own."""
    found: list[tuple[str | None, Rule]] = []
    if plan.window is not None:
        found.append((None, OpenHours(plan.window)))
    for layer in plan.layers:
        rules = rules_of(layer.limits, layer.usage, layer.held, at=plan.start, interval=_LEAST_INTERVAL_SECONDS)
        found += [(layer.host, SharedLimits(rule, layer.title, of_campaign=layer.host is None)) for rule in rules]
    return found


def _divided(entry: _Entry) -> list[int]:
    """What each of the accounts has sent; together exactly what all of them have."""
    if not entry.shares:
        return [(entry.sent + entry.width - 1 - place) // entry.width for place in range(entry.width)]
    sent, so_far, part = [], 0, 0.0
    for share in entry.shares:
        part += share
        until = round(entry.sent * min(part, 1.0))
        sent.append(until - so_far)
        so_far = until
    sent[-1] += entry.sent - so_far
    return sent


def _delay(policy: RetryPolicy, attempts: int, *, jitter: float) -> float | None:
    return policy.delay_seconds(attempts, asked_seconds=None, elapsed_seconds=0.0, jitter=jitter)
