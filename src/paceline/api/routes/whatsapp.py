"""WhatsApp over HTTP: numbers and templates as the provider sees them, and costs."""

from __future__ import annotations

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.content import PreviewAnswer, problem_answers
from paceline.api.schemas.whatsapp import (
    TemplatePreviewRequest,
    WhatsAppCost,
    WhatsAppCosts,
    WhatsAppNumber,
    WhatsAppNumbers,
    WhatsAppReading,
    WhatsAppReadings,
    WhatsAppTemplate,
    WhatsAppTemplates,
)
from paceline.domain.permission import Permission
from paceline.operations.ids import by_id
from paceline.operations.whatsapp import listing, previewing
from paceline.operations.whatsapp.costs import costs
from paceline.operations.whatsapp.template_values import read_template_values
from paceline.store.public_ids import IdKind

routes = Routes(tag="whatsapp")


@routes.get("/whatsapp/numbers", permission=Permission.ACCOUNTS_READ)
def list_whatsapp_numbers(asked: Asked) -> WhatsAppNumbers:
    """What is known of every number: status, quality, limit, business account."""
    names = WhatsAppNumber.model_fields
    items = [
        WhatsAppNumber(**{name: getattr(number, name) for name in names}) for number in listing.numbers(asked.context)
    ]
    return WhatsAppNumbers(items=items, used_in_24_hours=listing.used_in_24_hours(asked.context))


@routes.get("/whatsapp/templates", permission=Permission.ACCOUNTS_READ)
def list_whatsapp_templates(asked: Asked) -> WhatsAppTemplates:
    """The provider's templates as they were read last, and which of them are stopped."""
    rows, stops = listing.templates(asked.context)
    return WhatsAppTemplates(
        items=[
            WhatsAppTemplate(
                name=row.name,
                language=row.language,
                business_account=row.business_account,
                status=row.status,
                quality=row.quality,
                category=row.category,
                parameter_format=row.parameter_format,
                components=row.components,
                reason=row.reason,
                updated_at=row.updated_at,
                stopped=stops[row.key].reason if row.key in stops else None,
                until=stops[row.key].until_at if row.key in stops else None,
            )
            for row in rows
        ]
    )


@routes.post("/whatsapp/preview", permission=Permission.CAMPAIGNS_READ)
def preview_whatsapp_template(asked: Asked, given: TemplatePreviewRequest) -> PreviewAnswer:
    """Fill in a template that need not be stored, for a contact, which needs contacts:read as well, or for sample fields."""
    asked.require_for(given.contact_id, Permission.CONTACTS_READ)
    template = given.template.model_dump(exclude={"share", "where"})
    seen = previewing.preview(
        asked.context,
        read_template_values([template], key="preview", name="Preview"),
        default_country=given.default_country,
        contact_id=given.contact_id,
        fields=given.fields,
        address=given.address,
    )
    return template_preview_answer(seen)


def template_preview_answer(seen: previewing.TemplatePreview) -> PreviewAnswer:
    """A filled-in template as the API gives it out."""
    return PreviewAnswer(
        address=seen.address,
        subject="",
        inbox_line="",
        compiled=None,
        html=None,
        text=seen.text,
        size=0,
        template=seen.template or None,
        components=seen.components,
        problems=problem_answers(seen.problems),
    )


@routes.post("/whatsapp/check", permission=Permission.ACCOUNTS_WRITE)
async def check_whatsapp(asked: Asked) -> WhatsAppReadings:
    """Ask the provider now how the numbers stand, and for their templates; what must stop is stopped."""
    readings = await listing.check(asked.context)
    asked.audit("whatsapp.check", "")
    return WhatsAppReadings(
        items=[
            WhatsAppReading(
                name=one.name,
                status=one.state.status if one.state else None,
                quality=one.state.quality if one.state else None,
                templates=None if one.templates is None else len(one.templates),
                trouble=one.failure or (one.state.harm if one.state else None),
            )
            for one in readings
        ]
    )


@routes.get("/campaigns/{campaign_id}/whatsapp-costs", permission=Permission.CAMPAIGNS_READ)
def show_whatsapp_costs(asked: Asked, campaign_id: str) -> WhatsAppCosts:
    """What a campaign has cost: delivered messages by category and country, times the installation's rate table."""
    return WhatsAppCosts(
        items=[
            WhatsAppCost(
                category=one.category,
                country=f"+{one.country}",
                billable=one.billable,
                free=one.free,
                amount=None if one.amount is None else str(one.amount),
            )
            for one in costs(asked.context, by_id(asked.context, IdKind.CAMPAIGN, campaign_id))
        ]
    )
