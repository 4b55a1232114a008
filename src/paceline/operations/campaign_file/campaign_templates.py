"""The [[templates]] of a WhatsApp campaign file: each with its parameters, and its share or filter of the contacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paceline.channels.whatsapp import messages
from paceline.channels.whatsapp.messages import HEADER_MEDIA, Shape
from paceline.content.whatsapp import WhatsAppContent, WhatsAppTemplate, Where, check_template
from paceline.domain.errors import Problem
from paceline.operations.campaign_file.campaign_fields import TEMPLATE, read_section
from paceline.operations.campaign_file.field_kinds import shown
from paceline.operations.campaign_file.toml_document import Document
from paceline.operations.campaign_file.toml_lines import TomlPath

_MOST_BUTTONS = 10
_SHARE_TOLERANCE = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePlaces:
    """Where templates were read: the campaign file and the line of each."""

    file: str
    lines: Sequence[int]

    @property
    def bodies(self) -> Mapping[str, str]:
        """WhatsApp content names no files."""
        return {}

    def problems(self, content: WhatsAppContent, columns: Sequence[str] | None) -> list[Problem]:
        """What is wrong with the texts of the templates, each problem at its place."""
        return [
            Problem(file=self.file, line=line, field=f"templates[{number}].parameters", message=message)
            for number, (template, line) in enumerate(zip(content.templates, self.lines, strict=True), start=1)
            for message in check_template(template, columns, content.surroundings())
        ]


def read_templates(
    document: Document, *, campaign_key: str, campaign_name: str
) -> tuple[WhatsAppContent | None, TemplatePlaces]:
    """The templates and their places; what is wrong is added to the document's problems."""
    tables = document.table.get("templates")
    found: list[WhatsAppTemplate] = []
    lines: list[int] = []
    if "content" in document.table:
        document.refuse(("content",), 'leave it out: channel = "whatsapp" has [[templates]]')
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        document.refuse(("templates",), "accepts one [[templates]] block per template, at least one")
        tables = []
    for index, table in enumerate(tables):
        path: TomlPath = ("templates", index)
        template = _template(document, path, table)
        if template is not None:
            found.append(template)
            lines.append(document.line_of(path) or 1)
    places = TemplatePlaces(file=document.file, lines=lines)
    if len(found) < len(tables) or not found:
        return None, places
    content = WhatsAppContent(
        templates=tuple(_shared(document, found)), campaign_key=campaign_key, campaign_name=campaign_name
    )
    for problem in places.problems(content, None):
        document.add(problem)
    return content, places


def _template(document: Document, path: TomlPath, table: Mapping[str, object]) -> WhatsAppTemplate | None:
    values = read_section(document, path, table, TEMPLATE)
    where = _where(document, path, values.get("where"))
    if where is not None and values.get("share") is not None:
        document.refuse((*path, "share"), "leave it out: where says already which contacts get this template")
    try:
        components = tuple(_components(values.get("parameters") or {}))
    except ValueError as error:
        document.refuse((*path, "parameters"), str(error))
        return None
    if "name" not in values or "language" not in values or (values.get("where") is not None and where is None):
        return None
    return WhatsAppTemplate(
        name=values["name"],
        language=values["language"],
        components=components,
        share=-1.0 if values.get("share") is None else values["share"],
        where=where,
    )


def _where(document: Document, path: TomlPath, table: Mapping[str, Any] | None) -> Where | None:
    if table is None:
        return None
    if set(table) != {"field", "equals"} or not all(isinstance(value, str) for value in table.values()):
        document.refuse((*path, "where"), 'accepts two texts, such as { field = "plan", equals = "pro" }')
        return None
    return Where(field=table["field"], equals=table["equals"])


def _shared(document: Document, templates: Sequence[WhatsAppTemplate]) -> list[WhatsAppTemplate]:
    """Shares filled in: equal ones where none is given, as they are where all are; together they are 1."""
    plain = [template for template in templates if template.where is None]
    given = [template for template in plain if template.share >= 0]
    if given and len(given) < len(plain):
        document.refuse(("templates",), "accepts a share on all templates without a where, or on none")
    elif given and abs(sum(template.share for template in given) - 1) > _SHARE_TOLERANCE:
        total = sum(template.share for template in given)
        document.refuse(("templates",), f"the shares add up to {total:g}; accepted is 1 in all")
    equal = 1 / len(plain) if plain else 0.0
    return [
        WhatsAppTemplate(
            name=template.name,
            language=template.language,
            components=template.components,
            share=0.0 if template.where else template.share if template.share >= 0 else equal,
            where=template.where,
        )
        for template in templates
    ]


# -- parameters: each problem is a ValueError with a sentence -----------------------------------------------------------


