"""Messages that are left, by group of recipients and by the attempts that were made: of a campaign, or dealt to a crew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Portion(NamedTuple):
    """Messages that are taken together."""

    attempts: int
    group: int
    messages: int


class Stock:
    """What was touched before goes first, that with the most attempts ahead; the rest is evenly mixed."""

    __slots__ = ("_again", "_fresh", "left")

    def __init__(self, fresh: Sequence[int]) -> None:
        """``fresh``: messages of each group."""
        self._fresh = list(fresh)
        self._again: dict[tuple[int, int], int] = {}
        self.left = sum(fresh)

    def put(self, portion: Portion) -> None:
        """These are due from now on."""
        if portion.messages:
            key = (portion.attempts, portion.group)
            self._again[key] = self._again.get(key, 0) + portion.messages
            self.left += portion.messages

    def take(self, messages: int) -> list[Portion]:
        """The next so many, or all."""
        messages = min(messages, self.left)
        self.left -= messages
        if not self._again and len(self._fresh) == 1:
            self._fresh[0] -= messages
            return [Portion(0, 0, messages)] if messages else []
        taken = []
        for key in sorted(self._again, reverse=True):
            here = min(messages, self._again[key])
            if here:
                taken.append(Portion(*key, here))
                messages -= here
                if here == self._again[key]:
                    del self._again[key]
                else:
                    self._again[key] -= here
        return taken + self._take_fresh(messages)

    def take_all(self) -> list[Portion]:
        """Everything."""
        return self.take(self.left)

    def _take_fresh(self, messages: int) -> list[Portion]:
        if not messages:
            return []
        parts = proportional(messages, self._fresh)
        for group, part in enumerate(parts):
            self._fresh[group] -= part
        return [Portion(0, group, part) for group, part in enumerate(parts) if part]


def proportional(total: int, amounts: Sequence[float]) -> list[int]:
    """A number as whole parts that are to each other as these amounts; never more than an amount if it need not be."""
    whole = sum(amounts)
    if not whole:
        return [0] * len(amounts)
    exact = [total * amount / whole for amount in amounts]
    parts = [int(part) for part in exact]
    places = sorted(range(len(parts)), key=lambda place: parts[place] - exact[place])
    for place in places[: total - sum(parts)]:
        parts[place] += 1
    return parts
