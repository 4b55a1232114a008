"""The settings of a workspace: which there are, what each accepts, and what holds when it is not set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from paceline.domain.campaign import LateStart
from paceline.domain.errors import InputError, Problem

LARGEST_NUMBER = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSetting:
    """One known setting. ``read`` turns a JSON value into the stored one or raises ValueError with what is accepted."""

    name: str
    default: Any
    accepts: str
    meaning: str
    read: Callable[[Any], Any]


def _timezone(value: Any) -> str:
    try:
        return ZoneInfo(value).key
    except (KeyError, OSError, ValueError, TypeError):
        raise ValueError from None


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST_NUMBER:
        raise ValueError
    return value


SETTINGS: tuple[WorkspaceSetting, ...] = (
    WorkspaceSetting(
        name="timezone",
        default="UTC",
        accepts="the name of a time zone, for example Europe/Paris",
        meaning="The time zone in which times without one are meant",
        read=_timezone,
    ),
    WorkspaceSetting(
        name="largest_campaign",
        default=0,
        accepts=f"a whole number from 0 to {LARGEST_NUMBER}",
        meaning="How many messages one campaign may have; 0: no limit. Raise it step by step while a roll-out goes well. "
        "A larger audience is refused at the start where that can be counted within a moment; else the campaign pauses "
        "(`paused_health`) when so many are queued",
        read=_count,
    ),
    WorkspaceSetting(
        name="late_start",
        default=LateStart.ASK.value,
        accepts=" or ".join(LateStart),
        meaning="What happens to a scheduled campaign whose time passed while the machine was off",
        read=lambda value: LateStart(value).value,
    ),
)
DEFAULTS: Mapping[str, Any] = {setting.name: setting.default for setting in SETTINGS}
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for known settings, each as it is stored. Raises InputError with every problem; unknown names are one."""
    problems, found = [], {}
    for name, value in values.items():
        setting = _BY_NAME.get(name)
        if setting is None:
            known = ", ".join(_BY_NAME)
            problems.append(Problem(file="", field=name, message=f"there is no such setting; there are: {known}"))
            continue
        try:
            found[name] = setting.read(value)
        except ValueError:
            problems.append(Problem(file="", field=name, message=f"accepts {setting.accepts}, got {value!r}"[:300]))
    if problems:
        raise InputError(problems)
    return found
