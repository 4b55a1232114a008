"""A campaign over the API through ``paceline serve``, with people in one database and the queue in another: it is imported
for, started, pauses at a limit, goes on by itself when there is room, is paused and resumed by a person, and ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from acceptance.judge import copies, running_judge
from acceptance.serve.campaigns import QUICK
from paceline.settings import read_settings
from paceline.store.database import sql
from paceline.store.opening import connect_queue
from surroundings.postgres import Postgres
from surroundings.serving import running, url_of, wait_until

PEOPLE = 12
LIMIT = 3
LETTER = {"from": "Ann <news@example.com>", "subject": "Hello {{ contact.name }}", "text": "Hello {{ contact.name }}"}


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The catalogue's, and another one for the queue."""
    if request.param == "SQLite":
        yield f"sqlite:///{tmp_path / 'catalogue.db'}", f"sqlite:///{tmp_path / 'queue.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    names = [server.create(), server.create()]
    yield server.url(names[0]), server.url(names[1])
    for name in names:
        server.drop(name)


class Client:
    """Somebody with a key for everything."""

    def __init__(self, url: str, environment: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "paceline.cli.main", "keys", "create", "test"]
        key = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
        headers = {"Authorization": f"Bearer {key}"}
        self._client = httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60, trust_env=False)

    def ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """The answer to a request that must succeed."""
        answer = self._client.request(method, path, **request)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        found: dict[str, Any] = answer.json()
        return found

    def until(self, path: str, *statuses: str) -> dict[str, Any]:
        """Ask until the status is one of these."""
        last: dict[str, Any] = {}

        def is_there() -> bool:
            last.update(self.ask("GET", path))
            return last["status"] in statuses

        wait_until(is_there, within=120)
        return last

    def close(self) -> None:
        """Let go of its connections."""
        self._client.close()


@pytest.mark.timeout(400)
def test_campaign_pauses_goes_on_and_ends(tmp_path: Path, databases: tuple[str, str]) -> None:
    environment = {
        **os.environ,
        **QUICK,
        "PACELINE_DATABASE": databases[0],
        "PACELINE_QUEUE_DATABASE": databases[1],
        "PACELINE_DATA_DIR": str(tmp_path / "data"),
        "PACELINE_PRIVATE_HOSTS": "127.0.0.1",
    }
    record = tmp_path / "record.jsonl"
    with (
        running_judge(record) as judge,
        running("serve", "--port", "0", "--senders", "2", environment=environment) as server,
    ):
        client = Client(url_of(server), environment)
        try:
            campaign, account = _prepared(client, judge.port)
            progress = f"/campaigns/{campaign}/progress"
            client.ask("POST", f"/campaigns/{campaign}/start")
            paused = client.until(progress, "paused_limits")
            assert LIMIT <= paused["sent"] <= 2 * LIMIT  # an hour may have ended meanwhile
            assert paused["resumes_at"] is not None
            assert client.ask("GET", f"/campaigns/{campaign}/explain")["causes"]
            client.ask("PATCH", f"/accounts/{account}", json={"hourly_limit": 0, "rate_per_minute": 120})
            client.until(progress, "running")
            assert client.ask("POST", f"/campaigns/{campaign}/pause")["status"] == "paused"
            assert client.ask("POST", f"/campaigns/{campaign}/resume")["status"] == "running"
            ended = client.until(progress, "completed")
        finally:
            client.close()
        assert (ended["total"], ended["sent"]) == (PEOPLE, PEOPLE)
        assert copies(record) == {f"person{number}@example.com": 1 for number in range(PEOPLE)}
        assert server.end() == 0
    _nothing_of_the_one_is_in_the_other(databases, tmp_path)


def _prepared(client: Client, port: int) -> tuple[str, str]:
    """People from an upload, an account with a limit, a campaign: the ids of campaign and account."""
    rows = "".join(f"person{number}@example.com,Person {number}\n" for number in range(PEOPLE))
    file = {"file": ("people.csv", f"email,name\n{rows}".encode(), "text/csv")}
    started = client.ask("POST", "/imports", files=file, data={"list_name": "News", "consent": "asked"})
    imported = client.until(f"/imports/{started['id']}", "completed")
    login = {"name": "relay", "host": "127.0.0.1", "port": port, "security": "none", "hourly_limit": LIMIT}
    account = client.ask("POST", "/accounts", json=login)["id"]
    draft = {
        "name": "Spring",
        "content": LETTER,
        "audience": {"lists": [imported["list_id"]]},
        "accounts": [account],
    }
    return client.ask("POST", "/campaigns", json=draft)["id"], account


def _nothing_of_the_one_is_in_the_other(databases: tuple[str, str], folder: Path) -> None:
    for url, absent in zip(databases, ("messages", "contacts"), strict=True):
        database = connect_queue(read_settings({}, database=url, data_dir=str(folder)))
        try:
            with pytest.raises(Exception, match=absent), database.read() as connection:
                connection.execute(sql(f"SELECT COUNT(*) FROM {absent}"))
        finally:
            database.close()
