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
    people: Iterable[Sequence[Person]],
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Survey:
    """Look at these people, who come in batches, for about so many seconds. Of a batch nobody may be meant: it took time too."""
    found, deadline = Survey(), clock() + seconds
    look = _Look(content, found)
    for place, batch in enumerate(people):
        if place and clock() > deadline:
            found.exact = False
            break
        for address, fields in batch:
            look.at(address, fields)
    return found


class _Look:
    """Looks at one person after the other."""

    def __init__(self, content: WhatsAppContent, found: Survey) -> None:
        self._content = content
        self._renderer = WhatsAppRenderer(content)
        self._found = found
        self._codes: dict[str, str] = {}

    def at(self, address: str, fields: Mapping[str, str]) -> None:
        """Count this one."""
        found = self._found
        found.people += 1
        template = self._content.template_of(address, fields)
        if template is None:
            found.without_template += 1
            return
        code = self._code(address[:_CODE_DIGITS])
        found.by_country[(template, code)] += 1
        if code == "1":
            found.in_united_states[template] += is_in_united_states(address)
        if found.rendered < SAMPLE:
            found.rendered += 1
            try:
                self._renderer.render(address, fields)
            except ContentError as failure:
                found.failures[str(failure)] += 1

    def _code(self, prefix: str) -> str:
        if prefix not in self._codes:
            self._codes[prefix] = calling_code(prefix)
        return self._codes[prefix]
