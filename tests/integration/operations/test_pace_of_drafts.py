"""The pace of a draft: window, weight and choice of account, set, changed, copied and refused."""

from __future__ import annotations

import pytest

from paceline.domain.errors import InputError
from paceline.operations.campaigns import campaign_drafts
from paceline.operations.context import Context


def test_draft_keeps_its_pace_and_gives_it_to_its_copy(context: Context) -> None:
    window = {"days": ["mon"], "hours": ["09:00-17:00"], "timezone": "Europe/Berlin"}
    draft = campaign_drafts.create(context, name="Spring", weight=2.0, account_choice="even", window=window)
    assert (draft.weight, draft.account_choice) == (2.0, "even")
    assert draft.window is not None
    assert {name: draft.window[name] for name in window} == window
    copy = campaign_drafts.duplicate(context, draft.id)
    assert (copy.weight, copy.account_choice, copy.window) == (2.0, "even", draft.window)
    assert campaign_drafts.change(context, draft.id, window={}, weight=3.0).window is None


def test_window_that_cannot_be_is_refused_by_its_field(context: Context) -> None:
    with pytest.raises(InputError) as refused:
        campaign_drafts.create(context, name="Spring", window={"hours": ["9-17"]})
    assert [problem.field for problem in refused.value.problems] == ["window.hours"]
