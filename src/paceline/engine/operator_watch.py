"""Finds out who takes the mail of the domains for which a limit of an operator may hold: beside the sending, bounded in time."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection

from paceline.domain.errors import StoreUnavailable
from paceline.outbound.dns import Dns, LookupFailed
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.queue import mail_operators
from paceline.store.queue.mail_operators import MailOperators

_log = logging.getLogger("paceline.engine")

_AT_ONCE = 200
_QUESTIONS_AT_ONCE = 8
_ASK_AGAIN_SECONDS = 60.0
_KNOWN_SECONDS = 86_400.0
_SURELY_THERE = "gmail.com"
"""Whoever cannot be told about this domain reaches no name server; another one may be broken by itself."""


class OperatorWatch:
    """For one sender."""

    def __init__(self, database: Database, settings: Settings, now: Callable[[], float], *, asks: bool) -> None:
        """``asks``: whether name servers are asked; without, what is on record has to do."""
        self._database = database
        self._asks = asks
        self.operators = MailOperators(asks=asks)
        """What is known, for claims."""
        self._dns = Dns(settings)
        self._now = now
        self._failed: dict[str, float] = {}
        self._forgot_at = time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self._ending = threading.Event()

    def prepare(self, connection: Connection) -> None:
        """Where nobody is asked, read what is on record."""
        if not self._asks:
            self.operators.learn(mail_operators.every(connection))

    def look(self) -> None:
        """Find out what claims have asked for, unless that is under way. Returns at once."""
        self._ask_again()
        if self.operators.backlog and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(asyncio.to_thread(self._find_out))

    async def end(self) -> None:
        """Ask nothing more, and wait for the answers to the few questions under way. May be called twice."""
        self._ending.set()
        if self._task is not None:
            await asyncio.wait((self._task,))

    def _ask_again(self) -> None:
        """Where no name server has answered, it is asked again after a while; what is known is read anew each day."""
        now = time.monotonic()
        if now - self._forgot_at > _KNOWN_SECONDS:
            self._forgot_at = now
            self.operators.forget()
        if self._task is None or self._task.done():
            due = [domain for domain, at in self._failed.items() if now - at > _ASK_AGAIN_SECONDS]
            for domain in due:
                del self._failed[domain]
            self.operators.forget(due)

    def _find_out(self) -> None:
        """In a thread: what others have looked up, then the name servers, some domains at a time."""
        while not self._ending.is_set() and (wanted := self.operators.wanted(_AT_ONCE)):
            try:
                with self._database.read() as connection:
                    found = mail_operators.find(connection, self._database, wanted, now=self._now())
                self.operators.learn(found)
                asked = self._ask([domain for domain in wanted if domain not in found])
                if asked:
                    with self._database.write() as connection:
                        mail_operators.keep(connection, asked, now=self._now())
            except StoreUnavailable as failure:
                _log.warning("who takes the mail of %d domains cannot be read or kept: %s", len(wanted), failure)
                return

    def _ask(self, domains: Sequence[str]) -> dict[str, str]:
        """What name servers say, and is worth keeping. Who gives no answer counts as nobody's for a while.

        When none of them answers at all, the rest is not asked: sending does not wait for them.
        """
        found: dict[str, str] = {}
        rest = list(domains)
        with ThreadPoolExecutor(_QUESTIONS_AT_ONCE, thread_name_prefix="paceline-dns") as threads:
            while rest and not self._ending.is_set():
                part, rest = rest[:_QUESTIONS_AT_ONCE], rest[_QUESTIONS_AT_ONCE:]
                hosts = zip(part, threads.map(self._host, part), strict=True)
                answers = {domain: host for domain, host in hosts if host is not None}
                if not answers and self._host(_SURELY_THERE) is None:
                    part, rest = part + rest, []
                found |= answers
                self._failed |= dict.fromkeys(set(part) - answers.keys(), time.monotonic())
                self.operators.learn({domain: answers.get(domain, "") for domain in part})
        return found

    def _host(self, domain: str) -> str | None:
        try:
            return next(iter(self._dns.mail_servers(domain)), "")
        except LookupFailed as failure:
            _log.info("who takes the mail of %s is not known: %s", domain, failure)
            return None
