"""A message built of blocks: with the mouse, with keys, opened again as blocks, sent, and nothing lost on the way."""

from __future__ import annotations

import email
import re
from email import policy
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from paceline.domain.permission import Role
from surroundings.browser import Visitor, installation, visitor
from surroundings.people import PASSWORD
from surroundings.server import Server

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63606060f80f0001040100f5d7d4c20000000049454e44ae426082"
)
MARKUP = '<img src="x" onerror="alert(1)">'
HAND_WRITTEN = """<mjml>
  <mj-head><mj-title>News</mj-title></mj-head>
  <mj-body background-color="#eeeeee">
    <!-- the top -->
    <mj-wrapper><mj-section><mj-column><mj-text>In a wrapper</mj-text></mj-column></mj-section></mj-wrapper>
    <mj-section background-color="#ffffff" padding="0">
      <mj-column width="30%"><mj-text css-class="small">One &amp; two</mj-text></mj-column>
      <mj-column><mj-social><mj-social-element name="web" href="https://example.com/">Web</mj-social-element></mj-social></mj-column>
    </mj-section>
    <mj-section><mj-column>
      <mj-text>{% if contact["Age in years"] | default("0") | int < 18 %}Young{% else %}Old & wise{% endif %}</mj-text>
      <mj-button href="https://example.com/?a=1&b={{ contact["Postal code"] | default("x", true) }}">Go</mj-button>
      <mj-text><span style="color:#aa0000">Red</span></mj-text>
    </mj-column></mj-section>
    <mj-section><mj-column><mj-spacer height="10px" /></mj-column></mj-section>
  </mj-body>
</mjml>
"""


