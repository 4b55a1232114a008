"""Tests of accounts in bulk, against real servers on loopback: bounded, one result for each, secrets out of sight."""

from __future__ import annotations

import asyncio

import pytest

from paceline.domain.errors import InputError
from paceline.operations.accounts import account_changes, account_checks
from paceline.operations.context import NotFound
from surroundings.sink import running_sink

from .conftest import Open


def test_many_accounts_are_tested(open_with: Open, smtp_sink: str) -> None:
    context = open_with(private_hosts="127.0.0.0/8")
    with running_sink(smtp_sink) as sink:
        good = [
            account_changes.create(
                context,
                {"name": f"good-{n}", "host": f"127.0.0.{n + 1}", "port": sink.port, "security": "none"},
                ["all"],
            )
            for n in range(1)
        ]
        bad = account_changes.create(
            context, {"name": "bad", "host": "127.0.0.1", "port": 1, "security": "none"}, ["all"]
        )
        results = asyncio.run(account_checks.check_many(context, tag="all"))
        assert {result.name: result.ok for result in results} == {"good-0": True, "bad": False}
        one = asyncio.run(account_checks.check_one(context, good[0].id))
        assert one.message.startswith("connected and logged in at 127.0.0.1:")
    failed = next(result for result in results if result.id == bad.id)
    assert "cannot connect" in failed.message
    with pytest.raises(NotFound):
        asyncio.run(account_checks.check_many(context.in_workspace(2), ids=[bad.id]))
    with pytest.raises(InputError):
        asyncio.run(account_checks.check_many(context))


def test_guarded_account_does_not_connect_to_what_is_no_longer_allowed(open_with: Open, smtp_sink: str) -> None:
    with running_sink(smtp_sink) as sink:
        generous = open_with(private_hosts="127.0.0.1")
        made = account_changes.create(
            generous, {"name": "a", "host": "127.0.0.1", "port": sink.port, "security": "none"}
        )
        assert asyncio.run(account_checks.check_one(generous, made.id)).ok
        strict = open_with()
        result = asyncio.run(account_checks.check_one(strict, made.id))
        assert not result.ok
        assert "PACELINE_PRIVATE_HOSTS" in result.message
