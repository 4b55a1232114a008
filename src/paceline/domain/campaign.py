"""A campaign: every status and every move, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CampaignStatus(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"  # being written
    SCHEDULED = "scheduled"  # starts at a known moment
    RUNNING = "running"  # messages may be handed over
    PAUSED = "paused"  # by a person
    PAUSED_LIMITS = "paused_limits"  # no account has allowance; resumes by itself at a known moment
    PAUSED_HEALTH = (
        "paused_health"  # reputation, no account is usable, or it cannot be sent as it stands; needs a person
    )
    STOPPED = "stopped"  # ended by a person; what was not sent is cancelled
    COMPLETED = "completed"  # nothing is queued, sending or deferred any more


class CampaignKind(StrEnum):
    """Where a campaign's recipients come from."""

    FILE = "file"  # a file of contacts
    CATALOGUE = "catalogue"  # lists and segments
    TEST = "test"  # addresses that a person gave to look at a draft
    SINGLE = "single"  # messages that a program sends one by one, all with the content of one template

    @property
    def priority(self) -> int:
        """Above 0: its messages are claimed before those of other campaigns, because somebody waits for them."""
        return 1 if self in (CampaignKind.TEST, CampaignKind.SINGLE) else 0

    @property
    def is_listed(self) -> bool:
        """Whether people see it among their campaigns."""
        return self.priority == 0


class LateStart(StrEnum):
    """What happens to a scheduled campaign whose moment has passed while nothing ran."""

    ASK = "ask"  # it waits for a person
    START = "start"  # it starts as soon as Paceline runs again


class CampaignMove(StrEnum):
    """What can happen to a campaign."""

    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    EXHAUST = "exhaust"
    REPLENISH = "replenish"
    ALARM = "alarm"
    STOP = "stop"
    COMPLETE = "complete"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class _Row:
    sources: frozenset[CampaignStatus]
    target: CampaignStatus
    meaning: str


_S = CampaignStatus
_PAUSES = (_S.PAUSED, _S.PAUSED_LIMITS, _S.PAUSED_HEALTH)


def _row(sources: tuple[CampaignStatus, ...], target: CampaignStatus, meaning: str) -> _Row:
    return _Row(frozenset(sources), target, meaning)


# fmt: off
MOVES: dict[CampaignMove, _Row] = {
    CampaignMove.SCHEDULE:   _row((_S.DRAFT,), _S.SCHEDULED, "a person sets the moment of the start"),
    CampaignMove.UNSCHEDULE: _row((_S.SCHEDULED,), _S.DRAFT, "a person takes the moment back"),
    CampaignMove.START:      _row((_S.DRAFT, _S.SCHEDULED), _S.RUNNING, "a person starts it, or its moment has come"),
    CampaignMove.PAUSE:      _row((_S.RUNNING, _S.PAUSED_LIMITS, _S.PAUSED_HEALTH), _S.PAUSED, "a person pauses it"),
    CampaignMove.RESUME:     _row(_PAUSES, _S.RUNNING, "a person resumes it"),
    CampaignMove.EXHAUST:    _row((_S.RUNNING,), _S.PAUSED_LIMITS, "no account has allowance left"),
    CampaignMove.REPLENISH:  _row((_S.PAUSED_LIMITS,), _S.RUNNING, "an account has allowance again"),
    CampaignMove.ALARM:      _row((_S.RUNNING, _S.PAUSED_LIMITS), _S.PAUSED_HEALTH,
                                  "reputation is at risk, no account is usable, or it cannot be sent as it stands"),
    CampaignMove.STOP:       _row((_S.DRAFT, _S.SCHEDULED, _S.RUNNING, *_PAUSES), _S.STOPPED, "a person ends it"),
    CampaignMove.COMPLETE:   _row((_S.RUNNING, *_PAUSES), _S.COMPLETED,
                                  "the audience is launched and no message is left to send"),
    CampaignMove.REOPEN:     _row((_S.COMPLETED,), _S.RUNNING, "uncertain messages are sent again, failed ones tried again, or a single message was added"),
}
# fmt: on

ACTIVE = frozenset({_S.RUNNING, *_PAUSES})
"""Started and not ended."""

ENDED = frozenset({_S.STOPPED, _S.COMPLETED})
