"""The verbs of SMTP as the sandbox answers them: one method per verb, no octets and no sockets."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from paceline.sandbox import replies
from paceline.sandbox.behaviours import Stage
from paceline.sandbox.mailbox import Violation
from paceline.sandbox.sasl import MECHANISMS, BadResponse, Credentials, Exchange
from paceline.sandbox.smtp_address import Refused, read_path
from paceline.sandbox.smtp_message import TOO_BIG_MESSAGE, inspect

if TYPE_CHECKING:
    from paceline.sandbox.smtp_connection import SmtpConnection

_ENDS_GROUP: Final = frozenset({b"EHLO", b"HELO", b"VRFY", b"EXPN", b"QUIT", b"NOOP", b"STARTTLS", b"AUTH"})
_NEEDS_EHLO: Final = frozenset({b"MAIL", b"RCPT", b"DATA", b"AUTH", b"STARTTLS"})


class Dialogue:
    """What is known of one client: its greeting, login and the message it is about to send."""

    def __init__(self, connection: SmtpConnection) -> None:
        self._connection = connection
        self._situation = connection.situation
        self._verbs: dict[bytes, Callable[[bytes], None]] = {
            b"EHLO": self._ehlo,
            b"HELO": self._helo,
            b"STARTTLS": self._starttls,
            b"AUTH": self._auth,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": self._noop,
            b"VRFY": self._vrfy,
            b"QUIT": self._quit,
        }
        self._turned_away = False
        self._offered: frozenset[bytes] | None = None
        """Capabilities of the last EHLO; None before a greeting."""
        self.recipients: list[str] = []
        self._has_sender = False
        self._eight_bit = False
        self._utf8 = False
        self._exchange: Exchange | None = None
        self._awaits_failure = False

    def turn_away(self) -> None:
        """The greeting refused the client: nothing but QUIT is accepted (RFC 5321 section 3.1)."""
        self._turned_away = True

    def line(self, line: bytes) -> None:
        """Answer one command, or one response of a login."""
        if self._exchange is not None:
            self._go_on_with_login(line)
            return
        if self._awaits_failure:
            self._awaits_failure = False
            self._say(None, replies.WRONG_LOGIN)
            return
        verb, _, argument = line.partition(b" ")
        verb = verb.upper()
        if self._connection.has_more:
            self._check_pipelining(verb)
        if self._turned_away and verb != b"QUIT":
            self._say(None, replies.BAD_SEQUENCE)
        elif self._offered is None and verb in _NEEDS_EHLO:
            self._say(None, replies.GREET_FIRST)
        else:
            self._verbs.get(verb, self._unknown)(argument)

    def _check_pipelining(self, verb: bytes) -> None:
        if verb in _ENDS_GROUP and verb != b"STARTTLS":
            self._connection.violate(Violation.PIPELINED_BEHIND_LAST)
        elif b"PIPELINING" not in (self._offered or ()) and verb != b"DATA":
            self._connection.violate(Violation.PIPELINING_NOT_OFFERED)

    def _say(self, stage: Stage | None, normal: bytes, done: Callable[[bytes], None] | None = None) -> None:
        self._connection.answer(stage, normal, done)

    def _unknown(self, _argument: bytes) -> None:
        self._say(None, replies.UNKNOWN_COMMAND)

    # greeting and encryption

    def _ehlo(self, argument: bytes) -> None:
        can_encrypt = self._connection.office.tls is not None and not self._connection.is_encrypted
        normal = replies.ehlo(tls=can_encrypt) if argument.strip() else replies.BAD_ARGUMENT
        self._say(Stage.EHLO, normal, self._greeted)

    def _helo(self, argument: bytes) -> None:
        self._say(Stage.HELO, replies.HELLO if argument.strip() else replies.BAD_ARGUMENT, self._greeted)

    def _greeted(self, said: bytes) -> None:
        self._offered = frozenset(line[4:].split(b" ")[0].upper() for line in said.split(b"\r\n")[1:] if line)
        self._forget_message()

    def _starttls(self, argument: bytes) -> None:
        if b"STARTTLS" not in (self._offered or ()):
            self._say(Stage.STARTTLS, replies.NOT_OFFERED)
        else:
            self._say(Stage.STARTTLS, replies.BAD_ARGUMENT if argument else replies.READY_FOR_TLS, self._encrypt)

    def _encrypt(self, _said: bytes) -> None:
        self._offered = None
        self._forget_message()
        self._connection.log_out()
        self._connection.start_tls()

    # login

    def _auth(self, argument: bytes) -> None:
        name, _, initial = argument.partition(b" ")
        mechanism = MECHANISMS.get(name.upper())
        if b"AUTH" not in (self._offered or ()):
            self._say(None, replies.NOT_OFFERED)
        elif self._situation.username or self._has_sender:
            self._say(None, replies.BAD_SEQUENCE)
        elif mechanism is None:
            self._say(None, replies.UNKNOWN_MECHANISM)
        else:
            self._exchange = mechanism(initial or None)
            self._step(lambda exchange: next(exchange))

    def _go_on_with_login(self, response: bytes) -> None:
        if response == b"*":
            self._exchange = None
            self._say(None, replies.CANCELLED)
        else:
            self._step(lambda exchange: exchange.send(response))

    def _step(self, step: Callable[[Exchange], bytes]) -> None:
        exchange = self._exchange
        assert exchange is not None
        try:
            challenge = step(exchange)
        except StopIteration as end:
            self._exchange = None
            self._log_in(end.value)
        except BadResponse:
            self._exchange = None
            self._say(None, replies.BAD_BASE64)
        else:
            self._connection.apply(None, None, b"334 " + challenge + b"\r\n")

    def _log_in(self, credentials: Credentials) -> None:
        logins = self._connection.office.logins
        accepted = logins is None or logins.get(credentials.username) == credentials.secret
        self._situation.username = credentials.username
        self._connection.answer(
            Stage.AUTH, replies.LOGGED_IN if accepted else replies.WRONG_LOGIN, self._logged_in, self._login_failed
        )

    def _logged_in(self, _said: bytes) -> None:
        self._connection.log_in()

    def _login_failed(self, said: bytes) -> None:
        self._situation.username = ""
        # XOAUTH2 explains a refusal in a challenge, which the client answers with an empty line.
        self._awaits_failure = said.startswith(b"334")

    # envelope

    def _mail(self, argument: bytes) -> None:
        if self._has_sender:
            self._say(None, replies.BAD_SEQUENCE)
            return
        try:
            self._situation.sender = self._read_sender(argument)
            normal = replies.SENDER_OK
        except Refused as refused:
            normal = refused.reply
        self._connection.answer(Stage.MAIL, normal, self._sender_accepted, self._sender_refused)

    def _read_sender(self, argument: bytes) -> str:
        address, parameters = read_path(argument, b"FROM:")
        offered = self._offered or frozenset()
        for name, value in parameters.items():
            self._check_parameter(name, value, offered)
        self._utf8 = "SMTPUTF8" in parameters
        self._eight_bit = self._utf8 or parameters.get("BODY", "").upper() == "8BITMIME"
        self._check_script(address)
        return address

    def _check_parameter(self, name: str, value: str, offered: frozenset[bytes]) -> None:
        capability = b"8BITMIME" if name == "BODY" else name.encode()
        if name not in ("SIZE", "BODY", "SMTPUTF8", "AUTH") or capability not in offered:
            raise Refused(replies.UNKNOWN_PARAMETER)
        if name == "BODY" and value.upper() not in ("7BIT", "8BITMIME"):
            raise Refused(replies.BAD_ARGUMENT)
        if name == "SIZE" and not re.fullmatch("[0-9]{1,20}", value):
            raise Refused(replies.BAD_ARGUMENT)
        if name == "SIZE" and int(value) > replies.MAX_MESSAGE_BYTES:
            raise Refused(replies.TOO_BIG)

    def _check_script(self, address: str) -> None:
        if not address.isascii() and not self._utf8:
            raise Refused(replies.NEEDS_SMTPUTF8)

    def _sender_accepted(self, _said: bytes) -> None:
        self._has_sender = True

    def _sender_refused(self, _said: bytes) -> None:
        self._situation.sender = ""

    def _rcpt(self, argument: bytes) -> None:
        recipient = ""
        try:
            recipient = self._read_recipient(argument)
            normal = replies.RECIPIENT_OK
        except Refused as refused:
            normal = refused.reply
        accept = partial(self._recipient_accepted, recipient) if recipient else None
        self._connection.answer(Stage.RCPT, normal, accept, recipients=(recipient,))

    def _read_recipient(self, argument: bytes) -> str:
        if not self._has_sender:
            raise Refused(replies.BAD_SEQUENCE)
        recipient, parameters = read_path(argument, b"TO:")
        if not recipient:
            raise Refused(replies.BAD_ADDRESS)
        if parameters:
            raise Refused(replies.UNKNOWN_PARAMETER)
        self._check_script(recipient)
        if len(self.recipients) >= replies.MAX_RECIPIENTS:
            raise Refused(replies.TOO_MANY_RECIPIENTS)
        return recipient

    def _recipient_accepted(self, recipient: str, _said: bytes) -> None:
        self.recipients.append(recipient)

    def _forget_message(self) -> None:
        self.recipients = []
        self._has_sender = self._eight_bit = self._utf8 = False
        self._situation.sender = ""

    # message

    def _data(self, argument: bytes) -> None:
        if argument:
            normal = replies.BAD_ARGUMENT
        elif not self._has_sender:
            normal = replies.BAD_SEQUENCE
        else:
            normal = replies.GO_AHEAD if self.recipients else replies.NO_RECIPIENTS
        self._connection.answer(Stage.DATA, normal, self._read_message, self._data_refused, self.recipients)

    def _read_message(self, _said: bytes) -> None:
        self._connection.read_message()

    def _data_refused(self, _said: bytes) -> None:
        if self._connection.has_more:
            self._connection.violate(Violation.SPOKE_BEFORE_354)

    def message(self, raw: bytes | None) -> None:
        """Store a complete message (None: it was too big), then answer it."""
        connection, situation = self._connection, self._situation
        message = TOO_BIG_MESSAGE if raw is None else inspect(raw, eight_bit=self._eight_bit)
        for violation in message.violations:
            connection.violate(violation)
        recipients = self.recipients
        rule = connection.rule_for(Stage.DOT, recipients) if connection.office.rules.any else None
        decision = connection.office.decide(rule, message, has_recipients=bool(recipients))
        connection.filing(stored=decision.stored)
        connection.office.file(message, situation, recipients, decision, partial(connection.filed, decision))
        self._forget_message()

    # the rest

    def _rset(self, argument: bytes) -> None:
        self._say(Stage.RSET, replies.BAD_ARGUMENT if argument else replies.OK, self._was_reset)

    def _was_reset(self, _said: bytes) -> None:
        self._forget_message()

    def _noop(self, _argument: bytes) -> None:
        self._say(Stage.NOOP, replies.OK)

    def _vrfy(self, _argument: bytes) -> None:
        self._say(None, replies.CANNOT_VERIFY)

    def _quit(self, _argument: bytes) -> None:
        self._say(Stage.QUIT, replies.CLOSING, self._connection.close)
