"""A text template made from an HTML template: the tags of the template stay, those of HTML become plain text."""

from __future__ import annotations

import re

from paceline.content.html_reader import read_html
from paceline.content.template.hidden_tags import MARK, hide_tags, show_tags

_STATEMENT = re.compile(r"\{%[-+]?\s*\w+")
_SPACES = re.compile(r"[ \t\n\r\f\u200c\u034f\u00ad]+")

_SKIPPED = ("script", "style", "head", "title", "template", "svg", "object", "select", "textarea")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_PARAGRAPHS = ("p", "blockquote", "ul", "ol", "dl", "pre", "table", "figure", *_HEADINGS)
_LINES = ("div", "tr", "dt", "dd", "section", "article", "header", "footer", "main", "center", "address", "figcaption")
_MOST_MARGINS = 10  # quotations and lists deeper than that are not indented further
_LONGEST_RULE = 60


def text_from_html(source: str) -> str:
    """Make the template of a text from the template of an HTML body.

    Links become "text (url)", lists get dashes or numbers, headings are underlined; scripts, styles and hidden parts
    are dropped. Whatever is not well-formed is read as browsers do.
    """
    marked, tags = hide_tags(source)
    writer = _Writer(tags)
    for piece in read_html(marked):
        if isinstance(piece, str):
            writer.text(piece)
        elif piece.closes:
            writer.close(piece.name)
        else:
            writer.open(piece.name, piece.attributes)
    return show_tags(writer.result(), tags)


