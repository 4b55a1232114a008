"""What failed in a campaign, and trying it again, over HTTP."""

from __future__ import annotations

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.failures import CauseAnswer, FailuresAnswer, RetryAnswer, RetryRequest
from paceline.domain.permission import Permission
from paceline.operations.campaigns import failures

routes = Routes(tag="campaigns")


@routes.get("/campaigns/{campaign_id}/failures", permission=Permission.CAMPAIGNS_READ)
def list_failures(asked: Asked, campaign_id: str) -> FailuresAnswer:
    """What failed in a campaign, by cause."""
    found = failures.failures_of(asked.context, campaign_id)
    return FailuresAnswer(
        causes=[
            CauseAnswer(cause=one.cause, messages=one.messages, accounts=one.accounts, example=one.example)
            for one in found.causes
        ],
        exact=found.exact,
    )


@routes.post("/campaigns/{campaign_id}/retry", permission=Permission.CAMPAIGNS_SEND)
def retry_failed(asked: Asked, campaign_id: str, wanted: RetryRequest) -> RetryAnswer:
    """Try failed messages once more: those of a cause, or all. They were not accepted, so nobody gets two."""
    retried = failures.retry(asked.context, campaign_id, wanted.cause)
    asked.audit("campaign.retry", campaign_id, cause=wanted.cause, retried=retried)
    return RetryAnswer(retried=retried)
