"""The little of IMAP that reading reports takes, with bounds on what a server may send and on how long it may take.

It stands on imaplib of the standard library and on nothing larger: eight commands are needed, and the sockets (which the
address guard judges) and the limits of literals have to be ours. IDLE, which imaplib has only since Python 3.14, is here.
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import re
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from paceline.channels.printable import printable
from paceline.domain.account import Security
from paceline.domain.errors import PacelineError
from paceline.domain.mailbox import ImapLogin
from paceline.outbound.address_guard import AddressGuard, AddressRefused

SILENCE_SECONDS = 60.0
"""How long a server may say nothing while an answer is due."""

_LONGEST_LINE = 1 << 20
_MOST_PER_COMMAND = 8 << 20
"""Bytes of one command's whole answer."""
_LOOK_SECONDS = 0.5
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PASSING = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|OVERQUOTA|CONTACTADMIN)\]|too many|try again|later", re.I)
"""Refused logins that may pass (RFC 5530)."""


class MailboxUnavailable(PacelineError):
    """A mailbox cannot be read.

    ``needs_person``: it will not be by itself. ``is_disconnect``: the connection is of no use any more.
    """

    def __init__(self, reason: str, *, needs_person: bool = False, is_disconnect: bool = True) -> None:
        super().__init__(reason)
        self.needs_person = needs_person
        self.is_disconnect = is_disconnect


