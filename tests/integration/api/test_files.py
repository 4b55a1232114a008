"""Hosted files: uploaded by who may, shown to whoever has the address, attached to messages, and harmless."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from paceline.domain.hosted_file import LARGEST_FILE
from paceline.domain.permission import Permission
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from surroundings.sending import opened, send_to_the_end, write_campaign
from surroundings.server import Server, running_server

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3000  # several parts
PDF = b"%PDF-1.7\n" + b"menu " * 1000


def upload(client: httpx.Client, name: str, data: bytes) -> httpx.Response:
    return client.post("/api/v1/files", files={"file": (name, data, "text/html")})


def made(client: httpx.Client, name: str, data: bytes) -> dict[str, Any]:
    answer = upload(client, name, data)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_image_is_shown_to_whoever_has_its_address_for_ever(server: Server) -> None:
    file = made(server.with_key(), "Logo ü.png", PNG)
    assert (file["name"], file["media_type"], file["size"]) == ("Logo ü.png", "image/png", len(PNG))
    shown = server.stranger().get(file["path"])
    assert (shown.status_code, shown.content) == (200, PNG)
    headers = shown.headers
    assert headers["content-type"] == "image/png"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["content-disposition"].startswith("inline;")
    assert not shown.cookies
    again = server.stranger().get(file["path"], headers={"If-None-Match": headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = server.stranger().head(file["path"])
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(PNG)))


def test_everything_but_images_is_downloaded(server: Server) -> None:
    file = made(server.with_key(), 'menu"; x=y\r\nX-Evil: 1.pdf', PDF)
    shown = server.stranger().get(file["path"])
    assert shown.headers["content-disposition"].startswith("attachment; filename*=utf-8''menu_")
    assert "x-evil" not in shown.headers
    assert shown.headers["content-type"] == "application/pdf"


def test_same_file_again_is_the_same_and_a_changed_one_has_another_address(server: Server) -> None:
    client = server.with_key()
    first = made(client, "a.png", PNG)
    assert made(client, "a.png", PNG)["id"] == first["id"]
    assert made(client, "a.png", PNG + b"x")["path"] != first["path"]
    assert [file["name"] for file in client.get("/api/v1/files").json()["items"]] == ["a.png", "a.png"]


@pytest.mark.parametrize("data", [b"<svg onload='x'/>", b"", b"x" * (LARGEST_FILE + 1)], ids=["svg", "empty", "large"])
def test_what_is_no_kind_of_file_is_refused_and_nothing_kept(server: Server, data: bytes) -> None:
    client = server.with_key()
    assert upload(client, "a.png", data).status_code in (413, 422)
    assert client.get("/api/v1/files").json()["items"] == []
    with server.context.queue.read() as connection:
        assert connection.execute(sql("SELECT COUNT(*) FROM file_parts")).scalar_one() == 0


def test_addresses_cannot_be_guessed_and_workspaces_do_not_share(server: Server) -> None:
    file = made(server.with_key(), "a.png", PNG)
    client = server.stranger()
    public = file["id"]
    for path in (
        f"/f/{public[:-1]}{'a' if public[-1] != 'a' else 'b'}/a.png",
        f"/f/{public}/b.png",
        f"/f/{server.context.ids.encode(IdKind.ACCOUNT, 1)}/a.png",
        "/f/fil_1/a.png",
    ):
        assert client.get(path).status_code == 404, path
    stranger = server.with_key(workspace_id=server.new_workspace())
    assert stranger.get(f"/api/v1/files/{public}").status_code == 404
    assert stranger.delete(f"/api/v1/files/{public}").status_code == 404
    letter = {"from": "a@example.com", "subject": "x", "text": "x", "attachments": [public]}
    draft = stranger.post("/api/v1/campaigns", json={"name": "x", "content": letter}).json()["id"]
    problems = stranger.get(f"/api/v1/campaigns/{draft}/check").json()["problems"]
    assert any(problem["message"] == f"there is no file {public}" for problem in problems)
    reader = server.with_key([Permission.CAMPAIGNS_READ])
    assert upload(reader, "b.png", PNG).status_code == 403


def test_file_that_a_draft_attaches_stays(server: Server) -> None:
    client = server.with_key()
    file = made(client, "menu.pdf", PDF)
    letter = {"from": "a@example.com", "subject": "x", "text": "x", "attachments": [file["id"]]}
    draft = client.post("/api/v1/campaigns", json={"name": "x", "content": letter}).json()
    assert draft["content"]["attachments"] == [file["id"]]
    assert client.delete(f"/api/v1/files/{file['id']}").status_code == 409
    assert client.delete(f"/api/v1/campaigns/{draft['id']}").status_code == 204
    assert client.delete(f"/api/v1/files/{file['id']}").status_code == 204
    assert server.stranger().get(file["path"]).status_code == 404
    with server.context.queue.read() as connection:
        assert connection.execute(sql("SELECT COUNT(*) FROM file_parts")).scalar_one() == 0


@pytest.fixture
def small(database_url: str, tmp_path: Path) -> Iterator[Server]:
    with running_server(database_url, str(tmp_path), files_megabytes=1.0) as running:
        yield running


def test_room_of_a_workspace_is_bounded(small: Server) -> None:
    client = small.with_key()
    made(client, "a.png", PNG)
    refused = upload(client, "b.png", PNG)
    assert refused.status_code == 422
    assert "more than 1 MB" in refused.json()["errors"][0]["message"]


def test_campaign_file_attaches_what_it_names(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "Menü.pdf").write_bytes(PDF)

    async def story() -> list[bytes]:
        sandbox = SmtpSandbox(keep_data=True)
        await sandbox.start()
        try:
            path = write_campaign(tmp_path, contacts=3, accounts=[{"port": sandbox.port}])
            words = path.read_text().replace('text = "body.txt"', 'text = "body.txt"\nattachments = ["Menü.pdf"]')
            path.write_text(words)
            with opened(database_url, tmp_path) as context:
                summary = await send_to_the_end(context, path)
                assert summary.counts["sent"] == 3
        finally:
            await sandbox.stop()
        return [delivery.data or b"" for delivery in sandbox.mailbox.deliveries]

    for data in asyncio.run(story()):
        message: Any = email.message_from_bytes(data, policy=email.policy.SMTP)
        (part,) = message.iter_attachments()
        assert part.get_payload(decode=True) == PDF
        assert part.get_filename() == "Menü.pdf"
        assert re.match(r"Hello Name \d", message.get_body(("plain",)).get_content())
