"""The WhatsApp simulator itself: what it refuses, and how its webhooks arrive: signed, doubled, reversed, early."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from paceline.domain.errors import InputError
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.whatsapp_contract import TemplateSpec
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule
from paceline.sandbox.whatsapp_webhooks import Order, WebhookPlan
from surroundings.numbers import simulator
from surroundings.waiting import until

GOOD: dict[str, Any] = {
    "messaging_product": "whatsapp",
    "to": "+16505550001",
    "type": "template",
    "template": {"name": "promo", "language": {"code": "en_US"}},
    "biz_opaque_callback_data": "m1",
}


async def post(url: str, document: object, *, token: str = "t") -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/v25.0/123/messages", json=document, headers=headers) as response,
    ):
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"messaging_product": "sms"}, 100),
        ({"to": "ann"}, 131009),
        ({"to": ""}, 131008),
        ({"type": "fax"}, 131051),
        ({"unknown": 1}, 100),
        ({"template": {"name": "promo"}}, 131008),
        ({"template": {"name": "other", "language": {"code": "en_US"}}}, 132001),
        ({"template": {"name": "paused", "language": {"code": "en_US"}}}, 132015),
        ({"template": {"name": "gone", "language": {"code": "en_US"}}}, 132016),
        ({"template": {"name": "two", "language": {"code": "en_US"}}}, 132000),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
    ],
)
def test_what_the_api_refuses(changes: dict[str, Any], code: int) -> None:
    templates = {
        ("promo", "en_US"): TemplateSpec(),
        ("two", "en_US"): TemplateSpec(body=2),
        ("paused", "en_US"): TemplateSpec(status="PAUSED"),
        ("gone", "en_US"): TemplateSpec(status="DISABLED"),
    }

    async def story() -> None:
        async with simulator(templates=templates) as server:
            status, answer = await post(server.url, {**GOOD, **changes})
            assert (status, answer["error"]["code"]) == (400, code)
            assert (await post(server.url, GOOD))[0] == 200
            assert (await post(server.url, GOOD, token=""))[1]["error"]["code"] == 190
            assert len(server.inbox.arrivals) == 1

    asyncio.run(story())


def test_the_rate_per_recipient_lends_a_burst() -> None:
    async def story() -> None:
        async with simulator(pair_rate=True) as server:
            codes = [(await post(server.url, GOOD))[1].get("error", {}).get("code") for _ in range(47)]
            assert codes == [None] * 45 + [131056] * 2

    asyncio.run(story())


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[str, list[tuple[str, bytes]]]]:
    """Takes webhooks; the first of them is answered with 500."""
    got: list[tuple[str, bytes]] = []

    async def handle(request: web.BaseRequest) -> web.Response:
        got.append((request.headers["X-Hub-Signature-256"], await request.read()))
        return web.Response(status=500 if len(got) == 1 else 200)

    server = await asyncio.get_running_loop().create_server(web.Server(handle), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", got
    finally:
        server.close()
        await server.wait_closed()


def statuses(got: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    return [
        status
        for _, body in got
        for entry in json.loads(body)["entry"]
        for change in entry["changes"]
        for status in change["value"]["statuses"]
    ]


def test_webhooks_are_signed_tried_again_and_come_as_the_plan_says() -> None:
    async def story() -> None:
        async with receiver() as (url, got):
            plan = WebhookPlan(
                url=url, secret="s", order=Order.REVERSED, copies=2, statuses=("sent", "delivered", "read")
            )
            rules = (WhatsAppRule(recipient="+1650555*2", statuses=("failed",), failed_code=131049),)
            async with simulator(webhooks=plan, rules=rules) as server:
                await post(server.url, GOOD)
                await until(lambda: len(statuses(got[1:])) >= 6)
                assert server.inbox.webhooks[500] == 1
                assert [one["status"] for one in statuses(got[1:])] == ["read"] * 2 + ["delivered"] * 2 + ["sent"] * 2
                assert {one["biz_opaque_callback_data"] for one in statuses(got)} == {"m1"}
                del got[1:]
                await post(server.url, {**GOOD, "to": "+16505550002"})
                await until(lambda: len(statuses(got[1:])) >= 2)
                assert statuses(got[1:])[0]["errors"][0]["code"] == 131049
            for signature, body in got:
                assert signature == "sha256=" + hmac.new(b"s", body, hashlib.sha256).hexdigest()

    asyncio.run(story())


def test_a_status_may_come_before_the_answer() -> None:
    async def story() -> None:
        async with receiver() as (url, got):
            got.append(("", b'{"entry": []}'))
            async with simulator(webhooks=WebhookPlan(url=url, early=True, copies=0)) as server:
                await post(server.url, GOOD)
                assert [one["status"] for one in statuses(got)] == ["sent"]

    asyncio.run(story())


def test_rules_are_read_from_a_behaviour_file() -> None:
    rules = [{"recipient": "+49*", "answer": "error", "code": 131048, "after_messages": 100}]
    (rule,) = parse_behaviours({"whatsapp": rules}).whatsapp
    assert rule == WhatsAppRule(recipient="+49*", answer=Answer.ERROR, code=131048, after_messages=100)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"answr": "error"}, "whatsapp[1].answr: is not known; known are: name, recipient"),
        ({"answer": "maybe"}, "whatsapp[1].answer: must be one of: normal, error"),
        ({"code": "131048"}, "whatsapp[1].code: must be int"),
        ({"every": 0}, "whatsapp[1].every: must be at least 1"),
        ({"statuses": ["lost"]}, "whatsapp[1].statuses: must be a list of: sent"),
    ],
)
def test_mistakes_in_rules_are_named(table: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_behaviours({"whatsapp": [table]})
    assert message in str(caught.value)
