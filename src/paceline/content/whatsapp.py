"""A campaign's frozen WhatsApp content: its templates with their parameters, and one message of it for one contact."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

from paceline.content.encodings import Part
from paceline.content.template.scope import Surroundings
from paceline.content.templates import Source, Templates, columns_by_name, normal_name
from paceline.content.whatsapp_media import files_of
from paceline.domain.errors import ContentError

_SEPARATOR = "\ue000"  # for private use: between the values of one message, which are rendered in one pass
_NUMBERS = frozenset({"amount_1000", "expiration_time_ms"})
_LARGEST_SHARE = 1 << 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The contacts of a template: those whose field has this value."""

    field: str
    equals: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppTemplate:
    """An approved template and what fills it in."""

    name: str
    language: str
    components: tuple[dict[str, Any], ...] = ()
    """In the API's shape; texts may be templates of ours."""
    share: float = 0.0
    """Of the contacts; all shares of a campaign together are 1. 0 with ``where``."""
    where: Where | None = None

    @property
    def key(self) -> str:
        """What makes it one template for the API."""
        return f"{self.name}/{self.language}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppContent:
    """What a started campaign keeps."""

    templates: tuple[WhatsAppTemplate, ...]
    campaign_key: str
    campaign_name: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values, for storing."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> WhatsAppContent:
        """What ``to_json`` gave."""
        templates = tuple(
            WhatsAppTemplate(
                **{
                    **template,
                    "components": tuple(template["components"]),
                    "where": template["where"] and Where(**template["where"]),
                }
            )
            for template in stored["templates"]
        )
        return cls(**{**stored, "templates": templates})

    def surroundings(self) -> Surroundings:
        """What its texts can use besides the contact."""
        return Surroundings(campaign_key=self.campaign_key, campaign_name=self.campaign_name or self.campaign_key)

    def template_of(self, address: str, fields: Mapping[str, str]) -> int | None:
        """Which template a contact gets, the same one whenever it is asked; None: none is meant for it."""
        by_name = columns_by_name(fields)
        for number, template in enumerate(self.templates):
            if template.where is not None:
                column = by_name.get(template.where.field, by_name.get(normal_name(template.where.field)))
                if column is not None and fields[column].casefold() == template.where.equals.casefold():
                    return number
        digest = hashlib.blake2b(f"{self.campaign_key}\n{address}".encode(), digest_size=8).digest()
        place = int.from_bytes(digest) / _LARGEST_SHARE
        for number, template in enumerate(self.templates):
            if place < template.share:
                return number
            place -= template.share
        return next((n for n in reversed(range(len(self.templates))) if self.templates[n].share), None)


class Frozen(Protocol):
    """A campaign as it is stored."""

    @property
    def channel(self) -> str:
        """email or whatsapp."""

    @property
    def content(self) -> str:
        """JSON."""


def templates_of(campaign: Frozen) -> tuple[str, ...]:
    """The templates of a stored campaign in their order; none for another channel, or before it has any."""
    if campaign.channel != "whatsapp":
        return ()
    stored = json.loads(campaign.content)
    return tuple(f"{template['name']}/{template['language']}" for template in stored.get("templates", ()))


class RenderedTemplate(NamedTuple):
    """One message's template with its values."""

    template: WhatsAppTemplate
    components: list[dict[str, Any]]
    has_files: bool
    """Whether files of ours go with it."""


class WhatsAppRenderer:
    """Fills in the templates of one campaign; compiled once."""

    def __init__(self, content: WhatsAppContent) -> None:
        self._content = content
        self._compiled = [_compile(template, content.surroundings()) for template in content.templates]
        self._has_files = [bool(files_of(template.components)) for template in content.templates]

    def render(self, address: str, fields: Mapping[str, str]) -> RenderedTemplate:
        """The template of one contact. Raises ContentError with a sentence."""
        number = self._content.template_of(address, fields)
        if number is None:
            raise ContentError("no template of the campaign is meant for this contact")
        template, compiled = self._content.templates[number], self._compiled[number]
        if compiled is None:
            return RenderedTemplate(template, list(template.components), self._has_files[number])
        fields = {name: value.replace(_SEPARATOR, " ") for name, value in fields.items()}
        subject, _, _ = compiled.render(_email_of(fields), fields)
        values = iter([" ".join(value.split()) for value in subject.split(_SEPARATOR)])
        components = [_fill(component, values, "") for component in template.components]
        return RenderedTemplate(template, components, self._has_files[number])


def _compile(template: WhatsAppTemplate, surroundings: Surroundings) -> Templates | None:
    texts = [text for component in template.components for _, text in _texts(component)]
    if not texts:
        return None
    source = Source(part=Part.SUBJECT, template=_SEPARATOR.join(texts))
    return Templates((source,), surroundings, missing_is_empty=False)


def _email_of(fields: Mapping[str, str]) -> str:
    """The e-mail field of a contact whose address is a number."""
    return next((value for name, value in fields.items() if normal_name(name) == "email"), "")


def is_template(text: str) -> bool:
    """Whether a text has to be filled in."""
    return "{{" in text or "{%" in text


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """The texts that have to be filled in, in the order of ``_fill``, each with the name of its place."""
    if isinstance(value, str) and is_template(value):
        yield place, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, place)


def _fill(value: Any, values: Iterator[str], place: str) -> Any:
    if isinstance(value, str) and is_template(value):
        return _value(next(values), place)
    if isinstance(value, dict):
        return {name: _fill(inner, values, name) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_fill(inner, values, place) for inner in value]
    return value


def _value(text: str, place: str) -> str | int:
    if not text:
        raise ContentError(f"a parameter ({place}) is empty for this contact, which WhatsApp does not accept")
    if place not in _NUMBERS:
        return text
    try:
        return int(text)
    except ValueError:
        raise ContentError(f"{place} must be a whole number, and is {text[:40]!r} for this contact") from None


def check_template(template: WhatsAppTemplate, columns: Sequence[str] | None, surroundings: Surroundings) -> list[str]:
    """What is wrong with a template's texts; ``columns`` are those of the audience, None when they are not known."""
    found = []
    for component in template.components:
        for _, text in _texts(component):
            templates = Templates((Source(part=Part.SUBJECT, template=text),), surroundings, missing_is_empty=False)
            found += [complaint.message for complaints in templates.complaints().values() for complaint in complaints]
            known = columns_by_name(columns or ())
            for reference in templates.parsed[Part.SUBJECT].references:
                if columns is not None and reference.name not in known and normal_name(reference.name) not in known:
                    found.append(f'the audience has no column "{reference.name}"; it has {", ".join(columns)}')
    if columns is not None and template.where is not None:
        known = columns_by_name(columns)
        if template.where.field not in known and normal_name(template.where.field) not in known:
            found.append(f'where: the audience has no column "{template.where.field}"; it has {", ".join(columns)}')
    return list(dict.fromkeys(found))
