"""Shapes of WhatsApp numbers, templates and costs."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant
from paceline.api.schemas.campaigns import Country, TemplateFields
from paceline.api.schemas.content import PreviewRequest


class TemplatePreviewRequest(PreviewRequest):
    """A template of a campaign that need not be stored, and for whom to render it; its share and filter do not count."""

    template: TemplateFields
    default_country: Country = ""


class WhatsAppNumber(Answer):
    """A phone number as the provider sees it; what is not known is empty."""

    name: str
    phone_number_id: str
    business_account: str
    status: str
    quality: str
    messaging_limit: int | None = Field(description="Recipients in 24 hours; -1: any number; null: not known.")
    inbound_at: Instant | None = Field(description="The last message from a person.")
    checked_at: Instant | None


class WhatsAppNumbers(Answer):
    """The numbers of a workspace."""

    items: list[WhatsAppNumber]
    used_in_24_hours: int = Field(description="Messages that all numbers together have sent in the last 24 hours.")


class WhatsAppTemplate(Answer):
    """A template of the provider's list."""

    name: str
    language: str
    business_account: str
    status: str
    quality: str
    category: str
    parameter_format: str = Field(description="POSITIONAL (numbers) or NAMED.")
    components: list[dict[str, Any]] = Field(description="As the provider lists them: HEADER, BODY, FOOTER, BUTTONS.")
    reason: str | None = Field(description="Why the provider has rejected or paused it.")
    updated_at: Instant
    stopped: str | None = Field(description="Why it is not sent now; null while it is.")
    until: Instant | None = Field(description="Until when; null: until the provider or a person says otherwise.")


class WhatsAppTemplates(Answer):
    """The templates of a workspace's business accounts."""

    items: list[WhatsAppTemplate]


class WhatsAppReading(Answer):
    """What the provider has just said of a number."""

    name: str
    status: str | None
    quality: str | None
    templates: int | None = Field(description="How many there are; null: the business account is not known.")
    trouble: str | None


class WhatsAppReadings(Answer):
    """One for each number."""

    items: list[WhatsAppReading]


class WhatsAppCost(Answer):
    """Delivered messages of one category to one country."""

    category: str
    country: str = Field(description="A calling code, such as +49.")
    billable: int
    free: int
    amount: str | None = Field(description="A decimal number; null: the rate table has no price.")


class WhatsAppCosts(Answer):
    """What a campaign has cost so far."""

    items: list[WhatsAppCost]
