"""The course of a campaign by arithmetic: who sends how much from when to when, until nothing is left.

Crews take their messages in **bites**: as many as fit before anything changes for them (a limit is reached, a window
ends, the rest of the queue becomes scarce), in one step, however many those are.
"""

from __future__ import annotations

import heapq
import math
from typing import NamedTuple

from paceline.domain.account_choice import AccountChoice
from paceline.domain.pacing import CLAIM_AHEAD_SECONDS
from paceline.engine.forecast.answers import Answers
from paceline.engine.forecast.campaign_slots import CampaignSlots
from paceline.engine.forecast.course import Course, Pause
from paceline.engine.forecast.crew import Crew
from paceline.engine.forecast.days import DayCounts
from paceline.engine.forecast.dealing import SHARE_OF_A_BITE, Piles, Pool
from paceline.engine.forecast.gathering import days_of, gather
from paceline.engine.forecast.plan import Plan
from paceline.engine.forecast.recipients import Recipients
from paceline.engine.forecast.rivals import Rivals
from paceline.engine.forecast.rules import FOREVER, Room
from paceline.engine.forecast.shared_rules import SharedRules
from paceline.engine.forecast.stock import Portion, Stock, proportional

_FARTHEST_SECONDS = 100 * 366 * 86_400.0


class _Due(NamedTuple):
    """Messages that may be taken again from now on."""

    portion: Portion


class _Opening(NamedTuple):
    """A limit of some recipients has room again."""

    group: int


_Event = Crew | _Due | _Opening | CampaignSlots


def reckon(plan: Plan, *, per_day: DayCounts) -> Course:
    """The course of a campaign from the start of its plan to its end."""
    return _Reckoning(plan, per_day).run()