class ImapConnection:
    """One connection, logged in. For one thread. Every method raises MailboxUnavailable when the server does not do it."""

    def __init__(
        self, login: ImapLogin, *, guard: AddressGuard, token: Callable[[], str], seconds: float = SILENCE_SECONDS
    ) -> None:
        """Connect, encrypt and log in. ``token`` gives an access token where the login has OAuth."""
        with _in_words(f"{login.host} port {login.port}"):
            self._imap = _BoundedImap(login, guard, seconds)
        try:
            if login.security is Security.STARTTLS:
                with _in_words("STARTTLS", needs_person=True):
                    self._imap.starttls(_tls(login))
            self._log_in(login, token)
        except BaseException:
            self.close()
            raise

    def open_folder(self, folder: str, *, read_only: bool) -> tuple[int, int]:
        """Open a folder, again to see what is new in it; returns its UIDVALIDITY and its UIDNEXT (0: not told)."""
        with _in_words(f"the folder {folder!r}", needs_person=True):
            self._ask(self._imap.select, _quoted(folder), read_only)
            return self._number("UIDVALIDITY"), self._number("UIDNEXT")

    def uids(self, first: int, last: int | None, *, since: float | None = None) -> list[int]:
        """The UIDs of the opened folder from ``first`` to ``last`` (None: the end), since a day, in order."""
        words = ["UID", f"{first}:{last or '*'}"]
        if since is not None:
            day = datetime.fromtimestamp(since, UTC)
            words += ["SINCE", f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"]
        with _in_words("the search"):
            (found,) = self._ask(self._imap.uid, "SEARCH", *words)[:1] or [b""]
            numbers = {int(word) for word in (found or b"").split() if word.isdigit()}
        # "7:*" names the last mail, whatever its UID is.
        return sorted(uid for uid in numbers if uid >= first and (last is None or uid <= last))

    def beginning(self, uid: int, most_bytes: int) -> bytes | None:
        """The first bytes of a mail, which stays unread; None when it is gone."""
        with _in_words(f"mail {uid}"):
            answer = self._ask(self._imap.uid, "FETCH", str(uid), f"(UID BODY.PEEK[]<0.{most_bytes}>)")
        for part in answer:
            if isinstance(part, tuple) and b"BODY[]" in part[0].upper():
                return bytes(part[1])
        return None

    def mark_seen(self, uid: int) -> None:
        """Mark a mail as read."""
        with _in_words(f"marking mail {uid}"):
            self._ask(self._imap.uid, "STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def move(self, uid: int, folder: str) -> None:
        """Move a mail to a folder, which is made when it is missing."""
        with _in_words(f"moving mail {uid} to {folder!r}"):
            can_move = "MOVE" in self._imap.capabilities
            try:
                self._ask(self._imap.uid, "MOVE" if can_move else "COPY", str(uid), _quoted(folder))
            except imaplib.IMAP4.error as error:
                if isinstance(error, imaplib.IMAP4.abort):
                    raise
                self._ask(self._imap.create, _quoted(folder))
                self._ask(self._imap.uid, "MOVE" if can_move else "COPY", str(uid), _quoted(folder))
            if not can_move:
                self._ask(self._imap.uid, "STORE", str(uid), "+FLAGS.SILENT", r"(\Seen \Deleted)")
                if "UIDPLUS" in self._imap.capabilities:  # else it stays, marked, until a person empties the folder
                    self._ask(self._imap.uid, "EXPUNGE", str(uid))

    @property
    def can_idle(self) -> bool:
        """Whether the server tells of new mail by itself (RFC 2177)."""
        return "IDLE" in self._imap.capabilities

    def idle(self, seconds: float, over: threading.Event) -> None:
        """Wait until the server tells anything, for so long at the most, or until ``over`` is set."""
        with _in_words("waiting for mail"):
            self._imap.idle_until(time.monotonic() + seconds, over)

    def close(self) -> None:
        """Say goodbye; whatever happens then, the connection is closed. A second call does nothing."""
        with contextlib.suppress(Exception):
            self._imap.sock.settimeout(2.0)
            self._imap.logout()
        with contextlib.suppress(Exception):
            self._imap.shutdown()

    def _log_in(self, login: ImapLogin, token: Callable[[], str]) -> None:
        try:
            with _in_words("the login"):
                self._imap.log_in(login, token)
        except MailboxUnavailable as error:
            cause = error.__cause__
            refused = isinstance(cause, imaplib.IMAP4.error) and not isinstance(cause, imaplib.IMAP4.abort)
            raise MailboxUnavailable(
                str(error), needs_person=error.needs_person or (refused and not _PASSING.search(str(error)))
            ) from error

    def _ask(self, command: Callable[..., Any], *arguments: object) -> list[Any]:
        self._imap.begin()
        status, data = command(*arguments)
        if status != "OK":
            raise imaplib.IMAP4.error(_said(data))
        return list(data)

    def _number(self, name: str) -> int:
        _, data = self._imap.response(name)
        return int(data[-1]) if data and data[-1] and bytes(data[-1]).isdigit() else 0


class _BoundedImap(imaplib.IMAP4):
    """imaplib on a socket of ours, with limits, its own buffer (so that waiting knows what was read already), and IDLE."""

    def __init__(self, login: ImapLogin, guard: AddressGuard, seconds: float) -> None:
        self._login = login
        self._guard = guard
        self._buffer = bytearray()
        self._left = _MOST_PER_COMMAND
        super().__init__(login.host, login.port, timeout=seconds)

    def begin(self) -> None:
        """A new command: what its answer may take is counted anew."""
        self._left = _MOST_PER_COMMAND
        self.untagged_responses: dict[str, list[Any]] = {}

    def _create_socket(self, timeout: float | None) -> socket.socket:
        connection = _connect(self._login, self._guard, timeout or SILENCE_SECONDS)
        if self._login.security is not Security.TLS:
            return connection
        try:
            return _tls(self._login).wrap_socket(connection, server_hostname=self._login.host)
        except BaseException:
            connection.close()
            raise

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> tuple[Literal["OK"], list[None]]:
        """Encrypt, or raise."""
        if "STARTTLS" not in self.capabilities:
            raise self.error("the server does not offer STARTTLS")
        result = super().starttls(ssl_context)
        if self._buffer:  # what came before the encryption is nobody's word
            raise self.abort("the server spoke before the encryption began")
        return result

    def log_in(self, login: ImapLogin, token: Callable[[], str]) -> None:
        """Log in with what the login has and the server offers."""
        if login.oauth is not None:
            words = f"user={login.username}\x01auth=Bearer {token()}\x01\x01".encode()
            answers = iter([words])
            # Refused, the server explains itself in another challenge, which wants an empty answer.
            self.authenticate("XOAUTH2", lambda _: next(answers, b""))
        elif "AUTH=PLAIN" in self.capabilities:
            self.authenticate("PLAIN", lambda _: f"\0{login.username}\0{login.password}".encode())
        elif "LOGINDISABLED" in self.capabilities:
            raise self.error("the server accepts no password on this connection; use tls or starttls")
        else:
            status, data = self._simple_command("LOGIN", _quoted_text(login.username), _quoted_text(login.password))
            if status != "OK":
                raise self.error(_said(data))
            self.state = "AUTH"
        self.begin()
        status, data = self.capability()  # it may be another one now
        self.capabilities = tuple(str(data[-1] or b"", "ascii", "replace").upper().split())

    def idle_until(self, deadline: float, over: threading.Event) -> None:
        """RFC 2177: ends with the first line that the server says."""
        self.begin()
        tag = self._new_tag()
        self.send(tag + b" IDLE\r\n")
        while not (line := self.readline()).startswith(b"+"):
            if line.startswith(tag) or not line:
                raise self.error(printable(line.decode("utf-8", "replace")) or "the connection was closed")
        while not over.is_set() and time.monotonic() < deadline and not self._is_readable(_LOOK_SECONDS):
            pass
        self.send(b"DONE\r\n")
        while not (line := self.readline()).startswith(tag):
            if not line:
                raise self.abort("the connection was closed")

    def read(self, size: int) -> bytes:
        """A literal. Raises ``abort`` for one that is larger than anything that was asked for."""
        self._take_from_allowance(size)
        while len(self._buffer) < size:
            if not self._fill():
                break
        return self._take(size)

    def readline(self) -> bytes:
        """A line with its end, or b"" at the end of the connection."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _LONGEST_LINE:
                raise self.abort("the server sent a line without an end")
            if not self._fill():
                return b""
        self._take_from_allowance(end)
        return self._take(end + 1)

    def _take_from_allowance(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.abort(f"the server sent more than {_MOST_PER_COMMAND} bytes where less was asked for")

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _fill(self) -> bool:
        data = self.sock.recv(65536)
        self._buffer += data
        return bool(data)

    def _is_readable(self, seconds: float) -> bool:
        if self._buffer or (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
            return True
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            return bool(selector.select(seconds))


def _connect(login: ImapLogin, guard: AddressGuard, timeout: float) -> socket.socket:
    """A connection to the first address that answers. Of a guarded login all addresses must be allowed ones."""
    host = guard.check_host(login.host) if login.guarded else login.host
    found = socket.getaddrinfo(host, login.port, type=socket.SOCK_STREAM)
    if login.guarded:
        for *_, address in found:
            guard.check_address(login.host, str(address[0]))
    failure: OSError | None = None
    for family, kind, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return connection
    raise failure or OSError("the host has no address")


def _tls(login: ImapLogin) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if login.ca_file:
        context.load_verify_locations(login.ca_file)
    return context


@contextlib.contextmanager
def _in_words(what: str, *, needs_person: bool = False) -> Iterator[None]:
    """What goes wrong inside becomes MailboxUnavailable. ``needs_person``: where the server says no, a person must look."""
    try:
        yield
    except (AddressRefused, ssl.SSLCertVerificationError) as error:
        raise MailboxUnavailable(f"{what}: {error}", needs_person=True) from error
    except imaplib.IMAP4.abort as error:
        raise MailboxUnavailable(f"{what}: {printable(str(error))}") from error
    except imaplib.IMAP4.error as error:
        reason = f"{what}: {printable(str(error))}"
        raise MailboxUnavailable(reason, needs_person=needs_person, is_disconnect=False) from error
    except socket.gaierror as error:
        raise MailboxUnavailable(f"{what}: the host name is not known") from error
    except TimeoutError as error:
        raise MailboxUnavailable(f"{what}: no answer in time") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise MailboxUnavailable(f"{what}: {printable(str(reason))}") from error


def _said(data: list[Any]) -> str:
    words = [bytes(part).decode("utf-8", "replace") for part in data if isinstance(part, bytes | bytearray)]
    return printable(" ".join(words)) or "the server said no"


def _quoted_text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(folder: str) -> str:
    """A folder's name in the modified UTF-7 of RFC 3501 section 5.1.3, in quotes."""
    pieces, run = [], ""
    for character in f"{folder}\0":
        if character != "\0" and not 0x20 <= ord(character) <= 0x7E:
            run += character
            continue
        if run:
            coded = base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            pieces.append(f"&{coded}-")
            run = ""
        pieces.append("&-" if character == "&" else character)
    return _quoted_text("".join(pieces).rstrip("\0"))
