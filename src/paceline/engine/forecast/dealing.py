"""Which crew sends a message: whichever comes first, or those to which the campaign's choice of account deals it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from paceline.domain.account_choice import LEAST_DEALT, AccountChoice
from paceline.engine.forecast.crew import Crew
from paceline.engine.forecast.plan import Plan
from paceline.engine.forecast.recipients import Recipients
from paceline.engine.forecast.rules import FOREVER
from paceline.engine.forecast.stock import Portion, Stock, proportional

SHARE_OF_A_BITE = 8
"""No bite takes longer than this part of the time that all need for what is left: so the last ones are single messages."""


class Pool:
    """Messages that whichever crew is free first takes."""

    def __init__(self, stock: Stock, recipients: Recipients) -> None:
        self._stock = stock
        self._recipients = recipients

    @property
    def left(self) -> int:
        """Messages that could be taken now."""
        return self._stock.left

    def left_for(self, crew: Crew) -> int:
        """The most that a crew could get."""
        return self._stock.left

    def bite(self, crew: Crew) -> float:
        """The most that a crew takes at once, as far as others wait for the same."""
        return FOREVER

    def draw(self, crew: Crew, wanted: int, at: float) -> list[Portion]:
        """Up to ``wanted`` messages for a crew."""
        return self._recipients.admit(self._stock, wanted, at)

    def put(self, portions: Sequence[Portion]) -> None:
        """These may be taken from now on."""
        for portion in portions:
            self._stock.put(portion)

    def limited(self, crew: Crew) -> bool:
        """A crew cannot go on now; True: what it was dealt goes to the others."""
        return False


class Piles(Pool):
    """Messages that are dealt to crews when one of them comes to them, and wait for it."""

    def __init__(
        self,
        plan: Plan,
        stock: Stock,
        recipients: Recipients,
        crews: Sequence[Crew],
        *,
        on_dealt: Callable[[Crew], None],
    ) -> None:
        """``on_dealt`` is told of crews that have got something."""
        super().__init__(stock, recipients)
        self._choice = plan.choice
        self._crews = crews
        self._groups = plan.groups
        self._on_dealt = on_dealt
        self._piles = {crew: Stock([0] * max(len(plan.groups), 1)) for crew in crews}
        self._ever = dict.fromkeys(crews, 0)
        self._accounts = sum(len(crew.names) for crew in crews)

    @property
    def left(self) -> int:
        """Messages that could be taken now, those that are dealt included."""
        return self._stock.left + sum(pile.left for pile in self._piles.values())

    def left_for(self, crew: Crew) -> int:
        """Its pile, and what is dealt to nobody yet."""
        return self._piles[crew].left + self._stock.left

    def bite(self, crew: Crew) -> float:
        """Its pile, and a part of what would be dealt to it."""
        mine = self._stock.left * len(crew.names) / self._accounts / SHARE_OF_A_BITE
        return self._piles[crew].left + max(mine, len(crew.names))

    def draw(self, crew: Crew, wanted: int, at: float) -> list[Portion]:
        """From its pile; where that is too small, more is dealt to all."""
        pile = self._piles[crew]
        chunk = max(wanted - pile.left, LEAST_DEALT * len(crew.names))
        while pile.left < wanted and self._stock.left:
            before = pile.left
            self._deal(-(-chunk * self._accounts // len(crew.names)), at)
            chunk = wanted - pile.left if pile.left > before else 2 * chunk
        return self._recipients.admit(pile, wanted, at)

    def limited(self, crew: Crew) -> bool:
        """Its pile goes to the others, unless recipients stick to their accounts."""
        pile = self._piles[crew]
        if self._choice is AccountChoice.STICKY or not pile.left:
            return False
        self.put(pile.take_all())
        return True

    def _deal(self, messages: int, at: float) -> None:
        sticky = self._choice is AccountChoice.STICKY
        there = self._crews if sticky else [crew for crew in self._crews if not crew.limited]
        for portion in self._stock.take(messages):
            crews = self._of_provider(portion.group, there)
            for crew, part in zip(crews, self._parts(portion.messages, crews, at), strict=True):
                if part:
                    self._piles[crew].put(portion._replace(messages=part))
                    self._ever[crew] += part
                    self._on_dealt(crew)

    def _of_provider(self, group: int, crews: Sequence[Crew]) -> Sequence[Crew]:
        if self._choice is not AccountChoice.SAME_PROVIDER or not self._groups:
            return crews
        provider = self._groups[group].provider
        return [crew for crew in crews if provider is not None and crew.provider == provider] or crews

    def _parts(self, messages: int, crews: Sequence[Crew], at: float) -> list[int]:
        """How a number of messages is dealt."""
        if self._choice is AccountChoice.REMAINING:
            return proportional(messages, self._remaining(crews, at))
        if self._choice is AccountChoice.STICKY:
            have = [self._ever[crew] for crew in crews]
        else:
            have = [crew.sent + self._piles[crew].left for crew in crews]
        by_weight = self._choice in (AccountChoice.WEIGHTED, AccountChoice.STICKY)
        return levelled(messages, have, [len(crew.names) * (crew.weight if by_weight else 1.0) for crew in crews])

    def _remaining(self, crews: Sequence[Crew], at: float) -> list[float]:
        """What their limits leave beside their piles; where some have none, those get everything."""
        rooms = [max(0.0, crew.own_room(at, FOREVER).messages) for crew in crews]
        if FOREVER in rooms:
            return [float(len(crew.names)) if room == FOREVER else 0.0 for crew, room in zip(crews, rooms, strict=True)]
        left = [max(0.0, room * crew.width - self._piles[crew].left) for crew, room in zip(crews, rooms, strict=True)]
        return left if any(left) else [float(len(crew.names)) for crew in crews]


def levelled(messages: int, have: Sequence[float], weights: Sequence[float]) -> list[int]:
    """Deal so many, each to whoever has least for its weight."""
    order = sorted(range(len(have)), key=lambda place: have[place] / weights[place])
    level = there = weight = 0.0
    for number, place in enumerate(order, 1):
        there, weight = there + have[place], weight + weights[place]
        level = (messages + there) / weight
        if number < len(order) and level <= have[order[number]] / weights[order[number]]:
            break
    return proportional(messages, [max(0.0, level * w - had) for had, w in zip(have, weights, strict=True)])