def _components(parameters: Mapping[str, Any], *, in_card: bool = False) -> list[Shape]:
    known = ("header", "body", "buttons") if in_card else ("header", "body", "buttons", "offer_ends_ms", "carousel")
    _only(parameters, known, "parameters")
    found = []
    if "header" in parameters:
        found.append(messages.header(_header(parameters["header"])))
    if "body" in parameters:
        found.append(messages.body(_body(parameters["body"])))
    if "offer_ends_ms" in parameters:
        found.append(messages.limited_time_offer(parameters["offer_ends_ms"]))
    if "carousel" in parameters:
        cards = [
            _components(_table(card, "carousel"), in_card=True) for card in _list(parameters["carousel"], "carousel")
        ]
        found.append(messages.carousel(cards))
    buttons = _list(parameters.get("buttons", []), "buttons")
    if len(buttons) > _MOST_BUTTONS:
        raise ValueError(f"buttons: accepts at most {_MOST_BUTTONS}")
    return found + [_button(_table(button, "buttons"), number) for number, button in enumerate(buttons)]


def _header(value: Any) -> Shape:
    if isinstance(value, str):
        return messages.text(value)
    table = _table(value, "header")
    kinds = (*HEADER_MEDIA, "location", "text")
    if len(table) != 1 or next(iter(table)) not in kinds:
        raise ValueError(
            f'header: accepts a text, or one of {", ".join(kinds)}, such as {{ image = {{ link = "…" }} }}'
        )
    kind, content = next(iter(table.items()))
    if kind == "text":
        return _named_texts(content, "header")[0]
    content = _table(content, f"header.{kind}")
    if kind == "location":
        _only(content, ("latitude", "longitude", "name", "address"), "header.location")
        return _built(messages.location, content, "header.location")
    _only(content, ("id", "link", *(("filename",) if kind == "document" else ())), f"header.{kind}")
    return _built(lambda **given: messages.media(kind, **given), content, f"header.{kind}")


def _body(value: Any) -> list[Shape]:
    if isinstance(value, dict):
        return [_value(inner, name) for name, inner in value.items()]
    return [_value(inner, "") for inner in _list(value, "body")]


def _value(value: Any, name: str) -> Shape:
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("body: a parameter is empty, which WhatsApp does not accept")
        return messages.text(value, name)
    table = _table(value, "body")
    if set(table) == {"currency"}:
        money = _table(table["currency"], "currency")
        _only(money, ("fallback", "code", "amount_1000"), "currency")
        return _built(lambda **given: messages.currency(**given, name=name), money, "currency")
    if set(table) == {"date_time"} and isinstance(table["date_time"], str):
        return messages.date_time(table["date_time"], name)
    raise ValueError('body: accepts texts, { currency = { fallback, code, amount_1000 } } and { date_time = "…" }')


def _named_texts(content: Any, place: str) -> list[Shape]:
    table = _table(content, place)
    if len(table) != 1 or not all(isinstance(value, str) for value in table.values()):
        raise ValueError(f'{place}: accepts one named text, such as {{ text = {{ first_name = "…" }} }}')
    return [messages.text(value, name) for name, value in table.items()]


_BUTTONS: dict[str, tuple[tuple[str, ...], Callable[..., Shape]]] = {
    "quick_reply": (("payload",), messages.quick_reply),
    "url": (("suffix",), messages.url_button),
    "copy_code": (("code",), messages.copy_code),
    "flow": (("token", "data"), messages.flow),
    "catalog": (("thumbnail",), messages.catalog),
    "mpm": (("thumbnail", "sections"), messages.products),
}


def _button(table: Mapping[str, Any], number: int) -> Shape:
    kind, index = table.get("type"), table.get("index", number)
    if kind not in _BUTTONS:
        raise ValueError(f"buttons: type accepts {', '.join(_BUTTONS)}, got {shown(kind)}")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < _MOST_BUTTONS:
        raise ValueError(f"buttons: index accepts a whole number from 0 to {_MOST_BUTTONS - 1}, got {shown(index)}")
    names, build = _BUTTONS[kind]
    _only(table, ("type", "index", *names), f"buttons ({kind})")
    given = {name: value for name, value in table.items() if name not in ("type", "index")}
    return _built(lambda **values: build(index, **values), given, f"buttons ({kind})")


def _built(build: Callable[..., Shape], given: Mapping[str, Any], place: str) -> Shape:
    try:
        return build(**given)
    except TypeError:
        raise ValueError(f"{place}: something is missing; given are {', '.join(given) or 'none'}") from None


def _only(table: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    for name in table:
        if name not in known:
            raise ValueError(f"{place}: there is no {name!r}; accepts {', '.join(known)}")


def _table(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{place}: accepts a table, got {shown(value)}")
    return value


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{place}: accepts an array, got {shown(value)}")
    return value
