"""A look at a WhatsApp campaign before its start: its numbers and templates, its people, the portfolio's limit, its price."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from paceline.content.whatsapp import WhatsAppContent
from paceline.domain.account import WhatsAppLogin
from paceline.domain.finding import Finding, error, warning
from paceline.domain.wording import counted
from paceline.operations.context import QueueContext
from paceline.operations.whatsapp.costs import Estimate, estimate, read_rates
from paceline.operations.whatsapp.preflight import (
    Preflight,
    ask,
    budget_notice,
    known_templates,
    template_problems,
    used_in_24_hours,
)
from paceline.operations.whatsapp.survey import Person, Survey, survey
from paceline.store.queue import whatsapp_templates
from paceline.store.queue.whatsapp_templates import TemplateRow

MARKETING = "MARKETING"

_SECONDS = 2.0
_MOST_REASONS = 5
_IN_MANAGER = "look into WhatsApp Manager"
_CHANGE = "change the draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found, and what the campaign would cost."""

    findings: tuple[Finding, ...]
    estimate: Estimate


def look(
    context: QueueContext,
    content: WhatsAppContent,
    numbers: Sequence[tuple[str, WhatsAppLogin]],
    people: Iterable[Sequence[Person]],
    *,
    is_fallback: bool = False,
) -> Looked:
    """Ask the provider about the numbers (each by its name and login) and templates, and look at the people,
    who come in batches. ``is_fallback``: only those of them get it whom the other channel does not reach.

    Not within an event loop. Raises InputError for a rate table that cannot be used.
    """
    rates = read_rates(context.settings.whatsapp_rates)
    asked = asyncio.run(ask(context, numbers))
    known = known_templates(context, asked)
    seen = survey(content, people, seconds=_SECONDS)
    categories = _categories(content, known)
    findings = [
        *_about_numbers(asked),
        *_about_templates(content, known),
        *_about_people(seen),
        *_about_united_states(content, seen, categories),
        *_about_budget(context, asked, seen),
    ]
    counts = seen.by_category([category.lower() for category in categories])
    return Looked(findings=tuple(findings), estimate=estimate(counts, rates, exact=seen.exact, is_fallback=is_fallback))


def blocking(context: QueueContext, content: WhatsAppContent) -> list[Finding]:
    """Only the errors, for a start that is in a hurry: what the stored list of templates knows of those of the campaign."""
    with context.queue.read() as connection:
        known = whatsapp_templates.every(connection, workspace_id=context.workspace_id)
    return list(_about_templates(content, known))


def _categories(content: WhatsAppContent, known: Sequence[TemplateRow]) -> list[str]:
    by_key = {row.key: row.category for row in known}
    return [by_key.get(template.key, "") for template in content.templates]


def _about_numbers(asked: Preflight) -> Iterator[Finding]:
    for problem in asked.problems:
        yield error("numbers", problem.message, _IN_MANAGER, field="accounts")
    for notice in asked.notices:
        yield warning("numbers", notice, _IN_MANAGER, field="accounts")


def _about_templates(content: WhatsAppContent, known: Sequence[TemplateRow]) -> Iterator[Finding]:
    if not known:
        return
    for place, template in enumerate(content.templates, start=1):
        for message in template_problems(template, known):
            yield error("templates", message, _CHANGE, field=f"templates[{place}]")


def _about_people(seen: Survey) -> Iterator[Finding]:
    if seen.without_template:
        people = f"{seen.without_template:,} of {'' if seen.exact else 'the first '}{counted(seen.people, 'person', 'people')}"
        cure = "give one template a share of the others, if they are to get a message"
        make = error if seen.without_template == seen.people else warning
        yield make("templates", f"no template is meant for {people}: they get nothing", cure, field="templates")
    make = error if seen.rendered and seen.failures.total() == seen.rendered else warning
    cure = "fill the field, or give the parameter a default ({{ contact.name | default('friend') }})"
    for reason, count in seen.failures.most_common(_MOST_REASONS):
        sentence = f"{count:,} of the first {counted(seen.rendered, 'recipient')} cannot get it: {reason}"
        yield make("fields", sentence, cure, field="templates")


def _about_united_states(content: WhatsAppContent, seen: Survey, categories: Sequence[str]) -> Iterator[Finding]:
    """Meta delivers no marketing templates to numbers of the United States since 2025-04-01 (131049)."""
    for place, (template, category) in enumerate(zip(content.templates, categories, strict=True)):
        people = seen.in_united_states[place]
        if people and category == MARKETING:
            yield warning(
                "united states",
                f"{template.key} is a marketing template, which is not delivered to numbers of the United States: "
                f"{counted(people, 'person has', 'people have')} one, and would fail with 131049",
                "leave these people out with a segment, or write to them by e-mail",
                field=f"templates[{place + 1}]",
            )


def _about_budget(context: QueueContext, asked: Preflight, seen: Survey) -> Iterator[Finding]:
    if asked.messaging_limit is None:
        return
    notice = budget_notice(asked.messaging_limit, used_in_24_hours(context), seen.people)
    if notice is not None:
        yield warning("limit", notice, "nothing has to be done, unless it is to end sooner", field="audience")
