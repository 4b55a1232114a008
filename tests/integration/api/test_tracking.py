"""What mail programs, people and scanners ask for, and what becomes of it: pixels, tracked links, unsubscribing."""

from __future__ import annotations

import json
import re
import time

import httpx
import pytest

from paceline.domain.contact import SubscriptionMove
from paceline.domain.permission import Role
from paceline.domain.tokens import Purpose
from paceline.store.catalogue import contacts, lists, subscriptions
from paceline.store.public_ids import IdKind
from surroundings.server import Server
from surroundings.tracked import Tracked

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"}
PATIENCE_SECONDS = 60.0


@pytest.fixture
def tracked(server: Server) -> Tracked:
    """Three messages were sent, two are queued."""
    return Tracked.campaign(server.context, sent=3, queued=2)


def reader(server: Server) -> httpx.Client:
    client = server.stranger()
    client.headers.update(BROWSER)
    return client


def eventually(tracked: Tracked, **wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (counts := tracked.counts()) != wanted:
        assert time.monotonic() < deadline, f"{counts} are not {wanted}"
        time.sleep(0.02)


def suppressed(server: Server) -> list[str]:
    with server.context.queue.read() as connection:
        return list(connection.exec_driver_sql("SELECT address FROM suppressions ORDER BY address").scalars())


def test_pixel_is_shown_and_counted(server: Server, tracked: Tracked) -> None:
    answer = reader(server).get(f"/t/o/{tracked.token(Purpose.OPEN)}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF89a")
    assert answer.headers["cache-control"] == "no-store"
    eventually(tracked, opened=1, opens=1)


def test_link_leads_to_its_target_and_is_counted(server: Server, tracked: Tracked) -> None:
    client = reader(server)
    for number, target in enumerate(("https://shop.example.com/", "https://shop.example.com/?who=user0@example.com")):
        answer = client.get(f"/t/c/{tracked.token(Purpose.CLICK, 0, number)}", params={"url": "https://evil.example/"})
        assert (answer.status_code, answer.headers["location"]) == (302, target)
    eventually(tracked, clicked=1, clicks=2)


def test_link_that_the_content_does_not_have_is_not_there(server: Server, tracked: Tracked) -> None:
    answer = reader(server).get(f"/t/c/{tracked.token(Purpose.CLICK, 0, 4)}")
    assert answer.status_code == 404
    assert "This link does not work" in answer.text


@pytest.mark.parametrize(
    ("path", "purpose"),
    [
        ("/t/o/", Purpose.OPEN),
        ("/t/c/", Purpose.CLICK),
        ("/u/", Purpose.UNSUBSCRIBE),
        ("/v/", Purpose.VIEW),
        ("/p/", Purpose.PREFERENCES),
    ],
)
def test_wrong_tokens_change_nothing(server: Server, tracked: Tracked, path: str, purpose: Purpose) -> None:
    """Flipped bits, another purpose, another workspace: as unknown as rubbish."""
    client = reader(server)
    token = tracked.token(purpose)
    ids = {"campaign_id": tracked.campaign_id, "message_id": tracked.message_ids[0]}
    wrong = [f"{token[:place]}{'A' if token[place] != 'A' else 'B'}{token[place + 1 :]}" for place in range(0, 40, 3)]
    wrong += [tracked.token(other) for other in Purpose if other is not purpose]
    if purpose is not Purpose.OPEN:  # a pixel is shown without a look at the database; see test_recorder.py
        wrong.append(tracked.tokens.make(purpose, workspace_id=2, **ids))
    wrong += ["x", "A" * 40, token + "A", token[:-1], "é" * 40]
    for one in wrong:
        answers = [client.get(path + one), client.head(path + one)]
        if path in ("/u/", "/p/"):
            answers.append(client.post(path + one, data={**ONE_CLICK, "action": "unsubscribe"}))
        assert {answer.status_code for answer in answers} == {404}, one
    assert suppressed(server) == []
    assert client.get(f"/t/o/{tracked.token(Purpose.OPEN, 1)}").status_code == 200
    eventually(tracked, opened=1, opens=1)


def test_scanners_unsubscribe_nobody_and_are_not_counted_as_people(server: Server, tracked: Tracked) -> None:
    """GET and HEAD of everything, twice, with and without a user agent, and as a prefetch."""
    client = server.stranger()
    paths = [f"/u/{tracked.token(Purpose.UNSUBSCRIBE)}", f"/t/o/{tracked.token(Purpose.OPEN)}"]
    paths += [f"/p/{tracked.token(Purpose.PREFERENCES)}", f"/v/{tracked.token(Purpose.VIEW)}"]
    paths += [f"/t/c/{tracked.token(Purpose.CLICK, 0, number)}" for number in range(4)]
    asked = 0
    for headers in ({"User-Agent": "Barracuda Sentinel"}, {"User-Agent": ""}, {**BROWSER, "Sec-Purpose": "prefetch"}):
        for _ in range(2):
            for path in paths:
                assert client.get(path, headers=headers).status_code in (200, 302)
                assert client.head(path, headers=headers).status_code in (200, 302)
                asked += 2
    per_path = asked // len(paths)
    eventually(tracked, automatic_opens=per_path, automatic_clicks=4 * per_path)
    assert suppressed(server) == []
    assert {row.rule for row in tracked.facts()} >= {"HEAD request", "mail filter", "no user agent", "prefetch header"}


@pytest.mark.parametrize("as_file", [False, True], ids=["urlencoded", "multipart"])
def test_one_click_unsubscribes_without_cookies_and_twice(server: Server, tracked: Tracked, as_file: bool) -> None:
    path = f"/u/{tracked.token(Purpose.UNSUBSCRIBE, 1)}"
    client = server.stranger()
    for _ in range(2):
        body = {"files": {"List-Unsubscribe": (None, "One-Click")}} if as_file else {"data": ONE_CLICK}
        answer = client.post(path, **body)
        assert answer.status_code == 200
        assert not answer.cookies
    assert suppressed(server) == ["user1@example.com"]
    eventually(tracked, unsubscribed=1)


def test_one_click_works_for_somebody_who_is_logged_in_here_or_sends_a_wrong_key(
    server: Server, tracked: Tracked
) -> None:
    path = f"/u/{tracked.token(Purpose.UNSUBSCRIBE)}"
    person = server.as_person(Role.OWNER)
    person.headers.pop("X-CSRF-Token")
    assert person.post(path, data=ONE_CLICK).status_code == 200
    assert server.stranger().post(path, data=ONE_CLICK, headers={"Authorization": "Bearer x"}).status_code == 200


def test_other_posts_change_nothing(server: Server, tracked: Tracked) -> None:
    path = f"/u/{tracked.token(Purpose.UNSUBSCRIBE)}"
    for body in ({}, {"List-Unsubscribe": "one"}, {"action": "delete"}):
        assert reader(server).post(path, data=body).status_code == 200
    assert suppressed(server) == []


def test_page_unsubscribes_and_brings_back(server: Server, tracked: Tracked) -> None:
    path = f"/u/{tracked.token(Purpose.UNSUBSCRIBE)}"
    client = reader(server)
    page = client.get(path)
    assert "u•••@example.com" in page.text
    assert "user0" not in page.text
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert re.search(r'name="action" value="unsubscribe"', page.text)
    assert "You are unsubscribed" in client.post(path, data={"action": "unsubscribe"}).text
    assert suppressed(server) == ["user0@example.com"]
    assert "gets our mail" in client.post(path, data={"action": "resubscribe"}).text
    assert suppressed(server) == []
    assert [row.kind for row in tracked.facts()] == ["unsubscribed", "resubscribed"]
    assert tracked.counts() == {"unsubscribed": 1}


def test_nobody_comes_back_by_a_link_after_a_complaint(server: Server, tracked: Tracked) -> None:
    server.with_key().post(
        "/api/v1/suppressions", json={"addresses": ["user0@example.com"], "reason": "complaint"}
    ).raise_for_status()
    path = f"/u/{tracked.token(Purpose.UNSUBSCRIBE)}"
    client = reader(server)
    assert "No mail from us" in client.get(path).text
    client.post(path, data={"action": "resubscribe"})
    assert suppressed(server) == ["user0@example.com"]


def test_message_that_is_queued_is_not_sent_after_the_click(server: Server, tracked: Tracked) -> None:
    """C8: whoever unsubscribes through an earlier message does not get the next one, claimed or not."""
    queue = tracked.queue
    holder = queue.holder("second")
    server.context.queue.execute("UPDATE messages SET address = 'user0@example.com' WHERE state = 0")
    (claimed,) = holder.claim(1)
    assert not claimed.suppressed
    reader(server).post(f"/u/{tracked.token(Purpose.UNSUBSCRIBE)}", data=ONE_CLICK).raise_for_status()
    assert holder.intend([claimed]) == frozenset()
    (later,) = holder.claim(1)
    assert later.suppressed


def test_an_expired_suppression_does_not_stand_in_the_way(server: Server, tracked: Tracked) -> None:
    now = server.context.clock.now()
    server.context.queue.execute(
        "INSERT INTO suppressions (workspace_id, channel, address, reason, source, created_at, expires_at) "
        "VALUES (1, 'email', 'user0@example.com', 'soft bounces', 'report', 0, :before)",
        before=now - 1,
    )
    reader(server).post(f"/u/{tracked.token(Purpose.UNSUBSCRIBE)}", data=ONE_CLICK).raise_for_status()
    with server.context.queue.read() as connection:
        (row,) = connection.exec_driver_sql("SELECT reason, expires_at FROM suppressions").all()
    assert tuple(row) == ("unsubscribed", None)


def test_test_message_shows_its_page_and_counts_nothing(server: Server, tracked: Tracked) -> None:
    ids = {"workspace_id": 1, "campaign_id": tracked.campaign_id, "message_id": 0}
    client = reader(server)
    path = f"/u/{tracked.tokens.make(Purpose.UNSUBSCRIBE, **ids)}"
    assert "A test message" in client.get(path).text
    assert client.post(path, data=ONE_CLICK).status_code == 200
    assert client.get(f"/t/c/{tracked.tokens.make(Purpose.CLICK, **ids)}").status_code == 302
    assert client.get(f"/t/o/{tracked.tokens.make(Purpose.OPEN, **ids)}").status_code == 200
    assert suppressed(server) == []
    client.get(f"/t/o/{tracked.token(Purpose.OPEN)}")
    eventually(tracked, opened=1, opens=1)


def test_many_readers_behind_one_proxy_are_not_held_up(server: Server, tracked: Tracked) -> None:
    """A mail service fetches the pixels of all its readers from a few addresses: no rate limit applies."""
    client = reader(server)
    path = f"/t/o/{tracked.token(Purpose.OPEN)}"
    assert {client.get(path).status_code for _ in range(300)} == {200}


@pytest.fixture
def listed(server: Server, tracked: Tracked) -> dict[str, int]:
    """The recipient of the first message is a contact on two lists, and has left a third one; list name -> number."""
    context, now = server.context, server.context.clock.now()
    numbers = {}
    with context.catalogue.write() as connection:
        contact_id = contacts.create(
            connection, workspace_id=1, email="user0@example.com", phone=None, fields={}, now=now
        )
        assert contact_id
        for name in ("News <b>", "Offers", "Jobs"):
            list_id = lists.create(
                connection, workspace_id=1, name=name, description="", consent="form", double_opt_in=False, now=now
            )
            assert list_id
            numbers[name] = list_id
            moves = [SubscriptionMove.ADD, *([SubscriptionMove.UNSUBSCRIBE] if name == "Jobs" else [])]
            for move in moves:
                where = {"list_id": list_id, "contact_id": contact_id}
                subscriptions.move(connection, context.catalogue, move, **where, source="test", now=now)
        numbers["contact"] = contact_id
    return numbers


def standing(server: Server) -> dict[str, int]:
    with server.context.catalogue.read() as connection:
        rows = connection.exec_driver_sql("SELECT name, confirmed FROM lists ORDER BY name").all()
    return {row.name: row.confirmed for row in rows}


def test_lists_are_chosen_on_the_page(server: Server, tracked: Tracked, listed: dict[str, int]) -> None:
    path = f"/u/{tracked.token(Purpose.UNSUBSCRIBE)}"
    client = reader(server)
    page = client.get(path).text
    boxes = re.findall(r'name="list" value="(lst_\w+)"( checked)?> ([^<]+)<', page)
    assert [(name, bool(ticked)) for _, ticked, name in boxes] == [
        ("Jobs", False),
        ("News &lt;b&gt;", True),
        ("Offers", True),
    ]
    assert standing(server) == {"Jobs": 0, "News <b>": 1, "Offers": 1}
    wanted = [public for public, _, name in boxes if name in ("Jobs", "Offers")]
    for _ in range(2):
        answer = client.post(path, data={"action": "choose", "list": [*wanted, "lst_" + "a" * 26, "nonsense"]})
        assert answer.status_code == 200
        assert standing(server) == {"Jobs": 1, "News <b>": 0, "Offers": 1}
    client.post(path, data={"action": "choose"})
    assert standing(server) == {"Jobs": 0, "News <b>": 0, "Offers": 0}
    assert suppressed(server) == []


@pytest.mark.parametrize("audience", [["News <b>"], ["News <b>", "Offers"]], ids=["one list", "two lists"])
def test_what_waits_from_a_list_that_was_left_is_skipped(
    server: Server, tracked: Tracked, listed: dict[str, int], audience: list[str]
) -> None:
    """Unless it comes from a list on which the contact stays, too."""
    server.context.queue.execute("UPDATE messages SET contact_id = contact_id + 1000")
    server.context.queue.execute(
        "UPDATE messages SET contact_id = :contact WHERE id = (SELECT MAX(id) FROM messages)", contact=listed["contact"]
    )
    stored = json.dumps({"lists": [listed[name] for name in audience], "segment": None})
    server.context.queue.execute("UPDATE campaigns SET audience = :audience", audience=stored)
    with server.context.catalogue.read() as connection:
        number = {row.list_name: row.list_id for row in subscriptions.of_contact(connection, listed["contact"])}
    keep = server.context.ids.encode(IdKind.LIST, number["Offers"])
    path = f"/u/{tracked.token(Purpose.UNSUBSCRIBE)}"
    for _ in range(2):
        reader(server).post(path, data={"action": "choose", "list": [keep]}).raise_for_status()
    expected = {"sent": 3, "queued": 1, "skipped": 1} if len(audience) == 1 else {"sent": 3, "queued": 2}
    assert tracked.queue.counts() == expected


def test_lists_of_a_stranger_are_not_shown(server: Server, tracked: Tracked, listed: dict[str, int]) -> None:
    page = reader(server).get(f"/u/{tracked.token(Purpose.UNSUBSCRIBE, 1)}").text
    assert "Offers" not in page
