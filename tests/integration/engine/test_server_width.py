"""A server that takes few connections: all its accounts together learn how many, and everything arrives."""

from __future__ import annotations

import asyncio
from pathlib import Path

from paceline.domain.campaign import CampaignStatus
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.sending import logins, opened, send_to_the_end, write_campaign

FEW = {
    "name": "few connections",
    "stage": "auth",
    "per": "server",
    "connections_above": 3,
    "reply": "421 4.7.0 too many connections",
    "then": "close",
}


def test_accounts_of_a_server_share_the_connections_that_it_bears(sqlite_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": [FEW]}))
        await server.start()
        path = write_campaign(tmp_path, contacts=400, accounts=logins(server.port, 8, max_connections=2))
        with opened(sqlite_url, tmp_path, backoff_longest_seconds=0.2) as context:
            summary = await send_to_the_end(context, path)
        await server.stop()
        assert summary.status is CampaignStatus.COMPLETED
        assert summary.counts["sent"] == 400
        assert set(server.per_recipient.values()) == {1}

    asyncio.run(story())
