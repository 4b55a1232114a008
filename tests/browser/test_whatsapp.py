"""WhatsApp from the first number to a campaign that has ended, by the screen alone, into the simulator of the sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from paceline.api.guard import SESSION_COOKIE
from paceline.domain.contact import SubscriptionState
from paceline.domain.segment_rules import Person
from surroundings.browser import Installation, Visitor, installation, visitor
from surroundings.furnished import first_user, posted
from surroundings.subscribers import add_list, add_people

PEOPLE = 30
NEAR = 10
MARKUP = "<img src=x onerror=alert(1)>"
BEHAVIOUR = """\
description = "One template is paused by the provider while it is sent."

[[whatsapp]]
template = "order_update"
answer = "error"
code = 132015
details = "Template is paused due to low quality"
"""


@pytest.fixture(scope="module")
def paceline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for the tests of this file, in their order."""
    folder = tmp_path_factory.mktemp("whatsapp")
    behaviour = folder / "behaviour.toml"
    behaviour.write_text(BEHAVIOUR, encoding="utf-8")
    with installation(folder, "--behaviour", str(behaviour)) as running:
        context = running.context()
        try:
            news = add_list(context.catalogue, "riders")
            add_people(context.catalogue, [_person(number, news) for number in range(PEOPLE)])
        finally:
            context.close()
        yield running


def _person(number: int, list_id: int) -> Person:
    fields = {"first_name": f"Rider {number}", "city": "Rome" if number < NEAR else "Milan", "note": MARKUP}
    return Person(
        email=f"rider{number}@example.com",
        phone=f"+1650555{number:04d}",
        fields=fields,
        subscriptions={list_id: SubscriptionState.CONFIRMED},
    )


@pytest.fixture(scope="module")
def client(paceline: Installation) -> Iterator[httpx.Client]:
    """The owner, without a browser."""
    with httpx.Client(base_url=paceline.url, timeout=60, trust_env=False) as asking:
        first_user(asking, paceline)
        yield asking


@pytest.fixture
def olga(browser: Browser, paceline: Installation, client: httpx.Client) -> Iterator[Visitor]:
    """The same person in the browser."""
    with visitor(browser, paceline.url, session=str(client.cookies[SESSION_COOKIE])) as somebody:
        yield somebody


@pytest.fixture
def number(paceline: Installation, client: httpx.Client) -> str:
    """The number that the first test has added; a new one where another process runs that test."""
    there = client.get("/api/v1/accounts").json()["items"]
    if there:
        return str(there[0]["id"])
    simulated = {"phone_number_id": "100000000000001", "business_account_id": "102290129340398", "token": "any"}
    wanted = {"name": "simulator", "channel": "whatsapp", **simulated, "api_url": paceline.whatsapp_url}
    made = posted(client, "/accounts", json=wanted)["id"]
    posted(client, "/whatsapp/check")
    return str(made)


def _is_fit_for_everybody(somebody: Visitor) -> None:
    """No serious finding, in light and dark; nothing wider than a phone."""
    page = somebody.page
    assert somebody.serious_findings() == []
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator("html")).to_have_js_property("scrollWidth", 360)
    somebody.use_dark_colours()
    assert somebody.serious_findings() == []
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_number_is_added_tested_and_its_templates_are_seen(paceline: Installation, olga: Visitor) -> None:
    page = olga.open("/whatsapp")
    expect(page.get_by_role("heading", name="No number yet")).to_be_visible()
    page.get_by_role("link", name="Add a number").first.click()
    page.get_by_role("combobox", name="Provider").click()
    page.get_by_role("option", name="The simulator: try it without sending").click()
    page.get_by_label("Address of the simulator").fill(paceline.whatsapp_url)
    _is_fit_for_everybody(olga)
    page.get_by_role("button", name="Add and test it").click()
    expect(page.get_by_text("It works")).to_be_visible()
    page.get_by_role("link", name="See its templates").click()
    spring = page.get_by_role("article", name="spring_rides/en_US")
    expect(spring.get_by_text("Approved")).to_be_visible()
    expect(spring.get_by_text("Hello {{1}}, the spring rides are on sale.")).to_be_visible()
    expect(page.get_by_role("article", name="autumn_rides/en_US").get_by_text("Paused", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="Connected")).to_be_visible()
    page.get_by_role("button", name="Ask the provider now").click()
    expect(page.get_by_text("The provider has answered")).to_be_visible()
    _is_fit_for_everybody(olga)


