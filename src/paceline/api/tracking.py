"""What the public routes need: tokens, the recorder of opens and clicks, and where links lead."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request as HttpRequest

from paceline.domain.fact import FactKind
from paceline.operations.context import Context
from paceline.tracking.automatic import Request
from paceline.tracking.clicks import ClickTargets
from paceline.tracking.recorder import Recorder

_HEADERS = {name.encode(): name for name in ("user-agent", "purpose", "sec-purpose", "x-purpose", "x-moz")}
_LONGEST_HEADER = 500


class Tracking:
    """The tracking of one application."""

    def __init__(self, context: Context) -> None:
        self.context = context
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
    address = request.state.address
    return Request(kind=kind, method=request.method, address=address, headers=header_values(request.headers.raw))


def header_values(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers that say something about who asks, by their names in lower case."""
    return {_HEADERS[name]: value[:_LONGEST_HEADER].decode("latin-1") for name, value in raw if name in _HEADERS}
