"""What is said when a command has ended: a campaign in a few sentences, and what can be done next. Pure."""

from __future__ import annotations

from datetime import tzinfo

from paceline.cli.words import clean, duration, moment, number, rate
from paceline.domain.campaign import CampaignStatus
from paceline.domain.wording import counted
from paceline.operations.campaigns.summary import Summary


def report(summary: Summary, *, now: float, zone: tzinfo | None = None) -> list[str]:
    """The end of a campaign, or where it stands, in sentences; the first one says it all."""
    counts = summary.counts
    lines = [_first(summary)]
    if summary.pause_reason or summary.resumes_at is not None:
        lines.append(_pause(summary, now, zone))
    if counts["deferred"] and summary.next_due_at is not None:
        lines.append(
            f"{counted(counts['deferred'], 'message')} deferred: tried again from {moment(summary.next_due_at, now, zone)} on"
        )
    if counts["failed"]:
        lines.append(f"{number(counts['failed'])} failed: `paceline messages {summary.key} --state failed` shows why")
    if counts["uncertain"]:
        lines.append(
            f"{number(counts['uncertain'])} uncertain: handed over without an answer; decide with "
            f"`paceline resolve {summary.key} --uncertain sent` or `resend`"
        )
    if came_back := [f"{number(count)} {name}" for name, count in summary.came_back.items() if count]:
        lines.append(f"came back: {', '.join(came_back)}; `paceline report {summary.key}` says more")
    if summary.refused:
        lines.append(
            f"{counted(summary.refused, 'row')} of the audience refused: see {summary.key}.refused.csv beside the database"
        )
    return [clean(line) for line in lines]


def _first(summary: Summary) -> str:
    ended = [
        f"{number(summary.counts[state])} {state}"
        for state in ("failed", "skipped", "uncertain", "cancelled")
        if summary.counts[state]
    ]
    left = [f"{number(summary.left)} left"] if summary.left else []
    took = ""
    if summary.finished_at is not None:
        took = f", in {duration(summary.elapsed_seconds)} ({rate(summary.rate_per_second)})"
    others = ", ".join(["", *ended, *left])
    sent = f"{number(summary.counts['sent'])} of {counted(summary.total, 'message')} sent"
    return f"{summary.key} is {summary.status}: {sent}{others}{took}"


def _pause(summary: Summary, now: float, zone: tzinfo | None) -> str:
    reason = summary.pause_reason or ""
    if summary.status is CampaignStatus.PAUSED_LIMITS and summary.resumes_at is not None:
        return f"it goes on at {moment(summary.resumes_at, now, zone)}: {reason}"
    how = f"; `paceline resume {summary.key}` lets it go on" if summary.status in _NEED_RESUME else ""
    return f"{reason}{how}"


_NEED_RESUME = (CampaignStatus.PAUSED, CampaignStatus.PAUSED_HEALTH)
