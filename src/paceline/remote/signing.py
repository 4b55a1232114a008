"""Keys and signatures of the worker protocol, by the Standard Webhooks specification (standardwebhooks.com).

The specification signs id, time stamp and body. Our ids end with a digest of method and path, so that a signed request
cannot be turned into another one with the same body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from standardwebhooks import Webhook

from paceline.domain.errors import PacelineError

TOLERANCE_SECONDS = 300.0
"""A request whose time stamp is further away is refused."""

KEY_PREFIX = "plw_"
_SIGNING_PREFIX = "whsec_"
_LONGEST_ID = 200


class NotGenuine(PacelineError):
    """A request is not from the other end, or not as it sent it; the text says what is wrong, and nothing secret."""


@dataclass(frozen=True, slots=True)
class PeerKeys:
    """The keys that hold now. The first of each is used to send, all of them are accepted; none to sign: unsigned."""

    bearer: tuple[str, ...] = field(repr=False)
    signing: tuple[str, ...] = field(default=(), repr=False)


def new_key() -> str:
    """A fresh bearer key."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def new_signing_key() -> str:
    """A fresh signing key, as Standard Webhooks writes it."""
    return _SIGNING_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def read_keys(bearer: str, signing: str) -> PeerKeys:
    """The keys of a setting: several are separated by commas. Raises ValueError for a signing key that is none."""
    signing_keys = tuple(filter(None, (word.strip() for word in signing.split(","))))
    for key in signing_keys:
        try:
            base64.b64decode(key.removeprefix(_SIGNING_PREFIX), validate=True)
        except ValueError:
            raise ValueError("accepts whsec_ and Base64, several separated by commas") from None
    return PeerKeys(tuple(filter(None, (word.strip() for word in bearer.split(",")))), signing_keys)


def key_digest(key: str) -> bytes:
    """What keys are compared by, so that the comparison takes the same time whatever is sent."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def is_one_of(given: str, keys: Sequence[str]) -> bool:
    """Whether a key is one of these; looks at all of them, each in constant time."""
    digest = key_digest(given)
    found = False
    for key in keys:
        found |= hmac.compare_digest(digest, key_digest(key))
    return found


def signed_headers(method: str, path: str, body: bytes, keys: PeerKeys, *, now: float) -> dict[str, str]:
    """The headers of a request: the key, and a signature with each signing key."""
    headers = {"Authorization": f"Bearer {keys.bearer[0]}"}
    if keys.signing:
        request_id = f"{secrets.token_hex(16)}_{_digest(method, path)}"
        at = datetime.fromtimestamp(int(now), UTC)
        words = body.decode()
        headers |= {
            "webhook-id": request_id,
            "webhook-timestamp": str(int(now)),
            "webhook-signature": " ".join(Webhook(key).sign(request_id, at, words) for key in keys.signing),
        }
    return headers


def check_signature(
    headers: Mapping[str, str], method: str, path: str, body: bytes, keys: PeerKeys, *, now: float
) -> str | None:
    """The id of a genuine request, which must not come again; None where nothing is signed. Raises NotGenuine."""
    if not keys.signing:
        return None
    request_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not request_id or not stamp or "webhook-signature" not in headers:
        raise NotGenuine("the request is not signed: webhook-id, webhook-timestamp and webhook-signature are needed")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12 or abs(int(stamp) - now) > TOLERANCE_SECONDS:
        ahead = f"{int(stamp) - now:+.0f} s" if stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 else "nonsense"
        raise NotGenuine(
            f"the time stamp is {ahead} away from this machine's time, {TOLERANCE_SECONDS:.0f} s are allowed"
        )
    if len(request_id) > _LONGEST_ID or not hmac.compare_digest(
        request_id[-32:].encode(), _digest(method, path).encode()
    ):
        raise NotGenuine("the webhook-id was not made for this method and path")
    try:
        words = body.decode()
    except UnicodeDecodeError:
        raise NotGenuine("the body is not UTF-8") from None
    at = datetime.fromtimestamp(int(stamp), UTC)
    given = headers["webhook-signature"].split(" ")[:10]
    genuine = False
    for key in keys.signing:
        expected = Webhook(key).sign(request_id, at, words)
        for signature in given:
            genuine |= hmac.compare_digest(signature.encode(), expected.encode())
    if not genuine:
        raise NotGenuine("the signature is wrong")
    return request_id


def _digest(method: str, path: str) -> str:
    """The tail of a request's id: 32 hexadecimal digits of SHA-256 over method, space, path without query."""
    return hashlib.sha256(f"{method} {path}".encode()).hexdigest()[:32]
