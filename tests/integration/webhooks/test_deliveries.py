"""Webhooks from end to end: a fact in the queue becomes one signed call; receivers fail, hang, redirect and flood."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier, WebhookVerificationError

from paceline.domain.campaign import CampaignMove
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.operations.notifications import webhooks
from paceline.store.database import sql
from paceline.store.queue import campaigns
from surroundings.queue import Queue
from surroundings.receivers import Receiver, answers, hangs, running_receiver, ten_megabytes
from surroundings.waiting import until

from .conftest import Install, Installation


def move(context: Context, campaign_id: int, what: CampaignMove, **more: Any) -> None:
    with context.queue.write() as connection:
        assert campaigns.move(connection, campaign_id, what, now=context.clock.now(), **more)


def new_campaign(installation: Installation) -> int:
    """A running campaign; that it was started is nobody's news."""
    queue = Queue.filled(installation.context, 3)
    return queue.campaign_id


def latest(context: Context, webhook_id: str) -> webhooks.Delivery:
    return webhooks.deliveries(context, webhook_id)[0]


def signed_by(secret: str, receiver: Receiver) -> list[str]:
    found = []
    for call in receiver.calls:
        try:
            Verifier(secret).verify(call.body, call.headers)
        except WebhookVerificationError:
            continue
        found.append(call.headers["webhook-id"])
    return found


def test_change_of_a_campaign_is_told_once_and_signed(install: Install) -> None:
    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            hook, secret = webhooks.create(at.context, url=receiver.url(), description="ops")
            webhooks.create(at.context, url=receiver.url("/other"), events=["account.broken"])
            number = new_campaign(at)
            async with at.notifying():
                move(at.context, number, CampaignMove.PAUSE, reason="a person said so")
                await until(lambda: len(receiver.calls) == 1)
                move(at.context, number, CampaignMove.STOP)
                await until(lambda: len(receiver.calls) == 2)
                await until(lambda: latest(at.context, hook.id).status == "delivered")
            first, second = receiver.calls
            assert [first.event, second.event] == ["campaign.paused", "campaign.stopped"]
            assert first.data["by"] == "person"
            assert first.data["reason"] == "a person said so"
            assert first.data["campaign"].startswith("cmp_")
            assert first.headers["content-type"] == "application/json"
            assert len(set(signed_by(secret, receiver))) == 2
            assert receiver.calls_to("/other") == []
            assert [d.event for d in webhooks.deliveries(at.context, hook.id)] == [
                "campaign.stopped",
                "campaign.paused",
            ]

    asyncio.run(story())


def test_crash_between_the_two_databases_tells_nothing_twice(install: Install) -> None:
    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            hook, _ = webhooks.create(at.context, url=receiver.url())
            move(at.context, new_campaign(at), CampaignMove.STOP)
            async with at.notifying():
                await until(lambda: bool(webhooks.deliveries(at.context, hook.id)))
            at.context.queue.execute("UPDATE notices SET told = 0 WHERE kind = 'campaign.stopped'")
            async with at.notifying():
                await until(lambda: not _untold(at.context))
                await until(lambda: latest(at.context, hook.id).status == "delivered")
            assert len(webhooks.deliveries(at.context, hook.id)) == 1
            assert len(receiver.calls) == 1

    asyncio.run(story())


def _untold(context: Context) -> int:
    with context.queue.read() as connection:
        return int(connection.execute(sql("SELECT COUNT(*) FROM notices WHERE told = 0")).scalar_one())


def test_failed_delivery_is_tried_again_with_its_id_after_a_restart(install: Install) -> None:
    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            receiver.answering["/hook"] = answers(500, "out of order\x00\n<b>")
            hook, secret = webhooks.create(at.context, url=receiver.url())
            webhooks.test_call(at.context, hook.id)
            async with at.notifying():
                await until(lambda: latest(at.context, hook.id).answer is not None)
            failed = latest(at.context, hook.id)
            assert (failed.status, failed.attempts, failed.answer) == ("waiting", 1, "HTTP 500 out of order  <b>")
            wait = (failed.next_attempt_at or 0) - failed.created_at
            assert 5 <= wait <= 60, wait
            async with at.notifying():  # its time has not come
                await until(lambda: True)
            assert len(receiver.calls) == 1
            del receiver.answering["/hook"]
            at.clock.turn_on(61)
            async with at.notifying():
                await until(lambda: latest(at.context, hook.id).status == "delivered")
            assert len(receiver.calls) == 2
            assert len(signed_by(secret, receiver)) >= 1
            assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
            assert len({call.body for call in receiver.calls}) == 1

    asyncio.run(story())


