"""Settings and the audit log: people, keys, webhooks, one's own password and second factor."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pyotp
from playwright.sync_api import Browser, expect

from paceline.operations.people.first_user import create_first_user, first_user_link
from paceline.operations.people.logins import log_in
from surroundings.browser import Visitor, visitor
from surroundings.people import PASSWORD
from surroundings.server import Server


def test_key_is_made_shown_once_and_revoked_and_the_log_knows(owner: Visitor) -> None:
    page = owner.open("/settings/api-keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("shop")
    page.get_by_label("contacts:read").check()
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("status").get_by_text("shown this once")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    assert owner.serious_findings() == []
    page.get_by_role("button", name="Revoke shop").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_role("heading", name="No key yet")).to_be_visible()
    owner.open("/audit")
    expect(page.get_by_role("cell", name="key.create")).to_be_visible()
    assert owner.serious_findings() == []


def test_somebody_is_invited_and_the_invitation_taken_back(owner: Visitor) -> None:
    page = owner.open("/settings/people")
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_label("E-mail address").fill("eve@example.com")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_text("/invitation?token=")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    assert owner.serious_findings() == []
    page.get_by_role("button", name="Take back the invitation of eve@example.com").click()
    expect(page.get_by_role("heading", name="Nobody is invited")).to_be_visible()


def test_webhook_is_made_and_its_address_must_be_public(owner: Visitor) -> None:
    page = owner.open("/settings/webhooks")
    page.get_by_role("button", name="New webhook").click()
    page.get_by_label("Address").fill("http://127.0.0.1:9/hook")
    page.get_by_role("button", name="Make the webhook").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Address").fill("https://example.com/hook")
    page.get_by_role("button", name="Make the webhook").click()
    expect(page.get_by_text("shown this once")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="https://example.com/hook", exact=True)).to_be_visible()
    assert owner.serious_findings() == []


def test_second_factor_is_set_up_with_an_app(browser: Browser, server: Server) -> None:
    link = first_user_link(server.context)
    assert link is not None
    token = parse_qs(urlsplit(link).query)["token"][0]
    create_first_user(server.context, token, email="olga@example.com", name="Olga", password=PASSWORD)
    session = log_in(server.context, email="olga@example.com", password=PASSWORD)
    with visitor(browser, server.url, session=session.token) as olga:
        _set_up_second_factor(olga)


def _set_up_second_factor(olga: Visitor) -> None:
    page = olga.open("/settings")
    card = page.get_by_role("region", name="Second factor")
    card.locator("input[type=password]").fill(PASSWORD)
    card.get_by_role("button", name="Set it up").click()
    secret = card.locator(".secret").inner_text()
    card.get_by_label("The code that the app shows now").fill(pyotp.TOTP(secret).now())
    card.get_by_role("button", name="Switch it on").click()
    expect(card.get_by_text("Your recovery codes, shown once")).to_be_visible()
    expect(card.get_by_text("In force")).to_be_visible()
    assert olga.serious_findings() == []


def test_workspace_gets_another_name(owner: Visitor) -> None:
    page = owner.open("/settings/workspace")
    page.get_by_label("Name").fill("Café Lee")
    assert owner.serious_findings() == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("banner").get_by_role("button", name="Café Lee")).to_be_visible()
