"""WhatsApp over the API as a person uses it: a number is stored and tested, a draft written, checked, looked at and sent."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from paceline.domain.contact import SubscriptionState
from paceline.domain.segment_rules import Person
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.sandbox.whatsapp_contract import TemplateSpec
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule
from paceline.sandbox.whatsapp_server import WhatsAppSandbox
from surroundings.numbers import simulator
from surroundings.server import Server, running_server
from surroundings.subscribers import add_list, add_people
from surroundings.waiting import until
from surroundings.working import add_account, at_work

NUMBER = {"channel": "whatsapp", "name": "number-1", "phone_number_id": "106540352242922", "token": "s3cret-token"}
BUSINESS = "102290129340398"
TEMPLATES = {
    ("promo", "en_US"): TemplateSpec(body=1, components=({"type": "BODY", "text": "Hello {{1}}, welcome"},)),
    ("update", "en_US"): TemplateSpec(
        body=("name",), category="UTILITY", components=({"type": "BODY", "text": "Dear {{name}}"},)
    ),
}
DRAFT_TEMPLATES: list[dict[str, Any]] = [
    {"name": "promo", "language": "en_US", "parameters": {"body": ["{{ contact.first_name }}"]}},
    {
        "name": "update",
        "language": "en_US",
        "where": {"field": "plan", "equals": "pro"},
        "parameters": {"body": {"name": "{{ contact.first_name | upper }}"}},
    },
]


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "rates.csv").write_text("category,country,price\nmarketing,1,0.025\nutility,*,0.004\n")
    more = {"whatsapp_rates": str(tmp_path / "rates.csv"), "private_hosts": "127.0.0.1"}
    with running_server(database_url, str(tmp_path), **more) as running:
        yield running


Ask = Callable[..., Awaitable[Any]]


def asking(client: httpx.Client) -> Ask:
    """Requests from a thread, so that the simulator can answer meanwhile; the answer must be a success."""

    async def ask(method: str, path: str, **body: Any) -> Any:
        answer = await asyncio.to_thread(client.request, method, f"/api/v1{path}", json=body or None)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    return ask


async def stored_number(ask: Ask, simulator: WhatsAppSandbox) -> Any:
    fields = {"api_url": simulator.url, "business_account_id": BUSINESS, "messages_per_second": 1000}
    return await ask("POST", "/accounts", **NUMBER, **fields)


def people(server: Server, count: int) -> str:
    """A list of people with numbers of the United States, every fourth on the plan pro; its id."""
    news = add_list(server.context.catalogue, "news")
    found = [
        Person(
            email=f"user{n}@example.com",
            phone=f"+1650555{n:04d}",
            fields={"first_name": f"Name {n}", "plan": "pro" if n % 4 == 0 else "free"},
            subscriptions={news: SubscriptionState.CONFIRMED},
        )
        for n in range(count)
    ]
    by_mail = Person(email="only@example.com", fields={}, subscriptions={news: SubscriptionState.CONFIRMED})
    add_people(server.context.catalogue, [*found, by_mail])
    return str(server.with_key().get("/api/v1/lists").json()["items"][0]["id"])


def test_a_number_is_an_account_whose_token_is_never_shown(server: Server) -> None:
    client = server.with_key()
    ask = asking(client)

    async def story() -> None:
        async with simulator(templates=TEMPLATES, tokens={NUMBER["phone_number_id"]: NUMBER["token"]}) as provider:
            made = await stored_number(ask, provider)
            assert (made["channel"], made["host"], made["whatsapp"]["messages_per_second"]) == (
                "whatsapp",
                "127.0.0.1",
                1000,
            )
            there = f"/accounts/{made['id']}"
            provider.number_fields = {
                "quality_rating": "YELLOW",
                "whatsapp_business_manager_messaging_limit": "TIER_2K",
            }
            tested = await ask("POST", f"{there}/test")
            assert tested["ok"], tested
            assert "CONNECTED, quality YELLOW, 2,000 recipients in 24 hours, 2 templates" in tested["message"]
            seen = (await ask("GET", there))["whatsapp"]
            assert (seen["status"], seen["quality"], seen["messaging_limit"]) == ("CONNECTED", "YELLOW", 2000)
            changed = await ask("PATCH", there, name="support", messages_per_second=20.0, daily_limit=500)
            assert (changed["name"], changed["whatsapp"]["messages_per_second"], changed["daily_limit"]) == (
                "support",
                20,
                500,
            )
            assert (await ask("POST", f"{there}/test"))["ok"]  # the token is still the one that was given
            (listed,) = (await ask("GET", "/whatsapp/templates"))["items"][:1]
            assert (listed["name"], listed["category"], listed["components"]) == (
                "promo",
                "MARKETING",
                [{"type": "BODY", "text": "Hello {{1}}, welcome"}],
            )
            assert "s3cret-token" not in repr([made, seen, changed, await ask("GET", "/accounts")])
        failed = await ask("POST", f"{there}/test")
        assert not failed["ok"]
        assert "cannot connect" in failed["message"]

    asyncio.run(story())


def test_wrong_numbers_are_refused_by_field(server: Server) -> None:
    client = server.with_key()

    def refused(method: str, path: str, fields: dict[str, Any]) -> dict[str, str]:
        answer = client.request(method, f"/api/v1{path}", json=fields)
        assert answer.status_code == 422, answer.text
        return {problem["field"]: problem["message"] for problem in answer.json()["errors"]}

    without = {name: value for name, value in NUMBER.items() if name not in ("phone_number_id", "token")}
    assert set(refused("POST", "/accounts", without)) == {"phone_number_id", "token"}
    assert "digits" in refused("POST", "/accounts", {**NUMBER, "phone_number_id": "abc"})["phone_number_id"]
    assert 'channel = "email"' in refused("POST", "/accounts", {**NUMBER, "host": "smtp.example.com"})["host"]
    by_mail = {"name": "a", "host": "smtp.example.com", "port": 25, "token": "x"}
    assert 'channel = "whatsapp"' in refused("POST", "/accounts", by_mail)["token"]
    assert set(refused("POST", "/accounts", {"name": "a"})) == {"host", "port"}
    private = refused("POST", "/accounts", {**NUMBER, "api_url": "http://10.0.0.1"})
    assert set(private) == {"api_url"}
    made = client.post("/api/v1/accounts", json=NUMBER).json()
    moved = refused("PATCH", f"/accounts/{made['id']}", {"api_url": "https://other.example.com"})
    assert "needed again" in moved["token"]
    assert client.get(f"/api/v1/accounts/{made['id']}").json()["whatsapp"]["api_url"] == "https://graph.facebook.com"
    assert client.post("/api/v1/accounts", json={**NUMBER, "name": "other"}).status_code == 409


def test_drafts_say_what_campaign_files_say_and_refuse_what_they_refuse(server: Server) -> None:
    client = server.with_key()
    given = [
        {
            "name": "sale",
            "language": "en_US",
            "share": 0.75,
            "where": None,
            "parameters": {
                "header": {"image": {"link": "https://example.com/sale.jpg"}},
                "body": ["{{ contact.first_name }}", {"date_time": "{{ contact.day }}"}],
                "buttons": [{"type": "url", "index": 1, "suffix": "{{ contact.order }}"}],
            },
        },
        {"name": "sale", "language": "de", "share": 0.25, "where": None, "parameters": {}},
    ]
    made = client.post(
        "/api/v1/campaigns",
        json={"name": "Sale", "channel": "whatsapp", "templates": given, "default_country": "CH"},
    ).json()
    assert made["templates"] == given
    assert (made["channel"], made["default_country"], made["fallback"], made["max_attempts"]) == (
        "whatsapp",
        "CH",
        "",
        3,
    )
    there = f"/api/v1/campaigns/{made['id']}"
    copy = client.post(f"{there}/duplicate", json={}).json()
    assert (copy["channel"], copy["templates"], copy["default_country"]) == ("whatsapp", given, "CH")
    relay = add_account(server.context, 587)
    for changes, field, words in (
        ({"templates": [{**given[0], "share": 0.5}, given[1]]}, "templates", "add up to 0.75"),
        ({"templates": [{**given[0], "name": "Sale!"}]}, "templates[1].name", "a-z, 0-9"),
        ({"templates": [given[1], {**given[1], "parameters": {"body": [""]}}]}, "templates[2].parameters", "empty"),
        (
            {"templates": [{**given[1], "parameters": {"body": ["{{ nobody"]}}]},
            "templates[1].parameters",
            "never closed",
        ),
        ({"templates": [{**given[1], "parameters": {"header": {"gif": {}}}}]}, "templates[1].parameters", "image"),
        ({"templates": [{**given[1], "parameters": {"body": ["\ud800"]}}]}, "templates[1]", "characters"),
        ({"default_country": "XX"}, "default_country", "CH"),
        ({"fallback": "whatsapp"}, "fallback", "the other channel (email)"),
        ({"content": {"subject": "Hello"}}, "content", "goes by WhatsApp only"),
        ({"accounts": [relay]}, "accounts", "sends by email"),
    ):
        body = json.dumps(changes).encode()  # httpx would not send half of a character
        answer = client.patch(there, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, (changes, answer.text)
        problems = {problem["field"]: problem["message"] for problem in answer.json()["errors"]}
        assert words in problems[field], (changes, problems)
    assert client.get(there).json() == made
    checked = client.get(f"{there}/check").json()
    assert {problem["field"] for problem in checked["problems"]} >= {"accounts", "audience"}
    assert client.post(f"{there}/start").status_code == 422
    picture = client.post(
        "/api/v1/files", files={"file": ("sale.jpg", b"\xff\xd8\xff a picture", "image/jpeg")}
    ).json()["id"]
    text = client.post("/api/v1/files", files={"file": ("a.txt", b"a text", "text/plain")}).json()["id"]
    for file, complaint in ((picture, ""), (text, "is text/plain"), ("file_x", "there is no file")):
        own = {**given[1], "share": 1, "parameters": {"header": {"image": {"file": file}}}}
        assert client.patch(there, json={"templates": [own]}).json()["templates"] == [own]
        problems = {one["field"]: one["message"] for one in client.get(f"{there}/check").json()["problems"]}
        assert complaint in problems.get("templates[1].parameters", "")
        assert bool(complaint) == ("templates[1].parameters" in problems)
    by_mail = client.post("/api/v1/campaigns", json={"name": "Mail", "templates": given})
    assert by_mail.status_code == 422
    assert by_mail.json()["errors"][0]["field"] == "templates"


def test_a_draft_is_checked_looked_at_and_sent_with_mail_for_those_who_are_not_on_whatsapp(server: Server) -> None:
    client = server.with_key()
    ask = asking(client)

    async def story() -> None:
        news, mail = people(server, 12), SmtpSandbox()
        await mail.start()
        not_there = WhatsAppRule(recipient="+16505550003", answer=Answer.ERROR, code=131026)
        async with simulator(templates=TEMPLATES, keep_documents=True, rules=(not_there,)) as provider:
            number = await stored_number(ask, provider)
            relay = add_account(server.context, mail.port)
            content = {
                "from": "Ann Lee <ann@example.com>",
                "subject": "Hello",
                "text": "Hello {{ contact.first_name }}",
                "unsubscribe_url": "https://example.com/leave",
            }
            draft = await ask(
                "POST",
                "/campaigns",
                name="Both",
                key="both",
                channel="whatsapp",
                fallback="email",
                templates=DRAFT_TEMPLATES,
                content=content,
                audience={"lists": [news]},
                accounts=[number["id"], relay],
            )
            there = f"/campaigns/{draft['id']}"
            await _look(ask, there)
            async with at_work(server.context):
                started = await ask("POST", f"{there}/start")
                second = f"/campaigns/{started['fallback_campaign']}"

                def is_over() -> bool:
                    return all(client.get(f"/api/v1{one}").json()["status"] == "completed" for one in (there, second))

                await asyncio.to_thread(lambda: asyncio.run(until(is_over)))
            by_template = Counter(one.template for one in provider.inbox.arrivals)
            assert by_template == {"promo": 8, "update": 3}
            assert [one.template for one in provider.inbox.arrivals] == ["promo"] * 8 + ["update"] * 3
            assert dict(mail.per_recipient) == {"user3@example.com": 1}
            first, other = await ask("GET", there), await ask("GET", second)
            assert (first["accounts"], first["fallback"], first["content"]["subject"]) == (
                [number["id"], relay],
                "email",
                "Hello",
            )
            assert (other["channel"], other["key"], other["accounts"]) == ("email", "both.email", [relay])
        await mail.stop()

    asyncio.run(story())


async def _look(ask: Ask, there: str) -> None:
    """The check and the preview of the draft of 12 people."""
    checked = await ask("GET", f"{there}/check")
    assert checked["problems"] == []
    assert checked["recipients"] == {"number": 12, "exact": True}
    found = {one["rule"]: one for one in checked["findings"]}
    assert "9 people have one" in found["united states"]["sentence"]
    assert found["united states"]["field"] == "templates[1]"
    assert checked["estimate"] == {
        "costs": [
            {"category": "marketing", "country": "+1", "messages": 9, "amount": "0.225"},
            {"category": "utility", "country": "+1", "messages": 3, "amount": "0.012"},
        ],
        "total": "0.237",
        "without_price": 0,
        "exact": True,
        "is_fallback": False,
    }
    shown = await ask("POST", f"{there}/preview", fields={"first_name": "Ann", "plan": "pro"})
    assert (shown["template"], shown["text"]) == ("update/en_US", None)  # no list of templates is stored yet
    assert shown["components"][0]["parameters"] == [{"type": "text", "text": "ANN", "parameter_name": "name"}]
    await ask("POST", "/whatsapp/check")
    shown = await ask("POST", f"{there}/preview", fields={"first_name": "Ann", "plan": "free"}, address="+41446681800")
    assert (shown["text"], shown["address"]) == ("Hello Ann, welcome", "+41446681800")
    mail = await ask("POST", f"{there}/preview", fields={"first_name": "Ann"}, channel="email")
    assert mail["text"].startswith("Hello Ann")
