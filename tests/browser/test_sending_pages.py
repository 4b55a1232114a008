"""Accounts, templates, domains and workers: what is set up once, before campaigns."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from paceline.domain.permission import Role
from surroundings.browser import Visitor
from surroundings.server import Server


def test_account_is_limited_switched_off_and_found_by_its_tag(owner: Visitor, server: Server) -> None:
    with server.as_person(Role.OWNER) as client:
        for number in range(3):
            login = {"host": "smtp.example.com", "port": 587, "username": f"u{number}", "password": "s3cret-one"}
            account = {"name": f"relay-{number}", "tags": ["cold"], **login}
            assert client.post("/api/v1/accounts", json=account).status_code == 201
    page = owner.open("/accounts")
    page.get_by_label("Choose relay-1").check()
    page.get_by_label("Choose relay-2").check()
    page.get_by_role("button", name="Limits").click()
    page.get_by_label("A day at most").fill("200")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_text("0 / 200")).to_have_count(2)
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("disabled", exact=True)).to_have_count(2)
    assert owner.serious_findings() == []
    page.get_by_role("link", name="relay-1").click()
    expect(page.get_by_role("heading", name="relay-1")).to_be_visible()
    limits = page.get_by_role("region", name="Limits")
    assert owner.serious_findings() == []
    limits.get_by_label("An hour at most").fill("40")
    limits.get_by_role("button", name="Save the limits").click()
    expect(page.get_by_text("0 / 40")).to_be_visible()


def test_template_is_written_and_opened_again(owner: Visitor) -> None:
    page = owner.open("/templates/new")
    page.get_by_label("Name").fill("Frame")
    page.get_by_label("Subject").fill("Hello {{ contact.first_name | default('you') }}")
    page.get_by_label("HTML of the message").fill("<p>Hello {{ contact.first_name | default('you') }}</p>")
    page.get_by_label("Preheader").fill("New for {{ contact.first_name | default('you') }}")
    inbox = page.get_by_role("group", name="In the inbox")
    expect(inbox).to_have_text("Sender Hello you – New for you")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Frame")).to_be_visible()
    owner.open("/templates")
    page.get_by_role("link", name="Frame").click()
    expect(page.get_by_label("Subject")).to_have_value("Hello {{ contact.first_name | default('you') }}")
    expect(page.get_by_label("Preheader")).to_have_value("New for {{ contact.first_name | default('you') }}")
    assert owner.serious_findings() == []


def test_message_is_written_in_mjml_and_its_mistakes_are_named(owner: Visitor) -> None:
    page = owner.open("/templates/new")
    page.get_by_label("Name").fill("Frame")
    page.get_by_label("Subject").fill("News")
    page.get_by_text("MJML", exact=True).click()
    body = page.get_by_label("MJML of the message")
    expect(body).to_have_value(re.compile("<mj-button"))
    letter = page.frame_locator("iframe[title='The message']")
    expect(letter.get_by_role("link", name="Read on")).to_be_visible()
    body.fill("<mjml><mj-body>\n<mj-section><mj-colum></mj-colum></mj-section></mj-body></mjml>")
    expect(
        page.get_by_role("region", name="Preview").get_by_text(
            "line 2: there is no <mj-colum>; did you mean <mj-column>?"
        )
    ).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Line 2: there is no <mj-colum>; did you mean <mj-column>?", exact=True)).to_be_visible()
    body.fill("<mjml><mj-body><mj-section><mj-column><mj-text>Good</mj-text></mj-column></mj-section></mj-body></mjml>")
    expect(letter.get_by_text("Good")).to_be_visible()
    assert owner.serious_findings() == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Frame")).to_be_visible()
    page.get_by_text("HTML", exact=True).last.click()
    page.get_by_role("button", name="Go on in HTML").click()
    expect(page.get_by_label("HTML of the message")).to_have_value(re.compile("^<!doctype html>.*Good", re.DOTALL))


def test_domain_gets_a_key_and_says_what_to_publish(owner: Visitor) -> None:
    page = owner.open("/domains")
    page.get_by_role("button", name="Add a domain").first.click()
    page.get_by_role("textbox", name="Domain").fill("example.com")
    page.get_by_role("button", name="Make the keys").click()
    card = page.get_by_role("region", name="example.com")
    expect(card.get_by_text("._domainkey.example.com")).to_be_visible()
    expect(card.get_by_text("v=DKIM1")).to_be_visible()
    assert owner.serious_findings() == []


def test_worker_gets_its_keys_which_are_shown_once(owner: Visitor) -> None:
    page = owner.open("/workers")
    page.get_by_role("button", name="Add a worker").first.click()
    page.get_by_label("Name").fill("berlin")
    page.get_by_label("Address").fill("https://worker.example.com:8025")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("The keys of berlin, shown this once")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("cell", name="berlin https")).to_be_visible()
    assert owner.serious_findings() == []


def test_mailbox_is_added_and_its_state_shown(owner: Visitor) -> None:
    page = owner.open("/mailboxes")
    page.get_by_role("button", name="Add a mailbox").first.click()
    page.get_by_label("Name", exact=False).first.fill("bounces")
    page.get_by_label("IMAP server").fill("imap.example.com")
    page.get_by_label("User name").fill("bounces@example.com")
    page.get_by_label("Password").first.fill("s3cret-one")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("cell", name="bounces bounces@example.com")).to_be_visible()
    expect(page.get_by_text("Everything was understood")).to_be_visible()
    assert owner.serious_findings() == []
