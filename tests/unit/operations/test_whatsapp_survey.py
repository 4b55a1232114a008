"""Who is looked at before a WhatsApp campaign: templates, countries, the United States, and what it would cost."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain, repeat

import pytest

from paceline.cli.whatsapp import estimate_lines
from paceline.content.whatsapp import WhatsAppContent, WhatsAppTemplate, Where
from paceline.domain.phone import is_in_united_states
from paceline.operations.whatsapp.costs import estimate
from paceline.operations.whatsapp.survey import Person, survey

BODY = ({"type": "body", "parameters": [{"type": "text", "text": "{{ contact.name }}"}]},)
CONTENT = WhatsAppContent(
    templates=(
        WhatsAppTemplate(name="pro", language="en", components=BODY, where=Where(field="plan", equals="pro")),
        WhatsAppTemplate(name="free", language="en", where=Where(field="plan", equals="free")),
    ),
    campaign_key="k",
)


@pytest.mark.parametrize(
    ("number", "is_there"),
    [
        ("+16505550100", True),
        ("+12125550100", True),
        ("+14165550100", False),  # Toronto
        ("+18765550100", False),  # Jamaica
        ("+18095550100", False),  # the Dominican Republic
        ("+41446681800", False),
        ("+1650555", False),
    ],
)
def test_numbers_of_the_united_states_are_told_from_their_neighbours(number: str, is_there: bool) -> None:
    assert is_in_united_states(number) is is_there


def test_people_are_counted_by_template_and_country() -> None:
    people = [
        ("+16505550100", {"plan": "pro", "name": "Ann"}),
        ("+14165550100", {"plan": "pro", "name": "Bob"}),
        ("+41446681800", {"plan": "pro", "name": ""}),
        ("+41446681801", {"plan": "free"}),
        ("+41446681802", {"plan": "none"}),
    ]
    seen = survey(CONTENT, [people[:2], [], people[2:]], seconds=60)
    assert (seen.people, seen.exact, seen.without_template, seen.rendered) == (5, True, 1, 4)
    assert dict(seen.in_united_states) == {0: 1}
    assert seen.failures.total() == 1
    counts = seen.by_category(["marketing", "utility"])
    assert counts == {("marketing", "1"): 2, ("marketing", "41"): 1, ("utility", "41"): 1}
    rates = {("marketing", "1"): Decimal("0.025"), ("marketing", "*"): Decimal("0.1")}
    found = estimate(counts, rates, exact=True)
    assert [(one.category, one.country, one.messages, one.amount) for one in found.costs] == [
        ("marketing", "41", 1, Decimal("0.1")),
        ("marketing", "1", 2, Decimal("0.050")),
        ("utility", "41", 1, None),
    ]
    assert (found.total, found.without_price) == (Decimal("0.150"), 1)


def test_time_that_is_up_is_told_also_while_nobody_is_found() -> None:
    moments = iter([0.0, 0.5, 10.0])
    some: list[list[Person]] = [[("+41446680000", {"plan": "free"})]]
    seen = survey(CONTENT, chain(some, repeat([])), seconds=1, clock=lambda: next(moments))
    assert (seen.people, seen.exact) == (1, False)
    moments = iter([0.0, 10.0])
    seen = survey(CONTENT, chain(some, repeat(some[0])), seconds=1, clock=lambda: next(moments))
    assert (seen.people, seen.exact) == (1, False)


@pytest.mark.parametrize(
    ("exact", "is_fallback", "words"),
    [
        (True, False, "cost: 0.2 if all of 2 messages are delivered and none is free"),
        (False, False, "cost: at least 0.2 if all of at least 2 messages are delivered and none is free"),
        (True, True, "cost: at most 0.2 if all of 2 people have to be reached by WhatsApp"),
        (False, True, "cost: at most 0.2 if all of the first 2 people have to be reached by WhatsApp"),
    ],
)
def test_a_fallback_costs_at_most_what_was_counted(exact: bool, is_fallback: bool, words: str) -> None:
    rates = {("marketing", "*"): Decimal("0.1")}
    found = estimate({("marketing", "1"): 2}, rates, exact=exact, is_fallback=is_fallback)
    assert estimate_lines(found) == [words]
