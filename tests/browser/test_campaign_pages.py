"""The pages of campaigns on a real installation: what they show, what people do there, and what they never do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from surroundings.browser import Visitor, visitor
from surroundings.furnished import MARKUP, Furnished, furnished, posted
from surroundings.pages import PAGES

ONLY_HERE = ("/start", "/campaigns", "/imports", "/accounts/new", "/templates/new", "/segments/new", "/nowhere")
"""Pages that no other test looks at in light colours."""
OTHER_VIEWS = ("/campaigns/{paused}", "/campaigns/{ended}", "/campaigns/{ended}?show=content")


@pytest.fixture(scope="module")
def there(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """One installation for all tests of this file, which do not get into each other's way."""
    with furnished(tmp_path_factory.mktemp("furnished")) as found:
        yield found


@pytest.fixture
def olga(browser: Browser, there: Furnished) -> Iterator[Visitor]:
    """The owner."""
    with visitor(browser, there.paceline.url, session=there.session) as somebody:
        yield somebody


def _settle(page: Page) -> None:
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.mark.parametrize("path", [*(page.path for page in PAGES if not page.outside), *OTHER_VIEWS])
def test_page_has_no_serious_finding_fits_a_phone_and_shows_markup_as_text(
    there: Furnished, olga: Visitor, path: str
) -> None:
    olga.page.on("dialog", lambda dialog: olga.complaints.append(f"a dialog: {dialog.message}"))
    olga.page.set_viewport_size({"width": 360, "height": 740})
    page = olga.open(there.path(path))
    _settle(page)
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("main b", has_text=re.compile("^bold$")).count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    if path == "/" or path.startswith(ONLY_HERE):
        assert olga.serious_findings() == []
    page.set_viewport_size({"width": 1280, "height": 900})
    olga.use_dark_colours()
    assert olga.serious_findings() == []


@pytest.mark.parametrize("path", [page.path for page in PAGES if page.outside])
def test_page_for_strangers_has_no_serious_finding_and_fits_a_phone(
    there: Furnished, browser: Browser, path: str
) -> None:
    with visitor(browser, there.paceline.url, viewport={"width": 360, "height": 740}) as stranger:
        page = stranger.open(path)
        _settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert stranger.serious_findings() == []
        stranger.use_dark_colours()
        assert stranger.serious_findings() == []


def test_markup_of_names_replies_and_accounts_can_be_read(there: Furnished, olga: Visitor) -> None:
    page = olga.open(f"/campaigns/{there.ended}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Spring news {MARKUP}")
    expect(page.get_by_text(f"office {MARKUP}")).to_be_visible()
    page = olga.open(f"/campaigns/{there.ended}?show=messages&state=failed")
    expect(page.get_by_text(f"no such user {MARKUP}").first).to_be_visible()


def test_preview_runs_no_script_and_reaches_nothing(there: Furnished, olga: Visitor) -> None:
    olga.page.on("dialog", lambda dialog: olga.complaints.append(f"a dialog: {dialog.message}"))
    page = olga.open(f"/campaigns/{there.draft}")
    letter = page.frame_locator("iframe[title='The message']")
    expect(letter.get_by_role("heading", name="News")).to_be_visible()
    expect(letter.get_by_role("heading", name="News")).to_have_css("color", "rgb(8, 127, 91)")


