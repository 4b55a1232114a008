"""One phone number and a Cloud API that behaves, or does not: every ending of a message, and what is on the wire when."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from paceline.channels.whatsapp import messages
from paceline.channels.whatsapp.channel import WhatsAppChannel
from paceline.channels.whatsapp.limits import WhatsAppLimits
from paceline.channels.whatsapp.messages import Shape
from paceline.domain.account import WhatsAppLogin
from paceline.domain.outcome import Accepted, Deferred, Refused, Returned, TroubleKind, Uncertain
from paceline.sandbox.whatsapp_contract import TemplateSpec
from paceline.sandbox.whatsapp_rules import Answer, WhatsAppRule
from surroundings.numbers import deliver, letter, number_on, session_on, simulator
from surroundings.waiting import until

Run = Callable[[Coroutine[Any, Any, None]], None]


def test_a_message_is_accepted_with_our_reference(run: Run) -> None:
    async def story() -> None:
        async with simulator() as server, session_on(server) as session:
            ended = await deliver(session, letter(1))
            assert isinstance(ended, Accepted)
            (arrival,) = server.inbox.arrivals
            assert ended.reply == arrival.wamid
            assert (arrival.recipient, arrival.reference, arrival.template) == (
                "+16505550001",
                "m+16505550001",
                "promo",
            )

    run(story())


def test_nothing_leaves_before_the_hand_over_and_an_abandoned_message_never_arrives(run: Run) -> None:
    async def story() -> None:
        async with simulator() as server, session_on(server) as session:
            for recipient in range(5):
                assert await session.offer(letter(recipient)) is None
                session.abandon()
            assert isinstance(await deliver(session, letter(9)), Accepted)
            assert server.inbox.requests == 1
            assert [one.recipient for one in server.inbox.arrivals] == ["+16505550009"]
            assert server.inbox.connections == 1  # an abandoned request leaves its connection good

    run(story())


def test_a_hundred_messages_share_a_connection(run: Run) -> None:
    async def story() -> None:
        async with simulator() as server, session_on(server) as session:
            for recipient in range(100):
                assert isinstance(await deliver(session, letter(recipient)), Accepted)
            assert server.inbox.connections == 1
            assert session._number.client.traffic.reuse == 0.99

    run(story())


def test_a_connection_above_its_lifetime_takes_no_further_request(run: Run) -> None:
    async def story() -> None:
        async with simulator() as server, session_on(server, WhatsAppLimits(lifetime_seconds=0.0)) as session:
            for recipient in range(3):
                assert isinstance(await deliver(session, letter(recipient)), Accepted)
            assert server.inbox.connections == 3

    run(story())


def test_of_many_idle_connections_few_are_kept(run: Run) -> None:
    async def story() -> None:
        limits = WhatsAppLimits(idle_sockets=2)
        async with simulator(latency_seconds=(0.05, 0.05)) as server:
            channel = WhatsAppChannel(limits)
            sessions = [await channel.connect(number_on(server.url)) for _ in range(6)]
            for start in (0, 10):
                work = [deliver(session, letter(start + n)) for n, session in enumerate(sessions)]
                assert all(isinstance(ended, Accepted) for ended in await asyncio.gather(*work))
            assert server.inbox.most_connections == 6
            assert server.inbox.connections == 6 + 3
            for session in sessions:
                await session.close()

    run(story())


def test_a_server_that_hangs_up_between_two_messages_costs_nothing(run: Run) -> None:
    async def story() -> None:
        async with simulator() as server, session_on(server) as session:
            assert isinstance(await deliver(session, letter(1)), Accepted)
            server.cut_connections()
            assert isinstance(await deliver(session, letter(2)), Accepted)
            assert server.inbox.connections == 2

    run(story())


def test_a_server_that_hangs_up_while_the_intent_is_made_gets_nothing(run: Run) -> None:
    async def story() -> None:
        async with simulator() as server, session_on(server) as session:
            assert await session.offer(letter(1)) is None
            server.cut_connections()
            await until(lambda: not server.inbox.open_connections)
            ended = await session.hand_over()
            assert isinstance(ended, Returned)
            assert ended.trouble is None
            assert server.inbox.arrivals == []

    run(story())


RULES = [
    (WhatsAppRule(answer=Answer.ERROR, code=131048), Returned, TroubleKind.ALARM),
    (WhatsAppRule(answer=Answer.ERROR, code=130429, status=429), Returned, TroubleKind.TOO_FAST),
    (WhatsAppRule(answer=Answer.ERROR, code=130429, status=400), Returned, TroubleKind.TOO_FAST),
    (WhatsAppRule(answer=Answer.ERROR, code=190, status=401), Returned, TroubleKind.BROKEN),
    (WhatsAppRule(answer=Answer.ERROR, code=131057, status=500), Returned, TroubleKind.LIMITED),
    (WhatsAppRule(answer=Answer.ERROR, code=131056), Returned, None),
    (WhatsAppRule(answer=Answer.ERROR, code=132015), Returned, None),
    (WhatsAppRule(answer=Answer.ERROR, code=131016, status=500), Deferred, None),
    (WhatsAppRule(answer=Answer.ERROR, code=131026), Refused, None),
    (WhatsAppRule(answer=Answer.HTML, status=429), Returned, TroubleKind.TOO_FAST),
    (WhatsAppRule(answer=Answer.HTML, status=503), Deferred, None),
    (WhatsAppRule(answer=Answer.HTML, status=500), Uncertain, None),
    (WhatsAppRule(answer=Answer.HTML, status=502, processed=True), Uncertain, None),
    (WhatsAppRule(answer=Answer.HTML, status=200, processed=True), Uncertain, None),
    (WhatsAppRule(answer=Answer.BROKEN, processed=True), Uncertain, None),
    (WhatsAppRule(answer=Answer.EMPTY, status=200), Uncertain, None),
    (WhatsAppRule(answer=Answer.HUGE), Uncertain, None),
    (WhatsAppRule(answer=Answer.RESET, processed=True), Uncertain, None),
    (WhatsAppRule(answer=Answer.RESET, processed=False), Uncertain, None),
    (WhatsAppRule(answer=Answer.STALL), Uncertain, None),
]


@pytest.mark.parametrize(
    ("rule", "kind", "trouble"),
    RULES,
    ids=[f"{rule.answer}-{rule.code}-{rule.status}-{rule.processed}" for rule, _, _ in RULES],
)
def test_each_misbehaviour_has_its_ending_and_the_next_message_is_sent(
    run: Run, rule: WhatsAppRule, kind: type, trouble: TroubleKind | None
) -> None:
    async def story() -> None:
        limits = WhatsAppLimits(activity_seconds=2.0 if rule.answer is Answer.STALL else 60.0)
        async with simulator(rules=(rule,)) as server, session_on(server, limits) as session:
            ended = await deliver(session, letter(1))
            assert isinstance(ended, kind), ended
            if isinstance(ended, Returned):
                assert (ended.trouble and ended.trouble.kind) == trouble
            server.rules = ()
            session._number.stopped.clear()
            assert isinstance(await deliver(session, letter(2)), Accepted)

    run(story())


def test_nobody_listens(run: Run) -> None:
    async def story() -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        async with session_on(url) as session:
            ended = await session.offer(letter(1))
        assert isinstance(ended, Returned)
        assert ended.trouble is not None
        assert ended.trouble.kind is TroubleKind.FAILING
        assert "cannot connect" in ended.reply

    run(story())


def test_a_guarded_number_connects_to_no_private_address(run: Run) -> None:
    async def story() -> None:
        async with simulator() as server, session_on(server, guarded=True) as session:
            ended = await session.offer(letter(1))
            assert isinstance(ended, Returned)
            assert ended.trouble is not None
            assert server.inbox.connections == 0

    run(story())


def test_two_messages_to_one_recipient_are_6_s_apart(run: Run) -> None:
    async def story() -> None:
        async with simulator() as server, session_on(server) as session:
            assert isinstance(await deliver(session, letter(1)), Accepted)
            ended = await session.offer(letter(1))
            assert isinstance(ended, Returned)
            assert ended.trouble is None
            assert ended.retry_after_seconds is not None
            assert 0 < ended.retry_after_seconds <= 6
            assert server.inbox.requests == 1

    run(story())


def test_a_stopped_template_is_not_asked_for_again(run: Run) -> None:
    async def story() -> None:
        templates = {("promo", "en_US"): TemplateSpec(body=1, status="PAUSED"), ("news", "en_US"): TemplateSpec()}
        async with simulator(templates=templates) as server, session_on(server) as session:
            for recipient, seconds in enumerate((12 * 3600, 10, 10)):  # others hear of it within the ten seconds
                ended = await deliver(session, letter(recipient))
                assert isinstance(ended, Returned)
                assert (ended.template_stop is not None) == (recipient == 0)
                assert ended.retry_after_seconds == pytest.approx(seconds, abs=5)
                assert "132015" in ended.reply
            assert server.inbox.requests == 1
            other = messages.template_message("+16505550009", "news", "en_US", [], reference="m9")
            news = letter(9)._replace(data=messages.encode(other), template="news/en_US")
            assert isinstance(await deliver(session, news), Accepted)

    run(story())


@pytest.mark.parametrize("step", ["offer", "hand_over"])
def test_a_cancelled_step_leaves_no_connection_behind(run: Run, step: str) -> None:
    async def story() -> None:
        rules = (WhatsAppRule(answer=Answer.STALL),)
        async with simulator(rules=rules) as server:
            async with session_on(server) as session:
                if step == "hand_over":
                    assert await session.offer(letter(1)) is None
                work = asyncio.create_task(session.hand_over() if step == "hand_over" else session.offer(letter(1)))
                if step == "hand_over":
                    await until(lambda: bool(server.inbox.requests))
                work.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await work
            await until(lambda: not server.inbox.open_connections)
            assert server.inbox.arrivals == []

    run(story())


def test_the_token_is_nowhere_but_in_its_header(run: Run) -> None:
    async def story() -> None:
        rules = (WhatsAppRule(answer=Answer.ERROR, code=190, status=401, message="bad token"),)
        async with simulator(rules=rules, tokens={"106540352242922": "other"}) as server, session_on(server) as session:
            ended = await deliver(session, letter(1))
            assert isinstance(ended, Returned)
            assert "secret" not in repr((ended, number_on(server.url)))
            assert ended.reply.startswith("190: the access token has expired")

    run(story())


COMPONENTS: list[list[Shape]] = [
    [messages.header(messages.text("Spring"))],
    [messages.header(messages.media("image", id="123"))],
    [messages.header(messages.media("video", link="https://example.com/a.mp4"))],
    [messages.header(messages.media("document", id="123", filename="offer.pdf"))],
    [messages.header(messages.location(47.4, 8.5, "Shop", "High Street 1"))],
    [messages.header(messages.product("sku-1", "cat-1"))],
    [messages.body([messages.text("Ann"), messages.text("4711")])],
    [messages.body([messages.text("Ann", "first_name"), messages.text("4711", "order")])],
    [messages.body([messages.currency("$100.99", "USD", 100990), messages.date_time("February 25, 2027")])],
    [messages.quick_reply(0, "STOP"), messages.url_button(1, "order/123"), messages.copy_code(2, "25OFF")],
    [messages.flow(0, "token", {"screen": "A"}), messages.flow(1, "token")],
    [messages.catalog(0, "sku-1"), messages.catalog(1)],
    [messages.products(0, "sku-1", [{"title": "New", "product_items": [{"product_retailer_id": "sku-1"}]}])],
    [messages.limited_time_offer(1893456000000)],
    [
        messages.body([messages.text("Ann")]),
        messages.carousel([[messages.header(messages.media("image", id="1")), messages.quick_reply(0, "a")]] * 2),
    ],
]


@pytest.mark.parametrize("components", COMPONENTS, ids=range(len(COMPONENTS)))
def test_each_component_is_what_the_published_contract_asks_for(run: Run, components: list[Shape]) -> None:
    async def story() -> None:
        async with simulator() as server, session_on(server) as session:
            assert isinstance(await deliver(session, letter(1, components)), Accepted), server.inbox.errors

    run(story())


FREE = [
    messages.text_message("+16505550001", "Hello https://example.com", reference="m1", preview_url=True),
    *(
        messages.media_message("+16505550001", messages.media(kind, link="https://example.com/a"), reference="m1")
        for kind in messages.FREE_MEDIA
    ),
]


@pytest.mark.parametrize("shape", FREE, ids=[shape["type"] for shape in FREE])
def test_messages_without_a_template_are_what_the_contract_asks_for(run: Run, shape: Shape) -> None:
    async def story() -> None:
        async with simulator() as server, session_on(server) as session:
            one = letter(1)._replace(data=messages.encode(shape), template="")
            assert isinstance(await deliver(session, one), Accepted), server.inbox.errors

    run(story())


def test_what_the_api_would_misunderstand_is_not_built() -> None:
    with pytest.raises(ValueError, match="country code"):
        messages.text_message("6505550001", "Hello", reference="m1")
    with pytest.raises(ValueError, match="513 characters"):
        messages.text_message("+16505550001", "Hello", reference="x" * 513)
    with pytest.raises(ValueError, match="accepts one of id, link and file"):
        messages.media("image", id="1", link="https://example.com/a")


@pytest.mark.parametrize(("patience", "connections"), [(60.0, 1), (0.0, 30)])
def test_a_request_waits_for_a_connection_that_comes_back_where_rate_and_latency_ask_for_no_more(
    patience: float, connections: int
) -> None:
    async def story() -> None:
        async with simulator(latency_seconds=(0.01, 0.02)) as server:
            channel = WhatsAppChannel(WhatsAppLimits(patience_seconds=patience))
            number = number_on(server.url, messages_per_second=1)
            sessions = [await channel.connect(number) for _ in range(30)]
            ended = await asyncio.gather(*(deliver(one, letter(n)) for n, one in enumerate(sessions)))
            assert all(isinstance(one, Accepted) for one in ended)
            assert server.inbox.most_connections == connections
            for session in sessions:
                await session.close()

    asyncio.run(story())


def test_a_fast_number_may_have_more_connections_at_once() -> None:
    limits = WhatsAppLimits()
    assert [limits.sockets_at(rate) for rate in (20, 80, 160, 1000)] == [100, 100, 200, 1250]
    logins = [WhatsAppLogin(phone_number_id="1", token="t", messages_per_second=rate) for rate in (20, 80, 160, 1000)]
    assert [login.usual_connections for login in logins] == [100, 100, 200, 1000]
