"""Choice of account in a real campaign: who sends what, counted at the server; nothing is left on a pile."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.sending import Hands, logins, opened, send_to_the_end, write_campaign

NOON = datetime.fromisoformat("2027-03-01T12:10:00+00:00").timestamp()


async def _sent_by_account(
    url: str, folder: Path, choice: str, accounts: list[dict[str, Any]], *, contacts: int = 120, key: str = "test"
) -> dict[str, set[str]]:
    """Which login has sent to whom."""
    hands = Hands(NOON)
    server = SmtpSandbox(clock=lambda: hands.at)
    await server.start()
    tables = [{**account, "port": server.port} for account in accounts]
    path = write_campaign(folder, contacts=contacts, accounts=tables, account_choice=choice, key=key)
    with opened(url, folder, hands) as context:
        summary = await send_to_the_end(context, path)
    await server.stop()
    assert summary.status is CampaignStatus.COMPLETED
    assert set(server.per_recipient.values()) == {1}
    assert len(server.per_recipient) == contacts
    found: dict[str, set[str]] = {}
    for delivery in server.deliveries:
        found.setdefault(delivery.username, set()).add(delivery.recipient)
    return found


def _counts(found: dict[str, set[str]]) -> list[int]:
    return [len(found[name]) for name in sorted(found)]


def test_even_choice_gives_every_account_the_same_number(database_url: str, tmp_path: Path) -> None:
    found = asyncio.run(_sent_by_account(database_url, tmp_path, "even", logins(0, 4)))
    assert _counts(found) == pytest.approx([30] * 4, abs=2)


def test_weighted_choice_follows_the_accounts_weights(database_url: str, tmp_path: Path) -> None:
    accounts = [{**account, "weight": weight} for account, weight in zip(logins(0, 3), (1, 2, 3), strict=True)]
    found = asyncio.run(_sent_by_account(database_url, tmp_path, "weighted", accounts))
    assert _counts(found) == pytest.approx([20, 40, 60], abs=3)


def test_choice_by_remaining_allowance_uses_all_accounts_up_together(sqlite_url: str, tmp_path: Path) -> None:
    limits = (20, 40, 60)
    accounts = [{**account, "daily_limit": limit} for account, limit in zip(logins(0, 3), limits, strict=True)]
    found = asyncio.run(_sent_by_account(sqlite_url, tmp_path, "remaining", accounts, contacts=60))
    assert _counts(found) == pytest.approx([10, 20, 30], abs=5)


def test_sticky_recipient_has_the_same_account_in_the_next_campaign(sqlite_url: str, tmp_path: Path) -> None:
    accounts = logins(2525, 3)
    first = asyncio.run(_sent_by_account(sqlite_url, tmp_path, "sticky", accounts, key="first"))
    (tmp_path / "again").mkdir()
    again = asyncio.run(
        _sent_by_account(
            f"sqlite:///{tmp_path / 'again' / 'q.db'}", tmp_path / "again", "sticky", accounts, key="second"
        )
    )
    assert first == again
    assert min(_counts(first)) > 15


def test_broken_account_gives_its_pile_to_the_others(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        rules = [{"stage": "auth", "username": "user-0", "reply": "535 5.7.8 bad credentials"}]
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
        await server.start()
        path = write_campaign(tmp_path, contacts=60, accounts=logins(server.port, 3), account_choice="even")
        with opened(database_url, tmp_path, backoff_longest_seconds=0.2) as context:
            summary = await send_to_the_end(context, path)
        await server.stop()
        assert summary.counts["sent"] == 60
        assert Counter(delivery.username for delivery in server.deliveries).keys() == {"user-1", "user-2"}

    asyncio.run(story())