class _Reckoning:
    def __init__(self, plan: Plan, per_day: DayCounts) -> None:
        self._plan = plan
        self._course = Course(per_day=per_day)
        self._heap: list[tuple[float, int, _Event]] = []
        self._count = 0
        self._now = self._busy_until = self._last_end = plan.start
        self._coming = 0  # messages that wait for another attempt
        self._idle: dict[Crew, None] = {}
        self._limited = 0
        self._speed = 0.0  # messages per second of all that are not limited
        self._reopenings: list[float] = []
        self._slots = CampaignSlots(plan)
        self._width = max(len(plan.accounts), 1)
        self._answers = Answers(plan, on_deferred=self._come_back)
        self._crews = self._enter()
        self._rivals = Rivals(plan, self._crews)
        self._recipients = Recipients(plan, on_opening=self._expect_opening, days=days_of(plan), crews=len(self._crews))
        groups = [group.messages for group in plan.groups]
        stock = Stock(proportional(plan.messages, groups) if any(groups) else [plan.messages])
        if plan.choice is AccountChoice.FREE:
            self._pool = Pool(stock, self._recipients)
        else:
            self._pool = Piles(plan, stock, self._recipients, self._crews, on_dealt=self._rouse)

    def run(self) -> Course:
        while self._heap and not self._is_over():
            self._now, _, what = heapq.heappop(self._heap)
            if self._now > self._plan.start + _FARTHEST_SECONDS:
                break
            if isinstance(what, Crew):
                self._turn(what, self._now)
            elif isinstance(what, CampaignSlots):
                self._fill_slots(self._now)
            else:
                self._arrive(what, self._now)
        if self._is_over():
            self._course.finish_at = self._last_end
        for crew in self._crews:
            self._course.alike[crew.names[0]] = len(crew.names)
            self._course.per_account += zip(crew.names, crew.divided(), strict=True)
        return self._course

    def _is_over(self) -> bool:
        return not (self._pool.left or self._coming or self._recipients.parked)

    def _enter(self) -> list[Crew]:
        start, shared = self._plan.start, SharedRules(self._plan)
        crews = []
        for gathered in gather(self._plan):
            all_limits = self._plan.choice is AccountChoice.REMAINING or bool(gathered.account.rivals)
            crew = Crew(gathered, shared, start, all_limits=all_limits)
            crews.append(crew)
            self._limited += crew.limited
            if crew.limited:
                heapq.heappush(self._reopenings, gathered.account.rests_until)
            else:
                self._speed += crew.speed
            self._push(max(start, gathered.account.rests_until), crew)
        for one in self._plan.waiting:
            self._come_back(max(start, one.at), Portion(one.attempts, one.group, one.messages))
        return crews

    def _push(self, at: float, what: _Event) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, what))

    # What comes back.

    def _come_back(self, at: float, portion: Portion) -> None:
        """Messages are tried again, from a moment on."""
        self._coming += portion.messages
        self._push(at, _Due(portion))

    def _expect_opening(self, at: float, group: int) -> None:
        self._push(at, _Opening(group))
        heapq.heappush(self._reopenings, at)

    def _arrive(self, what: _Due | _Opening, at: float) -> None:
        """Messages may be taken again: whoever is idle takes them."""
        if isinstance(what, _Due):
            self._coming -= what.portion.messages
            self._pool.put([what.portion])
        else:
            self._pool.put(self._recipients.release(what.group, at))
        idle, self._idle = self._idle, {}
        for crew in idle:
            self._turn(crew, at)

    def _rouse(self, crew: Crew) -> None:
        """There is something for a crew that may be idle."""
        if crew in self._idle:
            del self._idle[crew]
            self._push(self._now, crew)

    # One turn of a crew.

    def _turn(self, crew: Crew, at: float) -> None:
        if crew.limited:
            self._reopen(crew, at)
            self._reopen_others(at)
        if self._pool.left_for(crew):
            self._claim(crew, at, since=at)
        else:
            self._idle[crew] = None

    def _reopen_others(self, at: float) -> None:
        """Those that come back at the same moment share what is left with the first one."""
        found = []
        while self._heap and self._heap[0][0] <= at and isinstance(self._heap[0][2], Crew):
            event = heapq.heappop(self._heap)
            found.append(event)
            crew = event[2]
            if isinstance(crew, Crew) and crew.limited:
                self._reopen(crew, at)
        for event in found:
            heapq.heappush(self._heap, event)

    def _reopen(self, crew: Crew, at: float) -> None:
        if self._limited == len(self._crews) and at > self._busy_until:
            pause = Pause(
                begins_at=self._busy_until,
                ends_at=at,
                account=crew.names[0],
                reason=crew.because,
                of_campaign=crew.of_campaign,
            )
            self._course.pauses.append(pause)
            self._busy_until = at
        self._course.waits[crew.names[0], crew.because] += max(0.0, at - crew.limited_at) * len(crew.names)
        crew.limited = False
        self._limited -= 1
        self._speed += crew.speed

    def _limit(self, crew: Crew, room: Room, *, since: float) -> None:
        crew.limited, crew.limited_at, crew.because, crew.of_campaign = True, since, room.reason, room.of_campaign
        self._limited += 1
        self._speed -= crew.speed
        self._busy_until = max(self._busy_until, since)
        if room.until < FOREVER:
            self._push(room.until, crew)
            heapq.heappush(self._reopenings, room.until)
        if self._pool.limited(crew):
            for other in list(self._idle):
                self._rouse(other)

    def _claim(self, crew: Crew, at: float, *, since: float) -> None:
        """Take a bite; or wait for the campaign's pace, or for the crew's own room."""
        if crew.rivals:
            self._rivals.catch_up(crew, at)
        first = max(at, crew.next_at)
        if self._slots.interval:
            if self._slots.next_at - at > CLAIM_AHEAD_SECONDS:
                self._await_slot(crew, at, since)
                return
            first = max(first, self._slots.begin(at))
            self._course.slot_seconds += first - since
        room, shared = crew.rooms(at)
        if room.messages > 0 and first > at:
            if crew.shared and first < room.until:
                room = crew.own_room(first, room.until)
            else:
                room, shared = crew.rooms(first)
        if room.messages <= 0:
            self._limit(crew, room, since=at)
            return
        count = self._bite(crew, room, first)
        messages = count * crew.width
        if crew.uncharged and messages > room.messages * crew.width - crew.uncharged:
            messages -= crew.uncharged
        if not crew.rivals:  # they take what it has no message for
            messages = min(messages, self._pool.left_for(crew))
        if shared < FOREVER:
            count = min(count, max(1, int(shared / (SHARE_OF_A_BITE * self._width))))
            messages = min(count * crew.width, messages, int(shared))
        self._take(crew, first, messages)

    def _bite(self, crew: Crew, room: Room, first: float) -> int:
        """How many messages each account of the crew takes at once."""
        until = min(room.until, self._next_reopening(first))
        most = self._pool.bite(crew)
        if most == FOREVER:
            until = min(until, first + self._pool.left / (SHARE_OF_A_BITE * self._speed))
        if self._recipients.limit_some:
            until = min(until, self._recipients.until(first))
        if crew.rivals:
            until = min(until, self._rivals.changes_at(crew, first))
        count = min(most / crew.width, room.messages)
        if until < FOREVER:
            count = min(count, math.ceil((until - first) / crew.interval))
        if self._slots.interval:
            count = min(count, self._slots.bite)
        return int(count) or 1

    def _next_reopening(self, after: float) -> float:
        """When the next crew that is limited comes back and takes its part of what is left."""
        while self._reopenings and self._reopenings[0] <= after:
            heapq.heappop(self._reopenings)
        return self._reopenings[0] if self._reopenings else FOREVER

    def _take(self, crew: Crew, first: float, places: int) -> None:
        """``places``: how many messages the crew's accounts begin, those of other campaigns included."""
        interval, slot_interval, others = crew.interval, self._slots.interval, 0
        shares = bool(crew.rivals) and not slot_interval  # beside a pace others take the time between its slots
        wanted = self._rivals.wanted(crew, places, first) if shares else places
        portions = self._pool.draw(crew, wanted, first) if wanted else []
        messages = portions[0].messages if len(portions) == 1 else sum([portion.messages for portion in portions])
        if shares:
            others = self._rivals.others(crew, places, messages, first)
        if not messages and not others:
            self._idle[crew] = None
            return
        count = -(-(messages + others) // crew.width)
        next_interval = interval
        if slot_interval:
            self._slots.take(messages)
            interval = max(interval, slot_interval * crew.width)
            next_interval = interval
            if crew.rivals:
                next_interval = max(interval, crew.interval / self._rivals.share(crew, first))
        last = first + (count - 1) * interval
        end = last + crew.latency
        accepted = self._answers.accepted(crew, portions, end)
        sent = messages if accepted is portions else sum([portion.messages for portion in accepted])
        crew.use(first, interval, sent, others)
        if self._recipients.limit_some:
            for portion in accepted:
                self._recipients.use(portion.group, first, interval / crew.width, portion.messages)
        crew.sent += sent
        crew.next_at = last + next_interval
        crew.others_at = last + interval
        seconds = count * interval * crew.size
        if others:
            self._course.lent_seconds += seconds * others / (messages + others)
            seconds *= messages / (messages + others)
        self._course.sending_seconds += seconds
        if messages:
            self._course.per_day.add(first, interval, count, sent)
            self._last_end = max(self._last_end, end)
        self._busy_until = max(self._busy_until, end)
        after = crew.rooms(last)[0]
        if after.messages <= 0:
            self._limit(crew, after, since=end)
        else:
            self._push(last, crew)

    # The campaign's pace: crews take its slots in turn.

    def _await_slot(self, crew: Crew, at: float, since: float) -> None:
        """Crews that have nothing else to do take a slot when it opens, others when they have sent the next message."""
        if crew.rivals and self._rivals.share(crew, at) < 1.0:
            turns = math.ceil((self._slots.opens_at - at) / crew.interval)
            self._push(at + turns * crew.interval, crew)
            return
        self._slots.waiting.append((crew, since))
        self._look_at_slots(self._slots.opens_at)

    def _look_at_slots(self, at: float) -> None:
        if not self._slots.is_awaited:
            self._slots.is_awaited = True
            self._push(at, self._slots)

    def _fill_slots(self, at: float) -> None:
        slots = self._slots
        slots.is_awaited = False
        while slots.waiting and self._pool.left and slots.next_at - at <= CLAIM_AHEAD_SECONDS:
            crew, since = slots.waiting.popleft()
            if self._pool.left_for(crew):
                self._claim(crew, at, since=since)
            else:
                self._idle[crew] = None
        if not self._pool.left:
            self._idle.update((crew, None) for crew, _ in slots.waiting)
            slots.waiting.clear()
        elif slots.waiting:
            self._look_at_slots(max(at, slots.opens_at))
