"""Campaigns over HTTP: drafts, their start, what a person does with a running one, and how it goes."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, number_after, page
from paceline.api.routes.templates import preview_answer
from paceline.api.routes.whatsapp import template_preview_answer
from paceline.api.routing import Routes
from paceline.api.schemas.campaigns import (
    AudienceAnswer,
    CampaignAnswer,
    ChangedCampaign,
    CheckAnswer,
    CopyRequest,
    EstimateAnswer,
    EstimatedCostAnswer,
    ExplainAnswer,
    FindingAnswer,
    ListedCampaignAnswer,
    NewCampaign,
    RateAnswer,
    RatesAnswer,
    ReportAnswer,
    ResolveAnswer,
    ResolveRequest,
    ScheduleRequest,
    Status,
    TemplateFields,
    TestAnswer,
    TestMessageAnswer,
    TestRequest,
)
from paceline.api.schemas.content import (
    CampaignPreviewRequest,
    Content,
    PreviewAnswer,
    ProblemAnswer,
)
from paceline.api.schemas.messages import MessageAnswer, State
from paceline.api.schemas.segments import CountAnswer
from paceline.api.schemas.workers import TakeHomeRequest
from paceline.domain.campaign import CampaignStatus, LateStart
from paceline.domain.finding import Finding, Severity
from paceline.domain.permission import Permission
from paceline.operations.campaigns import (
    assigning,
    campaign_checks,
    campaign_drafts,
    campaign_listing,
    campaign_starting,
    campaigns,
    explaining,
    preflight,
    previewing,
    rates,
    reporting,
    test_sending,
)
from paceline.operations.campaigns.campaign_drafts import Campaign, row_of
from paceline.operations.campaigns.summary import summary_of
from paceline.operations.whatsapp import previewing as whatsapp_previewing
from paceline.operations.whatsapp.costs import Estimate
from paceline.operations.whatsapp.template_values import read_template_values

routes = Routes(tag="campaigns")

FollowLinks = Annotated[bool, Query(description="Ask for each https link as well, from the server.")]


@routes.get("/campaigns", permission=Permission.CAMPAIGNS_READ)
def list_campaigns(
    asked: Asked,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
    status: Annotated[list[Status], Query(description="Only those in these statuses.", max_length=8)] = [],  # noqa: B006  # FastAPI's own way
) -> Page[ListedCampaignAnswer]:
    """Campaigns, the newest first."""
    statuses = [CampaignStatus(one) for one in status]
    rows = campaign_listing.page(asked.context, number_after(cursor), limit + 1, statuses=statuses)
    return page(rows, limit, position=lambda row: row.number, model=_listed)


@routes.post("/campaigns", permission=Permission.CAMPAIGNS_WRITE, status=HTTPStatus.CREATED)
def create_campaign(asked: Asked, new: NewCampaign) -> CampaignAnswer:
    """Create a draft."""
    created = campaign_drafts.create(
        asked.context,
        name=new.name,
        key=new.key,
        channel=new.channel,
        template=new.template_id,
        created_by=asked.principal.user_id,
        content=None if new.content is None else new.content.model_dump(by_alias=True, exclude_unset=True),
        templates=None if new.templates is None else [one.model_dump() for one in new.templates],
        fallback=new.fallback,
        default_country=new.default_country,
        audience=None if new.audience is None else new.audience.model_dump(),
        accounts=new.accounts,
        rate_per_minute=new.rate_per_minute,
        max_attempts=new.max_attempts,
        retry_delay_seconds=new.retry_delay_seconds,
        weight=new.weight,
        account_choice=new.account_choice,
        window=None if new.window is None else new.window.model_dump(exclude_unset=True),
        worker=new.worker,
        worker_fallback=new.worker_fallback,
    )
    asked.audit("campaign.create", created.id, key=created.key)
    return _answer(created)


@routes.get("/campaigns/{campaign_id}", permission=Permission.CAMPAIGNS_READ)
def get_campaign(asked: Asked, campaign_id: str) -> CampaignAnswer:
    """One campaign, whatever its status."""
    return _answer(campaign_drafts.get(asked.context, campaign_id))


@routes.patch("/campaigns/{campaign_id}", permission=Permission.CAMPAIGNS_WRITE)
def change_campaign(asked: Asked, campaign_id: str, changed: ChangedCampaign) -> CampaignAnswer:
    """Change a draft. A content, templates, an audience and accounts replace the former ones as a whole."""
    changes: dict[str, Any] = changed.model_dump(by_alias=True, exclude_unset=True)
    if changes.get("name", "") is None:
        del changes["name"]
    if changed.content is not None:
        changes["content"] = changed.content.model_dump(by_alias=True)
    after = campaign_drafts.change(asked.context, campaign_id, **changes)
    asked.audit("campaign.change", campaign_id, changed=sorted(changes))
    return _answer(after)


@routes.delete("/campaigns/{campaign_id}", permission=Permission.CAMPAIGNS_WRITE)
def delete_campaign(asked: Asked, campaign_id: str) -> None:
    """Delete a draft; what was started stays on record."""
    campaign_drafts.delete(asked.context, campaign_id)
    asked.audit("campaign.delete", campaign_id)


@routes.post("/campaigns/{campaign_id}/duplicate", permission=Permission.CAMPAIGNS_WRITE, status=HTTPStatus.CREATED)
def duplicate_campaign(asked: Asked, campaign_id: str, copy: CopyRequest) -> CampaignAnswer:
    """A new draft with the content, audience and accounts of any campaign."""
    made = campaign_drafts.duplicate(asked.context, campaign_id, name=copy.name, created_by=asked.principal.user_id)
    asked.audit("campaign.create", made.id, key=made.key, copy_of=campaign_id)
    return _answer(made)


@routes.post("/campaigns/{campaign_id}/take-home", permission=Permission.CAMPAIGNS_SEND)
def take_campaign_home(asked: Asked, campaign_id: str, given: TakeHomeRequest | None = None) -> CampaignAnswer:
    """Let this installation go on with a campaign of a remote worker, with what that has given back."""
    abandon = given is not None and given.abandon
    assigning.take_home(asked.context, campaign_id, abandon=abandon)
    asked.audit("campaign.take_home", campaign_id, abandon=abandon)
    return _answer(campaign_drafts.get(asked.context, campaign_id))


@routes.get("/campaigns/{campaign_id}/check", permission=Permission.CAMPAIGNS_READ)
def check_campaign(asked: Asked, campaign_id: str, follow_links: FollowLinks = False) -> CheckAnswer:
    """What stands between a draft and its start, and how many people it would reach."""
    checked = campaign_checks.check(asked.context, campaign_id)
    looked = preflight.of_draft(asked.context, checked, follow_links=follow_links)
    found = looked.findings
    return CheckAnswer(
        problems=[_found(finding) for finding in found if finding.severity is Severity.ERROR],
        notices=[_found(finding) for finding in found if finding.severity is Severity.WARNING],
        findings=[FindingAnswer(**asdict(finding)) for finding in found],
        recipients=CountAnswer(number=checked.recipients.number, exact=checked.recipients.exact),
        estimate=None if looked.estimate is None else _estimate(looked.estimate),
    )


def _estimate(estimate: Estimate) -> EstimateAnswer:
    return EstimateAnswer(
        costs=[
            EstimatedCostAnswer(
                category=one.category,
                country=f"+{one.country}",
                messages=one.messages,
                amount=None if one.amount is None else str(one.amount),
            )
            for one in estimate.costs
        ],
        total=None if estimate.total is None else str(estimate.total),
        without_price=estimate.without_price,
        exact=estimate.exact,
        is_fallback=estimate.is_fallback,
    )


def _found(finding: Finding) -> ProblemAnswer:
    return ProblemAnswer(field=finding.field, message=finding.sentence)


@routes.post("/campaigns/{campaign_id}/preview", permission=Permission.CAMPAIGNS_READ)
def preview_campaign(asked: Asked, campaign_id: str, given: CampaignPreviewRequest) -> PreviewAnswer:
    """Render a campaign for a contact, which needs contacts:read as well, or for sample fields."""
    asked.require_for(given.contact_id, Permission.CONTACTS_READ)
    campaign = campaign_drafts.get(asked.context, campaign_id)
    if (given.channel or campaign.channel) == "whatsapp":
        return _whatsapp_preview(asked, campaign, given)
    content = campaign.content
    shown = previewing.preview(
        asked.context, content, contact_id=given.contact_id, fields=given.fields, address=given.address
    )
    return preview_answer(shown)


def _whatsapp_preview(asked: Asked, campaign: Campaign, given: CampaignPreviewRequest) -> PreviewAnswer:
    seen = whatsapp_previewing.preview(
        asked.context,
        read_template_values(campaign.templates, key=campaign.key, name=campaign.name),
        default_country=campaign.default_country,
        contact_id=given.contact_id,
        fields=given.fields,
        address=given.address,
    )
    return template_preview_answer(seen)


@routes.post("/campaigns/{campaign_id}/test", permission=Permission.CAMPAIGNS_SEND, status=HTTPStatus.CREATED)
def test_campaign(asked: Asked, campaign_id: str, given: TestRequest) -> TestAnswer:
    """Send the campaign's content to a few addresses through one account; it counts for the account only."""
    asked.require_for(given.contact_id, Permission.CONTACTS_READ)
    sent = test_sending.send_test(
        asked.context,
        campaign_id,
        given.addresses,
        account=given.account_id,
        contact_id=given.contact_id,
        fields=given.fields,
    )
    asked.audit("campaign.test", campaign_id, addresses=given.addresses, account=given.account_id)
    return TestAnswer(messages=[TestMessageAnswer(id=one.id, address=one.address) for one in sent])


