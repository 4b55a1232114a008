"""Limits above single accounts over HTTP."""

from __future__ import annotations

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.limits import LayerLimit, LayerLimitAnswer, LayerLimits
from paceline.domain.permission import Permission
from paceline.operations.accounts import limits
from paceline.operations.accounts.limits import SetLimit

routes = Routes(tag="limits")


@routes.get("/limits", permission=Permission.ACCOUNTS_READ)
def list_limits(asked: Asked) -> LayerLimits:
    """Every limit of this workspace above single accounts, and which of them is reached."""
    return _answer(limits.list_limits(asked.context))


@routes.put("/limits", permission=Permission.ACCOUNTS_WRITE)
def set_limit(asked: Asked, limit: LayerLimit) -> LayerLimits:
    """Set the limits of one layer as a whole; without any number it is limited no more. Holds at once in every process."""
    values = limit.model_dump(by_alias=True)
    found = limits.set_limit(asked.context, values)
    asked.audit("limit.set", f"{values['for']} {values['name']}".strip(), **values)
    return _answer(found)


def _answer(found: list[SetLimit]) -> LayerLimits:
    return LayerLimits(
        items=[LayerLimitAnswer.model_validate({**one.to_json(), "until_at": one.until_at}) for one in found]
    )
