"""What the public routes need: tokens, the recorder of opens and clicks, and where links lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus

from fastapi import Request as HttpRequest

from paceline.domain.errors import InputError, Problem
from paceline.domain.fact import FactKind
from paceline.operations.context import Context
from paceline.operations.incoming.receiving import incoming_of
from paceline.outbound.address_guard import AddressGuard, AddressRefused
from paceline.outbound.http import CallFailed, OutboundHttp
from paceline.settings import Settings
from paceline.tracking.automatic import Request
from paceline.tracking.clicks import ClickTargets
from paceline.tracking.providers.base import NotGenuine, Provider
from paceline.tracking.providers.sendgrid import SendGrid
from paceline.tracking.providers.ses import Fetch, Ses
from paceline.tracking.recorder import Recorder
from paceline.tracking.views import Views
from paceline.tracking.whatsapp.keeper import WebhookKeeper

_HEADERS = {name.encode(): name for name in ("user-agent", "purpose", "sec-purpose", "x-purpose", "x-moz")}
_LONGEST_HEADER = 500
_FETCH_SECONDS = 10.0
_LARGEST_CERTIFICATE = 20_000


class Tracking:
    """The tracking of one application."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.queue = context.queue
        self.now = context.clock.now
        self.tokens = context.box.tokens(context.settings)
        self.recorder = Recorder(context.queue, context.clock.now)
        self.targets = ClickTargets(context.queue)
        self.views = Views(context.queue, self.tokens)
        self.incoming = incoming_of(context)
        self.whatsapp_webhooks = WebhookKeeper(context.queue, context.clock.now)
        self.whatsapp_secrets = _separated(context.settings.whatsapp_app_secrets)
        self.providers: dict[str, Provider] = {provider.name: provider for provider in _providers(context.settings)}


def _separated(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def _providers(settings: Settings) -> Iterator[Provider]:
    """Those whose key or topics are set; the others are not there. Raises InputError for a setting that is wrong."""
    variable = "PACELINE_SES_TOPICS"
    try:
        if topics := frozenset(_separated(settings.ses_topics)):
            guard = AddressGuard.from_setting("")
            http = OutboundHttp(guard, timeout_seconds=_FETCH_SECONDS, longest_answer=_LARGEST_CERTIFICATE)
            yield Ses(topics, _fetch_with(http))
        variable = "PACELINE_SENDGRID_KEY"
        if settings.sendgrid_key:
            yield SendGrid(settings.sendgrid_key)
    except (ValueError, TypeError) as error:
        raise InputError([Problem(file="environment", field=variable, message=f"cannot be used: {error}")]) from None


def _fetch_with(http: OutboundHttp) -> Fetch:
    async def fetch(url: str) -> bytes:
        try:
            answer = await http.get(url)
        except (AddressRefused, CallFailed) as error:
            raise NotGenuine(f"{url} cannot be reached: {error}") from None
        if answer.status != HTTPStatus.OK:
            raise NotGenuine(f"{url} answered {answer.status}")
        return answer.body

    return fetch


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
