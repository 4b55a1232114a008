"""How many connections a server bears: found out by additive increase and multiplicative decrease. Only arithmetic.

A 421 or a connection that fails halves what was in use, and the failures of the following second belong to what was under
way. Every success adds one connection per round of all. When the width is far above what anybody uses, it is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

_REACTION_SECONDS = 1.0
_FORGOTTEN_AT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerWidth:
    """Connections that all accounts of a server may use together; infinite until something fails."""

    width: float = float("inf")
    cut_at: float = float("-inf")

    @property
    def narrow(self) -> bool:
        """Whether it holds anybody back."""
        return self.width != float("inf")

    def failed(self, in_use: int, now: float) -> ServerWidth:
        """The server refused or dropped a connection while so many were in use."""
        if now - self.cut_at < _REACTION_SECONDS:
            return self
        return ServerWidth(width=max(min(self.width, max(in_use, 1)) / 2, 1.0), cut_at=now)

    def accepted(self, most: int) -> ServerWidth:
        """A message was accepted; ``most`` connections could be used if nothing held them back."""
        if not self.narrow:
            return self
        width = self.width + 1 / self.width
        return ServerWidth() if width >= most * _FORGOTTEN_AT else replace(self, width=width)


def merged(own: ServerWidth, seen: ServerWidth, stored: ServerWidth) -> ServerWidth:
    """What is true when several processes use a server: ``own`` is what one of them has found out since it has last ``seen``
    what they share, ``stored`` is what they share now.

    The last cut holds; cuts within the same second are one. What each has added since is added up. Who forgets, forgets
    for all.
    """
    if stored == seen:
        return own
    if own.cut_at > seen.cut_at and own.cut_at > stored.cut_at - _REACTION_SECONDS:
        if abs(own.cut_at - stored.cut_at) < _REACTION_SECONDS:
            return ServerWidth(width=min(own.width, stored.width), cut_at=max(own.cut_at, stored.cut_at))
        return own
    if stored.cut_at != seen.cut_at or not stored.narrow:
        return stored
    width = stored.width + max(own.width - seen.width, 0.0)
    return ServerWidth() if width == float("inf") else replace(stored, width=width)