def test_running_campaign_is_paused_resumed_and_stopped(there: Furnished, olga: Visitor) -> None:
    page = olga.open(f"/campaigns/{there.running}")
    expect(page.get_by_text("What happens now")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("paused", exact=True)).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("running", exact=True)).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop the campaign").click()
    expect(page.get_by_text("stopped", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d+ cancelled"))).to_be_visible()


def test_uncertain_messages_are_decided(there: Furnished, olga: Visitor) -> None:
    page = olga.open(f"/campaigns/{there.ended}")
    expect(page.get_by_text("2 messages may or may not have arrived")).to_be_visible()
    page.get_by_role("button", name="Count as sent").click()
    page.get_by_role("dialog").get_by_role("button", name="Count as sent").click()
    expect(page.get_by_text("2 messages may or may not have arrived")).to_be_hidden()
    expect(page.get_by_text(re.compile(r"^56 sent$"))).to_be_visible()


def test_viewer_sees_everything_and_is_offered_nothing(there: Furnished, browser: Browser) -> None:
    email = "vera@example.com"
    link = posted(there.client, "/invitations", json={"email": email, "role": "viewer"})["link"]
    with visitor(browser, there.paceline.url) as vera:
        page = vera.open(link.removeprefix(there.paceline.url))
        page.get_by_label("Your name").fill("Vera")
        page.locator("input[type=password]").fill("four red kites over the hill")
        page.get_by_role("button", name="Join").click()
        expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
        expect(page.get_by_role("link", name="New campaign")).to_have_count(0)
        vera.open(f"/campaigns/{there.paused}")
        expect(page.get_by_text("paused", exact=True)).to_be_visible()
        for name in ("Resume", "Stop"):
            expect(page.get_by_role("button", name=name)).to_have_count(0)
        vera.open(f"/campaigns/{there.draft}?step=send")
        expect(page.get_by_text("You may not start campaigns")).to_be_visible()


def test_dashboard_names_what_needs_somebody_and_leads_there(there: Furnished, olga: Visitor) -> None:
    page = olga.open("/")
    expect(page.get_by_role("region", name="What needs you")).to_contain_text("may or may not have arrived")
    expect(page.get_by_role("region", name="Accounts", exact=True)).to_contain_text("relay-1")
    expect(page.get_by_label("Comes next")).to_contain_text("Winter news")


def test_dashboard_says_when_a_campaign_will_finish_and_what_holds_it_back(there: Furnished, olga: Visitor) -> None:
    content = {"from": "news@example.com", "subject": "News", "text": "Hello"}
    to_all = {"audience": {"lists": [there.list_id]}, "accounts": [there.others["account"]], "rate_per_minute": 2.0}
    slow = there.make("/campaigns", json={"name": "Slow news", "content": content, **to_all})["id"]
    there.make(f"/campaigns/{slow}/start")
    asked: list[str] = []
    olga.page.on("request", lambda request: asked.append(request.url))
    card = olga.open("/").get_by_role("article").filter(has_text="Slow news")
    expect(card).to_contain_text("Will be finished at about")
    expect(card).to_contain_text("Its pace is 2 messages a minute.")
    assert not [url for url in asked if "forecast" in url or "explain" in url], "the feed tells it"
    there.make(f"/campaigns/{slow}/stop")


def test_draft_that_was_not_saved_is_asked_about(there: Furnished, olga: Visitor) -> None:
    page = olga.open(f"/campaigns/{there.draft}")
    page.get_by_label("Reply to").fill("office@example.com")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Dashboard").click()
    page.get_by_role("button", name="Save and leave").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    kept = there.client.get(f"/api/v1/campaigns/{there.draft}").json()["content"]["reply_to"]
    assert kept == "office@example.com"


def test_import_of_100_000_rows_is_followed_left_and_found_again(
    there: Furnished, olga: Visitor, tmp_path: Path
) -> None:
    rows = 100_000
    file = tmp_path / "many.csv"
    lines = (f"somebody{number}@example.org,City {number % 100}" for number in range(rows))
    file.write_text("\n".join(["Mail,Place", *lines, "not an address,Rome"]) + "\n", encoding="utf-8")
    page = olga.open("/imports/new")
    page.get_by_label("File of contacts").set_input_files(file)
    expect(page.get_by_label("What the column Mail is")).to_have_value("email")
    page.get_by_label("What the column Place is").fill("city")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("It goes on when you leave this page")).to_be_visible()
    address = page.url.removeprefix(there.paceline.url)
    olga.open("/")
    olga.open(address)
    expect(page.get_by_text("completed", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_text(f"{rows:,}")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Take them home").click()
    assert "not an address" in download.value.path().read_text(encoding="utf-8")
