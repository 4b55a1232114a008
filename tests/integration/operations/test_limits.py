"""Limits above single accounts, set by a person: checked, shown, taken away."""

from __future__ import annotations

from typing import Any

import pytest

from paceline.domain.errors import InputError
from paceline.operations.accounts import limits
from paceline.operations.context import Context


def test_limit_is_set_shown_changed_and_taken_away(context: Context) -> None:
    limits.set_limit(context, {"for": "domain", "name": "Gmail.com", "hourly_limit": 200})
    limits.set_limit(context, {"for": "workspace", "daily_limit": 5000, "timezone": "Europe/Berlin"})
    shown = [(one.kind, one.name, one.hourly_limit, one.daily_limit) for one in limits.list_limits(context)]
    assert shown == [("domain", "gmail.com", 200, 0), ("workspace", "", 0, 5000)]
    limits.set_limit(context, {"for": "domain", "name": "gmail.com", "minute_limit": 5})
    (one, _) = limits.list_limits(context)
    assert (one.minute_limit, one.hourly_limit) == (5, 0)
    limits.set_limit(context, {"for": "domain", "name": "gmail.com", "minute_limit": 0})
    assert [one.kind for one in limits.list_limits(context)] == ["workspace"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"for": "planet", "hourly_limit": 1}, "for"),
        ({"for": "workspace", "name": "mine", "hourly_limit": 1}, "name"),
        ({"for": "server", "hourly_limit": 1}, "name"),
        ({"for": "provider", "name": "gogle", "hourly_limit": 1}, "name"),
        ({"for": "domain", "name": "not a domain", "hourly_limit": 1}, "name"),
        ({"for": "workspace", "hourly_limit": -1}, "hourly_limit"),
        ({"for": "workspace", "hourly_limit": 1, "timezone": "Moon"}, "timezone"),
    ],
)
def test_limit_that_cannot_be_is_refused_by_its_field(context: Context, given: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        limits.set_limit(context, given)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert limits.list_limits(context) == []