@routes.post("/campaigns/{campaign_id}/start", permission=Permission.CAMPAIGNS_SEND)
def start_campaign(asked: Asked, campaign_id: str) -> CampaignAnswer:
    """Start a draft, or a scheduled campaign before its moment."""
    started = campaign_starting.start(asked.context, campaign_id)
    asked.audit("campaign.start", campaign_id, key=started.key)
    return _answer(started)


@routes.post("/campaigns/{campaign_id}/schedule", permission=Permission.CAMPAIGNS_SEND)
def schedule_campaign(asked: Asked, campaign_id: str, given: ScheduleRequest) -> CampaignAnswer:
    """Let a campaign start by itself; one that is scheduled gets another moment."""
    scheduled = campaign_starting.schedule(
        asked.context,
        campaign_id,
        at=given.at,
        timezone=given.timezone,
        late_start=None if given.late_start is None else LateStart(given.late_start),
    )
    asked.audit("campaign.schedule", campaign_id, key=scheduled.key, at=given.at, timezone=scheduled.start_timezone)
    return _answer(scheduled)


@routes.post("/campaigns/{campaign_id}/unschedule", permission=Permission.CAMPAIGNS_SEND)
def unschedule_campaign(asked: Asked, campaign_id: str) -> CampaignAnswer:
    """Take the moment back: the campaign is a draft again."""
    draft = campaign_starting.unschedule(asked.context, campaign_id)
    asked.audit("campaign.unschedule", campaign_id, key=draft.key)
    return _answer(draft)


