"""Keeps how fast campaigns go: a look at the counters of those that are under way, every few seconds.

Nothing is written while a number stands still. When it moves again, the end of the standstill is kept as well, so that
a rest is a rest and no slow hour.
"""

from __future__ import annotations

from paceline.store.database import Database
from paceline.store.queue import rate_samples
from paceline.store.queue.rate_samples import Grain, Sample

LOOK_EVERY_SECONDS = 10.0
_THIN_EVERY_SECONDS = 60.0


class RateRecorder:
    """What was seen last, and kept last, of each campaign. A second one elsewhere is harmless: it adds detail."""

    def __init__(self, queue: Database) -> None:
        self._queue = queue
        self._seen: dict[int, Sample] = {}
        self._kept: dict[int, Sample] = {}
        self._thinned_at = 0.0

    def look(self, *, now: float) -> None:
        """Look at every campaign that is under way, and keep what has moved."""
        with self._queue.read() as connection:
            ended = rate_samples.under_way(connection)
        found = {number: Sample(campaign_id=number, at=now, ended=count) for number, count in ended.items()}
        kept = {number: self._kept[number] for number in found if number in self._kept}
        news = [(one, _grain(one, kept)) for sample in found.values() for one in self._news(sample)]
        thin = now >= self._thinned_at + _THIN_EVERY_SECONDS
        if news or thin:
            with self._queue.write() as connection:
                rate_samples.keep(connection, self._queue, news)
                if thin:
                    rate_samples.thin(connection, now=now)
        self._seen, self._kept = found, kept
        self._thinned_at = now if thin else self._thinned_at

    def _news(self, sample: Sample) -> list[Sample]:
        """What is to be kept after a look."""
        seen, kept = self._seen.get(sample.campaign_id), self._kept.get(sample.campaign_id)
        if seen is None or kept is None:
            return [sample]
        if sample.ended == seen.ended:
            return []
        return [sample] if seen.at == kept.at else [seen, sample]


def _grain(sample: Sample, kept: dict[int, Sample]) -> Grain:
    """What a sample stands for after the last one of its campaign in ``kept``, where it takes that one's place."""
    before = kept.get(sample.campaign_id)
    kept[sample.campaign_id] = sample
    return rate_samples.grain_of(sample, after=0.0 if before is None else before.at)