def test_mail_is_built_of_blocks_opened_again_and_sent(browser: Browser, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with installation(tmp_path, "--keep", str(kept)) as paceline, visitor(browser, paceline.url) as somebody:
        page = somebody.open(paceline.first_link())
        _begin(page, paceline.sandbox_port, tmp_path)
        page.get_by_label("From").fill("Café Lee <news@example.com>")
        page.get_by_label("Subject").fill("News")
        _use_blocks(page)
        add(page, "Columns")
        add(page, "Heading")
        page.get_by_role("textbox", name="Words").fill(MARKUP)
        expect(_canvas(page).get_by_text(MARKUP)).to_be_visible()
        _drag_from_palette(page, "Divider", onto=_canvas(page).get_by_text("What is new."))
        expect(_chosen(page)).to_have_value(re.compile(r"^\d\. Divider$"))
        add(page, "Text")
        page.get_by_role("textbox", name="Text", exact=True).press_sequentially("Dear ")
        page.get_by_role("button", name="Insert a field of the contact").click()
        page.get_by_role("menuitem", name="first_name").click()
        expect(_canvas(page).get_by_text("Dear {{ contact.first_name }}")).to_be_visible()
        letter = _letter(page)
        expect(letter.get_by_text(re.compile("Dear <i>Reader</i>"))).to_be_visible()
        expect(letter.get_by_role("heading", name=MARKUP)).to_be_visible()
        assert somebody.serious_findings() == []
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()

        page.reload()
        choose(page, "Heading")
        expect(page.get_by_role("textbox", name="Words")).to_have_value(MARKUP)
        page.get_by_role("textbox", name="Words").fill("Spring < summer")
        choose(page, "Button")
        page.get_by_role("textbox", name="Address").fill('https://example.com/?a=1&who={{ contact["first_name"] }}')
        expect(letter.get_by_role("heading", name="Spring < summer")).to_be_visible()
        page.get_by_role("button", name="Save, then: audience").click()
        page.get_by_role("tab", name="4. Check and send").click()
        page.get_by_role("button", name="Send the test").click()
        expect(page.get_by_role("region", name="Test").get_by_text("sent", exact=True)).to_be_visible()
    html = _html_of(kept)
    assert "<h1" in html
    assert "Spring &lt; summer</h1>" in html
    assert "Dear &lt;i&gt;Reader&lt;/i&gt;" in html
    assert "who=%3Ci%3EReader%3C%2Fi%3E" in html or "who=&lt;i&gt;Reader" in html
    assert "{{" not in html


def test_blocks_are_added_moved_and_removed_with_keys(owner: Visitor) -> None:
    loaded: list[str] = []
    owner.page.on("request", lambda request: loaded.append(request.url))
    page = owner.open("/templates/new")
    assert not any("block-editor" in url for url in loaded)
    _use_blocks(page)
    assert any("block-editor" in url for url in loaded)
    _press(page.get_by_role("button", name="Columns", exact=True))
    _press(page.get_by_role("button", name="Heading", exact=True))
    expect(_chosen(page)).to_have_value("5. Heading, column 1: A heading")
    down, up = page.get_by_role("button", name="Move it down"), page.get_by_role("button", name="Move it up")
    _press(down)
    expect(_chosen(page)).to_have_value("5. Heading, column 2: A heading")
    _press(down)
    expect(_chosen(page)).to_have_value("5. Heading: A heading")
    expect(down).to_be_disabled()
    for where in ("5. Heading, column 2", "5. Heading, column 1", "4. Heading", "3. Heading"):
        _press(up)
        expect(_chosen(page)).to_have_value(f"{where}: A heading")
    _press(page.get_by_role("button", name="Copy it"))
    expect(page.get_by_role("heading", level=1, name="A heading")).to_have_count(0)
    expect(_canvas(page).get_by_text("A heading")).to_have_count(2)
    page.wait_for_timeout(600)  # what is done within a quarter of a second is one step of the history
    _press(page.get_by_role("button", name="Remove it"))
    expect(_canvas(page).get_by_text("A heading")).to_have_count(1)
    page.wait_for_timeout(600)
    _press(page.get_by_role("button", name="Undo"))
    expect(_canvas(page).get_by_text("A heading")).to_have_count(2)

    page.get_by_label("Subject").fill("News")
    page.get_by_label("Subject").press("Control+z")
    expect(_canvas(page).get_by_text("A heading")).to_have_count(2)


def test_blocks_are_chosen_with_the_arrows_and_written_in_from_the_canvas(owner: Visitor) -> None:
    page = owner.open("/templates/new")
    _use_blocks(page)
    _press(page.get_by_role("button", name="Heading", exact=True))
    _press(page.get_by_role("button", name="Divider", exact=True))
    expect(_chosen(page)).to_have_value("5. Divider")
    _canvas(page).focus()
    page.keyboard.press("ArrowUp")
    expect(_chosen(page)).to_have_value("4. Heading: A heading")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type("Spring")
    expect(_canvas(page).get_by_text("Spring")).to_be_visible()
    _canvas(page).focus()
    page.keyboard.press("ArrowDown")
    expect(_chosen(page)).to_have_value("5. Divider")
    page.keyboard.press("ArrowDown")
    expect(_chosen(page)).to_have_value("5. Divider")
    page.keyboard.press("Delete")
    expect(_chosen(page)).to_have_value("")
    expect(_canvas(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(_chosen(page)).to_have_value(re.compile("^1\\. "))


def test_text_has_its_own_keys_and_links_and_keeps_what_the_template_says(owner: Visitor) -> None:
    page = owner.open("/templates/new")
    _use_blocks(page)
    add(page, "Text")
    field = page.get_by_role("textbox", name="Text", exact=True)
    field.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("To my page")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+i")
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_label("Address of the link").fill('{{ contact["my page"] }}?a=1&b=2')
    page.keyboard.press("Enter")
    expect(field.get_by_role("link", name="To my page")).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.type(' {% if contact["a"] | int < 3 & 1 %}x{% endif %}')
    expect(_canvas(page).get_by_text('{% if contact["a"] | int < 3 & 1 %}x{% endif %}')).to_be_visible()
    page.keyboard.press("Control+z")
    expect(_chosen(page)).to_have_value(re.compile(r"^4\. Text"))
    page.keyboard.press("Control+y")
    page.get_by_text("MJML", exact=True).first.click()
    expect(page.get_by_label("MJML of the message")).to_have_value(
        re.compile(
            re.escape('<p><a href="{{ contact["my page"] }}?a=1&amp;b=2"><em>To my page</em></a><em> ')
            + re.escape('{% if contact["a"] | int < 3 & 1 %}x{% endif %}</em></p></mj-text>')
        )
    )


def test_mjml_that_blocks_do_not_know_survives_them(owner: Visitor, server: Server) -> None:
    with server.as_person(Role.OWNER) as client:
        content = {"subject": "News", "mjml": HAND_WRITTEN}
        template = client.post("/api/v1/templates", json={"name": "Frame", "content": content}).json()["id"]
        page = owner.open(f"/templates/{template}")
        body = page.get_by_label("MJML of the message")
        expect(body).to_have_value(HAND_WRITTEN)
        page.get_by_text("Blocks", exact=True).click()
        expect(_canvas(page).get_by_text("Old & wise")).to_be_visible()
        page.get_by_text("MJML", exact=True).first.click()
        expect(body).to_have_value(HAND_WRITTEN)
        before = _letter(page).locator("body").inner_text()
        page.get_by_text("Blocks", exact=True).click()
        choose(page, "Spacer")
        page.get_by_role("textbox", name="Height").fill("12px")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        written = client.get(f"/api/v1/templates/{template}").json()["content"]["mjml"]
        expect(_letter(page).locator("body")).to_have_text(before, use_inner_text=True)
    for kept in (
        '<mj-body background-color="#eeeeee">',
        "<!-- the top -->",
        "<mj-wrapper><mj-section><mj-column><mj-text>In a wrapper",
        '<mj-section background-color="#ffffff" padding="0">',
        '<mj-column width="30%">',
        'css-class="small">One &amp; two<',
        '<mj-social-element name="web" href="https://example.com/">Web',
        '{% if contact["Age in years"] | default("0") | int < 18 %}Young{% else %}Old & wise{% endif %}',
        'href="https://example.com/?a=1&amp;b={{ contact["Postal code"] | default("x", true) }}">Go<',
        '<span style="color:#aa0000">Red</span>',
        '<mj-spacer height="12px" />',
    ):
        assert kept in written


def test_stored_markup_is_text_among_the_blocks_and_runs_nowhere(owner: Visitor, server: Server) -> None:
    script = "<script>parent.document.title = 'run'</script>"
    mjml = (
        "<mjml><mj-body><mj-section><mj-column>"
        f'<mj-text><div onclick="alert(1)">{script}{MARKUP}</div></mj-text>'
        '<mj-text><a href="javascript:alert(1)">Press</a></mj-text>'
        '<mj-image src="javascript:alert(1)" alt="&lt;img onerror=1&gt;" />'
        '<mj-button href="https://example.com/">&lt;b&gt;x</mj-button>'
        "</mj-column></mj-section></mj-body></mjml>"
    )
    with server.as_person(Role.OWNER) as client:
        content = {"subject": "News", "mjml": mjml}
        template = client.post("/api/v1/templates", json={"name": "Frame", "content": content}).json()["id"]
    page = owner.open(f"/templates/{template}")
    page.get_by_text("Blocks", exact=True).click()
    canvas = _canvas(page)
    expect(canvas.get_by_text(script)).to_be_visible()
    expect(canvas.get_by_text("<b>x")).to_be_visible()
    assert canvas.locator("script, img, a, [onclick]").count() == 0
    choose(page, "Text: Press")
    field = page.get_by_role("textbox", name="Text", exact=True)
    expect(field).to_have_text("Press")
    assert field.locator("[href^='javascript']").count() == 0
    expect(_letter(page).get_by_text("Press")).to_be_visible()
    assert page.title() != "run"


def test_mistake_in_a_block_is_named_where_it_can_be_mended(owner: Visitor) -> None:
    page = owner.open("/templates/new")
    page.get_by_label("Name").fill("Frame")
    page.get_by_label("Subject").fill("News")
    _use_blocks(page)
    add(page, "HTML")
    page.get_by_label("HTML of the block").fill("<div>not closed")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").get_by_text("<div> is not closed before </mj-text>").first).to_be_visible()


def test_mistake_keeps_mjml_from_being_shown_as_blocks(owner: Visitor) -> None:
    page = owner.open("/templates/new")
    page.get_by_text("MJML", exact=True).click()
    page.get_by_label("MJML of the message").fill("<mjml><mj-body><mj-section></mj-body></mjml>")
    page.get_by_text("Blocks", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="This MJML cannot be shown as blocks")).to_be_visible()


def test_picture_is_one_of_the_files_or_stands_elsewhere(owner: Visitor, server: Server) -> None:
    with server.as_person(Role.OWNER) as client:
        kept = client.post("/api/v1/files", files={"file": ("top.png", PIXEL, "image/png")}).json()
    page = owner.open("/templates/new")
    _use_blocks(page)
    add(page, "Image")
    expect(_canvas(page).get_by_text("A picture that has no address yet")).to_be_visible()
    page.get_by_role("combobox", name="One of your files").click()
    page.get_by_role("option", name="top.png").click()
    address = page.get_by_role("textbox", name="Address of the picture")
    expect(address).to_have_value(kept["url"])
    address.fill("https://elsewhere.example.com/a.png")
    expect(_canvas(page).get_by_text("https://elsewhere.example.com/a.png")).to_be_visible()


def _begin(page: Page, sandbox_port: int, folder: Path) -> None:
    """From the link of the first start to the message of a new campaign; there is one contact."""
    page.get_by_label("Your name").fill("Olga")
    page.get_by_label("E-mail address").fill("olga@example.com")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("link", name="Add an account").click()
    page.get_by_role("combobox", name="Provider").click()
    page.get_by_role("option", name="The sandbox: try it without sending").click()
    page.get_by_label("Port").fill(str(sandbox_port))
    page.get_by_role("button", name="Add and test it").click()
    expect(page.get_by_text("It works")).to_be_visible()
    page.get_by_role("link", name="Go on").click()
    contacts = folder / "readers.csv"
    contacts.write_text("email,first_name\nreader@example.com,<i>Reader</i>\n", encoding="utf-8")
    page.get_by_role("link", name="Import contacts").click()
    page.get_by_label("File of contacts").set_input_files(contacts)
    page.get_by_label("Why may these people be written to?").fill("Signed up at the counter")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("link", name="Write a message").click()
    page.get_by_label("Name").fill("Spring")
    page.get_by_role("button", name="Write the message").click()


def _use_blocks(page: Page) -> None:
    page.get_by_text("Blocks", exact=True).click()
    anew = page.get_by_role("button", name="Begin anew")
    expect(anew.or_(_canvas(page))).to_be_visible()
    if anew.is_visible():
        anew.click()
    expect(_canvas(page).get_by_text("What is new.")).to_be_visible()


def add(page: Page, kind: str) -> None:
    page.get_by_role("group", name="Add a block").get_by_role("button", name=kind, exact=True).click()
    expect(_chosen(page)).to_have_value(re.compile(rf"^\d+\. {kind}"))


def choose(page: Page, words: str) -> None:
    _chosen(page).click()
    page.get_by_role("option", name=re.compile(rf"^\d+\. {words}")).first.click()


def _chosen(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Chosen block")


def _canvas(page: Page) -> Locator:
    return page.get_by_role("region", name="The blocks")


def _letter(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title='The message']:not([hidden])")


def _press(button: Locator) -> None:
    button.focus()
    button.press("Enter")


def _drag_from_palette(page: Page, kind: str, *, onto: Locator) -> None:
    grip = page.get_by_test_id(f"drawer-item:{kind}")
    grip.scroll_into_view_if_needed()
    start, end = grip.bounding_box(), onto.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 5, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 25, start["y"] + 40, steps=5)
    page.mouse.move(end["x"] + 60, end["y"] + 4, steps=15)
    expect(page.locator("[data-puck-dragging]")).to_be_visible()
    page.mouse.up()


def _html_of(folder: Path) -> str:
    """The HTML of the only mail in a folder."""
    (file,) = folder.iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())
