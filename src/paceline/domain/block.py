"""What holds a whole campaign back, or all its accounts of one server: its window, a full layer, a reply rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paceline.domain.campaign_pacing import CampaignPacing
from paceline.domain.layer import BY_RECIPIENT, Layer, LayerKind
from paceline.domain.reply_rule import RuleScope
from paceline.domain.restraint import Restraint
from paceline.domain.sending_window import WEEKDAYS, SendingWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class FullLayer:
    """A layer that has no room, why, and when it has some again."""

    layer: Layer
    reason: str
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One cause. ``until`` is None where it does not end by itself; ``host``: it holds for the accounts of this server only."""

    cause: str
    reason: str
    until: float | None
    host: str | None = None


def blocks_of(
    pacing: CampaignPacing,
    full: Sequence[FullLayer],
    restraints: Sequence[Restraint] = (),
    *,
    campaign_id: int,
    now: float,
) -> list[Block]:
    """All that holds a campaign back now; ``full`` and ``restraints`` are of its workspace."""
    found = []
    window = pacing.window
    if window is not None and not window.by_recipient and (opens := window.opens_at(now)) != now:
        found.append(Block(cause="window", reason=f"outside its sending window ({described(window)})", until=opens))
    for one in full:
        if one.layer.kind not in BY_RECIPIENT and one.layer.holds_for(host="", campaign_id=campaign_id):
            found.append(Block(cause="layer", reason=one.reason, until=one.until))
    for restraint in restraints:
        if restraint.is_suspension and (restraint.scope, restraint.target) == (RuleScope.CAMPAIGN, str(campaign_id)):
            found.append(Block(cause="rule", reason=restraint.reason, until=restraint.until_at))
    return [*found, *server_blocks(full, restraints)]


def server_blocks(full: Iterable[FullLayer], restraints: Iterable[Restraint]) -> list[Block]:
    """What holds back all accounts of a server."""
    blocks = [
        Block(cause="layer", reason=one.reason, until=one.until, host=one.layer.name)
        for one in full
        if one.layer.kind is LayerKind.SERVER
    ]
    for one in restraints:
        if one.is_suspension and one.scope is RuleScope.SERVER:
            reason = f"the server {one.target}: {one.reason}"
            blocks.append(Block(cause="rule", reason=reason, until=one.until_at, host=one.target))
    return blocks


def described(window: SendingWindow) -> str:
    """A window in words: mon-fri 09:00-17:00, holidays left out, Europe/Berlin."""
    parts = []
    days = sorted(window.days)
    if len(days) < len(WEEKDAYS):
        in_a_row = len(days) > 2 and days == list(range(days[0], days[-1] + 1))
        parts.append(f"{WEEKDAYS[days[0]]}-{WEEKDAYS[days[-1]]}" if in_a_row else " ".join(WEEKDAYS[d] for d in days))
    shown = window.to_json()
    if shown["hours"] != ["00:00-24:00"]:
        parts.append(" ".join(shown["hours"]))
    text = " ".join(parts)
    if window.holidays:
        text = f"{text}, holidays left out".removeprefix(", ")
    if window.not_before is not None:
        text = f"{text}, not before {window.not_before:%Y-%m-%d %H:%M}".removeprefix(", ")
    return f"{text}, {window.timezone.key}"
