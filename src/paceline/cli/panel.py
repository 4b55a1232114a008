"""A campaign as an instrument panel: a summary becomes lines that fit a terminal. Pure; drawing is in display.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo

from rich.text import Text

from paceline.cli.table import GAP, Column, cell, cut, two_ends, widths
from paceline.cli.words import clean, duration, moment, number, rate, used
from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.summary import AccountSummary, Summary

WIDEST = 120
"""A panel does not get wider than this, however wide the terminal is."""

_STATUS_STYLES: dict[CampaignStatus, str] = {
    CampaignStatus.DRAFT: "dim",
    CampaignStatus.SCHEDULED: "cyan",
    CampaignStatus.RUNNING: "bold green",
    CampaignStatus.PAUSED: "bold yellow",
    CampaignStatus.PAUSED_LIMITS: "bold yellow",
    CampaignStatus.PAUSED_HEALTH: "bold red",
    CampaignStatus.STOPPED: "bold red",
    CampaignStatus.COMPLETED: "bold cyan",
}
_SIGNS: dict[AccountState, tuple[str, str]] = {
    AccountState.BROKEN: ("✕", "bold red"),
    AccountState.BACKING_OFF: ("◌", "magenta"),
    AccountState.LIMITED: ("◐", "yellow"),
    AccountState.READY: ("●", "green"),
    AccountState.DISABLED: ("○", "dim"),
}
"""A sign and a colour for each state, the one that asks most for attention first."""
_RANKS = {state: rank for rank, state in enumerate(_SIGNS)}
_COUNT_STYLES = {"failed": "red", "uncertain": "yellow", "deferred": "yellow", "sending": "dim", "queued": "dim"}
_MARGIN = 1
_COLUMNS = (
    Column(title="account", most=18, style="bold"),
    Column(title="sent", right=True, most=11),
    Column(title="hour", right=True, most=15),
    Column(title="today", right=True, most=17),
)
_LEAST_NOTE = 20


def panel(summary: Summary, *, now: float, width: int, height: int, zone: tzinfo | None = None) -> list[Text]:
    """The panel in at most ``width`` columns and ``height`` lines: the campaign, then as many accounts as fit."""
    room = min(width, WIDEST) - 2 * _MARGIN
    lines = _campaign(summary, now=now, width=room, zone=zone)
    rest = height - len(lines) - 1
    if summary.accounts and rest > 0:
        lines += [Text(), *_accounts(summary.accounts, now=now, width=room, height=rest, zone=zone)]
    return [_indented(line) for line in lines[: max(height, 1)]]


def _indented(line: Text) -> Text:
    line.rstrip()
    return Text(" " * _MARGIN, no_wrap=True).append_text(line) if line.plain else line


# The campaign.


def _campaign(summary: Summary, *, now: float, width: int, zone: tzinfo | None) -> list[Text]:
    status = Text(str(summary.status), style=_STATUS_STYLES[summary.status])
    speed = Text(_speed(summary))
    lines = [
        two_ends(Text(clean(summary.name), style="bold"), status, width),
        _bar(summary, width),
        two_ends(_counts(summary), speed, width),
    ]
    return lines + [Text(line, style="yellow", no_wrap=True) for line in _folded(_remark(summary, now, zone), width)]


def ended(summary: Summary) -> int:
    """Messages that have come to their end, whatever it was."""
    return summary.total - summary.left


def percent(summary: Summary) -> str:
    """How much has ended, never rounded up to a whole campaign; unknown while the audience is still being read."""
    if not summary.launched:
        return ""
    return f"{int(100 * ended(summary) / summary.total) if summary.total else 100} %"


def _bar(summary: Summary, width: int) -> Text:
    label = f"{percent(summary) or 'reading':>7}"
    length = max(1, width - len(label) - 1)
    whole = max(1, summary.total)
    sent = int(length * summary.counts["sent"] / whole)
    done = int(length * ended(summary) / whole)
    bar = Text(no_wrap=True)
    bar.append("━" * sent, style="green").append("━" * (done - sent), style="red").append(
        "─" * (length - done), style="dim"
    )
    return bar.append(f" {label}")


def _counts(summary: Summary) -> Text:
    line = Text().append(number(summary.counts["sent"]), style="bold")
    line.append(f" of {number(summary.total)}{'' if summary.launched else '+'} sent")
    for state, count in other_counts(summary):
        line.append(" · ", style="dim").append(f"{number(count)} {state}", style=_COUNT_STYLES.get(state, ""))
    return line


def other_counts(summary: Summary) -> list[tuple[str, int]]:
    """The states besides ``sent`` that hold messages, the endings that ask for attention first."""
    order = ("failed", "uncertain", "skipped", "cancelled", "deferred", "sending", "queued")
    counts = [(state, summary.counts[state]) for state in order]
    return [(state, count) for state, count in (*counts, ("refused", summary.refused)) if count]


def _speed(summary: Summary) -> str:
    if summary.status is not CampaignStatus.RUNNING:
        return (
            ""
            if summary.finished_at is None
            else f"{rate(summary.rate_per_second)} · {duration(summary.elapsed_seconds)}"
        )
    parts = [] if summary.recent_rate is None else [rate(summary.recent_rate)]
    if summary.seconds_left is not None:
        parts.append(f"{duration(summary.seconds_left)} left")
    return " · ".join(parts)


def _remark(summary: Summary, now: float, zone: tzinfo | None) -> str:
    """Why nothing is sent, or when the deferred messages are due; empty when there is nothing to say."""
    if summary.pause_reason or summary.resumes_at:
        when = f"goes on at {moment(summary.resumes_at, now, zone)}: " if summary.resumes_at else ""
        return clean(f"{when}{summary.pause_reason or summary.status}")
    only_deferred = summary.left and summary.left == summary.counts["deferred"]
    if summary.status is CampaignStatus.RUNNING and only_deferred and summary.next_due_at is not None:
        return f"waiting: the next message is tried again at {moment(summary.next_due_at, now, zone)}"
    return ""


def _folded(text: str, width: int) -> list[str]:
    """At most two lines, broken between words."""
    if not text:
        return []
    first, _, rest = text, "", ""
    if len(text) > width:
        at = text.rfind(" ", 0, width + 1)
        first, rest = (text[:at], text[at + 1 :]) if at > 0 else (text, "")
    return [cell(line, width).rstrip() for line in (first, rest) if line]


# The accounts.


def _accounts(
    accounts: Sequence[AccountSummary], *, now: float, width: int, height: int, zone: tzinfo | None
) -> list[Text]:
    shown, hidden = _chosen(accounts, height)
    sizes = widths(_COLUMNS, [_row(account) for account in accounts])
    count = _columns_that_fit(sizes, width)
    titles = GAP.join(cell(c.title, s, right=c.right) for c, s in zip(_COLUMNS[:count], sizes, strict=False))
    lines = [Text(f"  {titles}", style="dim", no_wrap=True)]
    lines += [_account_line(account, sizes[:count], now=now, width=width, zone=zone) for account in shown]
    if hidden:
        lines.append(Text(f"  {_more(hidden)}", style="dim", no_wrap=True))
    return [cut(line, width) for line in lines]


def _chosen(accounts: Sequence[AccountSummary], height: int) -> tuple[list[AccountSummary], list[AccountSummary]]:
    """The accounts that fit and those that do not. If all fit they keep their places, so that nothing jumps about."""
    if len(accounts) < height:
        return list(accounts), []
    by_interest = sorted(accounts, key=lambda account: _RANKS[account.state])
    room = max(0, height - 2)
    return by_interest[:room], by_interest[room:]


def _more(hidden: Sequence[AccountSummary]) -> str:
    states = Counter(account.state for account in hidden)
    kinds = ", ".join(f"{number(states[state])} {state}" for state in _SIGNS if states[state])
    return f"and {number(len(hidden))} more: {kinds}"


def _row(account: AccountSummary) -> tuple[str, str, str, str]:
    return (
        account.name,
        number(account.sent),
        used(account.sent_this_hour, account.hourly_limit),
        used(account.sent_today, account.daily_limit),
    )


def _columns_that_fit(sizes: Sequence[int], width: int) -> int:
    count = len(sizes)
    while count > 1 and 2 + sum(sizes[:count]) + len(GAP) * count + _LEAST_NOTE > width:
        count -= 1
    return count


def _account_line(
    account: AccountSummary, sizes: Sequence[int], *, now: float, width: int, zone: tzinfo | None
) -> Text:
    sign, style = _SIGNS[account.state]
    line = Text(no_wrap=True).append(f"{sign} ", style=style)
    for column, size, text in zip(_COLUMNS, sizes, _row(account), strict=False):
        line.append(cell(text, size, right=column.right), style=column.style).append(GAP)
    note = account_note(account, now=now, zone=zone)
    return line.append(cell(note, max(0, width - line.cell_len)).rstrip(), style=style)


def account_note(account: AccountSummary, *, now: float, zone: tzinfo | None = None) -> str:
    """What an account does, or until when it does nothing and why."""
    state = str(account.state)
    if account.resumes_at is not None:
        state = f"{_UNTIL.get(account.state, state)} {moment(account.resumes_at, now, zone)}"
    return f"{state}: {clean(account.reason)}" if account.reason else state


_UNTIL = {AccountState.LIMITED: "until", AccountState.BACKING_OFF: "again at"}
"""The sign before the line tells the state; here the room is for the moment and the reason."""
