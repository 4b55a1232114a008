"""The live feed over HTTP: server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from fastapi import Request
from fastapi.responses import StreamingResponse

from paceline.api.asked import Asked
from paceline.api.feed import ACCOUNTS, CAMPAIGNS, LOOK_EVERY_SECONDS, OUTLOOKS, Feed
from paceline.api.guard import Guard
from paceline.api.routing import Routes
from paceline.domain.permission import Permission

routes = Routes(tag="feed")

_PATIENCE_SECONDS = 0.5
_SIGN_OF_LIFE_SECONDS = 15.0


@routes.get(
    "/feed",
    permission=Permission.CAMPAIGNS_READ,
    response_class=StreamingResponse,
    responses={200: {"description": "Events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def follow_changes(asked: Asked, request: Request) -> StreamingResponse:
    """Follow campaigns and accounts as server-sent events, with when each will finish and what holds it back.

    Each event `changes` carries the new state of the campaigns and accounts that have changed, four times a second at
    most. The first one has all accounts, which need the permission accounts:read, and the campaigns that are under way.
    `outlooks` come every few seconds for those: `finish_at`, when each will finish as things are (null: not by itself), and
    `finish_range`, the earliest and latest likely finish, as the forecast gives them; `causes`, what holds it back, as the
    explanation of a campaign gives them.
    A comment is a sign of life. After a broken connection: connect again.
    """
    kinds = {CAMPAIGNS, OUTLOOKS} | ({ACCOUNTS} if asked.principal.may(Permission.ACCOUNTS_READ) else set())
    events = _events(
        request.app.state.feed, request.app.state.guard, request, asked.principal.workspace_id, frozenset(kinds)
    )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(
    feed: Feed, guard: Guard, request: Request, workspace_id: int, kinds: frozenset[str]
) -> AsyncIterator[bytes]:
    """Events until the client leaves or may no longer listen."""
    with feed.subscribed(workspace_id, kinds) as subscriber:
        yield b"retry: 2000\n\n"
        last = time.monotonic()
        while not await request.is_disconnected() and await guard.still_welcome(request, workspace_id):
            event = await subscriber.next_event(_PATIENCE_SECONDS)
            if event is None and time.monotonic() - last > _SIGN_OF_LIFE_SECONDS:
                event = b": still here\n\n"
            if event is not None:
                last = time.monotonic()
                yield event
                await asyncio.sleep(LOOK_EVERY_SECONDS)  # what comes meanwhile, comes together
