"""How an account proves who it is: the mechanisms, in one table each server's offer is held against.

Nothing here writes a log; ``Credentials.conceal`` takes secrets out of what a server says before anyone sees it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A name, and either a password or an access token."""

    username: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def conceal(self, text: str, sent: Iterable[str] = ()) -> str:
        """``text`` without the password, the token and the lines that were ``sent``."""
        for secret in (self.password, self.token, *sent):
            if secret:
                text = text.replace(secret, "***")
        return text


_Response = Callable[[Credentials, bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """A SASL mechanism: what is sent with AUTH (None: nothing), and one response per challenge. Before base64."""

    name: str
    initial: Callable[[Credentials], bytes] | None = None
    responses: tuple[_Response, ...] = ()


def _plain(credentials: Credentials) -> bytes:
    return f"\0{credentials.username}\0{credentials.password}".encode()


def _username(credentials: Credentials, challenge: bytes) -> bytes:
    return credentials.username.encode()


def _password(credentials: Credentials, challenge: bytes) -> bytes:
    return credentials.password.encode()


def _cram_md5(credentials: Credentials, challenge: bytes) -> bytes:
    digest = hmac.new(credentials.password.encode(), challenge, "md5").hexdigest()
    return f"{credentials.username} {digest}".encode()


def _xoauth2(credentials: Credentials) -> bytes:
    return f"user={credentials.username}\x01auth=Bearer {credentials.token}\x01\x01".encode()


def _nothing(credentials: Credentials, challenge: bytes) -> bytes:
    return b""


PLAIN = Mechanism(name="PLAIN", initial=_plain)  # RFC 4616
LOGIN = Mechanism(name="LOGIN", responses=(_username, _password))  # draft-murchison-sasl-login
CRAM_MD5 = Mechanism(name="CRAM-MD5", responses=(_cram_md5,))  # RFC 2195
# The empty response is for the error in JSON that comes as a challenge; 535 follows it.
XOAUTH2 = Mechanism(name="XOAUTH2", initial=_xoauth2, responses=(_nothing,))

TOKEN_MECHANISMS = (XOAUTH2,)
ENCRYPTED_MECHANISMS = (PLAIN, LOGIN, CRAM_MD5)
OPEN_MECHANISMS = (CRAM_MD5, PLAIN, LOGIN)
"""Where everyone may listen, the password itself is sent only when there is no other way."""


def choose(mechanisms: Iterable[Mechanism], offered: frozenset[str]) -> Mechanism | None:
    """The first of ``mechanisms`` that the server offers."""
    return next((mechanism for mechanism in mechanisms if mechanism.name in offered), None)


def encode(response: bytes) -> str:
    """A response as it is sent."""
    return base64.b64encode(response).decode()


def decode(challenge: bytes) -> bytes:
    """A challenge as it is meant; b"" for what is not base64."""
    try:
        return base64.b64decode(challenge, validate=True)
    except ValueError:
        return b""
