"""A day of fifty accounts with mixed limits, on two servers, in layers: never above any of them, and hardly below."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from paceline.domain.campaign import CampaignStatus
from paceline.sandbox.mailbox import Delivery
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.sending import Hands, Sending, opened, write_campaign

MIDNIGHT = datetime.fromisoformat("2027-03-01T00:00:00+00:00").timestamp()
HOUR = 3600.0
SERVER_HOURLY = 100
WORKSPACE_DAILY = 5300
GOOGLE_HOURLY = 10
LAYERS = f"""
[[limits]]
for = "server"
name = "127.0.0.2"
hourly_limit = {SERVER_HOURLY}

[[limits]]
for = "workspace"
daily_limit = {WORKSPACE_DAILY}

[[limits]]
for = "provider"
name = "google"
hourly_limit = {GOOGLE_HOURLY}
"""


def _accounts(first: SmtpSandbox, second: SmtpSandbox) -> list[dict[str, object]]:
    """Twenty-five on a server that is limited as a whole, twenty of small daily limits, five with rolling hours."""
    shared = [
        {
            "host": "127.0.0.2",
            "port": second.port,
            "username": f"shared-{n}",
            "hourly_limit": 10 + n % 5,
            "daily_limit": 240,
        }
        for n in range(25)
    ]
    small = [{"port": first.port, "username": f"small-{n}", "hourly_limit": 8, "daily_limit": 100} for n in range(20)]
    rolling = [
        {"port": first.port, "username": f"rolling-{n}", "hourly_limit": 8, "window": "rolling"} for n in range(5)
    ]
    return [*shared, *small, *rolling]


ALLOWED = min(24 * SERVER_HOURLY + 20 * 100 + 5 * 24 * 8, WORKSPACE_DAILY)


def _per_hour(deliveries: Iterable[Delivery]) -> Counter[tuple[str, int]]:
    return Counter((delivery.username, int(delivery.at // HOUR)) for delivery in deliveries)


def _most_in_any_hour(moments: list[float]) -> int:
    return max((sum(at - HOUR < other <= at for other in moments) for at in moments), default=0)


def test_day_of_fifty_accounts_uses_what_the_limits_allow_and_no_more(tmp_path: Path) -> None:
    hands = Hands(MIDNIGHT)

    async def story() -> tuple[SmtpSandbox, SmtpSandbox]:
        first = SmtpSandbox(clock=lambda: hands.at)
        second = SmtpSandbox(host="127.0.0.2", clock=lambda: hands.at)
        await asyncio.gather(first.start(), second.start())
        people = [f"user{n}@{'gmail.com' if n % 20 == 0 else 'yahoo.com'}" for n in range(6000)]
        path = write_campaign(tmp_path, contacts=people, accounts=_accounts(first, second), tables=LAYERS)
        with opened(f"sqlite:///{tmp_path / 'day.db'}", tmp_path, hands, heartbeat_seconds=0.1) as context:
            async with Sending(context, path) as sending:
                while True:
                    last = hands.at
                    summary = await sending.until(
                        lambda s, last=last: s.status is CampaignStatus.PAUSED_LIMITS and (s.resumes_at or 0) > last  # type: ignore[misc]
                    )
                    assert summary.resumes_at is not None
                    if summary.resumes_at >= MIDNIGHT + 24 * HOUR:
                        break
                    hands.turn(summary.resumes_at - hands.at)
        await asyncio.gather(first.stop(), second.stop())
        return first, second

    first, second = asyncio.run(story())
    everything = [*first.deliveries, *second.deliveries]
    assert max(Counter(int(delivery.at // HOUR) for delivery in second.deliveries).values()) <= SERVER_HOURLY
    assert len(everything) <= WORKSPACE_DAILY
    to_google = [delivery for delivery in everything if delivery.recipient.endswith("@gmail.com")]
    assert max(Counter(int(delivery.at // HOUR) for delivery in to_google).values()) <= GOOGLE_HOURLY
    for (username, _), count in _per_hour(everything).items():
        kind, _, number = username.partition("-")
        assert count <= (10 + int(number) % 5 if kind == "shared" else 8)
    per_day = Counter(delivery.username for delivery in everything)
    assert all(count <= 240 for username, count in per_day.items() if username.startswith("shared"))
    assert all(count <= 100 for username, count in per_day.items() if username.startswith("small"))
    for username in (name for name in per_day if name.startswith("rolling")):
        assert _most_in_any_hour([delivery.at for delivery in everything if delivery.username == username]) <= 8
    assert len(everything) >= 0.99 * ALLOWED
    assert len({delivery.recipient for delivery in everything}) == len(everything)