@routes.post("/campaigns/{campaign_id}/pause", permission=Permission.CAMPAIGNS_SEND)
def pause_campaign(asked: Asked, campaign_id: str) -> CampaignAnswer:
    """Pause a campaign: nothing new is handed over from now on."""
    key = row_of(asked.context, campaign_id).key
    campaigns.pause(asked.context, key)
    asked.audit("campaign.pause", campaign_id, key=key)
    return _answer(campaign_drafts.get(asked.context, campaign_id))


@routes.post("/campaigns/{campaign_id}/resume", permission=Permission.CAMPAIGNS_SEND)
def resume_campaign(asked: Asked, campaign_id: str) -> CampaignAnswer:
    """Let a paused campaign go on."""
    key = row_of(asked.context, campaign_id).key
    campaigns.resume(asked.context, key)
    asked.audit("campaign.resume", campaign_id, key=key)
    return _answer(campaign_drafts.get(asked.context, campaign_id))


@routes.post("/campaigns/{campaign_id}/stop", permission=Permission.CAMPAIGNS_SEND)
def stop_campaign(asked: Asked, campaign_id: str) -> CampaignAnswer:
    """End a campaign: what has not been handed over is cancelled."""
    key = row_of(asked.context, campaign_id).key
    campaigns.stop(asked.context, key)
    asked.audit("campaign.stop", campaign_id, key=key)
    return _answer(campaign_drafts.get(asked.context, campaign_id))


