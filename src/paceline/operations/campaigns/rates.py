"""How fast a campaign went over time, from the samples of its counters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paceline.operations.context import Context
from paceline.store.queue import campaigns, rate_samples
from paceline.store.queue.rate_samples import Sample

POINTS = 240
"""At most so many points are told: what a chart can show."""
_SHORTEST_SECONDS = 2.0  # a rate over less than this says more about the moment of the look than about the campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many messages ended between two instants (UTC seconds since the epoch)."""

    start_at: float
    end_at: float
    messages: int

    @property
    def per_second(self) -> float:
        """The mean of that time."""
        return self.messages / (self.end_at - self.start_at)


def rates_of(context: Context, campaign_id: int, *, last_seconds: float | None) -> list[Rate]:
    """The rates of a campaign since its start, or of its last so many seconds; the oldest first.

    Empty for a campaign that has not begun. Cancelled messages do not count.
    """
    now = context.clock.now()
    with context.queue.read() as connection:
        progress = campaigns.progress(connection, campaign_id)
        started_at = progress.campaign.started_at
        if started_at is None:
            return []
        until = progress.campaign.finished_at or now
        since = started_at if last_seconds is None else max(started_at, until - last_seconds)
        samples = rate_samples.of_campaign(connection, campaign_id, since=since)
    counts = progress.counts
    ended = counts["sent"] + counts["failed"] + counts["skipped"] + counts["uncertain"]
    first = Sample(campaign_id=campaign_id, at=started_at, ended=0)
    last = Sample(campaign_id=campaign_id, at=until, ended=ended)
    return _between([first, *(one for one in samples if started_at < one.at < until), last], since)


def _between(samples: Sequence[Sample], since: float) -> list[Rate]:
    """Neighbouring samples as rates, drawn together where they are closer than a chart can show; a rest stays a rest."""
    widest = (samples[-1].at - since) / POINTS
    rates: list[Rate] = []
    before = samples[0]
    for sample, following in zip(samples[1:], [*samples[2:], None], strict=True):
        if following is not None and following.at - before.at <= max(widest, _SHORTEST_SECONDS):
            continue
        start, ended = before, sample.ended
        if rates and following is None and sample.at - before.at < _SHORTEST_SECONDS:
            last = rates.pop()
            start, ended = (
                Sample(campaign_id=sample.campaign_id, at=last.start_at, ended=before.ended - last.messages),
                sample.ended,
            )
        if sample.at > max(start.at, since):
            rates.append(
                Rate(start_at=start.at, end_at=sample.at, messages=max(0, ended - start.ended))
            )  # failed ones may go back
        before = sample
    return rates
