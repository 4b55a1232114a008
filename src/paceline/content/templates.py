"""The templates of one campaign: read once, then rendered for one contact after the other, all parts in one pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from minijinja import Environment, TemplateError

from paceline.content.encodings import ENCODERS, ENCODING_FILTERS, Part, choose_encoding
from paceline.content.mime import SEPARATOR, Transfer, choose_transfer, finish_body, frame_body
from paceline.content.preheader import with_preheader
from paceline.content.template.filters import OWN_FILTERS
from paceline.content.template.generator import Generator, Variant
from paceline.content.template.nodes import Complaint, Parsed, Size
from paceline.content.template.parser import parse
from paceline.content.template.scope import TOKEN, UNSUBSCRIBE_URL, Surroundings
from paceline.domain.errors import ContentError

MOST_CHARACTERS = 8_000_000
"""What rendering one message may make in all, before encoding; bounds its time and its memory."""

LARGEST_CONTACT = 256 * 1024
"""Characters of all fields that a message uses."""

LARGEST_MESSAGE = 1_000_000
"""Bytes of subject and bodies as they are sent, of texts and of what is printed into them."""

SMALLEST_CONTACT = 1000
"""Characters of fields that every template has room for."""

LONGEST_URL = 900
"""With its brackets the unsubscribe URL must fit into one line of a header, unfolded."""

_URL, _MESSAGE = "url", "message"  # the generated templates
_FUEL = 20_000_000  # instructions; what the parser lets through needs far less
_SHORT_VALUE = 70  # fits into one encoded line
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SLOT = re.compile(r"\bf(\d+)")
_NOT_WORD = re.compile(r"[\W_]+")
_KNOWN_SHAPES = 1000  # sets of columns that are remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One template as the author wrote it. ``derived``: the text was made from the HTML."""

    part: Part
    template: str
    derived: bool = False


def normal_name(name: str) -> str:
    """The form under which ``contact.first_name`` finds the column "First Name"."""
    return _NOT_WORD.sub("_", name.casefold()).strip("_")


