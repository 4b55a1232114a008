"""Tokens that prove something: 256 random bits for the holder, a hash for the database.

A plain SHA-256 is enough: there is nothing to guess in 256 random bits, and a lookup by hash tells no timing.
"""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """A token for its holder: 43 letters, digits, - and _."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token. Any text is accepted: a wrong one is just unknown."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
