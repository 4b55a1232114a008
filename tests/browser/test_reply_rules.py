"""Reply rules: written in the page, tried out, seen while they hold something back, lifted, changed and taken away."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from playwright.sync_api import Browser, expect

from paceline.api.guard import SESSION_COOKIE
from paceline.domain.permission import Role
from surroundings.browser import Installation, Visitor, installation, session_of, visitor
from surroundings.furnished import first_user, posted
from surroundings.server import Server

BEHAVIOUR = """\
description = "Everybody at one domain is asked to wait."

[[rules]]
name = "too fast"
stage = "rcpt"
recipient = "*@busy.example"
reply = "450 4.7.28 too many <b>messages</b> from you"
"""


def test_rule_is_written_tried_out_acts_and_is_lifted(browser: Browser, tmp_path: Path) -> None:
    behaviour = tmp_path / "behaviour.toml"
    behaviour.write_text(BEHAVIOUR, encoding="utf-8")
    with (
        installation(tmp_path, "--behaviour", str(behaviour)) as paceline,
        httpx.Client(base_url=paceline.url, timeout=60, trust_env=False) as client,
    ):
        first_user(client, paceline)
        with visitor(browser, paceline.url, session=client.cookies[SESSION_COOKIE]) as olga:
            _write_rule(olga)
            _send(client, paceline)
            page = olga.page
            card = page.get_by_role("region", name="too-fast")
            held = card.get_by_role("list", name="1 thing held back by too-fast")
            expect(held).to_contain_text("Domain busy.example: nothing is sent until")
            answers = re.compile(r'[23] answers within 1 h like "450 4\.7\.28 too many <b>messages</b> from you"')
            expect(held).to_contain_text(answers)  # the third may be on its way when the second comes
            assert olga.serious_findings() == []
            card.get_by_role("button", name="Lift now what too-fast holds back").click()
            page.get_by_role("dialog").get_by_role("button", name="Lift it now").click()
            expect(card.get_by_text("watches", exact=True)).to_be_visible()
            _change_and_remove(olga)


def _write_rule(olga: Visitor) -> None:
    page = olga.open("/reply-rules")
    expect(page.get_by_text("No rule yet")).to_be_visible()
    page.get_by_role("button", name="Add a rule").last.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("too-fast")
    dialog.get_by_role("button", name="Save the rule").click()
    expect(dialog.get_by_text("It matches every answer: accepts at least one of code, enhanced, text")).to_be_visible()
    dialog.get_by_role("combobox", name="Begin with").click()
    page.get_by_role("option", name="The provider says: too fast").click()
    expect(dialog.get_by_label("Enhanced code")).to_have_value("4.7.*")
    dialog.get_by_role("combobox", name="Counted for").click()
    page.get_by_role("option", name="Each domain of recipients").click()
    dialog.get_by_label("Acts after so many").fill("2")
    dialog.get_by_label("Try it with an answer").fill("450 4.2.1 later")
    expect(dialog.get_by_text("This answer does not count.")).to_be_visible()
    dialog.get_by_label("Try it with an answer").fill("450 4.7.28 later")
    expect(dialog.get_by_text("This answer counts.")).to_be_visible()
    dialog.get_by_role("button", name="Save the rule").click()
    expect(dialog.get_by_text("A domain has no pace to lower")).to_be_visible()
    assert olga.serious_findings() == []
    dialog.get_by_role("combobox", name="Then").click()
    page.get_by_role("option", name="Send nothing for a time").click()
    expect(
        dialog.get_by_text(
            "An answer with the enhanced code 4.7.*, 2 times within 1 h for one domain: its recipients wait for 2 h."
        )
    ).to_be_visible()
    dialog.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_role("region", name="too-fast").get_by_text("watches", exact=True)).to_be_visible()


def _send(client: httpx.Client, paceline: Installation) -> None:
    """Start a campaign to people of the domain that asks to wait."""
    where = {"host": "127.0.0.1", "port": paceline.sandbox_port, "security": "none"}
    account = posted(client, "/accounts", json={"name": "relay", "username": "u", "password": "any", **where})["id"]
    readers = posted(client, "/lists", json={"name": "readers"})["id"]
    for number in range(3):
        contact = posted(client, "/contacts", json={"email": f"reader{number}@busy.example"})["id"]
        client.put(f"/api/v1/lists/{readers}/contacts/{contact}", json={}).raise_for_status()
    content = {"from": "ann@example.com", "subject": "News", "text": "Hello"}
    campaign = {"name": "News", "content": content, "audience": {"lists": [readers]}, "accounts": [account]}
    posted(client, f"/campaigns/{posted(client, '/campaigns', json=campaign)['id']}/start")


def _change_and_remove(olga: Visitor) -> None:
    page = olga.page
    page.get_by_role("button", name="Change too-fast").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("For", exact=True)).to_have_value("2")
    dialog.get_by_label("For", exact=True).fill("3")
    dialog.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("its recipients wait for 3 h.")).to_be_visible()
    page.get_by_role("button", name="Remove too-fast").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove the rule").click()
    expect(page.get_by_text("No rule yet")).to_be_visible()


def test_viewer_sees_rules_and_is_offered_nothing(browser: Browser, server: Server) -> None:
    with server.as_person(Role.OWNER) as client:
        client.put("/api/v1/reply-rules", json={"name": "slow", "code": "421"}).raise_for_status()
    with visitor(browser, server.url, session=session_of(server, Role.VIEWER)) as vera:
        page = vera.open("/reply-rules")
        expect(page.get_by_role("region", name="slow")).to_contain_text("An answer with the code 421")
        for name in ("Add a rule", "Change slow", "Remove slow"):
            expect(page.get_by_role("button", name=name)).to_have_count(0)
