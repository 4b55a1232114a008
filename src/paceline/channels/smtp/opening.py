"""From nothing to a connection that may send: address, TCP, TLS, greeting, EHLO, STARTTLS, AUTH, in this order.

Whatever goes wrong becomes AccountUnavailable with a sentence; encryption that was asked for is never given up.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl

from paceline.channels.printable import printable
from paceline.channels.smtp import authentication
from paceline.channels.smtp.authentication import Credentials, Mechanism
from paceline.channels.smtp.connection import Connection, ConnectionEnded
from paceline.channels.smtp.limits import SmtpLimits
from paceline.channels.smtp.oauth import TokenSource
from paceline.channels.smtp.replies import Reply
from paceline.channels.smtp.reply_codes import Stage, trouble
from paceline.channels.smtp.wire import Capabilities, read_capabilities
from paceline.domain.account import Security, SmtpLogin
from paceline.domain.errors import AccountUnavailable
from paceline.domain.outcome import AccountTrouble, TroubleKind
from paceline.outbound.address_guard import AddressGuard, AddressRefused

_MOST_ADDRESSES = 4
_HOST_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_NOT_UNDERSTOOD = (500, 502)


async def open_connection(
    login: SmtpLogin,
    *,
    limits: SmtpLimits,
    context: ssl.SSLContext | None,
    tokens: TokenSource,
    guard: AddressGuard,
) -> tuple[Connection, Capabilities]:
    """A connection ready for MAIL. ``context`` is for TLS, None with ``Security.NONE``. Raises AccountUnavailable."""
    return await _Opening(login, limits, context, tokens, guard).run()


class _Opening:
    """The steps of one opening and what they share."""

    def __init__(
        self,
        login: SmtpLogin,
        limits: SmtpLimits,
        context: ssl.SSLContext | None,
        tokens: TokenSource,
        guard: AddressGuard,
    ) -> None:
        self._guard = guard
        self._login = login
        self._limits = limits
        self._timeouts = limits.timeouts
        self._context = context
        self._tokens = tokens
        self._loop = asyncio.get_running_loop()
        self._connection = Connection(self._loop)
        self._at = "while connecting"

    async def run(self) -> tuple[Connection, Capabilities]:
        try:
            await self._dial()
            await self._greet()
            capabilities = await self._introduce()
            if self._login.security is Security.STARTTLS:
                capabilities = await self._start_tls(capabilities)
            if self._login.username:
                await self._authenticate(capabilities)
        except ConnectionEnded as end:
            raise self._unavailable(TroubleKind.FAILING, f"{end} {self._at}") from end
        except BaseException:
            self._connection.abort()
            raise
        return self._connection, capabilities

    def _unavailable(self, kind: TroubleKind, sentence: str) -> AccountUnavailable:
        self._connection.abort()
        reason = printable(f"{self._login.host}:{self._login.port}: {sentence}")
        return AccountUnavailable(AccountTrouble(kind=kind, reason=reason))

    # -- TCP and TLS --------------------------------------------------------------------------------------------------

    async def _dial(self) -> None:
        """The first address that answers, in the order of the resolver."""
        failure: OSError | None = None
        for family, kind, protocol, _, address in (await self._resolve())[:_MOST_ADDRESSES]:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                async with asyncio.timeout(self._timeouts.connect):
                    await self._loop.sock_connect(sock, address)
            except OSError as error:
                sock.close()
                failure = error
            except BaseException:
                sock.close()
                raise
            else:
                return await self._take(sock)
        reason = "no address" if failure is None else _words(failure, self._timeouts.connect)
        raise self._unavailable(TroubleKind.FAILING, f"cannot connect: {reason}")

    async def _resolve(self) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
        try:
            async with asyncio.timeout(self._timeouts.connect):
                if self._login.guarded:
                    return await self._guard.resolve(self._login.host, self._login.port)
                return await self._loop.getaddrinfo(  # type: ignore[return-value]  # typeshed leaves the address open
                    self._login.host, self._login.port, type=socket.SOCK_STREAM
                )
        except AddressRefused as error:
            raise self._unavailable(TroubleKind.BROKEN, str(error)) from error
        except (OSError, UnicodeError) as error:
            reason = _words(error, self._timeouts.connect)
            raise self._unavailable(TroubleKind.FAILING, f"the host name is not known: {reason}") from error

    async def _take(self, sock: socket.socket) -> None:
        """Make the socket our connection, encrypted at once where the port is for TLS."""
        if self._login.security is not Security.TLS:
            await self._loop.create_connection(lambda: self._connection, sock=sock)
            return
        try:
            await self._loop.create_connection(
                lambda: self._connection,
                sock=sock,
                ssl=self._context,
                server_hostname=self._login.host,
                ssl_handshake_timeout=self._timeouts.tls,
                ssl_shutdown_timeout=self._timeouts.farewell,
            )
        except (OSError, ssl.SSLError) as error:
            raise self._no_tls(error) from error

    async def _start_tls(self, capabilities: Capabilities) -> Capabilities:
        """RFC 3207: encrypt, then forget all that was said before and ask again."""
        if not capabilities.starttls:
            raise self._unavailable(
                TroubleKind.BROKEN,
                'the server does not offer STARTTLS; use another port, security "tls", or another server',
            )
        reply = await self._command("STARTTLS", Stage.STARTTLS)
        self._require(reply, 220, Stage.STARTTLS)
        if not self._connection.silent:
            raise self._unavailable(
                TroubleKind.BROKEN, "bytes came between STARTTLS and TLS: somebody may be injecting them"
            )
        assert self._context is not None
        try:
            transport = await self._loop.start_tls(
                self._connection.transport,
                self._connection,
                self._context,
                server_hostname=self._login.host,
                ssl_handshake_timeout=self._timeouts.tls,
                ssl_shutdown_timeout=self._timeouts.farewell,
            )
        except (OSError, ssl.SSLError) as error:
            raise self._no_tls(error) from error
        if transport is None:
            raise ConnectionEnded("the connection was lost")
        self._connection.use(transport)
        return await self._introduce()

    def _no_tls(self, error: Exception) -> AccountUnavailable:
        if isinstance(error, ssl.SSLCertVerificationError):
            return self._unavailable(TroubleKind.BROKEN, f"the certificate is not valid: {error.verify_message}")
        return self._unavailable(TroubleKind.FAILING, f"TLS failed: {_words(error, self._timeouts.tls)}")

    # -- SMTP ---------------------------------------------------------------------------------------------------------

    async def _greet(self) -> None:
        self._at = "before the greeting"
        reply = await self._reply(self._timeouts.greeting)
        self._require(reply, 220, Stage.GREETING)

    async def _introduce(self) -> Capabilities:
        name = self._limits.client_name or _client_name(self._connection)
        reply = await self._command(f"EHLO {name}", Stage.EHLO)
        if reply.code in _NOT_UNDERSTOOD and self._login.security is Security.NONE and not self._login.username:
            self._require(await self._command(f"HELO {name}", Stage.EHLO), 250, Stage.EHLO)
            return Capabilities()
        self._require(reply, 250, Stage.EHLO)
        return read_capabilities(reply)

    async def _authenticate(self, capabilities: Capabilities) -> None:
        login = self._login
        encrypted = login.security is not Security.NONE
        passwords = authentication.ENCRYPTED_MECHANISMS if encrypted else authentication.OPEN_MECHANISMS
        mechanism = authentication.choose(
            authentication.TOKEN_MECHANISMS if login.oauth else passwords, capabilities.mechanisms
        )
        if mechanism is None:
            offered = ", ".join(sorted(capabilities.mechanisms)) or "no login at all"
            raise self._unavailable(
                TroubleKind.BROKEN, f"the server offers no login that fits this account, but {offered}"
            )
        token = await self._tokens.token(login.oauth) if login.oauth else ""
        credentials = Credentials(username=login.username, password=login.password, token=token)
        reply = await self._prove(mechanism, credentials)
        if reply.code != 235 and login.oauth:
            self._tokens.forget(login.oauth)
        self._require(reply, 235, Stage.AUTH)

    async def _prove(self, mechanism: Mechanism, credentials: Credentials) -> Reply:
        """Run a mechanism to its end; the reply is free of secrets."""
        sent = [authentication.encode(mechanism.initial(credentials))] if mechanism.initial else []
        reply = await self._command(" ".join(["AUTH", mechanism.name, *sent]), Stage.AUTH)
        for respond in mechanism.responses:
            if reply.code != 334:
                break
            sent.append(authentication.encode(respond(credentials, authentication.decode(reply.lines[0]))))
            reply = await self._command(sent[-1], Stage.AUTH)
        if reply.code == 334:
            reply = await self._command("*", Stage.AUTH)  # gives up; the server answers 501
        return reply._replace(raw=tuple(_conceal(line, credentials, sent) for line in reply.raw))

    async def _command(self, line: str, stage: Stage) -> Reply:
        self._at = f"after {'AUTH' if stage is Stage.AUTH else line.split()[0]}"
        if not self._connection.silent:
            raise ConnectionEnded("the server spoke out of turn")
        if not self._connection.write(f"{line}\r\n".encode()):
            raise ConnectionEnded("the connection was lost")
        return await self._reply(self._timeouts.command)

    async def _reply(self, seconds: float) -> Reply:
        await self._connection.expect(1, seconds)
        return self._connection.replies.pop(0)

    def _require(self, reply: Reply, code: int, stage: Stage) -> None:
        if reply.code != code:
            self._connection.abort()
            raise AccountUnavailable(trouble(stage, reply, self._login.host))


def _client_name(connection: Connection) -> str:
    """This host's full name, or the literal of the address it connects from (RFC 5321 section 4.1.4)."""
    name = socket.gethostname()
    if _HOST_NAME.fullmatch(name):
        return name
    address = str(connection.transport.get_extra_info("sockname")[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _conceal(line: bytes, credentials: Credentials, sent: list[str]) -> bytes:
    return line[:4] + credentials.conceal(line[4:].decode("utf-8", "replace"), sent).encode()


def _words(error: Exception, seconds: float) -> str:
    if isinstance(error, TimeoutError) and not error.args:
        return f"no answer within {seconds:g} s"
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror | ssl.SSLError) and error.errno:
        return os.strerror(error.errno)  # the loops put their own words here
    return str(error.args[-1] if error.args else type(error).__name__)
