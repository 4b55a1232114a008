"""Shapes of templates."""

from __future__ import annotations

from typing import Literal

from paceline.api.schemas.base import Answer, Instant, Request
from paceline.api.schemas.content import Content
from paceline.api.schemas.segments import Name


class NewTemplate(Request):
    """A template to create."""

    name: Name
    channel: Literal["email"] = "email"
    content: Content


class ChangedTemplate(Request):
    """What is to be changed; what is absent stays. A content replaces the former one as a whole."""

    name: Name | None = None
    content: Content | None = None


class TemplateAnswer(Answer):
    """A content under a name."""

    id: str
    name: str
    channel: str
    content: Content
    created_at: Instant
    updated_at: Instant
