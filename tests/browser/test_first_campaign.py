"""From the link of the first start to a campaign that has ended, by following what the screen says.

Every click and every field is counted: docs/how-to/use-the-web-interface.md tells how many there are.
"""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from surroundings.browser import installation, visitor
from surroundings.people import PASSWORD

PEOPLE = 40
DOCUMENT = Path(__file__).parents[2] / "docs" / "how-to" / "use-the-web-interface.md"


class Hand:
    """Does what a person does, and counts it."""

    def __init__(self) -> None:
        self.clicks = self.fields = 0

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def fill(self, target: Locator, text: str) -> None:
        self.fields += 1
        target.fill(text)


def test_screen_leads_from_first_start_to_a_finished_campaign(browser: Browser, tmp_path: Path) -> None:
    contacts = tmp_path / "readers.csv"
    lines = [f"reader{number}@example.com,Reader {number}" for number in range(PEOPLE)]
    contacts.write_text("\n".join(["email,first_name", *lines, "no address at all,Nobody"]) + "\n", encoding="utf-8")
    hand = Hand()
    with installation(tmp_path) as paceline, visitor(browser, paceline.url) as somebody:
        page = somebody.open(paceline.first_link())
        hand.fill(page.get_by_label("Your name"), "Olga")
        hand.fill(page.get_by_label("E-mail address"), "olga@example.com")
        hand.fill(page.locator("input[type=password]"), PASSWORD)
        hand.click(page.get_by_role("button", name="Begin"))

        hand.click(page.get_by_role("link", name="Add an account"))
        hand.click(page.get_by_role("combobox", name="Provider"))
        hand.click(page.get_by_role("option", name="The sandbox: try it without sending"))
        hand.fill(page.get_by_label("Port"), str(paceline.sandbox_port))
        hand.click(page.get_by_role("button", name="Add and test it"))
        expect(page.get_by_text("It works")).to_be_visible()
        hand.click(page.get_by_role("link", name="Go on"))

        hand.click(page.get_by_role("link", name="Import contacts"))
        hand.clicks += 1
        page.get_by_label("File of contacts").set_input_files(contacts)
        hand.fill(page.get_by_label("Why may these people be written to?"), "Signed up at the counter")
        hand.click(page.get_by_role("button", name="Import", exact=True))
        expect(page.get_by_text("1 row was refused")).to_be_visible()
        hand.click(page.get_by_role("link", name="Go on"))

        hand.click(page.get_by_role("link", name="Write a message"))
        hand.fill(page.get_by_label("Name"), "Spring news")
        hand.click(page.get_by_role("button", name="Write the message"))
        hand.fill(page.get_by_label("From"), "Café Lee <news@example.com>")
        hand.fill(page.get_by_label("Subject"), "Spring is here, {{ contact.first_name }}")
        expect(page.get_by_role("group", name="In the inbox")).to_have_text(
            re.compile(r"Café Lee Spring is here, Reader \d+")
        )
        hand.click(page.get_by_role("button", name="Save, then: audience"))
        hand.click(page.get_by_role("combobox", name="Lists", exact=True))
        hand.click(page.get_by_role("option", name=f"readers ({PEOPLE})"))
        page.keyboard.press("Escape")
        hand.click(page.get_by_role("button", name="Save, then: accounts"))
        hand.click(page.get_by_role("checkbox", name="sandbox"))
        hand.click(page.get_by_role("button", name="Save, then: check and send"))
        expect(page.get_by_text("Nothing stands in the way")).to_be_visible()

        hand.click(page.get_by_role("button", name="Send the test"))
        expect(page.get_by_role("region", name="Test").get_by_text("sent", exact=True)).to_be_visible()
        to_first_test = (hand.clicks, hand.fields)
        assert paceline.arrived() == ["olga@example.com"]

        hand.click(page.get_by_role("button", name="Start it now"))
        hand.click(page.get_by_role("button", name="Start sending"))
        expect(page.get_by_text("100 %")).to_be_visible()
        expect(page.get_by_text("completed", exact=True)).to_be_visible()
        assert sorted(paceline.arrived()[1:]) == sorted(line.partition(",")[0] for line in lines)
    said = re.search(r"(\d+) clicks and (\d+) fields", DOCUMENT.read_text(encoding="utf-8"))
    assert said is not None
    assert (int(said[1]), int(said[2])) == to_first_test, "the how-to has another number of clicks and fields"