class _Writer:
    """Collects the text. Breaks are owed until more text follows, so that a branch brings its own along."""

    def __init__(self, tags: list[str]) -> None:
        self._tags = tags
        self._out: list[str] = []
        self._owed_breaks = 0
        self._bare_margin = ""  # of the empty lines among them
        self._owed_space = ""
        self._at_space = True
        self._begun = False  # whether anything was written
        self._loops = 0
        self._margins: list[str] = []
        self._beyond_margins = 0
        self._bullet = ""
        self._lists: list[int] = []  # the next number of each open list; -1 for dashes
        self._links: list[tuple[str, int]] = []
        self._heading = 0
        self._preformatted = 0
        self._skipped = ("", 0)  # the element that is skipped, and how often it is open
        self._branches: list[int] = []  # the breaks that were owed where each open if or for begins
        self._debt: tuple[int, int] | None = None  # the place of a loop's tag, and the breaks owed there
        self._hoist: int | None = None  # where owed breaks go that belong before an if or for, not into it

    def result(self) -> str:
        """The text that was collected, without breaks around it."""
        lines = "".join(self._out).split("\n")
        text = "\n".join(line.rstrip() for line in lines).strip("\n")
        return re.sub(r"\n{3,}", "\n\n", text) + "\n"

    def open(self, tag: str, values: dict[str, str]) -> None:
        """An opening tag."""
        if tag == "body":
            self._skipped = ("", 0)
        if self._skip(tag, values):
            return
        if tag == "br":
            self._break_line()
        elif tag == "hr":
            self._owe(2)
            self._write("-" * _LONGEST_RULE)
            self._owe(2)
        elif tag == "img":
            self.text(values.get("alt", ""))
        elif tag == "a":
            self._links.append((values.get("href", "").strip(), len(self._out)))
        else:
            self._open_block(tag)

    def close(self, tag: str) -> None:
        """A closing tag."""
        name, depth = self._skipped
        if name:
            self._skipped = (
                (name, depth - 1) if tag == name and depth > 1 else ("", 0) if tag == name else self._skipped
            )
            return
        if tag == "a" and self._links:
            self._close_link(*self._links.pop())
        elif tag in ("td", "th"):
            self._owed_space = " | "
        else:
            self._close_block(tag)

    def text(self, data: str) -> None:
        """Text with marks."""
        if self._skipped[0]:
            return
        for place, piece in enumerate(MARK.split(data)):
            if place % 2 == 0:
                self._write_text(piece)
            elif self._tags[int(piece)].startswith("{{") or "raw" in self._tags[int(piece)][:10]:
                self._write(f"\ufdd0{piece}\ufdd1")
            else:
                self._write_statement(piece)

    def _skip(self, tag: str, values: dict[str, str]) -> bool:
        name, depth = self._skipped
        if name:
            self._skipped = (name, depth + 1) if tag == name else self._skipped
            return True
        if tag in _VOID or not (tag in _SKIPPED or _HIDDEN.search(values.get("style", "")) or "hidden" in values):
            return False
        self._skipped = (tag, 1)
        return True

    def _open_block(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._owe(1 if self._lists else 2)
            self._lists.append(1 if tag == "ol" else -1)
        elif tag == "li":
            self._open_item()
        elif tag in _PARAGRAPHS or tag in _LINES:
            self._owe(2 if tag in _PARAGRAPHS else 1)
        if tag == "blockquote":
            self._indent("> ")
        elif tag == "pre":
            self._preformatted += 1
        elif tag in _HEADINGS:
            self._heading = len(self._out)

    def _close_block(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._underline()
        elif tag == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        elif tag in ("blockquote", "li"):
            self._outdent()
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._owe(1 if self._lists else 2)
        elif tag in _PARAGRAPHS or tag in _LINES or tag == "li":
            self._owe(2 if tag in _PARAGRAPHS else 1)

    def _open_item(self) -> None:
        self._owe(1)
        self._bullet = "- "
        if self._lists and self._lists[-1] > 0 and not self._branches:  # in a loop the number would stay the same
            self._bullet = f"{self._lists[-1]}. "
            self._lists[-1] += 1
        self._indent(" " * len(self._bullet))

    def _indent(self, margin: str) -> None:
        if len(self._margins) < _MOST_MARGINS:
            self._margins.append(margin)
        else:
            self._beyond_margins += 1

    def _outdent(self) -> None:
        if self._beyond_margins:
            self._beyond_margins -= 1
        elif self._margins:
            self._margins.pop()
        self._bullet = ""

    def _underline(self) -> None:
        text = MARK.sub("12345678", "".join(self._out[self._heading :])).strip()
        if text:
            length = max(len(line) for line in text.split("\n"))
            self._out.append(f"\n{self._margin()}{'-' * min(length, _LONGEST_RULE)}")

    def _close_link(self, href: str, start: int) -> None:
        text = "".join(self._out[start:]).strip()
        url = href.removeprefix("mailto:")
        if not url or url.lower().startswith(("#", "javascript:", "data:")):
            return
        if not text:
            self._write(url)
        elif text.rstrip("/") not in (url.rstrip("/"), url.rstrip("/").partition("://")[2]):
            self._owed_space = self._owed_space or " "
            trailing = self._owed_breaks
            self._owed_breaks = 0
            self._write(f"({url})")
            self._owed_breaks = trailing

    def _write_text(self, text: str) -> None:
        if self._preformatted:
            for place, line in enumerate(text.split("\n")):
                if place:
                    self._break_line()
                if line:
                    self._write(line)
            return
        words = _SPACES.sub(" ", text)
        if words.startswith(" ") and not self._owed_space:
            self._owed_space = " "
        if core := words.strip(" "):
            self._write(core)
            self._owed_space = " " if words.endswith(" ") else ""

    def _write(self, text: str) -> None:
        if self._debt is not None:
            self._pay_debt(*self._debt)
        if self._owed_breaks:
            self._pay_breaks()
        elif self._owed_space and not self._at_space:
            self._out.append(self._owed_space)
        self._out.append(text)
        self._owed_breaks, self._owed_space, self._at_space, self._bullet, self._hoist = 0, "", False, "", None
        self._begun = True

    def _pay_breaks(self) -> None:
        breaks, margin = f"\n{self._bare_margin}" * (self._owed_breaks - 1) + "\n", self._margin(with_bullet=True)
        if not self._begun:
            breaks = f"{{% if not loop.first %}}{breaks}{{% endif %}}" if self._loops else ""
        if self._hoist is None:
            self._out.append(breaks + margin)
        else:
            self._out[self._hoist] = breaks + margin + self._out[self._hoist]
            self._branches = [0] * len(self._branches)

    def _pay_debt(self, place: int, debt: int) -> None:
        """Breaks owed where a loop begins, beyond those that each of its turns brings along, go in front of it."""
        ahead = debt - self._owed_breaks
        if ahead > 0:
            last = self._margin(with_bullet=True) if not self._owed_breaks else self._bare_margin
            breaks = (f"\n{self._bare_margin}" * (ahead - 1) + "\n") if self._begun else ""
            self._out[place] = breaks + last + self._out[place]
            self._at_space = True
        self._branches = [0] * len(self._branches)
        self._debt = None

    def _write_statement(self, piece: str) -> None:
        """A tag that prints nothing; a space before it stays on its own side of it."""
        if self._owed_space == " " and not self._owed_breaks and not self._at_space:
            self._out.append(" ")
            self._owed_space, self._at_space = "", True
        word = (_STATEMENT.match(self._tags[int(piece)]) or [""])[0].strip("{%-+ \n\t")
        self._loops += {"for": 1, "endfor": -1}.get(word, 0)
        if word == "if":
            if self._hoist is None and self._owed_breaks:
                self._hoist = len(self._out)
            self._branches.append(self._owed_breaks)
        elif word == "for":
            self._branches.append(self._owed_breaks)
            if self._owed_breaks and self._debt is None:
                self._debt, self._owed_breaks = (len(self._out), self._owed_breaks), 0
        elif word in ("elif", "else") and self._branches:
            self._owed_breaks = self._branches[-1]
        elif word in ("endif", "endfor") and self._branches:
            self._owed_breaks = max(self._owed_breaks, self._branches.pop())
        self._out.append(f"\ufdd0{piece}\ufdd1")

    def _break_line(self) -> None:
        self._out.append("\n" + self._margin())
        self._owed_space, self._at_space = "", True

    def _owe(self, breaks: int) -> None:
        margin = self._margin().rstrip()
        if not self._owed_breaks or len(margin) < len(self._bare_margin):
            self._bare_margin = margin
        self._owed_breaks = max(self._owed_breaks, breaks)
        self._owed_space, self._hoist = "", None

    def _margin(self, *, with_bullet: bool = False) -> str:
        margin = "".join(self._margins)
        return margin[: -len(self._bullet)] + self._bullet if with_bullet and self._bullet else margin
