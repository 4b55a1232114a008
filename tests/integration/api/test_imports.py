"""Imports over HTTP: an upload from preview to refused rows, files of the server, and what is refused."""

from __future__ import annotations

import csv
import io
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import httpx
import pytest

from paceline.domain.permission import Role
from paceline.operations.audience.importing import import_runner
from surroundings.server import Server, running_server

FILE = b"email,city\nann@example.com,Rome\nnobody,Oslo\nANN@example.com,Paris\n"


def _upload(client: httpx.Client, content: bytes = FILE, **data: Any) -> httpx.Response:
    return client.post("/api/v1/imports", files={"file": ("../mine.csv", content, "text/csv")}, data=data)


def test_upload_is_previewed_imported_and_its_refused_rows_come_back(server: Server, tmp_path: Path) -> None:
    owner = server.as_person(Role.OWNER)
    shown = owner.post("/api/v1/imports/preview", files={"file": ("mine.csv", FILE, "text/csv")}).json()
    assert shown["columns"] == ["email", "city"]
    assert shown["rows"][0] == ["ann@example.com", "Rome"]
    answer = _upload(owner, list_name="News", consent="asked", mapping='{"city": "town"}', mode="replace")
    assert answer.status_code == 201, answer.text
    started = answer.json()
    assert (started["status"], started["file_name"], started["mode"]) == ("waiting", "mine.csv", "replace")
    assert import_runner(server.context).run_next(threading.Event())
    done = owner.get(f"/api/v1/imports/{started['id']}").json()
    assert done["status"] == "completed"
    assert done["counts"] == {"rows": 3, "imported": 1, "updated": 0, "duplicates": 1, "refused": 1}
    refused = owner.get(f"/api/v1/imports/{started['id']}/refused")
    assert [row[0] for row in csv.reader(io.StringIO(refused.text))] == ["line", "3", "4"]
    (contact,) = owner.get("/api/v1/contacts").json()["items"]
    assert contact["fields"] == {"town": "Rome"}
    listed = owner.get(f"/api/v1/lists/{done['list_id']}").json()
    assert (listed["confirmed"], listed["consent"]) == (1, "asked")
    assert list((tmp_path / "uploads").iterdir()) == []
    exported = owner.get("/api/v1/exports/contacts", params={"list_id": done["list_id"]})
    assert exported.headers["content-type"].startswith("text/csv")
    assert "ann@example.com" in exported.text
    actions = [entry["action"] for entry in owner.get("/api/v1/audit").json()["items"]]
    assert actions == ["contact.export", "import.create"]


@pytest.mark.parametrize(
    ("content", "data", "field"),
    [
        (b"", {"list_name": "News"}, "file"),
        (b"\x89PNG\r\n\x1a\n", {"list_name": "News"}, "file"),
        (b"city\nRome\n", {"list_name": "News"}, "email"),
        (FILE, {"list_name": "News", "mapping": "[]"}, "mapping"),
        (FILE, {"list_name": "News", "mapping": '{"nothing": "x"}'}, "nothing"),
        (FILE, {"list_name": "   "}, "list"),
    ],
)
def test_upload_that_cannot_be_imported_leaves_nothing(
    server: Server, tmp_path: Path, content: bytes, data: dict[str, str], field: str
) -> None:
    owner = server.as_person(Role.OWNER)
    answer = _upload(owner, content, **data)
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["errors"]] == [field]
    assert str(tmp_path) not in answer.text
    assert [*(tmp_path / "uploads").glob("*")] == []
    assert owner.get("/api/v1/lists").json()["items"] == []
    assert owner.get("/api/v1/imports").json()["items"] == []


def test_cancelled_import_that_waited_leaves_no_upload(server: Server, tmp_path: Path) -> None:
    owner = server.as_person(Role.OWNER)
    started = _upload(owner, list_name="News").json()
    assert len(list((tmp_path / "uploads").iterdir())) == 1
    cancelled = owner.post(f"/api/v1/imports/{started['id']}/cancel")
    assert cancelled.json()["status"] == "cancelled"
    assert list((tmp_path / "uploads").iterdir()) == []
    assert owner.post(f"/api/v1/imports/{started['id']}/cancel").status_code == 409
    assert not import_runner(server.context).run_next(threading.Event())


def test_viewer_may_look_and_not_import(server: Server) -> None:
    viewer = server.as_person(Role.VIEWER)
    assert _upload(viewer, list_name="News").status_code == 403
    assert viewer.get("/api/v1/imports").status_code == 200


def test_file_of_the_server_is_imported_only_from_the_folder_that_is_allowed(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "allowed"
    folder.mkdir()
    (folder / "people.csv").write_bytes(FILE)
    (tmp_path / "secret.csv").write_bytes(FILE)
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    with running_server(sqlite_url, str(tmp_path / "data"), import_dir=str(folder)) as server:
        owner = server.as_person(Role.OWNER)

        def ask(path: str) -> httpx.Response:
            return owner.post("/api/v1/imports/from-path", json={"path": path, "list_name": "News"})

        for path in ("../secret.csv", str(tmp_path / "secret.csv"), "link.csv", "a\0b", "no.csv", "."):
            answer = ask(path)
            assert answer.status_code == 422, path
            assert "secret" not in answer.json()["detail"] or path == "../secret.csv"
        assert ask("people.csv").status_code == 201
        assert import_runner(server.context).run_next(threading.Event())
        assert (folder / "people.csv").exists()
        assert len(owner.get("/api/v1/contacts").json()["items"]) == 1


def test_no_file_of_the_server_is_imported_where_no_folder_is_allowed(server: Server) -> None:
    answer = server.as_person(Role.OWNER).post("/api/v1/imports/from-path", json={"path": "x", "list_name": "News"})
    assert answer.status_code == 422
    assert "PACELINE_IMPORT_DIR" in answer.text


def test_upload_that_is_sent_again_with_its_key_is_carried_out_once(server: Server) -> None:
    owner = server.as_person(Role.OWNER)

    def send(
        content: bytes, name: str = "News"
    ) -> httpx.Response:  # every request has new boundaries between its parts
        files = {"file": ("mine.csv", content, "text/csv")}
        headers = {"Idempotency-Key": "one"}
        return owner.post("/api/v1/imports", files=files, data={"list_name": name}, headers=headers)

    first, second = send(FILE), send(FILE)
    assert (first.status_code, second.json()) == (201, first.json())
    assert send(FILE + b"bob@example.com,Rome\n").json()["type"] == "urn:paceline:idempotency-key-reused"
    assert send(FILE, "Offers").json()["type"] == "urn:paceline:idempotency-key-reused"
    assert len(owner.get("/api/v1/imports").json()["items"]) == 1


def test_large_upload_with_a_key_is_not_held_in_memory(server: Server, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.write(b"email,city\n")
        for _ in range(32):
            file.write(b"ann@example.com,Rome\n" * 50_000)
    owner = server.as_person(Role.OWNER)
    tracemalloc.start()
    try:
        with large.open("rb") as file:
            answer = owner.post(
                "/api/v1/imports",
                files={"file": ("large.csv", file, "text/csv")},
                data={"list_name": "News"},
                headers={"Idempotency-Key": "large"},
            )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status_code == 201
    assert peak < large.stat().st_size / 2
