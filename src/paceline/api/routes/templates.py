"""Templates and previews over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, number_after, page
from paceline.api.routing import Routes
from paceline.api.schemas.content import (
    Content,
    ContentPreviewRequest,
    PreviewAnswer,
    PreviewRequest,
    problem_answers,
)
from paceline.api.schemas.templates import ChangedTemplate, NewTemplate, TemplateAnswer
from paceline.domain.permission import Permission
from paceline.operations.campaigns import previewing, templates
from paceline.operations.campaigns.previewing import Preview
from paceline.operations.campaigns.templates import Template
from paceline.store.public_ids import IdKind

routes = Routes(tag="templates")


@routes.get("/templates", permission=Permission.CAMPAIGNS_READ)
def list_templates(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[TemplateAnswer]:
    """Templates, the newest first."""
    rows = templates.page(asked.context, number_after(cursor), limit + 1)
    return page(rows, limit, position=lambda row: asked.context.ids.decode(IdKind.TEMPLATE, row.id) or 0, model=_answer)


@routes.post("/templates", permission=Permission.CAMPAIGNS_WRITE, status=HTTPStatus.CREATED)
def create_template(asked: Asked, new: NewTemplate) -> TemplateAnswer:
    """Store a content under a name."""
    created = templates.create(
        asked.context, name=new.name, channel=new.channel, content=new.content.model_dump(by_alias=True)
    )
    asked.audit("template.create", created.id, name=created.name)
    return _answer(created)


@routes.post("/templates/preview", permission=Permission.CAMPAIGNS_READ)
def preview_content(asked: Asked, given: ContentPreviewRequest) -> PreviewAnswer:
    """Render a content that is not stored."""
    asked.require_for(given.contact_id, Permission.CONTACTS_READ)
    shown = previewing.preview(
        asked.context,
        given.content.model_dump(by_alias=True),
        contact_id=given.contact_id,
        fields=given.fields,
        address=given.address,
    )
    return preview_answer(shown)


@routes.get("/templates/{template_id}", permission=Permission.CAMPAIGNS_READ)
def get_template(asked: Asked, template_id: str) -> TemplateAnswer:
    """One template."""
    return _answer(templates.get(asked.context, template_id))


@routes.patch("/templates/{template_id}", permission=Permission.CAMPAIGNS_WRITE)
def change_template(asked: Asked, template_id: str, changed: ChangedTemplate) -> TemplateAnswer:
    """Change a template; campaigns that were made from it keep their content."""
    content = None if changed.content is None else changed.content.model_dump(by_alias=True)
    after = templates.change(asked.context, template_id, name=changed.name, content=content)
    asked.audit("template.change", template_id, name=after.name)
    return _answer(after)


@routes.delete("/templates/{template_id}", permission=Permission.CAMPAIGNS_WRITE)
def delete_template(asked: Asked, template_id: str) -> None:
    """Delete a template."""
    templates.delete(asked.context, template_id)
    asked.audit("template.delete", template_id)


@routes.post("/templates/{template_id}/preview", permission=Permission.CAMPAIGNS_READ)
def preview_template(asked: Asked, template_id: str, given: PreviewRequest) -> PreviewAnswer:
    """Render a template for a contact, which needs contacts:read as well, or for sample fields."""
    asked.require_for(given.contact_id, Permission.CONTACTS_READ)
    content = templates.get(asked.context, template_id).content
    shown = previewing.preview(
        asked.context, content, contact_id=given.contact_id, fields=given.fields, address=given.address
    )
    return preview_answer(shown)


def preview_answer(shown: Preview) -> PreviewAnswer:
    """A preview as the API gives it out."""
    return PreviewAnswer(
        address=shown.address,
        subject=shown.subject,
        inbox_line=shown.inbox_line,
        html=shown.html,
        compiled=shown.compiled,
        text=shown.text,
        size=shown.size,
        problems=problem_answers(shown.problems),
    )


def _answer(row: Template) -> TemplateAnswer:
    return TemplateAnswer(
        id=row.id,
        name=row.name,
        channel=row.channel,
        content=Content.model_validate(row.content),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
