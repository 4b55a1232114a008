"""What the API tells about a phone number and about the templates of its business account. Reading only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from paceline.channels.printable import printable
from paceline.channels.whatsapp.answers import ApiError, read_answer
from paceline.channels.whatsapp.endings import HttpAnswer
from paceline.channels.whatsapp.error_codes import in_words, row_of
from paceline.domain.errors import PacelineError

if TYPE_CHECKING:  # whoever has a client has loaded it
    from paceline.channels.whatsapp.client import CloudApiClient

_NUMBER_FIELDS = (
    "display_phone_number,status,quality_rating,throughput,whatsapp_business_manager_messaging_limit,health_status"
)
_TEMPLATE_FIELDS = "name,language,status,category,components,parameter_format,rejected_reason,quality_score"
_PAGE = 100
_MOST_PAGES = 100
_UNUSABLE = frozenset({"BLOCKED"})


class CannotRead(PacelineError):
    """The API has not told what was asked, with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberState:
    """A phone number as the provider sees it. What it does not say is ""."""

    display_number: str
    """Digits."""
    status: str
    quality: str
    throughput: str
    messaging_limit: object
    """Recipients in 24 hours, as the provider writes it (TIER_10K)."""
    health: str
    """AVAILABLE, LIMITED or BLOCKED."""
    health_reasons: tuple[str, ...]

    @property
    def harm(self) -> str | None:
        """Why nothing should be sent through it, with the evidence; None when nothing speaks against it."""
        if self.quality == "RED":
            return "the provider rates the quality of the number RED: too many recipients block or report its messages"
        if self.status not in ("", "CONNECTED"):
            return f"the number is {self.status} instead of CONNECTED"
        if self.health in _UNUSABLE:
            reasons = "; ".join(self.health_reasons) or "no reason is given"
            return f"the provider does not let it send (health {self.health}): {reasons}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTemplate:
    """A template of the provider's list."""

    name: str
    language: str
    status: str
    quality: str
    category: str
    parameter_format: str
    components: list[dict[str, Any]] = field(default_factory=list)
    reason: str


class Management:
    """Reads over the connections of one phone number."""

    def __init__(self, client: CloudApiClient) -> None:
        self._client = client

    async def number(self, phone_number_id: str) -> NumberState:
        """How a number stands. Raises CannotRead."""
        found = await self._read(f"/{phone_number_id}?{urlencode({'fields': _NUMBER_FIELDS})}")
        health = _table(found.get("health_status"))
        reasons = [
            _text(error, "error_description")
            for entity in _tables(health.get("entities"))
            for error in _tables(entity.get("errors"))
        ]
        return NumberState(
            display_number="".join(c for c in _text(found, "display_phone_number") if c.isascii() and c.isdigit()),
            status=_text(found, "status").upper(),
            quality=_text(found, "quality_rating").upper(),
            throughput=_text(_table(found.get("throughput")), "level").upper(),
            messaging_limit=found.get("whatsapp_business_manager_messaging_limit"),
            health=_text(health, "can_send_message").upper(),
            health_reasons=tuple(filter(None, reasons)),
        )

    async def templates(self, business_account: str) -> list[ListedTemplate]:
        """Every template of a business account. Raises CannotRead."""
        found: list[ListedTemplate] = []
        asked = {"fields": _TEMPLATE_FIELDS, "limit": str(_PAGE)}
        for _ in range(_MOST_PAGES):
            page = await self._read(f"/{business_account}/message_templates?{urlencode(asked)}")
            found += [_template(one) for one in _tables(page.get("data"))]
            paging = _table(page.get("paging"))
            after = _text(_table(paging.get("cursors")), "after")
            if not paging.get("next") or not after:
                return found
            asked["after"] = after
        raise CannotRead(f"the list of templates has more than {_MOST_PAGES * _PAGE} entries")

    async def _read(self, path: str) -> Mapping[str, Any]:
        exchange = self._client.begin_reading(path)
        failure = await exchange.ready()
        if failure is not None:
            raise CannotRead(failure.reason)
        answer = await exchange.send()
        if not isinstance(answer, HttpAnswer):
            raise CannotRead(answer.reason)
        if answer.status != 200:
            said = read_answer(answer.status, answer.headers, answer.body)
            raise CannotRead(in_words(said, row_of(said)) if isinstance(said, ApiError) else f"HTTP {answer.status}")
        try:
            document = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise CannotRead("the answer is not JSON") from None
        if not isinstance(document, dict):
            raise CannotRead("the answer is not a JSON object")
        return document


def _template(one: Mapping[str, Any]) -> ListedTemplate:
    reason = _text(one, "rejected_reason")
    return ListedTemplate(
        name=_text(one, "name"),
        language=_text(one, "language"),
        status=_text(one, "status").upper(),
        quality=_text(_table(one.get("quality_score")), "score").upper(),
        category=_text(one, "category").upper(),
        parameter_format=_text(one, "parameter_format").upper(),
        components=_tables(one.get("components")),
        reason="" if reason == "NONE" else reason,
    )


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    return printable(value) if isinstance(value, str) else ""
