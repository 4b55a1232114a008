"""What the public routes need: tokens, the recorder of opens and clicks, and where links lead."""

from __future__ import annotations

from fastapi import Request as HttpRequest

from paceline.domain.fact import FactKind
from paceline.operations.context import Context
from paceline.tracking.automatic import Request
from paceline.tracking.clicks import ClickTargets
from paceline.tracking.recorder import Recorder

_HEADERS = ("user-agent", "purpose", "sec-purpose", "x-purpose", "x-moz")
_LONGEST_HEADER = 500


class Tracking:
    """The tracking of one application."""

    def __init__(self, context: Context) -> None:
        self.queue = context.queue
        self.now = context.clock.now
        self.tokens = context.box.tokens(context.settings)
        self.recorder = Recorder(context.queue, context.clock.now)
        self.targets = ClickTargets(context.queue)


def tracking_of(request: HttpRequest) -> Tracking:
    """That of the application which was asked."""
    tracking: Tracking = request.app.state.tracking
    return tracking


def as_request(request: HttpRequest, kind: FactKind) -> Request:
    """What the rules that recognise programs look at."""
    headers = request.headers
    known = {name: value[:_LONGEST_HEADER] for name in _HEADERS if (value := headers.get(name))}
    return Request(kind=kind, method=request.method, address=request.state.address, headers=known)
