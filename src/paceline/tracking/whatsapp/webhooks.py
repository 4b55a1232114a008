"""Webhooks on their way: each body is kept before it is answered, and worked through afterwards, in groups.

Everything that follows from a body may be done again, so a process that is killed in the middle harms nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import Connection

from paceline.domain.errors import StoreUnavailable
from paceline.domain.opt_out import OptOutWords
from paceline.domain.reference import mark_of
from paceline.domain.whatsapp_health import Ending
from paceline.store.database import Database
from paceline.store.queue import installation, received_webhooks, whatsapp_numbers
from paceline.tracking.whatsapp.envelope import (
    AccountEvent,
    InboundMessage,
    NotAnEnvelope,
    NumberError,
    NumberEvent,
    Preference,
    Said,
    StatusUpdate,
    TemplateEvent,
    read_envelope,
)
from paceline.tracking.whatsapp.people import People
from paceline.tracking.whatsapp.provider import Provider
from paceline.tracking.whatsapp.statuses import Statuses

_log = logging.getLogger("paceline.tracking")

GROUP = 250
"""Statuses per transaction: on SQLite one holds up a sender, so it must be short."""

_BODIES = 100


class WhatsAppWebhooks:
    """Works through what has come, for one installation. Two at once are harmless."""

    def __init__(self, database: Database, words: str) -> None:
        """``words`` are those by which people opt out, separated by commas."""
        self._database = database
        with database.read() as connection:
            mark = mark_of(installation.name(connection))
        self._statuses = Statuses(database, mark)
        self._people = People(database, OptOutWords(words))
        self._provider = Provider()
        self._business_accounts: dict[str, str] = {}

    def work(self, *, now: float) -> int:
        """Work through the oldest bodies; returns how many. Raises StoreUnavailable."""
        with self._database.read() as connection:
            bodies = received_webhooks.oldest(connection, _BODIES)
        if not bodies:
            return 0
        try:
            self._work_through(bodies, now)
        except StoreUnavailable:
            raise
        except Exception:  # one of them: find out which
            for number, body in bodies:
                self._work_through_one(number, body, now)
        return len(bodies)

    def _work_through_one(self, number: int, body: bytes, now: float) -> None:
        try:
            self._work_through([(number, body)], now)
        except StoreUnavailable:
            raise
        except Exception as error:
            _log.exception("a webhook of WhatsApp cannot be worked through; it is kept with the reason")
            self._set_aside(number, f"unexpected error: {error!r}")

    def _work_through(self, bodies: Sequence[tuple[int, bytes]], now: float) -> None:
        said: list[Said] = []
        read = []
        for number, body in bodies:
            try:
                said += read_envelope(body)
            except NotAnEnvelope as error:
                self._set_aside(number, str(error))
            else:
                read.append(number)
        for start in range(0, max(len(said), 1), GROUP):
            part = said[start : start + GROUP]
            with self._database.write() as connection:
                self._take(connection, part, now)
                if start + GROUP >= len(said):
                    received_webhooks.done(connection, read)

    def _set_aside(self, number: int, reason: str) -> None:
        with self._database.write() as connection:
            received_webhooks.failed(connection, number, reason)

    def _take(self, connection: Connection, said: Sequence[Said], now: float) -> None:
        self._learn_businesses(connection, said)
        told = self._statuses.take(connection, [one for one in said if isinstance(one, StatusUpdate)], now=now)
        self._provider.released(connection, told.released, now=now)
        self._provider.failures(connection, told.failed, now=now)
        endings: list[tuple[int, Ending]] = []
        for one in said:
            match one:
                case InboundMessage():
                    endings += self._people.wrote(connection, one, now=now)
                case Preference():
                    self._people.prefers(connection, one, now=now)
                case TemplateEvent():
                    self._provider.template(connection, one, now=now)
                case NumberEvent():
                    self._provider.number(connection, one, now=now)
                case AccountEvent():
                    self._provider.account(connection, one, now=now)
                case NumberError():
                    self._provider.number_error(connection, one, now=now)
                case StatusUpdate():
                    pass
        self._statuses.signal(connection, endings, now)

    def _learn_businesses(self, connection: Connection, said: Sequence[Said]) -> None:
        """Which business account a number belongs to is told along with everything else."""
        for one in said:
            if not isinstance(one, StatusUpdate | InboundMessage) or not one.business_account:
                continue
            if self._business_accounts.get(one.phone_number_id) != one.business_account:
                self._business_accounts[one.phone_number_id] = one.business_account
                for number in whatsapp_numbers.with_id(connection, one.phone_number_id):
                    whatsapp_numbers.learn(connection, number.account_id, business_account=one.business_account)
