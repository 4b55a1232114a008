"""A rendered message read back: its parts, links, images and visible text, as a mail program sees them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

from paceline.content.html_reader import Tag, read_html

_BREAKS = frozenset({"br", "div", "h1", "h2", "h3", "h4", "li", "p", "table", "td", "tr"})
_FILL = "\u034f\u200b\u200c\u2007\ufeff\u00ad"
_FILLING = re.compile(f"(?:[{_FILL}]\\s*){{4,}}")  # fewer are part of a text: soft hyphens, joiners
_UNSEEN = frozenset({"head", "title", "style", "script"})

LONGEST_INBOX_LINE = 200
"""Characters; no inbox shows more."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads, and the text that people see of it."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """Where an image is from, and what stands for it where it is not shown; None: nothing was written."""

    source: str
    alt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message. ``html`` and ``text`` are None where there is no such part; ``visible`` is the text of the HTML."""

    subject: str
    size: int
    html: str | None
    text: str | None
    visible: str
    inbox_line: str
    """What an inbox shows behind the subject: how the visible text begins, up to characters that only fill."""
    links: tuple[Link, ...]
    images: tuple[Image, ...]
    tags: frozenset[str]
    unsubscribe: tuple[str, ...]
    """The URLs of List-Unsubscribe."""


def read_letter(data: bytes) -> Letter:
    """Take a message apart."""
    message: Any = message_from_bytes(data, policy=policy.SMTP)
    html, text = _body(message, "html"), _body(message, "plain")
    page = _Page()
    for piece in read_html(html or ""):
        page.take(piece)
    seen = "".join(page.seen)
    listed = str(message.get("List-Unsubscribe", ""))
    return Letter(
        subject=str(message["Subject"]),
        size=len(data),
        html=html,
        text=text,
        visible=" ".join(_FILLING.sub(" ", seen).split()),
        inbox_line=_inbox_line(seen or text or ""),
        links=tuple(page.links),
        images=tuple(page.images),
        tags=frozenset(page.tags),
        unsubscribe=tuple(part.strip().strip("<>") for part in listed.split(",") if part.strip()),
    )


def _inbox_line(seen: str) -> str:
    beginning = " ".join(_FILLING.split(seen.lstrip(_FILL + " \t\r\n"), maxsplit=1)[0].split())
    return beginning[:LONGEST_INBOX_LINE]


def _body(message: Any, kind: str) -> str | None:
    part = message.get_body((kind,))
    return None if part is None else str(part.get_content())


class _Page:
    """Collects what a mail program shows."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.links: list[Link] = []
        self.images: list[Image] = []
        self.tags: set[str] = set()
        self._unseen = 0
        self._link: tuple[str, int] | None = None

    def take(self, piece: Tag | str) -> None:
        if isinstance(piece, str):
            if not self._unseen:
                self.seen.append(piece)
            return
        self.tags.add(piece.name)
        if piece.name in _BREAKS:
            self.seen.append(" ")
        if piece.name in _UNSEEN:
            self._unseen = max(0, self._unseen - 1) if piece.closes else self._unseen + 1
        if piece.name in ("a", "area"):
            self._end_link()
            if not piece.closes and "href" in piece.attributes:
                self._link = (piece.attributes["href"].strip(), len(self.seen))
        if piece.name == "img" and not piece.closes:
            self.images.append(Image(piece.attributes.get("src", "").strip(), piece.attributes.get("alt")))

    def _end_link(self) -> None:
        if self._link is not None:
            url, start = self._link
            self.links.append(Link(url, " ".join("".join(self.seen[start:]).split())))
        self._link = None
