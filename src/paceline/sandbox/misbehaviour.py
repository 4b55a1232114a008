"""Says what a rule wants said, in the manner it wants it said."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

from paceline.sandbox.behaviours import Action, Answer, Packets
from paceline.sandbox.wire import Wire


async def say(action: Action, normal: bytes, wire: Wire, chance: random.Random) -> bytes:
    """Answer as the action wants in the place of ``normal``; returns the reply that was given, b"" for none.

    Endless answers end with the connection.
    """
    if action.delay_seconds:
        await asyncio.sleep(action.delay_seconds)
    if action.read_bytes_per_second:
        wire.slow_down(action.read_bytes_per_second)
    if action.answer is Answer.ENDLESS:
        await _talk_forever(action, normal, wire)
    said = action.says(normal) or b""
    octets = _garbage(action.garbage_bytes, chance) if action.answer is Answer.GARBAGE else said
    if action.extra is not None and not action.extra_delay_seconds:
        octets += action.extra
    await _send(octets, action, wire)
    return said


async def _talk_forever(action: Action, normal: bytes, wire: Wire) -> None:
    line = (normal[:3] or b"250") + b"-still talking\r\n"
    while not wire.transport.is_closing():
        if not wire.is_congested:
            wire.write(line)
        await asyncio.sleep(action.gap_seconds)


def _garbage(size: int, chance: random.Random) -> bytes:
    """One line that can never be taken for a reply."""
    octets = chance.randbytes(size).replace(b"\r", b"?").replace(b"\n", b"?")
    return b"\xff" + octets[1:] + b"\r\n"


async def _send(octets: bytes, action: Action, wire: Wire) -> None:
    for number, packet in enumerate(_packets(octets, action.packets)):
        if number:
            await asyncio.sleep(action.gap_seconds)
        wire.write(packet)


def _packets(octets: bytes, manner: Packets) -> Iterator[bytes]:
    size = {Packets.WHOLE: len(octets), Packets.SPLIT: (len(octets) + 1) // 2, Packets.BYTEWISE: 1}[manner]
    return (octets[start : start + size] for start in range(0, len(octets), max(1, size)))
