"""The reader of one mailbox: looks at every new mail once, whatever happens in between, then waits for the next.

A mail is taken, then marked, then the place in the mailbox moves on: a crash between two of them repeats what changes
nothing. When the folder is a new one (another UIDVALIDITY), or has never been read, the mail of the last two weeks is read.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import replace

from paceline.channels.smtp.oauth import TokenSource
from paceline.domain.errors import AccountUnavailable, StoreUnavailable
from paceline.domain.mailbox import ImapLogin, Mailbox, MailboxPlace, MailboxState, MailboxUse, Processed
from paceline.domain.outcome import TroubleKind
from paceline.outbound.address_guard import AddressGuard
from paceline.store.database import Database
from paceline.store.queue import mailboxes
from paceline.tracking.imap_client import SILENCE_SECONDS, ImapConnection, MailboxUnavailable
from paceline.tracking.intake import Intake
from paceline.tracking.mail_parts import MOST_BYTES

_log = logging.getLogger("paceline.tracking")

FIRST_DAYS = 14.0
"""How far back the first reading of a folder goes."""
_DAY_SECONDS = 86400.0
_WINDOW = 20_000  # UIDs that one search asks about
_BATCH = 20  # mails between two writes of the place
_IDLE_SECONDS = 240.0  # then the connection is asked for a sign of life, and the folder looked at in any case
_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 300.0
_BROKEN_PAUSE_SECONDS = 900.0


class Connector:
    """Connects to mailboxes, with the access tokens of one reader. For one thread."""

    def __init__(
        self, guard: AddressGuard, tokens: TokenSource | None = None, *, seconds: float = SILENCE_SECONDS
    ) -> None:
        """``seconds``: how long a server may say nothing while an answer is due."""
        self._guard = guard
        self._tokens = tokens or TokenSource(seconds=seconds)
        self._seconds = seconds

    def __call__(self, login: ImapLogin) -> ImapConnection:
        """Connect and log in. Raises MailboxUnavailable."""
        return ImapConnection(login, guard=self._guard, token=lambda: self._token(login), seconds=self._seconds)

    def _token(self, login: ImapLogin) -> str:
        assert login.oauth is not None
        try:
            return asyncio.run(self._tokens.token(login.oauth))
        except AccountUnavailable as error:
            needs_person = error.trouble.kind is TroubleKind.BROKEN
            raise MailboxUnavailable(error.trouble.reason, needs_person=needs_person) from error


class MailboxReader:
    """Reads one mailbox in a thread of its own. ``run`` may be called again after it has ended."""

    def __init__(
        self,
        mailbox: Mailbox,
        place: MailboxPlace,
        *,
        queue: Database,
        intake: Intake,
        connect: Callable[[ImapLogin], ImapConnection],
        now: Callable[[], float],
        connections: threading.Semaphore,
        poll_seconds: float,
    ) -> None:
        """``connections`` bounds how many are open in the process; ``poll_seconds``: where the server tells nothing."""
        self._mailbox = mailbox
        self._place = place
        self._queue = queue
        self._intake = intake
        self._connect = connect
        self._now = now
        self._connections = connections
        self._poll_seconds = poll_seconds
        self._pause = _FIRST_PAUSE_SECONDS
        self._known: tuple[MailboxState, str | None] | None = None
        self._untidy: str | None = None

    def run(self, over: threading.Event) -> None:
        """Read until ``over`` is set; what is away is waited for."""
        while not over.is_set():
            over.wait(self._once(over))

    def _once(self, over: threading.Event) -> float:
        """One connection from beginning to end; returns the seconds until the next one."""
        try:
            try:
                return self._connection(over)
            except MailboxUnavailable as error:
                _log.warning("the mailbox %s cannot be read: %s", self._mailbox.name, error)
                state = MailboxState.BROKEN if error.needs_person else MailboxState.FAILING
                self._tell(state, str(error))
                return _BROKEN_PAUSE_SECONDS if error.needs_person else self._longer_pause()
        except StoreUnavailable as error:
            _log.warning("the mailbox %s waits for the database: %s", self._mailbox.name, error)
        except Exception:
            _log.exception("reading the mailbox %s failed", self._mailbox.name)
        return self._longer_pause()

    def _longer_pause(self) -> float:
        pause, self._pause = self._pause, min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
        return pause * random.uniform(0.75, 1.0)

    def _connection(self, over: threading.Event) -> float:
        """Read what is there, and wait for more as long as nobody else needs the connection."""
        while not self._connections.acquire(timeout=1.0):
            if over.is_set():
                return 0.0
        try:
            connection = self._connect(self._mailbox.login)
            try:
                while not over.is_set():
                    self._round(connection, over)
                    self._pause = _FIRST_PAUSE_SECONDS
                    if not connection.can_idle:
                        return self._poll_seconds
                    connection.idle(min(_IDLE_SECONDS, self._poll_seconds), over)
                    if not self._has_room():
                        return self._poll_seconds
            finally:
                connection.close()
        finally:
            self._connections.release()
        return 0.0

    def _has_room(self) -> bool:
        """Whether there are connections left for others; if not, they are used in turn."""
        if not self._connections.acquire(blocking=False):
            return False
        self._connections.release()
        return True

    def _round(self, connection: ImapConnection, over: threading.Event) -> None:
        """Everything that is new in the folder."""
        read_only = self._mailbox.processed is Processed.LEAVE
        validity, next_uid = connection.open_folder(self._mailbox.folder, read_only=read_only)
        since = None
        if self._place.uid_validity != validity:
            if self._place.uid_validity is not None:
                _log.warning("the folder of %s was made anew: its last two weeks are read again", self._mailbox.name)
            since = self._now() - FIRST_DAYS * _DAY_SECONDS
            found = connection.uids(max(1, next_uid - _WINDOW) if next_uid else 1, None, since=since)
            self._place = MailboxPlace(uid_validity=validity, last_uid=found[0] - 1 if found else max(0, next_uid - 1))
        while not over.is_set():
            first = self._place.last_uid + 1
            last = min(first + _WINDOW, next_uid) - 1 if next_uid else None
            if last is not None and last < first:
                break
            self._read(connection, connection.uids(first, last, since=since), over)
            if over.is_set() or last is None:
                break
            self._place = replace(self._place, last_uid=max(self._place.last_uid, last))
        self._save(mails=0, matched=0)
        self._tell(MailboxState.FAILING if self._untidy else MailboxState.READING, self._untidy)

    def _read(self, connection: ImapConnection, uids: list[int], over: threading.Event) -> None:
        mails = matched = 0
        try:
            for uid in uids:
                if over.is_set():
                    break
                matched += self._take(connection, uid)
                mails += 1
                self._place = replace(self._place, last_uid=uid)
                if mails == _BATCH:
                    self._save(mails=mails, matched=matched)
                    mails = matched = 0
        finally:
            if mails:
                self._save(mails=mails, matched=matched)

    def _take(self, connection: ImapConnection, uid: int) -> bool:
        """Look at one mail; returns whether it is about a message of ours."""
        raw = connection.beginning(uid, MOST_BYTES)
        if raw is None:
            return False
        try:
            if self._mailbox.use is MailboxUse.SENDING:
                taken = self._intake.take_if_ours(raw, now=self._now())
            else:
                taken = self._intake.take(
                    raw, source=self._mailbox.name, workspace_id=self._mailbox.workspace_id, now=self._now()
                )
        except StoreUnavailable:
            raise
        except Exception:  # it stays where it is, unmarked, and the others come next
            _log.exception("a mail in %s cannot be taken: UID %s", self._mailbox.name, uid)
            return False
        if taken:
            self._tidy(connection, uid)
        return any(one.message_id is not None for one in taken)

    def _tidy(self, connection: ImapConnection, uid: int) -> None:
        """Mark or move a mail that was taken. Where the server does not do it, the mail is taken all the same."""
        try:
            if self._mailbox.processed is Processed.SEEN:
                connection.mark_seen(uid)
            elif self._mailbox.processed is Processed.MOVE:
                connection.move(uid, self._mailbox.move_to)
            self._untidy = None
        except MailboxUnavailable as error:
            if error.is_disconnect:
                raise
            _log.warning("a mail in %s was taken, but stays as it is: %s", self._mailbox.name, error)
            self._untidy = f"mail is taken, but stays as it is: {error}"

    def _save(self, *, mails: int, matched: int) -> None:
        with self._queue.write() as connection:
            mailboxes.progress(connection, self._mailbox, self._place, mails=mails, matched=matched, now=self._now())

    def _tell(self, state: MailboxState, reason: str | None) -> None:
        if self._known == (state, reason):
            return
        with self._queue.write() as connection:
            mailboxes.set_state(connection, self._mailbox, state, reason, now=self._now())
        self._known = (state, reason)
