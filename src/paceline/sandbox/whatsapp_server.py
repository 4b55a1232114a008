"""A local WhatsApp Cloud API to send into: it records what arrives and misbehaves on demand.

By default every token, number and template is accepted. What it checks and answers follows the published contract.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from paceline.sandbox.record import RecordFile
from paceline.sandbox.whatsapp_connections import CountingServer, reset
from paceline.sandbox.whatsapp_contract import TemplateSpec, Violation, check_message
from paceline.sandbox.whatsapp_inbox import Arrival, Pairs, Throughput, Upload, WhatsAppInbox
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule, WhatsAppRuleBook
from paceline.sandbox.whatsapp_uploads import read_upload
from paceline.sandbox.whatsapp_webhooks import StatusWebhooks, WebhookPlan

_PATH = re.compile(r"/v\d+\.\d+/(?P<node>[A-Za-z0-9_-]+)(?:/(?P<edge>[a-z_]+))?")
_MEDIA_ID = re.compile(r'"id": "(media-[0-9]+)"')
_BACKLOG = 1024
_UNAUTHORISED = 401
_NO_RULE = WhatsAppRule()


class WhatsAppSandbox:
    """The simulator. ``start`` and ``stop`` may be called again; what arrived stays in ``inbox``.

    ``port`` 0 takes a free one and keeps it. ``tokens`` are the accepted ones by phone number id, ``templates`` those
    that exist by (name, language); without them all are accepted, and the list shows ``examples``. ``messages_per_second`` is the rate that each number
    may send at (0: any), ``pair_rate`` whether the rate per recipient is kept. ``latency_seconds`` is between its two
    bounds. ``refusal_status`` is the HTTP status of 130429 and 131056: documentations differ between 400 and 429.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        rules: tuple[WhatsAppRule, ...] = (),
        seed: int = 0,
        tokens: Mapping[str, str] | None = None,
        templates: Mapping[tuple[str, str], TemplateSpec] | None = None,
        examples: Mapping[tuple[str, str], TemplateSpec] | None = None,
        messages_per_second: float = 0.0,
        pair_rate: bool = False,
        latency_seconds: tuple[float, float] = (0.0, 0.0),
        refusal_status: int = 400,
        webhooks: WebhookPlan | None = None,
        record: Path | None = None,
        keep_documents: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.host = host
        self.port = port
        self.inbox = WhatsAppInbox()
        self.throughput = Throughput(messages_per_second)
        self.webhooks = None if webhooks is None else StatusWebhooks(webhooks, self.inbox, seed=seed)
        self.number_fields: dict[str, Any] = {}
        """What numbers say of themselves instead of the usual; may be changed while the simulator runs."""
        self._book = WhatsAppRuleBook(rules, seed)
        self._seed = seed
        self._tokens = tokens
        self.templates = dict(templates) if templates is not None else None
        """Those that exist; may be changed while the simulator runs."""
        self._examples = dict(examples or {})
        self._pairs = Pairs() if pair_rate else None
        self._latency = latency_seconds
        self._refusal_status = refusal_status
        self._record_path = record
        self._record: RecordFile | None = None
        self._keep = keep_documents
        self._clock = clock
        self._ids = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._site: CountingServer | None = None

    @property
    def url(self) -> str:
        """What accounts give as ``api_url``."""
        return f"http://{self.host}:{self.port}"

    @property
    def rules(self) -> tuple[WhatsAppRule, ...]:
        """The rules in force. Setting new ones takes effect at once, with new counts."""
        return self._book.rules

    @rules.setter
    def rules(self, rules: tuple[WhatsAppRule, ...]) -> None:
        self._book = WhatsAppRuleBook(rules, self._seed)

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken. Started already: nothing."""
        if self._server is not None:
            return
        self._site = CountingServer(self._handle, self.inbox)
        self._server = await asyncio.get_running_loop().create_server(
            self._site, self.host, self.port, backlog=_BACKLOG
        )
        self.port = self._server.sockets[0].getsockname()[1]
        if self._record_path is not None:
            self._record = RecordFile(self._record_path, durable=False)
        if self.webhooks is not None:
            await self.webhooks.start()

    async def stop(self) -> None:
        """Cut every connection and stop listening. Not started: nothing."""
        if self._server is None or self._site is None:
            return
        server, self._server = self._server, None
        server.close()
        await self._site.shutdown(0.0)
        await server.wait_closed()
        if self.webhooks is not None:
            await self.webhooks.stop()
        if self._record is not None:
            record, self._record = self._record, None
            await record.close()

    def cut_connections(self) -> None:
        """Close every connection, as a server does that has kept them long enough; listening goes on."""
        if self._site is not None:
            for connection in self._site.connections:
                connection.force_close()

    # -- requests -----------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.inbox.requests += 1
        body = await request.read()
        match = _PATH.fullmatch(request.path)
        if match is None:
            return self._error(400, 2500, "Unknown path components")
        node, edge = match["node"], match["edge"]
        if not self._is_authorised(node, request.headers.get("Authorization", "")):
            return self._error(_UNAUTHORISED, 190, "Invalid OAuth access token", kind="OAuthException")
        match request.method, edge:
            case "POST", "messages":
                return await self._message(request, node, body)
            case "POST", "media":
                return await self._upload(request, node, body)
            case "GET", "message_templates":
                return web.json_response(self._template_page(request.query))
            case "GET", None:
                return web.json_response(self._number(node))
            case _:
                return self._error(400, 100, f"Unsupported {request.method} request")

    def _is_authorised(self, node: str, header: str) -> bool:
        kind, _, token = header.partition(" ")
        if kind != "Bearer" or not token:
            return False
        return self._tokens is None or node not in self._tokens or self._tokens[node] == token

    async def _message(self, request: web.BaseRequest, number: str, body: bytes) -> web.StreamResponse:
        try:
            document = json.loads(body)
        except ValueError:
            return self._error(400, 100, "(#100) The request is not JSON")
        if isinstance(document, dict) and document.get("status") == "read":
            return web.json_response({"success": True})
        recipient, template = _recipient(document), _template(document)
        rule = self._book.find(recipient=recipient, template=template, number=number, messages=len(self.inbox.arrivals))
        rule = rule or _NO_RULE
        await self._wait(rule)
        refusal = self._refusal(rule, document, number, recipient)
        arrival = None
        if refusal is None if rule.processed is None else rule.processed:
            arrival = await self._take(request, document, number, recipient, template, rule)
        return await self._answer(request, rule, refusal, arrival, recipient)

    async def _wait(self, rule: WhatsAppRule) -> None:
        least, most = self._latency
        seconds = rule.delay_seconds + (self._book.random.uniform(least, most) if most else 0.0)
        if seconds:
            await asyncio.sleep(seconds)

    def _refusal(self, rule: WhatsAppRule, document: Any, number: str, recipient: str) -> web.Response | None:
        """What a well-behaved API refuses, and what the rule does."""
        now = asyncio.get_running_loop().time()
        if rule.answer is not Answer.NORMAL:
            return self._misbehaviour(rule)
        violation = check_message(document, self.templates)
        if violation is not None:
            return self._violation(violation)
        if (lost := self._lost_media(document, number)) is not None:
            return self._error(400, 131053, "(#131053) Media upload error", details=f"{lost} was not found")
        if not self.throughput.take(number, now):
            return self._error(self._refusal_status, 130429, "(#130429) Rate limit hit", details="throughput")
        if self._pairs is not None and not self._pairs.take(number, recipient, now):
            return self._error(self._refusal_status, 131056, "(#131056) (Business Account, Consumer Account) pair rate")
        return None

    async def _upload(self, request: web.BaseRequest, number: str, body: bytes) -> web.StreamResponse:
        """Keep what was uploaded; the id is good for this number only."""
        rule = self._book.find(number=number, messages=len(self.inbox.arrivals), uploads=True) or _NO_RULE
        await self._wait(rule)
        if rule.answer is not Answer.NORMAL:
            return await self._answer(request, rule, self._misbehaviour(rule), None, "")
        upload = read_upload(request.headers.get("Content-Type", ""), body)
        if isinstance(upload, str):
            return self._error(400, 100, f"(#100) {upload}")
        media_id = f"media-{next(self._ids)}"
        self.inbox.uploads.append(Upload(number=number, media_id=media_id, **upload))
        return web.json_response({"id": media_id})

    def _lost_media(self, document: Any, number: str) -> str | None:
        """A medium of this simulator's that a message names and its number has not uploaded."""
        if not self.inbox.uploads:
            return None
        known = {upload.media_id for upload in self.inbox.uploads if upload.number == number}
        named = _MEDIA_ID.findall(json.dumps(document)) if isinstance(document, dict) else []
        return next((one for one in named if one not in known), None)

    def _violation(self, violation: Violation) -> web.Response:
        message = f"(#{violation.code}) Invalid parameter"
        return self._error(400, violation.code, message, details=violation.details)

    def _misbehaviour(self, rule: WhatsAppRule) -> web.Response:
        headers = {"Retry-After": str(rule.retry_after_seconds)} if rule.retry_after_seconds else {}
        match rule.answer:
            case Answer.ERROR:
                message = rule.message or f"(#{rule.code}) by a rule"
                return self._error(rule.status, rule.code, message, details=rule.details, headers=headers)
            case Answer.HTML:
                page = "<html><head><title>Error</title></head><body>Sorry, something went wrong.</body></html>"
                return web.Response(status=rule.status, text=page, content_type="text/html", headers=headers)
            case Answer.BROKEN:
                return web.Response(body=b'{"messaging_product":"whatsapp","mess', content_type="application/json")
            case Answer.HUGE:
                return web.Response(body=b" " * 10_000_000, content_type="application/json")
            case _:
                return web.Response(status=rule.status if rule.answer is Answer.EMPTY else 200)

    async def _take(
        self,
        request: web.BaseRequest,
        document: Any,
        number: str,
        recipient: str,
        template: str,
        rule: WhatsAppRule,
    ) -> Arrival:
        reference = document.get("biz_opaque_callback_data", "") if isinstance(document, dict) else ""
        arrival = Arrival(
            wamid=f"wamid.SIMULATED{next(self._ids):012d}",
            number=number,
            recipient=recipient,
            template=template,
            reference=str(reference),
            at=self._clock(),
            connection=0 if self._site is None else self._site.number_of(request),
            document=document if self._keep else None,
        )
        self.inbox.take(arrival)
        if self._record is not None:
            await self._write(self._record, arrival)
        if self.webhooks is not None:
            if self.webhooks.plan.early:
                await self.webhooks.tell_early(arrival)
            self.webhooks.tell(arrival, rule.statuses, rule.failed_code)
        return arrival

    async def _write(self, record: RecordFile, arrival: Arrival) -> None:
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def done(error: BaseException | None) -> None:
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(error)

        line = {name: getattr(arrival, name) for name in Arrival.__dataclass_fields__ if name != "document"}
        record.append(json.dumps(line).encode() + b"\n", done)
        await written

    async def _answer(
        self,
        request: web.BaseRequest,
        rule: WhatsAppRule,
        refusal: web.Response | None,
        arrival: Arrival | None,
        recipient: str,
    ) -> web.StreamResponse:
        if rule.answer is Answer.RESET:
            reset(request)
        elif rule.answer is Answer.STALL:
            await asyncio.Event().wait()
        if refusal is not None or arrival is None:
            return refusal or web.Response(status=500)
        digits = re.sub(r"\D", "", recipient)
        return web.json_response(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": recipient, "wa_id": digits}],
                "messages": [{"id": arrival.wamid, "message_status": rule.message_status}],
            }
        )

    def _error(
        self,
        status: int,
        code: int,
        message: str,
        *,
        details: str = "",
        kind: str = "OAuthException",
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        self.inbox.errors[code] += 1
        data = {"messaging_product": "whatsapp", "details": details or message}
        error = {"message": message, "type": kind, "code": code, "error_data": data, "fbtrace_id": "simulated"}
        return web.json_response({"error": error}, status=status, headers=headers)

    # -- what is read -------------------------------------------------------------------------------------------------

    def _number(self, node: str) -> dict[str, Any]:
        level = "HIGH" if self.throughput.per_second >= 1000 else "STANDARD"
        return {
            "id": node,
            "display_phone_number": node,
            "verified_name": "Sandbox",
            "status": "CONNECTED",
            "quality_rating": "GREEN",
            "throughput": {"level": level},
            "whatsapp_business_manager_messaging_limit": "TIER_UNLIMITED",
            "health_status": {"can_send_message": "AVAILABLE", "entities": []},
            **self.number_fields,
        }

    def _template_page(self, query: Mapping[str, str]) -> dict[str, Any]:
        listed = self._examples if self.templates is None else self.templates
        templates = [
            {
                "id": str(place),
                "name": name,
                "language": language,
                "status": spec.status,
                "category": spec.category,
                "parameter_format": "POSITIONAL" if isinstance(spec.body, int) else "NAMED",
                "components": list(spec.components),
                "quality_score": {"score": spec.quality},
                "rejected_reason": "NONE",
            }
            for place, ((name, language), spec) in enumerate(listed.items(), start=1)
        ]
        limit, after = query.get("limit", "25"), query.get("after", "0")
        start = int(after) if after.isdigit() else 0
        end = start + (int(limit) if limit.isdigit() and int(limit) else 25)
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(templates):
            paging["next"] = f"{self.url}/next?after={end}"
        return {"data": templates[start:end], "paging": paging}


def _recipient(document: Any) -> str:
    to = document.get("to") if isinstance(document, dict) else ""
    return to if isinstance(to, str) else ""


def _template(document: Any) -> str:
    template = document.get("template") if isinstance(document, dict) else None
    name = template.get("name") if isinstance(template, dict) else ""
    return name if isinstance(name, str) else ""
