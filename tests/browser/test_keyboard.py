"""The way to the first campaign without a mouse: every step by keyboard, and the focus is always seen."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from surroundings.browser import installation, visitor
from surroundings.people import PASSWORD

MOST_TABS = 80
_LOOKS = 20
_BETWEEN_LOOKS_MS = 50
_IS_FOCUSED = "element => element === document.activeElement"
_IS_SEEN = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  const outlined = one => { const s = getComputedStyle(one); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0; };
  const field = element.closest('.mantine-Input-input') || element.closest('.mantine-Input-wrapper')?.querySelector('.mantine-Input-input');
  const bordered = field && getComputedStyle(field).borderColor;
  const near = [element, element.nextElementSibling, element.parentElement].filter(Boolean);
  return near.some(outlined) || (bordered === 'rgb(8, 127, 91)') || `${element.outerHTML.slice(0, 200)} ${style.outline} ${bordered}`;
}"""


class Keyboard:
    """Hands that know no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        """The last of this name: what a page offers stands behind the navigation."""
        return self.page.get_by_role("link", name=name, exact=True).last

    def combobox(self, name: str) -> Locator:
        return self.page.get_by_role("combobox", name=name, exact=True)

    def go_to(self, target: Locator, key: str = "Tab") -> None:
        """Press Tab until the target has the focus, and look whether one sees that."""
        expect(target).to_be_visible()
        for _ in range(MOST_TABS):
            if target.evaluate(_IS_FOCUSED):
                break
            self.page.keyboard.press(key)
        else:
            raise AssertionError(f"no {key} leads to {target}")
        for _ in range(_LOOKS):  # a frame that is drawn as the colour changes
            if (seen := self.page.evaluate(_IS_SEEN)) is True:
                return
            self.page.wait_for_timeout(_BETWEEN_LOOKS_MS)
        raise AssertionError(f"the focus cannot be seen: {seen}")

    def press(self, target: Locator, key: str = "Enter") -> None:
        self.go_to(target)
        self.page.keyboard.press(key)

    def write(self, target: Locator, text: str) -> None:
        self.go_to(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def is_within(self, target: Locator) -> None:
        """Wait until the focus has gone into what was opened: it does so a moment after one sees it."""
        expect(target.locator(":focus")).to_have_count(1)

    def choose(self, target: Locator, option: Locator) -> None:
        """Open a choice and go down to an option."""
        self.press(target, "ArrowDown")
        expect(option).to_be_visible()
        for _ in range(MOST_TABS):
            if option.get_attribute("data-combobox-selected"):
                break
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")


def test_first_campaign_is_sent_without_a_mouse(browser: Browser, tmp_path: Path) -> None:
    contacts = tmp_path / "readers.csv"
    contacts.write_text("email,first_name\nann@example.com,Ann\nben@example.com,Ben\n", encoding="utf-8")
    with installation(tmp_path) as paceline, visitor(browser, paceline.url) as somebody:
        page = somebody.open(paceline.first_link())
        keys = Keyboard(page)
        keys.write(page.get_by_label("Your name"), "Olga")
        keys.write(page.get_by_label("E-mail address"), "olga@example.com")
        keys.write(page.locator("input[type=password]"), PASSWORD)
        page.keyboard.press("Enter")

        expect(page.get_by_role("heading", name="To your first campaign")).to_be_focused()
        keys.press(keys.link("To the content"))
        expect(page.locator("#page")).to_be_focused()
        keys.press(keys.link("Add an account"))
        keys.choose(keys.combobox("Provider"), page.get_by_role("option", name="The sandbox: try it without sending"))
        keys.write(page.get_by_label("Port"), str(paceline.sandbox_port))
        keys.press(keys.button("Add and test it"))
        keys.press(keys.link("Go on"))

        keys.press(keys.link("Import contacts"))
        with page.expect_file_chooser() as chooser:
            keys.press(keys.button("Choose a file"))
        chooser.value.set_files(contacts)
        keys.write(page.get_by_label("Why may these people be written to?"), "Signed up at the counter")
        keys.press(keys.button("Import"))
        expect(page.get_by_text("completed", exact=True)).to_be_visible()
        keys.press(keys.link("Go on"))

        keys.press(keys.link("Write a message"))
        keys.write(page.get_by_label("Name"), "Spring news")
        page.keyboard.press("Enter")
        keys.write(page.get_by_label("From"), "Ann <news@example.com>")
        keys.write(page.get_by_label("Subject"), "Spring is here")
        keys.press(keys.button("Insert a field of the contact"))
        keys.is_within(page.get_by_role("menu"))
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("menuitem").first).to_be_focused()
        page.keyboard.press("Escape")
        expect(keys.button("Insert a field of the contact")).to_be_focused()
        keys.press(keys.button("Save, then: audience"))
        expect(page.get_by_role("tab", name="Audience")).to_be_focused()
        keys.choose(keys.combobox("Lists"), page.get_by_role("option", name="readers (2)"))
        page.keyboard.press("Escape")
        keys.press(keys.button("Save, then: accounts"))
        keys.press(page.get_by_role("checkbox", name="sandbox"), "Space")
        keys.go_to(page.get_by_role("tab", name="Accounts"), "Shift+Tab")
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text("Nothing stands in the way")).to_be_visible()

        keys.press(keys.button("Start it now"))
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("button", name="Close")).to_be_visible()
        for _ in range(5):
            page.keyboard.press("Tab")
            assert dialog.evaluate("element => element.contains(document.activeElement)"), "the focus left the dialog"
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(keys.button("Start it now")).to_be_focused()
        keys.press(keys.button("Start it now"))
        keys.press(dialog.get_by_role("button", name="Start sending"))
        expect(page.get_by_text("completed", exact=True)).to_be_visible()
        assert sorted(paceline.arrived()) == ["ann@example.com", "ben@example.com"]
