"""Contacts, lists, segments and suppressions: made, found, changed and deleted by a person."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from paceline.domain.permission import Role
from paceline.store.database import sql
from surroundings.browser import Visitor, session_of, visitor
from surroundings.server import Server

MARKUP = '<img src=x onerror="alert(1)">'


def test_contact_is_made_put_on_a_list_found_and_deleted(owner: Visitor) -> None:
    page = owner.open("/lists")
    page.get_by_role("button", name="Make the first list").click()
    page.get_by_label("Name").fill("News")
    page.get_by_label("Consent").fill("form on the website")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("link", name="News")).to_be_visible()
    assert owner.serious_findings() == []

    owner.open("/contacts")
    page.get_by_role("button", name="New contact").click()
    page.get_by_label("E-mail address").fill("ann@example")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("is not", exact=False).first).to_be_visible()
    page.get_by_label("E-mail address").fill("ann@example.com")
    page.get_by_label("Value of field 1").fill(MARKUP)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="ann@example.com")).to_be_visible()

    page.get_by_role("combobox", name="Put on a list").click()
    page.get_by_role("option", name="News").click()
    page.get_by_role("button", name="Put on", exact=True).click()
    expect(page.get_by_text("confirmed", exact=True)).to_be_visible()
    assert owner.serious_findings() == []
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("dialog").get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_text("unsubscribed", exact=True)).to_be_visible()

    owner.open("/contacts")
    page.get_by_label("Address begins with").fill("nobody")
    expect(page.get_by_role("heading", name="Nobody fits")).to_be_visible()
    page.get_by_label("Address begins with").fill("ann")
    expect(page.get_by_text(MARKUP)).to_be_visible()
    assert owner.serious_findings() == []
    page.get_by_role("link", name="ann@example.com").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete the contact").click()
    expect(page.get_by_role("heading", name="Nobody is known yet")).to_be_visible()


def test_segment_is_built_line_by_line_and_counted_meanwhile(owner: Visitor, server: Server) -> None:
    with server.as_person(Role.OWNER) as client:
        for number, city in enumerate(("Rome", "Rome", "Milan")):
            client.post("/api/v1/contacts", json={"email": f"c{number}@example.com", "fields": {"city": city}})
    page = owner.open("/segments")
    page.get_by_role("link", name="Build the first segment").click()
    expect(page.get_by_text("contacts fit")).to_contain_text("3")
    page.get_by_label("Name").fill("Romans")
    page.get_by_role("button", name="Add a line").click()
    page.get_by_role("menuitem", name="A field").click()
    page.get_by_label("Field", exact=True).fill("city")
    page.get_by_label("Value").fill("Rome")
    expect(page.get_by_text("contacts fit")).to_contain_text("2")
    assert owner.serious_findings() == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Romans")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Value")).to_have_value("Rome")
    owner.open("/segments")
    expect(page.get_by_role("cell", name="2", exact=True)).to_be_visible()
    assert owner.serious_findings() == []


def test_addresses_are_suppressed_and_lifted(owner: Visitor) -> None:
    page = owner.open("/suppressions")
    page.get_by_role("button", name="Suppress addresses").click()
    page.get_by_role("textbox", name="Addresses").fill("ann@example.com, ben@example.com")
    page.get_by_role("button", name="Suppress 2").click()
    page.get_by_role("button", name="Lift the suppression of ann@example.com").click()
    page.get_by_role("button", name="Lift it").click()
    expect(page.get_by_role("cell", name="ann@example.com", exact=True)).to_have_count(0)
    expect(page.get_by_role("cell", name="ben@example.com", exact=True)).to_be_visible()
    assert owner.serious_findings() == []


def test_viewer_sees_and_changes_nothing(browser: Browser, server: Server) -> None:
    with visitor(browser, server.url, session=session_of(server, Role.VIEWER)) as somebody:
        for path in ("/contacts", "/lists", "/segments"):
            page = somebody.open(path)
            expect(page.get_by_role("button", name="New")).to_have_count(0)
            expect(page.get_by_role("link", name="Import")).to_have_count(0)
        expect(page.get_by_role("link", name="Audit log")).to_have_count(0)


def test_person_is_erased_for_good(owner: Visitor, server: Server) -> None:
    with server.as_person(Role.OWNER) as client:
        made = client.post("/api/v1/contacts", json={"email": "ann@example.com"}).json()
    page = owner.open(f"/contacts/{made['id']}")
    page.get_by_role("button", name="Erase the person").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase the person").click()
    expect(page.get_by_text("is being removed in the background")).to_be_visible()
    with server.context.queue.read() as connection:
        assert connection.execute(sql("SELECT COUNT(*) FROM erasures")).scalar_one() == 1