def test_delivery_is_given_up_after_the_last_attempt_and_can_be_sent_again(install: Install) -> None:
    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            receiver.answering["/hook"] = receiver.count_up
            hook, _ = webhooks.create(at.context, url=receiver.url())
            delivery = webhooks.test_call(at.context, hook.id)
            with pytest.raises(NotPossible, match="waiting"):
                webhooks.redeliver(at.context, hook.id, delivery.id)
            async with at.notifying():
                for attempt in range(1, 9):
                    await _answered(at.context, hook.id, f"HTTP 503 {attempt}")
                    at.clock.turn_on(12.1 * 3600)
            assert latest(at.context, hook.id).status == "failed"
            assert len(receiver.calls) == 8
            del receiver.answering["/hook"]
            webhooks.redeliver(at.context, hook.id, delivery.id)
            async with at.notifying():
                await until(lambda: latest(at.context, hook.id).status == "delivered")
            assert {call.headers["webhook-id"] for call in receiver.calls} == {delivery.id}

    asyncio.run(story())


async def _answered(context: Context, webhook_id: str, answer: str) -> None:
    """Wait until this answer is on record."""
    await until(lambda: latest(context, webhook_id).answer == answer)


def test_killed_process_repeats_the_delivery_under_the_same_id(install: Install) -> None:
    """It dies between sending and recording: the attempt was counted before, so it is made again at its time."""

    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            receiver.answering["/hook"] = hangs
            hook, _ = webhooks.create(at.context, url=receiver.url())
            webhooks.test_call(at.context, hook.id)
            async with at.notifying():
                await until(lambda: len(receiver.calls) == 1)
            # The dispatcher left while the receiver was silent and its answer was never recorded.
            assert latest(at.context, hook.id).attempts == 1
            del receiver.answering["/hook"]
            at.clock.turn_on(200)
            async with at.notifying():
                await until(lambda: latest(at.context, hook.id).status == "delivered")
            assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
            assert len(receiver.calls) == 2

    asyncio.run(story())


def test_two_dispatchers_at_once_send_nothing_twice(install: Install) -> None:
    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            hook, _ = webhooks.create(at.context, url=receiver.url())
            for _ in range(20):
                webhooks.test_call(at.context, hook.id)
            async with at.notifying(), at.notifying():
                await until(lambda: not webhooks.deliveries(at.context, hook.id, status="waiting"))
            ids = [call.headers["webhook-id"] for call in receiver.calls]
            assert len(ids) == len(set(ids)) == 20

    asyncio.run(story())


def test_slow_receiver_holds_up_nobody(install: Install) -> None:
    async def story() -> None:
        at = install(webhook_timeout_seconds=60.0)
        async with running_receiver() as receiver:
            receiver.answering["/slow"] = hangs
            slow, _ = webhooks.create(at.context, url=receiver.url("/slow"))
            quick, _ = webhooks.create(at.context, url=receiver.url("/quick"))
            for _ in range(100):
                webhooks.test_call(at.context, slow.id)
            for _ in range(10):
                webhooks.test_call(at.context, quick.id)
            async with at.notifying():
                await until(lambda: len(receiver.calls_to("/quick")) == 10)
                await until(lambda: len(webhooks.deliveries(at.context, quick.id, status="delivered")) == 10)
                assert len(receiver.calls_to("/slow")) <= 2
                del receiver.answering["/slow"]

    asyncio.run(story())


def test_receiver_that_does_not_answer_is_left(install: Install) -> None:
    async def story() -> None:
        at = install(webhook_timeout_seconds=0.2)
        async with running_receiver() as receiver:
            receiver.answering["/hook"] = hangs
            hook, _ = webhooks.create(at.context, url=receiver.url())
            webhooks.test_call(at.context, hook.id)
            async with at.notifying():
                await until(lambda: latest(at.context, hook.id).answer is not None)
            assert latest(at.context, hook.id).answer == "no answer within 0.2 s"

    asyncio.run(story())


def test_answers_end_deliveries_as_they_should(install: Install) -> None:
    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            receiver.answering |= {
                "/moved": answers(302, Location=receiver.url("/elsewhere")),
                "/flood": ten_megabytes,
                "/gone": answers(410, "enough"),
                "/later": answers(429, Retry_After="7200"),
            }
            hooks = {
                path: webhooks.create(at.context, url=receiver.url(f"/{path}"))[0].id
                for path in ("moved", "flood", "gone", "later")
            }
            for hook in hooks.values():
                webhooks.test_call(at.context, hook)
            async with at.notifying():
                await until(lambda: all(latest(at.context, hook).answer for hook in hooks.values()))
            found = {path: latest(at.context, hook) for path, hook in hooks.items()}
            assert receiver.calls_to("/elsewhere") == []
            assert "redirects are not followed" in (found["moved"].answer or "")
            assert (found["moved"].status, found["flood"].status, found["gone"].status) == (
                "waiting",
                "delivered",
                "failed",
            )
            assert len(found["flood"].answer or "") <= 320
            gone = webhooks.get(at.context, hooks["gone"])
            assert (gone.enabled, gone.disabled_reason) == (False, "the receiver answered 410 Gone")
            assert (found["later"].next_attempt_at or 0) - found["later"].created_at >= 7200

    asyncio.run(story())


