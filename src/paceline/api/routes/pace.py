"""What a ramp and a sending window come to, before they are stored, over HTTP."""

from __future__ import annotations

from paceline.api.asked import Asked
from paceline.api.routing import Routes
from paceline.api.schemas.pace import RampAnswer, RampRequest, WindowAnswer, WindowRequest
from paceline.domain.permission import Permission
from paceline.operations.accounts import warm_ups
from paceline.operations.campaigns import pace_values

routes = Routes(tag="pace")


@routes.post("/pace/warm-up", permission=Permission.ACCOUNTS_READ)
def preview_warm_up(asked: Asked, given: RampRequest) -> RampAnswer:
    """What a warm-up ramp allows on each of its first days. Nothing is stored."""
    found = warm_ups.preview(given.warm_up)
    return RampAnswer(days=list(found.days), ends=found.ends)


@routes.post("/pace/window", permission=Permission.CAMPAIGNS_READ)
def preview_window(asked: Asked, given: WindowRequest) -> WindowAnswer:
    """When a sending window is open next, and for how long in a usual week. Nothing is stored."""
    window = given.window.model_dump(exclude_none=True)
    found = pace_values.preview_window(window, asked.context.clock.now())
    return WindowAnswer(
        is_open=found.is_open,
        opens_at=found.opens_at,
        closes_at=found.closes_at,
        minutes_a_week=found.minutes_a_week,
    )
