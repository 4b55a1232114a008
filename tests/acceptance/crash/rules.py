"""The rules C1 to C7 of a campaign that was interrupted: what the database says, held against what the judge recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from acceptance.judge import accepted_per_login_and_window, copies
from paceline.store.database import Database
from paceline.store.migrations import QUEUE
from paceline.store.opening import schema_version
from paceline.store.queue import campaigns, messages
from paceline.store.queue.messages import MessageRow

_HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The database at one moment."""

    counted: dict[str, int]
    """The counters that people see."""
    found: dict[str, int]
    """The states of the messages themselves."""
    launched: bool

    @property
    def uncertain(self) -> int:
        return self.found["uncertain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One interruption, and what was there just before."""

    step: str
    open_connections: int
    sample: Sample | None
    """None: there was no campaign yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """All that is known of a campaign at its end."""

    total: int
    status: str
    sample: Sample
    messages: Sequence[MessageRow]
    copies: Counter[str]
    accepted_per_hour: Mapping[tuple[str, datetime], int]
    hourly_limits: Mapping[str, int]
    """By login."""
    kills: Sequence[Kill] = field(default_factory=list)

    @property
    def doubled(self) -> list[str]:
        return [address for address, number in self.copies.items() if number > 1]

    @property
    def lost(self) -> list[str]:
        return [m.address for m in self.messages if m.state == "sent" and not self.copies[m.address]]

    @property
    def uncertain(self) -> list[MessageRow]:
        return [m for m in self.messages if m.state == "uncertain"]

    @property
    def bound(self) -> int:
        """The most messages that may be uncertain."""
        return sum(kill.open_connections for kill in self.kills)


def sample(database: Database, key: str) -> Sample | None:
    """Look at a campaign; None when it does not exist yet."""
    if schema_version(database, QUEUE) is None:
        return None
    with database.read_much() as connection:
        found = campaigns.find(connection, key, workspace_id=1)
        if found is None:
            return None
        return Sample(
            counted=campaigns.progress(connection, found.id).counts,
            found=campaigns.count_anew(connection, found.id),
            launched=found.launched_at is not None,
        )


def ended(
    database: Database,
    key: str,
    record: Path,
    *,
    total: int,
    hourly_limits: Mapping[str, int],
    kills: Sequence[Kill] = (),
) -> Ended:
    """Everything that the rules ask for."""
    with database.read() as connection:
        campaign = campaigns.find(connection, key, workspace_id=1)
    assert campaign is not None
    last = sample(database, key)
    assert last is not None
    return Ended(
        total=total,
        status=str(campaign.status),
        sample=last,
        messages=list(messages.listing(database, campaign.id)),
        copies=copies(record),
        accepted_per_hour=accepted_per_login_and_window(record, _HOUR_SECONDS, UTC),
        hourly_limits=hourly_limits,
        kills=kills,
    )


def violations(end: Ended) -> list[str]:
    """Every breach of a rule, in words; empty when the promise was kept."""
    return [
        *_conservation(end),
        *(f"C2 lost: {address} is sent, and no copy arrived" for address in end.lost),
        *(f"C3 doubled: {address} got {end.copies[address]} copies" for address in end.doubled),
        *_dishonest(end),
        *_unbounded(end),
        *_unfinished(end),
        *_above_limits(end),
    ]


def _conservation(end: Ended) -> Iterator[str]:
    samples = [kill.sample for kill in end.kills if kill.sample is not None]
    for place, one in enumerate([*samples, end.sample]):
        if one.counted != one.found:
            yield f"C1 sample {place}: counted {one.counted}, found {one.found}"
        total = sum(one.found.values())
        if total > end.total or (one.launched and total != end.total):
            yield f"C1 sample {place}: {total} messages of {end.total}"
    if not end.sample.launched:
        yield "C1 the audience was never queued to its end"


def _dishonest(end: Ended) -> Iterator[str]:
    for message in end.messages:
        if message.state not in ("sent", "uncertain", "sending") and end.copies[message.address]:
            yield f"C4 dishonest: {message.address} is {message.state}, and {end.copies[message.address]} arrived"


def _unbounded(end: Ended) -> Iterator[str]:
    allowed = 0
    for place, kill in enumerate(end.kills):
        if kill.sample is not None and kill.sample.uncertain > allowed:
            yield f"C5 unbounded: {kill.sample.uncertain} uncertain before kill {place}, {allowed} connections were open"
        allowed += kill.open_connections
    if len(end.uncertain) > allowed:
        yield f"C5 unbounded: {len(end.uncertain)} uncertain, {allowed} connections were open"
    for message in end.uncertain:
        if not (message.at and message.account and message.attempts and message.reply):
            yield f"C5 unexplained: {message}"


def _unfinished(end: Ended) -> Iterator[str]:
    waiting = [m for m in end.messages if m.state in ("queued", "sending", "deferred")]
    if end.status != "completed":
        yield f"C6 unfinished: the campaign is {end.status}"
    if waiting:
        yield f"C6 unfinished: {len(waiting)} messages wait, the first is {waiting[0]}"


def _above_limits(end: Ended) -> Iterator[str]:
    for (login, hour), number in end.accepted_per_hour.items():
        limit = end.hourly_limits.get(login, 0)
        if limit and number > limit:
            yield f"C7 above the limit: {login} sent {number} of {limit} in the hour from {hour}"
