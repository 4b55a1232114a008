"""What each stage of the path costs by itself, in this process and without the others: CPU µs per message."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import uvloop

from campaign import write_campaign
from paceline.bootstrap import open_context
from paceline.channels.base import Letter
from paceline.content.email import EmailContent, EmailRenderer
from paceline.domain.account import Account
from paceline.domain.message import Report, ReportKind
from paceline.domain.outcome import Accepted
from paceline.engine.composer import Composer
from paceline.engine.signing import Signing
from paceline.launch.file_launch import FileLaunch
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.preparing import prepare
from paceline.operations.context import Context
from paceline.settings import read_settings
from paceline.store.queue import accounts, senders
from paceline.store.queue.accounts import LeasedAccount
from paceline.store.queue.claiming import Claim, ClaimedMessage
from paceline.store.queue.deliveries import Batch, Deliveries, Intent

GROUP = 25
"""Messages per commit: about half the connections, as it comes out when the loop and the commits take turns."""

_CLAIM = 250


class Stages:
    """One campaign, taken through its stages one after the other."""

    def __init__(self, context: Context, directory: Path, *, contacts: int, port: int) -> None:
        self._context = context
        self._contacts = contacts
        file = write_campaign(directory, contacts=contacts, port=port)
        self._prepared = prepare(context, read_campaign_file(file, os.environ))
        self.cost: dict[str, float] = {}

    def run(self) -> dict[str, float]:
        """Run every stage; returns CPU µs per message by the stage's name."""
        self._measure("launch", self._launch)
        deliveries, leased = self._register()
        held = self._measure("claim", lambda: self._claim(deliveries, leased))
        letters = self._measure("render", lambda: self._render(held))
        self._measure("intent", lambda: self._intend(deliveries, held))
        self._measure("outcome", lambda: self._report(deliveries, held))
        self._measure("wire", lambda: uvloop.run(self._transmit(letters, [a.account for a in leased])))
        return self.cost

    def _measure(self, name: str, stage: Callable[[], Any]) -> Any:
        began = time.process_time()
        result = stage()
        self.cost[name] = (time.process_time() - began) / self._contacts * 1e6
        return result

    def _launch(self) -> None:
        audience = self._prepared.audience
        assert audience is not None
        with audience:
            FileLaunch(
                database=self._context.queue,
                campaign_id=self._prepared.campaign_id,
                audience=audience,
                refused_path=self._context.settings.reports_path / "refused.csv",
                now=self._context.clock.now,
                on_part=lambda: None,
            ).run()

    def _register(self) -> tuple[Deliveries, list[LeasedAccount]]:
        database, campaign_id, now = self._context.queue, self._prepared.campaign_id, self._context.clock.now()
        with database.read() as connection:
            ids = [standing.id for standing in accounts.standings(connection, campaign_id=campaign_id)]
        with database.write() as connection:
            sender_id, slot = senders.register(
                connection, process="", campaign_id=campaign_id, now=now, lease_until=now + 3600
            )
            leased = [accounts.lease(connection, self._context.box, i, sender_id=sender_id, now=now) for i in ids]
        return Deliveries(database, sender_id=sender_id, slot=slot), [one for one in leased if one is not None]

    def _claim(
        self, deliveries: Deliveries, leased: Sequence[LeasedAccount]
    ) -> list[tuple[LeasedAccount, ClaimedMessage]]:
        """Every message, as they come to the lanes of all accounts in turn."""
        lists: list[list[tuple[LeasedAccount, ClaimedMessage]]] = [[] for _ in leased]
        for turn in range(-(-self._contacts // _CLAIM)):
            account = leased[turn % len(leased)]
            claim = Claim(
                account_id=account.account.id,
                lease=account.lease,
                campaign_id=self._prepared.campaign_id,
                limit=_CLAIM,
            )
            claimed = deliveries.exchange(Batch(claims=[claim]), self._context.clock.now()).claimed[0]
            lists[turn % len(leased)] += [(account, message) for message in claimed]
        longest = max(map(len, lists))
        return [one[place] for place in range(longest) for one in lists if place < len(one)]

    def _render(self, held: Iterable[tuple[LeasedAccount, ClaimedMessage]]) -> list[Letter]:
        context = self._context
        signing = Signing(context.queue, context.box)
        composer = Composer(
            context.queue, context.clock.now, context.box.tokens(context.settings), signing, context.ids
        )
        composer.prepare(self._prepared.campaign_id)
        return [composer.compose(message, leased.account) for leased, message in held]

    def _intend(self, deliveries: Deliveries, held: Iterable[tuple[LeasedAccount, ClaimedMessage]]) -> None:
        for group in _groups(held):
            intents = [
                Intent(
                    message_id=message.id,
                    campaign_id=message.campaign_id,
                    account_id=leased.account.id,
                    lease=message.lease,
                    revision=leased.account.revision,
                    suppression_key=message.address.casefold(),
                )
                for leased, message in group
            ]
            granted = deliveries.exchange(Batch(intents=intents), self._context.clock.now()).granted
            if len(granted) != len(group):
                raise RuntimeError("an intent was not granted")

    def _report(self, deliveries: Deliveries, held: Iterable[tuple[LeasedAccount, ClaimedMessage]]) -> None:
        for group in _groups(held):
            reports = [
                Report(
                    message_id=message.id,
                    campaign_id=message.campaign_id,
                    account_id=leased.account.id,
                    lease=message.lease,
                    attempt=message.attempt + 1,
                    intended=True,
                    kind=ReportKind.ACCEPTED,
                    reply="250 2.0.0 Ok",
                    at=self._context.clock.now(),
                )
                for leased, message in group
            ]
            deliveries.exchange(Batch(reports=reports), self._context.clock.now())

    async def _transmit(self, letters: Sequence[Letter], through: Sequence[Account]) -> None:
        """All letters over 50 connections, without any store."""
        waiting = iter(letters)
        lanes = [self._lane(account, waiting) for account in through for _ in range(5)]
        await asyncio.gather(*lanes)

    async def _lane(self, account: Account, waiting: Iterator[Letter]) -> None:
        session = None
        letter = next(waiting, None)
        while letter is not None:
            if session is None or not session.usable:
                session = await self._context.channel.connect(account)
            if await session.offer(letter) is not None:
                raise RuntimeError("the sink did not take an envelope")
            letter = next(waiting, None)
            if not isinstance(await session.hand_over(letter), Accepted):
                raise RuntimeError("the sink did not take a message")
        if session is not None:
            await session.close()


def _groups(
    held: Iterable[tuple[LeasedAccount, ClaimedMessage]],
) -> Iterator[list[tuple[LeasedAccount, ClaimedMessage]]]:
    rest = iter(held)
    while group := list(islice(rest, GROUP)):
        yield group


def measure(*, contacts: int, port: int, database: str | None) -> dict[str, float]:
    """CPU µs per message of each stage."""
    with tempfile.TemporaryDirectory(prefix="paceline-bench-") as name:
        settings = read_settings({}, data_dir=name, database=database)
        context = open_context(settings)
        try:
            return Stages(context, Path(name), contacts=contacts, port=port).run()
        finally:
            context.close()


def message_size() -> int:
    """Bytes of the first message of the measured campaign."""
    with tempfile.TemporaryDirectory(prefix="paceline-bench-") as name:
        file = write_campaign(Path(name), contacts=1, port=25)
        content = read_campaign_file(file, os.environ).content
    assert isinstance(content, EmailContent)
    renderer = EmailRenderer(content, domain="example.com", secret=b"secret")
    fields = {"email": "user0@example0.com", "first_name": "Zoë 0", "city": "München", "plan": "pro", "order": "7"}
    return len(renderer.render(address=fields["email"], fields=fields, message_key="1", account_from="", at=0.0).data)