@pytest.mark.usefixtures("number")
def test_campaign_of_two_templates_is_written_checked_tested_and_sent(paceline: Installation, olga: Visitor) -> None:
    page = olga.open("/campaigns/new")
    page.get_by_role("textbox", name="Name").fill("Spring rides")
    page.get_by_text("WhatsApp", exact=True).last.click()
    page.get_by_role("button", name="Choose the templates").click()
    _choose(page, "Template", "spring_rides (en_US)")
    first = page.get_by_role("region", name="spring_rides/en_US", exact=True)
    expect(first.get_by_text("Still empty: {{1}}")).to_be_visible()
    first.get_by_label("{{1}}").fill("{{ contact.first_name }}")
    expect(first.get_by_text(re.compile(r"Hello Rider \d+, the spring rides are on sale"))).to_be_visible()
    first.get_by_label("{{1}}").fill("{{ contact.note }}")
    expect(first.get_by_text(f"Hello {MARKUP}, the spring")).to_be_visible()
    first.get_by_label("{{1}}").fill("{{ contact.first_name }}")
    _choose(page, "Add another template", "spring_rides_near_you (en_US)")
    second = page.get_by_role("region", name="spring_rides_near_you/en_US")
    second.get_by_label("{{city}}").fill("{{ contact.city }}")
    second.get_by_label("{{city}}").press("Tab")
    second.get_by_text("Those who fit").click()
    second.get_by_role("combobox", name="Field").click()
    page.get_by_role("option", name="city", exact=True).click()
    second.get_by_label("is", exact=True).fill("Rome")
    _is_fit_for_everybody(olga)
    page.get_by_role("button", name="Save, then: audience").click()
    page.get_by_role("combobox", name="Lists", exact=True).click()
    page.get_by_role("option", name=re.compile("riders")).click()
    page.keyboard.press("Escape")
    page.get_by_label("Country of numbers without a country code").fill("us")
    expect(page.get_by_text("belong to United States")).to_be_visible()
    page.get_by_role("button", name="Save, then: accounts").click()
    page.get_by_role("checkbox", name="simulator").click()
    page.get_by_role("button", name="Save, then: check and send").click()
    expect(page.get_by_text("Nothing stands in the way")).to_be_visible()
    expect(page.get_by_role("region", name="Estimated costs").get_by_role("cell", name=str(PEOPLE))).to_be_visible()
    to = page.get_by_role("region", name="Test").locator("input:visible").first
    to.fill("+16505559999")
    to.press("Enter")
    page.get_by_role("button", name="Send the test").click()
    expect(page.get_by_role("region", name="Test").get_by_text("sent", exact=True)).to_be_visible()
    _is_fit_for_everybody(olga)

    page.get_by_role("button", name="Start it now").click()
    page.get_by_role("button", name="Start sending").click()
    expect(page.get_by_text("100 %")).to_be_visible()
    expect(page.get_by_text("completed", exact=True)).to_be_visible()
    lanes = page.get_by_role("region", name="Numbers of this campaign")
    expect(lanes.get_by_role("row", name=re.compile("simulator"))).to_contain_text("Green")
    expect(page.get_by_role("img", name=re.compile("Messages a second"))).to_be_visible()
    page.reload()
    expect(page.get_by_role("img", name=re.compile("Messages a second"))).to_be_visible()
    _is_fit_for_everybody(olga)
    sent = [(to, template) for to, template in paceline.whatsapp_arrived() if to != "+16505559999"]
    wanted = {
        (f"+1650555{number:04d}", "spring_rides_near_you" if number < NEAR else "spring_rides")
        for number in range(PEOPLE)
    }
    assert len(sent) == PEOPLE
    assert set(sent) == wanted


def test_template_that_is_paused_rests_and_the_page_says_so(olga: Visitor, client: httpx.Client, number: str) -> None:
    riders = client.get("/api/v1/lists").json()["items"][0]["id"]
    ends = {"header": {"image": {"link": "https://example.com/ride.jpg"}}, "body": ["{{ contact.first_name }}", "7"]}
    buttons = [{"type": "url", "index": 0, "suffix": "7"}]
    template = {"name": "order_update", "language": "en_US", "parameters": {**ends, "buttons": buttons}}
    wanted = {"name": "Orders", "channel": "whatsapp", "templates": [template], "accounts": [number]}
    made = posted(client, "/campaigns", json={**wanted, "audience": {"lists": [riders]}})["id"]
    posted(client, f"/campaigns/{made}/start")
    page = olga.open(f"/campaigns/{made}")
    expect(page.get_by_text("1 template of 1 rest")).to_be_visible(timeout=20_000)  # a message has to be refused first
    expect(page.get_by_text("paused: health")).to_be_visible(timeout=20_000)
    _is_fit_for_everybody(olga)
    page = olga.open(f"/campaigns/{made}?show=content")
    expect(page.get_by_label("Address of the image")).to_have_value("https://example.com/ride.jpg")
    assert olga.serious_findings() == []


def test_mail_takes_over_for_those_who_are_not_on_whatsapp(olga: Visitor, client: httpx.Client) -> None:
    made = posted(client, "/campaigns", json={"name": "Both", "channel": "whatsapp"})["id"]
    page = olga.open(f"/campaigns/{made}")
    page.get_by_label("E-mail for those who are not on WhatsApp").check()
    page.get_by_label("Subject").fill("The same by mail")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = client.get(f"/api/v1/campaigns/{made}").json()
    assert (kept["fallback"], kept["content"]["subject"]) == ("email", "The same by mail")
    _is_fit_for_everybody(olga)


def _choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