@routes.post("/campaigns/{campaign_id}/resolve", permission=Permission.CAMPAIGNS_SEND)
def resolve_campaign(asked: Asked, campaign_id: str, decision: ResolveRequest) -> ResolveAnswer:
    """Decide the uncertain messages: they count as sent, or are sent again."""
    key = row_of(asked.context, campaign_id).key
    resolved = campaigns.resolve(asked.context, key, resend=decision.uncertain == "resend")
    asked.audit("campaign.resolve", campaign_id, key=key, uncertain=decision.uncertain, resolved=resolved)
    return ResolveAnswer(resolved=resolved)


@routes.get("/campaigns/{campaign_id}/progress", permission=Permission.CAMPAIGNS_READ)
def campaign_progress(asked: Asked, campaign_id: str) -> dict[str, Any]:
    """The summary: counts by message state that add up to the total, accounts, rate, and why it pauses."""
    return summary_of(asked.context, row_of(asked.context, campaign_id).id).to_json()


@routes.get("/campaigns/{campaign_id}/rates", permission=Permission.CAMPAIGNS_READ)
def campaign_rates(
    asked: Asked,
    campaign_id: str,
    last_seconds: Annotated[float | None, Query(description="Only so much of its end; absent: all.", gt=0)] = None,
) -> RatesAnswer:
    """How fast a campaign went since its start, in as many steps as a chart can show; of the last hour in steps of 10 s."""
    found = rates.rates_of(asked.context, row_of(asked.context, campaign_id).id, last_seconds=last_seconds)
    return RatesAnswer(items=[RateAnswer.model_validate(one, from_attributes=True) for one in found])


@routes.get("/campaigns/{campaign_id}/report", permission=Permission.CAMPAIGNS_READ)
def campaign_report(asked: Asked, campaign_id: str) -> ReportAnswer:
    """What a campaign has led to: states, deliveries, opens, clicks by link, bounces, complaints, unsubscribes."""
    row_of(asked.context, campaign_id)  # by its id only
    return ReportAnswer.model_validate(reporting.report_of(asked.context.for_reports(), campaign_id).to_json())


@routes.get("/campaigns/{campaign_id}/messages", permission=Permission.CAMPAIGNS_READ)
def campaign_messages(
    asked: Asked, campaign_id: str, limit: Limit = USUAL_LIMIT, cursor: Cursor = None, state: State | None = None
) -> Page[MessageAnswer]:
    """The messages of a campaign in the order of its audience."""
    rows = campaign_listing.messages_page(asked.context, campaign_id, number_after(cursor), limit + 1, state=state)
    return page(
        rows,
        limit,
        position=lambda row: row[0],
        model=lambda row: MessageAnswer.model_validate(row[1], from_attributes=True),
    )


@routes.get("/campaigns/{campaign_id}/explain", permission=Permission.CAMPAIGNS_READ)
def explain_campaign(asked: Asked, campaign_id: str) -> ExplainAnswer:
    """Why nothing, or not more, is being sent."""
    causes = explaining.explain(asked.context, row_of(asked.context, campaign_id).key)
    return ExplainAnswer(causes=[cause.to_json() for cause in causes])


def _answer(campaign: Campaign) -> CampaignAnswer:
    values = {name: getattr(campaign, name) for name in CampaignAnswer.model_fields}
    audience = None if campaign.audience is None else AudienceAnswer.model_validate(campaign.audience)
    templates = [TemplateFields.model_validate(template) for template in campaign.templates]
    content = Content.model_validate(campaign.content)
    return CampaignAnswer(**{**values, "content": content, "templates": templates, "audience": audience})


def _listed(row: campaign_listing.ListedCampaign) -> ListedCampaignAnswer:
    return ListedCampaignAnswer.model_validate(row, from_attributes=True)
