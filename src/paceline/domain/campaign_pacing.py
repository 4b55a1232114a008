"""What a campaign says about its own pace beside a rate: when it may send, and which of its accounts sends a message."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from paceline.domain.account_choice import AccountChoice
from paceline.domain.sending_window import SendingWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPacing:
    """The defaults are those of a campaign that says nothing."""

    window: SendingWindow | None = None
    """None: it may send at any time."""
    account_choice: AccountChoice = AccountChoice.FREE

    def to_json(self) -> str | None:
        """As it is stored; None where everything is as by default, so that the hot path has nothing to read."""
        if self == CampaignPacing():
            return None
        window = None if self.window is None else self.window.to_json()
        return json.dumps({"window": window, "account_choice": str(self.account_choice)})


@lru_cache(maxsize=1000)
def pacing_of(text: str | None) -> CampaignPacing:
    """What ``to_json`` has written."""
    if text is None:
        return CampaignPacing()
    values = json.loads(text)
    window = values["window"]
    return CampaignPacing(
        window=None if window is None else SendingWindow.from_json(window),
        account_choice=AccountChoice(values["account_choice"]),
    )
