"""What we give the provider along with a message and get back with everything it says about it.

The mark is the installation's: where several share an app of the provider, each knows its own messages.
"""

from __future__ import annotations

import hashlib
import re

_REFERENCE = re.compile(r"paceline:([0-9a-f]{16}):([0-9]{1,18})")


def mark_of(installation: str) -> str:
    """The mark of an installation of this name, which cannot be told from it."""
    return hashlib.blake2b(installation.encode(), digest_size=8, person=b"reference").hexdigest()


def reference_of(mark: str, message_id: int) -> str:
    """The reference of a message."""
    return f"paceline:{mark}:{message_id}"


def message_of(mark: str, reference: str) -> int | None:
    """The message of a reference; None when it is not one of this installation."""
    found = _REFERENCE.fullmatch(reference)
    return int(found[2]) if found is not None and found[1] == mark else None
