"""A walk through the people of a WhatsApp campaign before it starts: who gets which template, where they are, who gets none."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from paceline.content.whatsapp import WhatsAppContent, WhatsAppRenderer
from paceline.domain.errors import ContentError
from paceline.domain.phone import calling_code, is_in_united_states

SAMPLE = 500
"""So many people are rendered for, to find fields that they lack."""

_CODE_DIGITS = 4  # "+" and at most three
_LOOKED_AT_ONCE = 500

Person = tuple[str, Mapping[str, str]]
"""A phone number and the contact's fields."""


@dataclass(slots=True)
class Survey:
    """What was seen of the people. Not ``exact``: the time was up before all were seen."""

    people: int = 0
    exact: bool = True
    without_template: int = 0
    by_country: Counter[tuple[int, str]] = field(default_factory=Counter)
    """(number of the template from 0, calling code) -> people."""
    in_united_states: Counter[int] = field(default_factory=Counter)
    """Number of the template from 0 -> people with a number of the United States."""
    rendered: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    """Why a message cannot be made -> how many of the first ``SAMPLE`` people."""

    def by_category(self, categories: Sequence[str]) -> dict[tuple[str, str], int]:
        """(category, calling code) -> people; ``categories`` are those of the templates in their order."""
        found: Counter[tuple[str, str]] = Counter()
        for (template, country), people in self.by_country.items():
            found[(categories[template], country)] += people
        return dict(found)


def survey(
    content: WhatsAppContent,
    people: Iterable[Person],
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Survey:
    """Look at these people for about so many seconds."""
    found, deadline = Survey(), clock() + seconds
    renderer = WhatsAppRenderer(content)
    codes: dict[str, str] = {}
    for address, fields in people:
        if found.people % _LOOKED_AT_ONCE == 0 and found.people and clock() > deadline:
            found.exact = False
            break
        found.people += 1
        template = content.template_of(address, fields)
        if template is None:
            found.without_template += 1
            continue
        prefix = address[:_CODE_DIGITS]
        if prefix not in codes:
            codes[prefix] = calling_code(prefix)
        found.by_country[(template, codes[prefix])] += 1
        if codes[prefix] == "1":
            found.in_united_states[template] += is_in_united_states(address)
        if found.rendered < SAMPLE:
            found.rendered += 1
            try:
                renderer.render(address, fields)
            except ContentError as failure:
                found.failures[str(failure)] += 1
    return found