def test_rotated_secret_signs_beside_the_new_one_for_a_day(install: Install) -> None:
    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            hook, first = webhooks.create(at.context, url=receiver.url())
            second = webhooks.rotate_secret(at.context, hook.id)
            assert webhooks.get(at.context, hook.id).previous_secret_until is not None
            webhooks.test_call(at.context, hook.id)
            async with at.notifying():
                await until(lambda: latest(at.context, hook.id).status == "delivered")
            assert len(signed_by(first, receiver)) == len(signed_by(second, receiver)) == 1
            at.clock.turn_on(86401)
            webhooks.test_call(at.context, hook.id)
            async with at.notifying():
                await until(lambda: latest(at.context, hook.id).status == "delivered")
            assert len(receiver.calls[1].headers["webhook-signature"].split(" ")) == 1

    asyncio.run(story())


def test_secrets_are_shown_once_and_nowhere_else(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            receiver.answering["/hook"] = answers(500)
            hook, secret = webhooks.create(at.context, url=receiver.url())
            second = webhooks.rotate_secret(at.context, hook.id)
            webhooks.test_call(at.context, hook.id)
            async with at.notifying():
                await until(lambda: latest(at.context, hook.id).answer is not None)
            with at.context.catalogue.read() as connection:
                stored = [tuple(row) for row in connection.execute(sql("SELECT * FROM webhooks"))]
                stored += [tuple(row) for row in connection.execute(sql("SELECT * FROM notifications"))]
            everything = (
                repr(stored)
                + repr(webhooks.list_webhooks(at.context))
                + repr(latest(at.context, hook.id))
                + caplog.text
            )
            everything += "".join(
                bytes(part).decode("latin-1") for row in stored for part in row if isinstance(part, bytes | memoryview)
            )
            for one in (secret, second):
                assert one not in everything
                assert one.removeprefix("whsec_") not in everything

    caplog.set_level(logging.DEBUG)
    asyncio.run(story())


def test_private_receiver_is_refused_when_it_is_called(install: Install) -> None:
    """Made while the administrator allowed it, or when the name led elsewhere: what counts is the call."""

    async def story() -> None:
        at = install()
        async with running_receiver() as receiver:
            hook, _ = webhooks.create(at.context, url=receiver.url())
            webhooks.test_call(at.context, hook.id)
            strict = install(private_hosts="")
            async with strict.notifying():
                await until(lambda: latest(at.context, hook.id).answer is not None)
            assert receiver.calls == []
            assert "PACELINE_PRIVATE_HOSTS" in (latest(at.context, hook.id).answer or "")

    asyncio.run(story())


def test_webhook_of_another_workspace_is_not_there(install: Install) -> None:
    at = install()
    hook, _ = webhooks.create(at.context, url="https://example.com/hook")
    delivery = webhooks.test_call(at.context, hook.id)
    other = at.context.in_workspace(2)
    assert webhooks.list_webhooks(other) == []
    for ask in (
        lambda: webhooks.get(other, hook.id),
        lambda: webhooks.change(other, hook.id, enabled=False),
        lambda: webhooks.delete(other, hook.id),
        lambda: webhooks.rotate_secret(other, hook.id),
        lambda: webhooks.test_call(other, hook.id),
        lambda: webhooks.deliveries(other, hook.id),
        lambda: webhooks.get_delivery(other, hook.id, delivery.id),
        lambda: webhooks.redeliver(other, hook.id, delivery.id),
    ):
        with pytest.raises(NotFound):
            ask()


def test_deleted_webhook_takes_its_log_along(install: Install) -> None:
    at = install()
    hook, _ = webhooks.create(at.context, url="https://example.com/hook")
    for _ in range(3):
        webhooks.test_call(at.context, hook.id)
    webhooks.delete(at.context, hook.id)
    with pytest.raises(NotFound):
        webhooks.get(at.context, hook.id)
    with at.context.catalogue.read() as connection:
        assert connection.execute(sql("SELECT COUNT(*) FROM notifications")).scalar_one() == 0


def test_log_comes_in_pages(install: Install) -> None:
    at = install()
    hook, _ = webhooks.create(at.context, url="https://example.com/hook")
    ids = [webhooks.test_call(at.context, hook.id).id for _ in range(5)]
    first = webhooks.deliveries(at.context, hook.id, limit=3)
    second = webhooks.deliveries(at.context, hook.id, before=first[-1].id, limit=3)
    assert [delivery.id for delivery in (*first, *second)] == ids[::-1]
    assert json.dumps(first[0].body)
