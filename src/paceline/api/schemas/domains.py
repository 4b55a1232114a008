"""Shapes of sending domains and their keys, of which only the public half is ever shown."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request
from paceline.content.dkim import KeyKind
from paceline.store.queue.sending_domains import KeyState

Kind = Annotated[KeyKind, Field(strict=False, examples=["rsa"])]
Kinds = Annotated[
    list[Kind],
    Field(min_length=1, max_length=2, description="One key of each; every receiver verifies rsa, some ed25519."),
]


class NewDomain(Request):
    """A domain that messages come from."""

    domain: Annotated[str, Field(min_length=1, max_length=253, examples=["example.com"])]
    kinds: Kinds = Field(default=[KeyKind.RSA])


class NewKeys(Request):
    """Which keys to make."""

    kinds: Kinds = Field(default=[KeyKind.RSA])


class Activation(Request):
    """How keys are activated."""

    unchecked: bool = Field(default=False, description="Without asking DNS whether their records are published.")


class KeyAnswer(Answer):
    """One key, and the TXT record to publish for it."""

    selector: str
    kind: KeyKind
    state: KeyState
    record_name: str
    record_value: str
    created_at: Instant
    activated_at: Instant | None
    retired_at: Instant | None


class DomainAnswer(Answer):
    """One sending domain."""

    id: str
    domain: str
    created_at: Instant
    keys: list[KeyAnswer]


class Domains(Answer):
    """The sending domains of a workspace."""

    items: list[DomainAnswer]


class RecordAnswer(Answer):
    """What DNS says about the record of one key."""

    record_name: str
    state: KeyState
    ok: bool | None = Field(description="null: it could not be looked up.")
    sentence: str


class Records(Answer):
    """What DNS says about the records of a domain."""

    items: list[RecordAnswer]
