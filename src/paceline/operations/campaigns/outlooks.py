"""When campaigns will finish and what holds them back, looked at again and again for those who watch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from paceline.clock import iso
from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import PacelineError, StoreUnavailable
from paceline.operations.campaigns.explaining import explain_campaign
from paceline.operations.campaigns.forecasting import forecast_campaign
from paceline.operations.context import Context

_EVERY_SECONDS = 3.0
_REST_PER_WORK = 9.0
_MOST_CAMPAIGNS = 20
_UNDER_WAY = frozenset(
    {
        CampaignStatus.RUNNING,
        CampaignStatus.PAUSED,
        CampaignStatus.PAUSED_LIMITS,
        CampaignStatus.PAUSED_HEALTH,
        CampaignStatus.SCHEDULED,
    }
)


class OutlookWatch:
    """The outlooks of one workspace; at most one look every three seconds, and never more than a tenth of the time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen: dict[str, tuple[str, dict[str, Any]]] = {}
        self._next_at = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time to look again."""
        return time.monotonic() >= self._next_at

    def look(self, statuses: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """Public id -> outlook of each campaign whose outlook differs from the last one; ``statuses`` by public id.

        Of the newest twenty that are under way, and once more of one that has ended.
        """
        began = time.monotonic()
        under_way = [name for name, status in statuses.items() if status in _UNDER_WAY][-_MOST_CAMPAIGNS:]
        ended = [name for name, (status, _) in self._seen.items() if status != statuses.get(name, status)]
        news = {}
        try:
            for name in dict.fromkeys((*under_way, *ended)):
                outlook = self._outlook(name)
                if outlook is not None and self._seen.get(name, ("", {}))[1] != outlook:
                    news[name] = outlook
                if outlook is None:
                    self._seen.pop(name, None)
                else:
                    self._seen[name] = (statuses.get(name, ""), outlook)
        finally:
            now = time.monotonic()
            self._next_at = now + max(_EVERY_SECONDS, (now - began) * _REST_PER_WORK)
        return news

    def _outlook(self, public_id: str) -> dict[str, Any] | None:
        """None: the campaign is gone, or nobody can say."""
        try:
            seen = forecast_campaign(self._context, public_id)
            causes = explain_campaign(self._context, self._context.campaign(public_id))
        except StoreUnavailable:
            raise
        except PacelineError:
            return None
        return {
            "id": public_id,
            "finish_at": _moment(seen.finish_at),
            "finish_range": None if seen.finish_range is None else [_moment(at) for at in seen.finish_range],
            "causes": [cause.to_json() for cause in causes],
        }


def _moment(at: float | None) -> str | None:
    """To the second: what moves by less is no news."""
    return None if at is None else iso(float(round(at)))
