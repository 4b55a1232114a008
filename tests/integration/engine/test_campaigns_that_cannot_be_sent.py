"""What cannot be sent as it stands waits for a person, with a cause that says what to do; everything else goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from paceline.content.dkim import KeyKind
from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.campaigns import resume
from paceline.operations.campaigns.explaining import explain
from paceline.operations.context import Context
from paceline.operations.domains import sending_domains as operations
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from paceline.store.queue import accounts, campaigns
from paceline.store.queue.accounts import AccountStanding
from surroundings.senders import one_more_sender, queued
from surroundings.sending import logins, write_campaign
from surroundings.waiting import until


@pytest.mark.parametrize("how", ["damaged", "cut off", "of another kind"])
def test_key_that_cannot_sign_stops_the_campaigns_of_its_domain_alone(
    context: Context, tmp_path: Path, how: str
) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        relays = logins(server.port, 2)
        signed = queued(context, write_campaign(tmp_path, contacts=["a@example.org"], accounts=relays, key="signed"))
        other = queued(context, _from(write_campaign(tmp_path, contacts=30, accounts=relays, key="other")))
        _damage_key(context, _domain_that_signs(context), how)
        async with one_more_sender(context, None):
            await until(lambda: _status(context, signed) is CampaignStatus.PAUSED_HEALTH)
            await until(lambda: _left(context, other) == 0)
            assert "a@example.org" not in server.per_recipient
            cause = _cause(context, "signed", "paused_health")
            assert "mail of example.com cannot be signed" in cause
            assert "`paceline domains new-keys example.com`" in cause
            assert "`paceline resume signed`" in cause
            _replace_keys(context)
            resume(context, "signed")
            await until(lambda: _left(context, signed) == 0)
        assert (len(server.per_recipient), set(server.per_recipient.values())) == (31, {1})
        await server.stop()

    asyncio.run(story())


def test_key_that_cannot_sign_stops_only_the_accounts_that_send_from_its_domain(
    context: Context, tmp_path: Path
) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        theirs, ours = logins(server.port, 2)
        relays = [{**theirs, "from": "bea@example.net"}, {**ours, "from": "ann@example.com"}]
        campaign_id = queued(context, write_campaign(tmp_path, contacts=30, accounts=relays))
        _damage_key(context, _domain_that_signs(context), "damaged")
        _enable(context, "relay-0", enabled=False)
        async with one_more_sender(context, None):
            await until(lambda: _standing(context, "relay-1").state is AccountState.BROKEN)
            assert "mail of example.com cannot be signed" in _cause(context, "test", "account_broken")
            _enable(context, "relay-0", enabled=True)
            await until(lambda: _left(context, campaign_id) == 0)
        assert server.mailbox.per_login == {"user-0": 30}
        await server.stop()

    asyncio.run(story())


def test_content_that_does_not_compile_stops_its_campaign_alone(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        relays = logins(server.port, 2)
        damaged = queued(context, write_campaign(tmp_path, contacts=["a@example.org"], accounts=relays, key="damaged"))
        other = queued(context, write_campaign(tmp_path, contacts=30, accounts=relays, key="other"))
        context.queue.execute("UPDATE campaigns SET content = '{}' WHERE id = :id", id=damaged)
        async with one_more_sender(context, None):
            await until(lambda: _status(context, damaged) is CampaignStatus.PAUSED_HEALTH)
            await until(lambda: _left(context, other) == 0)
        cause = _cause(context, "damaged", "paused_health")
        assert "its content cannot be read" in cause
        assert "stop it and start it anew" in cause
        assert "`paceline resume damaged`" in cause
        assert {_standing(context, name).state for name in ("relay-0", "relay-1")} == {AccountState.READY}
        assert (len(server.per_recipient), set(server.per_recipient.values())) == (30, {1})
        await server.stop()

    asyncio.run(story())


def _from(path: Path) -> Path:
    """A campaign's file, whose mail comes from a domain that nobody signs for."""
    path.write_text(path.read_text().replace("ann@example.com", "ann@example.net"))
    return path


def _domain_that_signs(context: Context) -> int:
    """The number of the key of example.com."""
    added = operations.add(context, "example.com", [KeyKind.ED25519])
    operations.activate(context, added.id, unchecked=True)
    with context.queue.read() as connection:
        number: int = connection.execute(sql("SELECT id FROM dkim_keys")).scalar_one()
    return number


def _damage_key(context: Context, number: int, how: str) -> None:
    if how == "of another kind":
        context.queue.execute("UPDATE dkim_keys SET kind = 'rsa' WHERE id = :id", id=number)
        return
    with context.queue.read() as connection:
        sealed = bytes(connection.execute(sql("SELECT secrets FROM dkim_keys")).scalar_one())
    damaged = sealed[:5] if how == "cut off" else sealed[:-1] + bytes([sealed[-1] ^ 1])
    context.queue.execute("UPDATE dkim_keys SET secrets = :damaged WHERE id = :id", damaged=damaged, id=number)


def _replace_keys(context: Context) -> None:
    domain = operations.named(context, "example.com")
    operations.new_keys(context, domain.id, [KeyKind.ED25519])
    operations.activate(context, domain.id, unchecked=True)


def _status(context: Context, campaign_id: int) -> CampaignStatus:
    with context.queue.read() as connection:
        return campaigns.get(connection, campaign_id).status


def _left(context: Context, campaign_id: int) -> int:
    with context.queue.read() as connection:
        return campaigns.progress(connection, campaign_id).left


def _standing(context: Context, account: str) -> AccountStanding:
    with context.queue.read() as connection:
        return next(one for one in accounts.standings(connection) if one.name == account)


def _enable(context: Context, account: str, *, enabled: bool) -> None:
    number = _standing(context, account).id
    with context.queue.write() as connection:
        accounts.set_enabled(connection, number, enabled=enabled, now=context.clock.now())


def _cause(context: Context, key: str, name: str) -> str:
    """The sentence of a cause of a campaign."""
    return next(cause.sentence for cause in explain(context, key) if cause.cause == name)
