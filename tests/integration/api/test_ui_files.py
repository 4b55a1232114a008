"""The pages as files: under a strict policy, kept for ever where the name says what is in them, at every address."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from paceline.api.guard import SESSION_COOKIE, csrf_token
from paceline.api.ui import UserInterface
from paceline.domain.permission import Role
from surroundings.server import Server

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGES = ("/", "/campaigns", "/campaigns/abc/messages?state=failed", "/setup?token=x")


def test_every_address_of_a_page_gets_the_page_with_a_policy_and_a_nonce_of_its_own(sqlite_server: Server) -> None:
    nonces = set()
    for path in PAGES:
        answer = sqlite_server.stranger().get(path, headers=BROWSER)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'; script-src 'self'; " in policy
        nonce = re.search(r"'nonce-([\w-]+)'", policy)
        assert nonce is not None
        assert f'nonce="{nonce[1]}"' in answer.text
        nonces.add(nonce[1])
    assert len(nonces) == len(PAGES)


def test_page_has_nothing_inline_and_nothing_from_elsewhere(sqlite_server: Server) -> None:
    text = sqlite_server.stranger().get("/", headers=BROWSER).text
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]* src=\"/assets/)", text)
    assert not re.search(r"(src|href)=\"(?!/)", text)


def test_files_are_kept_for_ever_because_their_names_change(sqlite_server: Server) -> None:
    client = sqlite_server.stranger()
    paths = re.findall(r"(?:src|href)=\"(/assets/[^\"]+)\"", client.get("/", headers=BROWSER).text)
    assert paths
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert client.head(path).headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/assets/gone-123.js", "/assets/%2e%2e/%2e%2e/__init__.py", "/u/no"]
)
def test_pages_stand_in_the_way_of_nothing_else(sqlite_server: Server, path: str) -> None:
    answer = sqlite_server.stranger().get(path, headers=BROWSER)
    assert answer.status_code in (401, 404)
    assert "PACELINE" not in answer.text
    assert 'id="root"' not in answer.text


def test_programs_get_a_problem_for_an_unknown_path(sqlite_server: Server) -> None:
    answer = sqlite_server.stranger().get("/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_installation_without_pages_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "missing.txt").write_text("The web interface is not there: no registry\n", encoding="utf-8")
    app = UserInterface(Starlette(), doors={"api"}, folder=tmp_path)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://paceline.test") as client:
            return await client.get("/", headers=BROWSER)

    answer = asyncio.run(ask())
    assert answer.status_code == 503
    assert "no registry" in answer.text


def test_preview_frame_gives_back_html_that_can_do_nothing(sqlite_server: Server) -> None:
    session = sqlite_server.as_person(Role.OWNER)
    token = session.cookies[SESSION_COOKIE]
    assert token
    letter = "<h1>Hello</h1><script>alert(1)</script>"
    shown = session.post("/preview-frame", data={"html": letter, "csrf": csrf_token(token)})
    assert shown.text == letter
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert shown.headers["x-frame-options"] == "SAMEORIGIN"
    refused: list[httpx.Response] = [
        session.post("/preview-frame", data={"html": letter, "csrf": "of another session"}),
        sqlite_server.stranger().post("/preview-frame", data={"html": letter, "csrf": csrf_token("")}),
    ]
    assert [answer.status_code for answer in refused] == [403, 403]
