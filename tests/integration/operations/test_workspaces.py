"""A workspace's name and settings: what is known is checked, what is not is refused."""

from __future__ import annotations

from typing import Any

import pytest

from paceline.domain.errors import InputError
from paceline.operations.people import workspaces
from surroundings.people import Installation


def test_settings_have_defaults_and_keep_what_was_set(installation: Installation) -> None:
    context = installation.context
    assert workspaces.workspace(context).settings == {"timezone": "UTC", "largest_campaign": 0, "late_start": "ask"}
    workspaces.change(context, settings={"timezone": "Europe/Paris", "largest_campaign": 5000})
    changed = workspaces.change(context, name=" Sea Club ", settings={"late_start": "start", "timezone": None})
    assert changed.name == "Sea Club"
    assert changed.settings == {"timezone": "UTC", "largest_campaign": 5000, "late_start": "start"}
    assert workspaces.setting(context, "largest_campaign") == 5000


@pytest.mark.parametrize(
    "settings",
    [
        {"timezone": "Europe/Atlantis"},
        {"timezone": "../../etc/passwd"},
        {"timezone": ""},
        {"timezone": 7},
        {"timezone": "a\x00b"},
        {"timezone": "Europe"},
        {"largest_campaign": -1},
        {"largest_campaign": True},
        {"largest_campaign": 1.5},
        {"largest_campaign": "5000"},
        {"largest_campaign": 10**12},
        {"late_start": "perhaps"},
        {"late_start": []},
        {"colour": "blue"},
        {"colour": None},
    ],
)
def test_wrong_and_unknown_settings_are_refused_and_nothing_changes(
    installation: Installation, settings: dict[str, Any]
) -> None:
    context = installation.context
    before = workspaces.workspace(context)
    with pytest.raises(InputError) as refused:
        workspaces.change(context, name="Other", settings={"largest_campaign": 7} | settings)
    assert [problem.field for problem in refused.value.problems] == list(settings)
    assert workspaces.workspace(context) == before
