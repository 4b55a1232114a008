"""Passwords at rest: sealed with AES-GCM, each bound to its row, so that a swapped ciphertext does not open."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from paceline.domain.errors import PacelineError
from paceline.domain.tokens import Tokens
from paceline.settings import Settings
from paceline.store.database import Database, sql
from paceline.store.public_ids import PublicIds

_NONCE_BYTES = 12


class SecretsUnreadable(PacelineError):
    """Stored passwords do not open with this key."""


class SecretBox:
    """Seals and opens the secrets of rows."""

    def __init__(self, key: bytes) -> None:
        """``key`` is any text or bytes with enough randomness; the cipher key is derived from it."""
        self._key = key
        self._cipher = AESGCM(hashlib.sha256(b"paceline secrets" + key).digest())
        self.fingerprint = hashlib.sha256(b"paceline fingerprint" + key).hexdigest()[:16]

    def seal(self, secrets_by_name: Mapping[str, str], *, row: str) -> bytes:
        """The secrets of one row as bytes that open only for the same row."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, json.dumps(dict(secrets_by_name)).encode(), row.encode())

    def digest(self, content: bytes) -> str:
        """What tells equal contents from others, and tells nobody without the key what they were."""
        return hmac.new(hashlib.sha256(b"paceline digests" + self._key).digest(), content, hashlib.sha256).hexdigest()

    def public_ids(self) -> PublicIds:
        """The ids that this installation shows to the outside."""
        return PublicIds(self._key)

    def tokens(self, settings: Settings) -> Tokens:
        """The tokens that this installation puts into links and addresses."""
        secret = hashlib.sha256(b"paceline tokens" + self._key).digest()
        return Tokens(secret, current=settings.token_key, oldest=settings.token_key_oldest)

    def open(self, sealed: bytes, *, row: str) -> dict[str, str]:
        """The secrets of one row. Raises SecretsUnreadable."""
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], row.encode())
        except (InvalidTag, ValueError):  # ValueError: not even a nonce is left of it
            raise SecretsUnreadable(f"what is sealed for {row} does not open with this secret key") from None
        opened: dict[str, str] = json.loads(plain)
        return opened


def open_secret_box(settings: Settings, database: Database) -> SecretBox:
    """The box of this installation; its key file is made at the first start and never over existing secrets.

    Raises SecretsUnreadable when the key is missing or is not the one that sealed what is stored.
    """
    path = settings.data_path / "secret.key"
    with database.read() as connection:
        expected = connection.execute(sql("SELECT key_check FROM installation")).scalar_one()
    box = SecretBox(_key(settings, path, make=expected is None))
    if expected is None:
        database.execute("UPDATE installation SET key_check = :check WHERE key_check IS NULL", check=box.fingerprint)
        with database.read() as connection:
            expected = connection.execute(sql("SELECT key_check FROM installation")).scalar_one()
    if expected != box.fingerprint:
        source = "PACELINE_SECRET_KEY" if settings.secret_key else str(path)
        cure = "bring back the one that was used with it; it is in the data directory's backup"
        raise SecretsUnreadable(f"{source} is not the key that sealed the passwords in {database.name}: {cure}")
    return box


def _key(settings: Settings, path: Path, *, make: bool) -> bytes:
    if settings.secret_key:
        return settings.secret_key.encode()
    if make and not path.exists():
        _make_key_file(path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise SecretsUnreadable(
            f"{path} is missing, but the database holds passwords sealed with it: restore the file, "
            "or set PACELINE_SECRET_KEY to its content"
        ) from None


def _make_key_file(path: Path) -> None:
    """Make the file whole or not at all, readable by its owner only; where another process was faster, its file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