class Templates:
    """The templates of one message. With complaints it can be asked what is wrong, but not rendered."""

    def __init__(self, sources: tuple[Source, ...], surroundings: Surroundings, *, missing_is_empty: bool) -> None:
        self._slots: dict[str, int] = {}
        self._sources = {source.part: source for source in sources}
        self.parsed: dict[Part, Parsed] = {}
        for part, source in sorted(self._sources.items(), key=lambda item: item[0] is not Part.UNSUBSCRIBE_URL):
            self.parsed[part] = parse(
                source.template, surroundings=surroundings, slots=self._slots, prefix=f"{part[0]}_"
            )
            if part is Part.UNSUBSCRIBE_URL:  # the others may print it
                surroundings = replace(surroundings, unsubscribe_url=self.parsed[part].size)
        self._surroundings = surroundings
        self._missing_is_empty = missing_is_empty
        self._written = {part: (source.template, self.parsed[part].steps) for part, source in self._sources.items()}
        self._size = sum((parsed.size for parsed in self.parsed.values()), Size())
        self._largest_contact = min(LARGEST_CONTACT, self._room_for_contacts())
        if Part.PREHEADER in self._sources and Part.HTML in self._sources and not self.complaints():
            self._hide_preheader()
        if not self.complaints():
            self._compile()

    def read(self, template: str) -> Parsed:
        """Another template in the same surroundings, which is no part of the message."""
        return parse(template, surroundings=self._surroundings, slots={}, prefix="o_")

    def _hide_preheader(self) -> None:
        """Put the preheader into the HTML that is written; both were judged on their own."""
        html = with_preheader(self._sources[Part.HTML].template, self._sources[Part.PREHEADER].template)
        together = parse(html, surroundings=self._surroundings, slots=self._slots, prefix=f"{Part.HTML[0]}_")
        self._written[Part.HTML] = (html, together.steps)
        if together.complaints:  # both set the same name, to values of different kinds
            self.parsed[Part.PREHEADER] = replace(self.parsed[Part.PREHEADER], complaints=together.complaints[:1])

    def complaints(self) -> dict[Part, tuple[Complaint, ...]]:
        """What is wrong, per part; empty when the templates can be rendered."""
        found = {part: parsed.complaints for part, parsed in self.parsed.items() if parsed.complaints}
        if not found and self._size.fixed > LARGEST_MESSAGE:
            message = f"texts and loops add up to {self._size.fixed} characters; at most {LARGEST_MESSAGE} are accepted"
            found[self._largest_part()] = (Complaint(1, message),)
        elif not found and self._room_for_contacts() < SMALLEST_CONTACT:
            message = f"it can repeat the fields of a contact {self._size.contacts} times; use them less often"
            found[self._largest_part()] = (Complaint(1, message),)
        return found

    def _largest_part(self) -> Part:
        return max(self.parsed, key=lambda part: (self.parsed[part].size.contacts, self.parsed[part].size.fixed))

    def _room_for_contacts(self) -> int:
        return max(0, MOST_CHARACTERS - self._size.fixed) // max(1, self._size.contacts)

    def _compile(self) -> None:
        variants: set[tuple[int, Variant]] = set()
        url = self._write(Part.UNSUBSCRIBE_URL, variants)
        subject = self._write(Part.SUBJECT, variants)
        frame = frame_body(self._transfer(Part.TEXT), self._transfer(Part.HTML))
        bodies = self._write(Part.TEXT, variants), self._write(Part.HTML, variants)
        body = f"{frame[0]}{bodies[0]}{frame[1]}{bodies[1]}{frame[2]}"
        self._code = {_URL: url, _MESSAGE: SEPARATOR.join((subject, url, body))}
        self._engine = Environment(
            templates=self._code,
            debug=False,
            fuel=_FUEL,
            undefined_behavior="semi_strict",  # type: ignore[call-overload]  # missing in minijinja's stubs
            keep_trailing_newline=True,
            pycompat=False,
            filters={**ENCODING_FILTERS, **OWN_FILTERS},
        )
        self._names = {slot: name or "unsubscribe_url" for name, slot in self._slots.items()}
        self._variants: dict[int, list[tuple[str, Callable[[str], str]]]] = {slot: [] for slot in self._names}
        for slot, variant in sorted(variants):
            self._variants[slot].append((f"f{slot}{variant}", ENCODERS[variant]))
        self._variants_of_url = self._variants.get(self._slots.get(UNSUBSCRIBE_URL, -1), [])
        self._shapes: dict[tuple[str, ...], tuple[tuple[str | None, int], ...]] = {}
        tokens = {name.removeprefix(TOKEN): slot for name, slot in self._slots.items() if name.startswith(TOKEN)}
        self._token_codes = [[code for code, _ in self._variants[slot]] for slot in tokens.values()]
        self.token_names = tuple(tokens)

    def _transfer(self, part: Part) -> Transfer | None:
        return choose_transfer(self._written[part][0]) if part in self._written else None

    def _write(self, part: Part, variants: set[tuple[int, Variant]]) -> str:
        """The generated source of one part, "" when there is no such part."""
        if part not in self.parsed:
            return ""
        transfer = self._transfer(part) or Transfer.QUOTED_PRINTABLE
        url = self.parsed.get(Part.UNSUBSCRIBE_URL)
        generator = Generator(
            encoding=choose_encoding(part, transfer, derived=self._sources[part].derived),
            missing_is_empty=self._missing_is_empty,
            variants=variants,
            url_slot=self._slots.get(UNSUBSCRIBE_URL),
            url_steps=url.steps if url is not None else (),
        )
        return generator.write(self._written[part][1])

    def render(self, address: str, fields: Mapping[str, str], tokens: Sequence[str] = ()) -> tuple[str, str, str]:
        """Subject, unsubscribe URL and body (from MIME-Version to the end, in ASCII) for one contact.

        ``tokens`` are those of the message, in the order of ``token_names``. Pure. Raises ContentError with the reason
        and the field.
        """
        values = self._values(address, fields)
        if tokens:
            for codes, token in zip(self._token_codes, tokens, strict=True):
                for code in codes:
                    values[code] = token
        if self._variants_of_url:  # something looks at the URL as a value
            url = self._render(_URL, values)
            for code, encode in self._variants_of_url:
                values[code] = encode(url)
        subject, url, body = self._render(_MESSAGE, values).split(SEPARATOR, 2)
        if len(url) > LONGEST_URL:
            raise ContentError(
                f"the unsubscribe URL has {len(url)} characters; at most {LONGEST_URL} fit into a header"
            )
        return subject, url, finish_body(body)

    def _values(self, address: str, fields: Mapping[str, str]) -> dict[str, str]:
        """What the generated source looks up; a field without a value is left out."""
        values: dict[str, str] = {}
        total = 0
        for name, slot in self._shape(fields):
            value = address if name is None else fields[name]
            if value.isalnum() and value.isascii() and len(value) <= _SHORT_VALUE:
                for code, _ in self._variants[slot]:
                    values[code] = value
            elif value and not value.isspace():
                if not value.isprintable():
                    value = self._clean(value, slot)
                for code, encode in self._variants[slot]:
                    values[code] = encode(value)
            total += len(value)
            if total > self._largest_contact:
                raise ContentError(
                    f"the fields of this contact have more than {self._largest_contact} characters "
                    f"(field {self._names[slot]}); the message would get too large"
                )
        return values

    def _shape(self, fields: Mapping[str, str]) -> tuple[tuple[str | None, int], ...]:
        """Which column fills which slot, for contacts with these columns; None is the address."""
        columns = tuple(fields)
        shape = self._shapes.get(columns)
        if shape is None:
            if len(self._shapes) >= _KNOWN_SHAPES:
                self._shapes.clear()
            by_name = columns_by_name(columns)
            shape = tuple(
                (None if normal_name(name) == "email" else column, slot)
                for name, slot in self._slots.items()
                if name != UNSUBSCRIBE_URL
                and not name.startswith(TOKEN)
                and ((column := by_name.get(name, by_name.get(normal_name(name)))) or normal_name(name) == "email")
            )
            self._shapes[columns] = shape
        return shape

    def _clean(self, value: str, slot: int) -> str:
        """A value without what no message may carry: stray control characters become spaces."""
        if found := _UNUSABLE.search(value):
            what = "a NUL character" if found[0] == "\0" else f"half a character (U+{ord(found[0]):04X})"
            raise ContentError(f"field {self._names[slot]} contains {what}")
        return _CONTROLS.sub(" ", value)

    def _render(self, name: str, values: dict[str, str]) -> str:
        try:
            rendered: str = self._engine.render_template(name, **values)
        except TemplateError as error:
            raise ContentError(self._reason(name, error, values)) from None
        except ValueError as error:  # of a filter of our own
            raise ContentError(f"a field cannot be rendered: {error}") from None
        if len(rendered) > LARGEST_MESSAGE:
            raise ContentError(f"the message has {len(rendered)} bytes; at most {LARGEST_MESSAGE} are accepted")
        return rendered

    def _reason(self, name: str, error: TemplateError, values: Mapping[str, str]) -> str:
        """The sentence for a failed rendering: which field, and the cure."""
        slots = [int(slot) for slot in _SLOT.findall(self._failing_tag(name, error))]
        if error.kind == "UndefinedError":
            missing = [slot for slot in slots if self._is_missing(slot, values)]
            missing = missing or [slot for slot in self._names if self._is_missing(slot, values)]
            field = self._names[missing[0]] if missing else ""
            what = f"field {field}" if field else "a value"
            return f"{what} is empty for this contact and the template has no default"
        used = ", ".join(dict.fromkeys(self._names[slot] for slot in slots))
        return f"{f'field {used}' if used else 'the template'} cannot be rendered: {error.detail or error.message}"

    def _failing_tag(self, name: str, error: TemplateError) -> str:
        """The generated tag that failed, up to where it failed."""
        start, end = error.range or (0, 0)
        code = self._code[name].encode()
        return code[max(code.rfind(b"{{", 0, start), code.rfind(b"{%", 0, start), 0) : end].decode(errors="ignore")

    def _is_missing(self, slot: int, values: Mapping[str, str]) -> bool:
        return bool(self._variants[slot]) and not any(code in values for code, _ in self._variants[slot])


def columns_by_name(columns: Iterable[str]) -> dict[str, str]:
    """Columns by their exact and by their normal names; the exact name wins, then the first column."""
    columns = tuple(columns)
    names: dict[str, str] = {}
    for column in columns:
        names.setdefault(normal_name(column), column)
    names.update((column, column) for column in columns)
    return names
