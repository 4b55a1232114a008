"""A crew: accounts that are alike and are reckoned as one, from one bite to the next."""

from __future__ import annotations

from paceline.domain.pacing import interval_seconds
from paceline.engine.forecast.gathering import Gathered
from paceline.engine.forecast.rules import FOREVER, LEAST_INTERVAL_SECONDS, UNLIMITED, Room, rules_of, tightest
from paceline.engine.forecast.shared_rules import SharedRules


class Crew:
    """Where the accounts of a crew stand: their pace, their limits, what they have sent."""

    __slots__ = (
        "because",
        "common",
        "credit",
        "interval",
        "latency",
        "limited",
        "limited_at",
        "names",
        "next_at",
        "of_campaign",
        "others_at",
        "own",
        "private",
        "provider",
        "rivals",
        "sent",
        "shared",
        "shares",
        "size",
        "uncharged",
        "weight",
        "width",
    )

    def __init__(self, gathered: Gathered, shared: SharedRules, start: float, *, all_limits: bool = False) -> None:
        """``all_limits``: with those too that it cannot reach by itself."""
        account = gathered.account
        paced = interval_seconds(account.rate_per_minute)
        self.names, self.width, self.shares = gathered.names, gathered.width, gathered.shares
        self.size = len(gathered.names)
        self.latency = account.seconds_per_message
        self.interval = max(paced, self.latency / max(account.connections, 1), LEAST_INTERVAL_SECONDS)
        self.next_at = account.next_at
        self.own = rules_of(
            account.limits,
            account.usage,
            account.open_intents,
            at=start,
            interval=LEAST_INTERVAL_SECONDS if all_limits else self.interval,
            crowd=len(self.names) if self.shares else 1,
        )
        self.common, self.private = shared.common(account.host), shared.private()
        self.shared = (*self.private, *self.common)
        self.of_campaign = False
        self.limited = account.is_limited and account.rests_until > start
        self.limited_at = start
        self.because = account.rests_because
        self.sent = 0
        """Messages of the campaign that were accepted, of all its accounts together."""
        self.weight, self.provider, self.rivals = account.weight, account.provider, account.rivals
        self.uncharged = 0
        """Messages that do not count in the limits yet, because they are fewer than its accounts."""
        self.others_at = start
        """Until when it is reckoned what other campaigns have sent through it."""
        self.credit = 0.0
        """The part of a message that is the campaign's own, beside others."""

    @property
    def speed(self) -> float:
        """Messages per second, of all its accounts together."""
        return self.width / self.interval

    def rooms(self, at: float) -> tuple[Room, float]:
        """What each of its accounts may begin, and how many messages those that share its limits have together."""
        own = tightest(self.own, at) if self.own else UNLIMITED
        if not self.shared:
            return own, FOREVER
        shared = tightest(self.shared, at)
        if shared.messages <= 0:
            return (own if own.messages <= 0 and own.until > shared.until else shared), 0
        return (own._replace(until=min(own.until, shared.until)) if own.messages > 0 else own), shared.messages

    def own_room(self, at: float, until: float) -> Room:
        """Its own limits at the moment at which it begins. What it shares is not asked ahead of the others' time."""
        room = tightest(self.own, at)
        return room._replace(until=min(room.until, until)) if room.messages > 0 else room

    def room_of_others(self, at: float) -> Room:
        """What other campaigns may begin through each of its accounts."""
        room = tightest((*self.own, *self.common), at)
        if not self.common or room.messages <= 0:
            return room
        each = tightest(self.common, at).messages / self.width
        return room._replace(messages=min(room.messages, max(each, 1)))

    def use(self, first: float, interval: float, accepted: int, others: int = 0) -> None:
        """Messages of all its accounts together were accepted, ``others`` of them of other campaigns.

        Each account began one every ``interval`` seconds.
        """
        if not accepted and not others:
            return
        each, self.uncharged = divmod(self.uncharged + accepted + others, self.width)
        if each:
            for rule in self.own:
                rule.use(first, interval, each)
        if not self.shared:
            return
        for rule in self.common:
            rule.use(first, interval / self.width, accepted + others)
        for rule in self.private:
            rule.use(first, interval / self.width, accepted)

    def divided(self) -> list[int]:
        """What each of the accounts has sent; together exactly what all of them have."""
        if not self.shares:
            return [(self.sent + self.width - 1 - place) // self.width for place in range(self.width)]
        sent, so_far, part = [], 0, 0.0
        for share in self.shares:
            part += share
            until = round(self.sent * min(part, 1.0))
            sent.append(until - so_far)
            so_far = until
        sent[-1] += self.sent - so_far
        return sent
