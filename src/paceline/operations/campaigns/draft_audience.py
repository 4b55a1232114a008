"""The audience of a draft as people give it: lists and segments by public ids, and the country of bare phone numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paceline.domain.campaign import CampaignKind
from paceline.domain.errors import InputError, Problem
from paceline.domain.phone import is_country
from paceline.launch.catalogue_audience import AudienceChoice, read_choice
from paceline.operations.context import Context
from paceline.store.catalogue import segments
from paceline.store.catalogue.audiences import MOST_LISTS
from paceline.store.public_ids import IdKind
from paceline.store.queue.campaigns import CampaignRow

_AUDIENCE = ("lists", "segment", "exclude_lists", "exclude_segment")


def changed_choice(context: Context, before: AudienceChoice, changes: Mapping[str, Any]) -> AudienceChoice:
    """``before`` with the ``audience`` (as a whole) and ``default_country`` that are given. Raises InputError for what is
    not there, naming the field.
    """
    given, country = changes.get("audience"), changes.get("default_country")
    choice = before if given is None else _read_audience(context, given)
    return replace(choice, default_country=before.default_country if country is None else _country(country))


def shown_audience(context: Context, row: CampaignRow) -> dict[str, Any] | None:
    """The choice of a campaign as people give it; None where its audience comes from a file."""
    if row.kind is not CampaignKind.CATALOGUE:
        return None
    choice = read_choice(row.audience)

    def segment(number: int | None) -> str | None:
        return None if number is None else context.ids.encode(IdKind.SEGMENT, number)

    return {
        "lists": [context.ids.encode(IdKind.LIST, number) for number in choice.list_ids],
        "segment": segment(choice.segment_id),
        "exclude_lists": [context.ids.encode(IdKind.LIST, number) for number in choice.exclude_list_ids],
        "exclude_segment": segment(choice.exclude_segment_id),
    }


def _read_audience(context: Context, values: Mapping[str, Any]) -> AudienceChoice:
    """An audience as it is given, by public ids. Raises InputError for what is not there, naming the field."""
    problems = [
        Problem(file="", field=f"audience.{given}", message=f"is not known; accepted are {', '.join(_AUDIENCE)}")
        for given in values
        if given not in _AUDIENCE
    ]
    found: dict[str, Any] = {}
    with context.catalogue.read() as connection:
        for field in ("lists", "exclude_lists"):
            given = values.get(field) or []
            numbers = [context.ids.decode(IdKind.LIST, one) for one in given]
            there = segments.lists_there(
                connection, {n for n in numbers if n is not None}, workspace_id=context.workspace_id
            )
            strange = [one for one, number in zip(given, numbers, strict=True) if number not in there]
            problems += [_not_there(field, "list", one) for one in strange[:5]]
            if len(given) > MOST_LISTS:
                message = f"accepts at most {MOST_LISTS} lists"
                problems.append(Problem(file="", field=f"audience.{field}", message=message))
            found[field] = tuple(dict.fromkeys(n for n in numbers if n is not None))
        for field in ("segment", "exclude_segment"):
            one = values.get(field)
            number = None if one is None else context.ids.decode(IdKind.SEGMENT, one)
            known = number is not None and segments.get(connection, number, workspace_id=context.workspace_id)
            if one is not None and not known:
                problems.append(_not_there(field, "segment", one))
            found[field] = number
    if problems:
        raise InputError(problems)
    return AudienceChoice(
        list_ids=found["lists"],
        segment_id=found["segment"],
        exclude_list_ids=found["exclude_lists"],
        exclude_segment_id=found["exclude_segment"],
    )


def _country(given: str | None) -> str:
    if given and not is_country(given):
        message = 'accepts a country such as "CH", for numbers without a country code'
        raise InputError([Problem(file="", field="default_country", message=message)])
    return given or ""


def _not_there(field: str, noun: str, public_id: Any) -> Problem:
    return Problem(file="", field=f"audience.{field}", message=f"there is no {noun} {str(public_id)[:60]}")
