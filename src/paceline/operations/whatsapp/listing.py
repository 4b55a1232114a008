"""Numbers and templates as people ask for them."""

from __future__ import annotations

from collections.abc import Mapping

from paceline.operations.context import Context
from paceline.operations.whatsapp.preflight import used_in_24_hours
from paceline.operations.whatsapp.reading import Reading, refresh
from paceline.store.queue import template_stops, whatsapp_numbers, whatsapp_templates
from paceline.store.queue.template_stops import Stop
from paceline.store.queue.whatsapp_numbers import NumberRow
from paceline.store.queue.whatsapp_templates import TemplateRow


def numbers(context: Context) -> list[NumberRow]:
    """What is known of the workspace's numbers."""
    with context.queue.read() as connection:
        return whatsapp_numbers.of_workspace(connection, context.workspace_id)


def templates(context: Context) -> tuple[list[TemplateRow], Mapping[str, Stop]]:
    """The provider's templates as they are known, and those that are stopped now."""
    with context.queue.read() as connection:
        rows = whatsapp_templates.every(connection, workspace_id=context.workspace_id)
        stops = template_stops.active(connection, workspace_id=context.workspace_id, now=context.clock.now())
    return rows, stops


async def check(context: Context) -> list[Reading]:
    """Ask the provider now how the numbers stand, and for their templates."""
    return await refresh(context, numbers(context))


__all__ = ["check", "numbers", "templates", "used_in_24_hours"]
