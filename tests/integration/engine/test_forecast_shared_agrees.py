"""The forecast against the dry run where something is shared or chosen: limits of recipients, other campaigns, accounts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paceline.domain.account_choice import AccountChoice, Candidate, deal
from paceline.engine.forecast.forecast import forecast
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.dry_run import dry_run
from paceline.operations.campaigns.forecasting import plan_of_file
from paceline.operations.context import Context
from paceline.store.queue import mail_operators, senders
from surroundings.senders import queued
from surroundings.sending import Hands, logins, opened, write_campaign
from surroundings.timelines import assert_agree

NOON = 1_803_902_400.0
ENVIRONMENT = {"TEST_PASSWORD": "secret"}


def mixed(count: int, *, every: int) -> list[str]:
    """Recipients of whom every so-manieth is with one provider, at one of two domains."""
    domains = ("gmail.com", "googlemail.com")
    return [f"user{n}@{domains[n // every % 2] if n % every == 0 else 'example.com'}" for n in range(count)]


def limit(kind: str, name: str, **limits: Any) -> str:
    values = "\n".join(f"{key} = {value!r}".replace("'", '"') for key, value in limits.items())
    return f'\n[[limits]]\nfor = "{kind}"\nname = "{name}"\n{values}\n'


LIMITED = {
    "a full provider, the others go on": limit("provider", "google", hourly_limit=8),
    "a domain and its provider": limit("domain", "gmail.com", hourly_limit=3)
    + limit("provider", "google", daily_limit=30),
    "a rolling limit": limit("provider", "google", hourly_limit=10, window="rolling"),
    "minutes": limit("domain", "gmail.com", minute_limit=1),
}


@pytest.mark.parametrize("tables", LIMITED.values(), ids=LIMITED.keys())
def test_limits_of_some_recipients(sqlite_url: str, tmp_path: Path, tables: str) -> None:
    accounts = logins(2525, 2, hourly_limit=40)
    path = write_campaign(tmp_path, contacts=mixed(160, every=4), accounts=accounts, tables=tables)
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context:
        file = read_campaign_file(path, ENVIRONMENT)
        assert_agree(forecast(plan_of_file(context, file)), dry_run(context, file), start=NOON)


def test_limit_of_an_operator_holds_for_companies_whose_mail_it_takes(sqlite_url: str, tmp_path: Path) -> None:
    people = [f"user{n}@{'company.example' if n % 4 == 0 else 'example.com'}" for n in range(160)]
    tables = limit("provider", "google", hourly_limit=8)
    path = write_campaign(tmp_path, contacts=people, accounts=logins(2525, 2), tables=tables)
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context:
        with context.queue.write() as connection:
            mail_operators.keep(connection, {"company.example": "aspmx.l.google.com"}, now=NOON)
        file = read_campaign_file(path, ENVIRONMENT)
        seen = forecast(plan_of_file(context, file))
        assert_agree(seen, dry_run(context, file), start=NOON)
    assert seen.finish_at == pytest.approx(NOON + 4 * 3600, abs=10)


ACCOUNTS: list[dict[str, Any]] = [
    {"port": 2525, "username": "slow", "rate_per_minute": 2, "weight": 1},
    {"port": 2525, "username": "limited", "hourly_limit": 30, "weight": 2},
    {"port": 2525, "username": "small", "daily_limit": 25, "host": "smtp.gmail.com", "weight": 3},
]


@pytest.mark.parametrize("choice", [choice for choice in AccountChoice if choice is not AccountChoice.FREE])
def test_choice_of_account(sqlite_url: str, tmp_path: Path, choice: AccountChoice) -> None:
    people = mixed(240, every=3)
    path = write_campaign(tmp_path, contacts=people, accounts=ACCOUNTS, account_choice=str(choice))
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context:
        file = read_campaign_file(path, ENVIRONMENT)
        plan = plan_of_file(context, file)
        if choice is AccountChoice.STICKY:  # who sticks to whom is chance: a forecast of new accounts takes equal parts
            dealt = Counter(deal(choice, [Candidate(account_id=n, dealt=0) for n in (1, 2, 3)], people))
            weighted = [replace(account, weight=dealt[n]) for n, account in enumerate(plan.accounts, 1)]
            plan = replace(plan, accounts=tuple(weighted))
        assert_agree(forecast(plan), dry_run(context, file), start=NOON)


def queued_beside_a_sender(context: Context, path: Path) -> int:
    """The campaign of a file, launched; somebody sends whatever runs."""
    campaign_id = queued(context, path)
    with context.queue.write() as connection:
        senders.register(connection, process="test", campaign_id=None, now=NOON, lease_until=NOON + 1e6)
    return campaign_id


BESIDE: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
    "equal parts, of a small one": (40, {"rate_per_minute": 6}, {}),
    "a weight of three": (200, {"rate_per_minute": 6}, {"weight": 3}),
    "limits are used up by both": (200, {"hourly_limit": 24}, {}),
    "a slow one takes its pace only": (200, {"rate_per_minute": 6}, {"rate_per_minute": 4}),
    "windows of one message": (200, {"minute_limit": 1}, {}),
}
"""Messages of the other campaign, what the accounts may, and what the campaign says."""


@pytest.mark.parametrize(("beside", "accounts", "fields"), BESIDE.values(), ids=BESIDE.keys())
def test_beside_another_campaign(
    sqlite_url: str, tmp_path: Path, beside: int, accounts: dict[str, Any], fields: dict[str, Any]
) -> None:
    tables = logins(2525, 2, **accounts)
    other = write_campaign(tmp_path, contacts=beside, accounts=tables, key="other")
    path = write_campaign(tmp_path, contacts=60, accounts=tables, **fields)
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context:
        queued_beside_a_sender(context, other)
        file = read_campaign_file(path, ENVIRONMENT)
        seen, ran = forecast(plan_of_file(context, file)), dry_run(context, file)
        assert_agree(seen, ran, start=NOON)
    assert ran.summary.counts["sent"] == 60
