"""How people get in: the first user, the login, and pages that come back after it."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from paceline.operations.people.first_user import first_user_link
from surroundings.browser import Visitor, visitor
from surroundings.people import PASSWORD
from surroundings.server import Server


def test_first_link_makes_first_user_who_logs_in_again_later(browser: Browser, server: Server) -> None:
    link = first_user_link(server.context)
    assert link is not None
    with visitor(browser, server.url) as somebody:
        page = somebody.open(link[link.index("/setup") :])
        assert "token" not in page.url, "the token would stay in the history"
        page.get_by_label("Your name").fill("Olga")
        page.get_by_label("E-mail address").fill("olga@example.com")
        page.locator("input[type=password]").fill(PASSWORD)
        page.get_by_label("Name of your workspace").fill("Café Lee")
        page.get_by_role("button", name="Begin").click()
        page.get_by_role("button", name="Café Lee").click()
        page.get_by_role("menuitem", name="Log out").click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        page.goto(server.url + "/?campaigns=all")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        page.get_by_label("E-mail address").fill("olga@example.com")
        page.locator("input[type=password]").fill("not this one")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_contain_text("You are not logged in")
        page.locator("input[type=password]").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def test_address_that_leads_nowhere_says_so(owner: Visitor) -> None:
    page = owner.open("/nowhere/at/all")
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()


def test_frame_around_pages_works_on_a_phone_and_without_a_mouse(
    browser: Browser, server: Server, owner: Visitor
) -> None:
    owner.page.set_viewport_size({"width": 360, "height": 740})
    page = owner.open("/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Open the navigation").focus()
    page.keyboard.press("Enter")
    link = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Dashboard")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    assert owner.serious_findings() == []
