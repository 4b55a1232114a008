"""Shapes of contents, previews and what is wrong with them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from paceline.api.schemas.accounts import ChannelName
from paceline.api.schemas.base import Answer, Request
from paceline.domain.errors import Problem

Fields = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=100)], Annotated[str, Field(max_length=2_000)]],
    Field(max_length=100, description="Sample values of the contact's fields."),
]
Address = Annotated[str, Field(min_length=3, max_length=320, examples=["ann@example.com"])]


class Content(Request):
    """What a message says. Subject, preheader, bodies and unsubscribe_url are templates; what is absent is empty."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    from_: Annotated[str, Field(alias="from", max_length=1000)] = ""
    reply_to: Annotated[str, Field(max_length=1000)] = ""
    subject: Annotated[str, Field(max_length=10_000)] = ""
    preheader: Annotated[
        str, Field(max_length=1000, description="Shown behind the subject in inboxes; hidden in the HTML.")
    ] = ""
    mjml: Annotated[
        str, Field(max_length=250_000, description="Where it is given, html is what it is compiled to.")
    ] = ""
    html: Annotated[str, Field(max_length=500_000)] = ""
    text: Annotated[str | None, Field(max_length=250_000, description="Absent: made from the HTML.")] = None
    list_id: Annotated[str, Field(max_length=1000)] = ""
    unsubscribe_url: Annotated[str, Field(max_length=2000)] = ""
    base_url: Annotated[str, Field(max_length=2000, description="Where tracked links begin; empty: no tracking.")] = ""
    track_opens: bool = True
    track_clicks: bool = True
    track_text_clicks: bool = False
    bounce_address: Annotated[
        str, Field(max_length=320, description="Where reports go; empty: to the From address.")
    ] = ""
    missing_fields: Literal["fail", "empty"] = "fail"
    attachments: Annotated[
        list[Annotated[str, Field(max_length=60)]],
        Field(max_length=10, description="Ids of files that are attached to every message, 5 MB together at most."),
    ] = Field(default_factory=list)


class PreviewRequest(Request):
    """For whom to render: a contact, or sample fields, which win over the contact's."""

    contact_id: Annotated[str, Field(max_length=100)] | None = None
    fields: Fields = Field(default_factory=dict)
    address: Address | None = None


class CampaignPreviewRequest(PreviewRequest):
    """For whom to render a campaign, and which of its channels."""

    channel: ChannelName | None = Field(default=None, description="Absent: the campaign's own, not its fallback.")


class ContentPreviewRequest(PreviewRequest):
    """A content that is not stored, and for whom to render it."""

    content: Content


class ProblemAnswer(Answer):
    """One thing that is wrong."""

    field: str
    message: str


class PreviewAnswer(Answer):
    """A message as it would be sent; with problems it is empty. An e-mail is read back from its very bytes; of WhatsApp
    ``text`` is what a person reads, null while the provider's template is not known here.
    """

    address: str
    subject: str
    inbox_line: str = Field(description="What inboxes show behind the subject: the preheader, or how the body begins.")
    html: str | None
    compiled: str | None = Field(description="The template that mjml was compiled to; null without one.")
    text: str | None
    size: int = Field(description="Bytes of the whole message; of WhatsApp 0.")
    template: str | None = Field(default=None, description="Of WhatsApp: which one this contact gets, as promo/en_US.")
    components: list[dict[str, Any]] = Field(
        default_factory=list, description="Of WhatsApp: what fills the template in, as it would be sent."
    )
    problems: list[ProblemAnswer]


def problem_answers(problems: list[Problem]) -> list[ProblemAnswer]:
    """Problems as the API gives them out."""
    return [ProblemAnswer(field=problem.field or "", message=problem.message) for problem in problems]
