"""Opens: the answer to a pixel, whoever asks for it."""

from __future__ import annotations

from paceline.domain.fact import FactKind
from paceline.domain.tokens import Purpose, Tokens
from paceline.tracking.automatic import Request
from paceline.tracking.recorder import Recorder

KIND = FactKind.OPENED

PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
"""A transparent GIF of one pixel."""


def opened(tokens: Tokens, recorder: Recorder, token: str, request: Request) -> bool:
    """Take note of an open; False for a token that is none. Nothing is read from the database."""
    genuine = tokens.read(token, Purpose.OPEN)
    if genuine is not None:
        recorder.saw(genuine, request)
    return genuine is not None
