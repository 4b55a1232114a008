"""What belongs to messages besides their text: hosted files, attachments, and the mail that asks people to confirm."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from paceline.domain.permission import Role
from surroundings.browser import Visitor
from surroundings.server import Server

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63606060f80f0001040100f5d7d4c20000000049454e44ae426082"
)


def test_file_is_uploaded_shown_attached_and_deleted(owner: Visitor, server: Server, tmp_path: Path) -> None:
    picture = tmp_path / 'a "b" <i>.png'
    picture.write_bytes(PIXEL)
    page = owner.open("/files")
    page.get_by_label("Files to upload").set_input_files(picture)
    expect(page.get_by_text("Uploaded: ")).to_be_visible()
    with server.as_person(Role.OWNER) as client:
        (kept,) = client.get("/api/v1/files").json()["items"]
        expect(page.get_by_text(kept["url"])).to_be_visible()
        assert page.locator("img.thumbnail").evaluate("image => image.complete && image.naturalWidth") == 1
        assert owner.serious_findings() == []

        draft = client.post("/api/v1/campaigns", json={"name": "Spring"}).json()["id"]
        owner.open(f"/campaigns/{draft}")
        page.get_by_role("combobox", name="Attachments").click()
        page.get_by_role("option", name=kept["name"]).click()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        assert client.get(f"/api/v1/campaigns/{draft}").json()["content"]["attachments"] == [kept["id"]]

        owner.open("/files")
        page.get_by_role("button", name=f"Delete {kept['name']}").click()
        page.get_by_role("button", name="Delete the file").click()
        expect(page.get_by_role("alert")).to_contain_text("attached to a campaign that has not ended")
        page.get_by_role("button", name="Cancel").click()
        client.delete(f"/api/v1/campaigns/{draft}").raise_for_status()
        page.get_by_role("button", name=f"Delete {kept['name']}").click()
        page.get_by_role("button", name="Delete the file").click()
        expect(page.get_by_role("heading", name="No file yet")).to_be_visible()


def test_list_gets_the_mail_that_asks_to_confirm_and_shows_where_people_join(owner: Visitor, server: Server) -> None:
    content = {"from": "Ann <ann@example.com>", "subject": "Join?", "text": "Yes: {{ contact.confirm_url }}"}
    with server.as_person(Role.OWNER) as client:
        template = client.post("/api/v1/templates", json={"name": "Join us", "content": content}).json()["id"]
        known = client.post("/api/v1/lists", json={"name": "News", "consent": "form"}).json()["id"]
        page = owner.open(f"/lists/{known}")
        page.get_by_role("combobox", name="Mail that asks to confirm").click()
        page.get_by_role("option", name="Join us").click()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("link", name=f"/subscribe/{known}")).to_be_visible()
        assert client.get(f"/api/v1/lists/{known}").json()["confirmation_template"] == template
        page.get_by_label("Description").fill("Once a month")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Once a month").first).to_be_visible()
        assert client.get(f"/api/v1/lists/{known}").json()["confirmation_template"] == template
        assert owner.serious_findings() == []
