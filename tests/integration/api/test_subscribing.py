"""Joining a list by oneself: one mail, one answer for everybody, nothing done by looking, and a link that cannot be made up."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from paceline.domain.permission import Role
from paceline.operations.audience import privacy, subscribing, suppressions
from paceline.store.database import sql
from paceline.store.queue import erasures
from paceline.store.queue.erasures import Forgotten
from surroundings.server import Server
from surroundings.working import add_account

LETTER = {
    "from": "ann@example.com",
    "subject": "Join {{ contact.list_name }}?",
    "text": "Confirm: {{ contact.confirm_url }}",
}


class Joining:
    """A list that can be joined, and what has been sent because of it."""

    def __init__(self, server: Server) -> None:
        self.server, self.context = server, server.context
        self.owner, self.stranger = server.as_person(Role.OWNER), server.stranger()
        add_account(server.context, 9)
        template = self.made("/templates", {"name": "Confirm", "content": LETTER})
        self.list_id = self.made("/lists", {"name": "News", "double_opt_in": True, "confirmation_template": template})

    def made(self, path: str, body: dict[str, Any]) -> str:
        answer = self.owner.post(f"/api/v1{path}", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def ask(self, email: str, **more: str) -> httpx.Response:
        return self.stranger.post(f"/subscribe/{self.list_id}", data={"email": email, **more})

    def ask_quietly(self, email: str) -> None:
        """What follows after the answer, done before this returns."""
        subscribing.send_confirmation(self.context, self.list_id, email)

    def link(self) -> str:
        """The path in the one mail, which comes after the answer."""
        deadline = time.monotonic() + 60
        while not (found := self.links()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        ((_, path),) = found
        return path

    def links(self) -> list[tuple[str, str]]:
        """(address, path) of every confirmation mail."""
        with self.context.queue.read() as connection:
            rows = connection.execute(sql("SELECT address, fields FROM messages ORDER BY id")).all()
        base = self.context.settings.public_url
        return [(row.address, json.loads(row.fields)["confirm_url"].removeprefix(base)) for row in rows]

    def standing(self) -> dict[str, Any]:
        found: dict[str, Any] = self.owner.get(f"/api/v1/lists/{self.list_id}").json()
        return {name: found[name] for name in ("confirmed", "unconfirmed", "unsubscribed")}

    def contacts(self) -> list[str]:
        return [one["email"] for one in self.owner.get("/api/v1/contacts").json()["items"]]


@pytest.fixture
def joining(server: Server) -> Joining:
    return Joining(server)


def test_stranger_joins_by_a_form_a_mail_and_a_page(joining: Joining) -> None:
    form = joining.stranger.get(f"/subscribe/{joining.list_id}")
    assert (form.status_code, "<h1>News</h1>" in form.text) == (200, True)
    assert joining.ask("Ann@Example.com").status_code == 200
    link = joining.link()
    for method in ("GET", "HEAD", "GET"):  # a scanner looks at every link, twice
        assert joining.stranger.request(method, link).status_code == 200
    assert joining.contacts() == []
    assert joining.stranger.post(link).status_code == 200  # without the button's word
    assert joining.contacts() == []
    done = joining.stranger.post(link, data={"action": "confirm"})
    assert "You are on the list" in done.text
    assert "A•••@example.com" in done.text
    assert joining.standing() == {"confirmed": 1, "unconfirmed": 0, "unsubscribed": 0}
    assert joining.stranger.post(link, data={"action": "confirm"}).status_code == 200
    assert (joining.standing()["confirmed"], joining.contacts()) == (1, ["Ann@example.com"])
    contact = joining.owner.get("/api/v1/contacts").json()["items"][0]["id"]
    (place,) = joining.owner.get(f"/api/v1/contacts/{contact}/subscriptions").json()["items"]
    assert (place["state"], place["source"]) == ("confirmed", "double opt-in")
    log = joining.owner.get("/api/v1/audit", params={"action": "list.confirm"}).json()["items"]
    assert [entry["subject"] for entry in log] == [joining.list_id]


def test_answer_does_not_tell_who_is_a_member_and_an_address_gets_few_mails(joining: Joining) -> None:
    contact = joining.made("/contacts", {"email": "member@example.com"})
    where = f"/api/v1/lists/{joining.list_id}/contacts/{contact}"
    assert joining.owner.put(where, json={"explicitly": True}).is_success
    suppressions.add(joining.context, ["gone@example.com"], "by hand")
    answers = {
        (answer.status_code, answer.text, tuple(sorted(set(answer.headers) - {"date"})))
        for answer in map(joining.ask, ("member@example.com", "gone@example.com", "new@example.com"))
    }
    assert len(answers) == 1
    joining.link()
    for address in ("member@example.com", "gone@example.com", "new@example.com", "NEW@example.com"):
        joining.ask_quietly(address)
    assert [address for address, _ in joining.links()] == ["new@example.com"]
    for mails in (2, 3):  # after a quarter of an hour, after another whole one
        joining.context.catalogue.execute(
            "UPDATE login_attempts SET blocked_until_at = blocked_until_at - 901 * :n WHERE subject LIKE 'confirmation %'",
            n=4 ** (mails - 2),
        )
        joining.ask_quietly("new@example.com")
        joining.ask_quietly("new@example.com")
        assert len(joining.links()) == mails


def test_programs_are_fooled_and_a_network_that_asks_too_often_has_to_wait(joining: Joining) -> None:
    wrong = joining.ask("<script>@")
    assert (wrong.status_code, "<script>" in wrong.text) == (422, False)
    answers = [joining.ask(f"a{number}@example.com", website="https://x.example").status_code for number in range(24)]
    assert answers[:18] == [200] * 18
    assert 429 in answers[18:]
    assert joining.links() == []


def test_link_that_was_changed_or_is_old_does_not_work(joining: Joining, monkeypatch: pytest.MonkeyPatch) -> None:
    joining.ask("ann@example.com")
    link = joining.link()
    start = len("/confirm/")
    for place in range(start, len(link)):
        wrong = f"{link[:place]}{'A' if link[place] != 'A' else 'B'}{link[place + 1 :]}"
        assert subscribing.confirm(joining.context, wrong[start:]) is None, place
    for wrong in ("/confirm/x", link + "A", link[:-1], "/confirm/" + "A" * 2000, "/confirm/é%00"):
        assert joining.stranger.get(wrong).status_code == 404, wrong
        assert joining.stranger.post(wrong, data={"action": "confirm"}).status_code == 404, wrong
    monkeypatch.setattr(subscribing, "LINK_SECONDS", -1.0)
    assert joining.stranger.get(link).status_code == 404
    assert joining.stranger.post(link, data={"action": "confirm"}).status_code == 404
    assert joining.contacts() == []


def test_only_lists_with_a_template_can_be_joined(joining: Joining) -> None:
    closed = joining.made("/lists", {"name": "Staff"})
    texts = {
        joining.stranger.get(f"/subscribe/{list_id}").text
        for list_id in (closed, "lst_aaaaaaaaaaaaaaaaaaaaaaaaaa", "1", "é")
    }
    assert len(texts) == 1
    assert joining.stranger.post(f"/subscribe/{closed}", data={"email": "ann@example.com"}).status_code == 404
    plain = joining.made("/templates", {"name": "Plain", "content": {**LETTER, "text": "Hello"}})
    refused = joining.owner.post("/api/v1/lists", json={"name": "More", "confirmation_template": plain})
    assert (refused.status_code, "contact.confirm_url" in refused.text) == (422, True)


def test_erased_person_and_contact_that_somebody_added_confirm_by_themselves(joining: Joining) -> None:
    context = joining.context
    forgotten = Forgotten(context.box.digest)
    with context.queue.write() as connection:
        digest = forgotten.digest("ann@example.com", workspace_id=1)
        number = erasures.request(connection, "ann@example.com", digest, workspace_id=1, now=1.0)
        row = erasures.get(connection, number, workspace_id=1)
        assert row is not None
        erasures.finish(connection, row, now=2.0)
    joining.ask("ann@example.com")
    assert joining.stranger.post(joining.link(), data={"action": "confirm"}).status_code == 200
    assert joining.contacts() == ["ann@example.com"]
    assert privacy.erased_among(context, ["ann@example.com"]) == set()
    contact = joining.made("/contacts", {"email": "ben@example.com"})
    joining.owner.put(f"/api/v1/lists/{joining.list_id}/contacts/{contact}", json={})
    assert joining.standing()["unconfirmed"] == 1
    asking = f"/api/v1/lists/{joining.list_id}/contacts/{contact}/confirmation"
    assert [joining.owner.post(asking).json() for _ in range(2)] == [{"sent": True}, {"sent": False}]
    address, link = joining.links()[1]
    assert address == "ben@example.com"
    joining.stranger.post(link, data={"action": "confirm"})
    assert joining.standing() == {"confirmed": 2, "unconfirmed": 0, "unsubscribed": 0}
    assert joining.owner.post(asking).status_code == 409
