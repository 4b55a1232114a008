"""A worker whose database went back stops everything, says so everywhere, and begins anew when a person says so."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from paceline.cli.main import run
from paceline.operations.campaigns.explaining import explain
from paceline.operations.installation.doctor import Finding, examine
from paceline.remote.calls import Peer, PeerFailed
from paceline.remote.conformance import CONTENT
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from paceline.store.queue import home, workers
from surroundings.serving import wait_until
from surroundings.two_ends import RunningWorker, TwoEnds

pytestmark = pytest.mark.timeout(120)


def _halted(worker: RunningWorker) -> bool:
    with worker.context.queue.read() as connection:
        return home.get(connection).halted is not None


def _found(ends: TwoEnds, check: str = "workers") -> list[Finding]:
    return [finding for finding in examine(ends.context.settings) if finding.check == check]


def _causes(ends: TwoEnds) -> dict[str, str]:
    return {cause.cause: cause.sentence for cause in explain(ends.context, "away")}


def _go_back(ends: TwoEnds) -> None:
    """As if the worker's database were one from before its last reports."""
    with ends.context.queue.write() as connection:
        connection.execute(sql("UPDATE workers SET acknowledged = 1000000"))


def test_restored_worker_sends_nothing_again_and_begins_anew(ends: TwoEnds, post: SmtpSandbox) -> None:
    with ends.worker(sends=False) as worker:
        campaign = ends.campaign(post.port, 8)
        ends.start(campaign)
        wait_until(lambda: "worker_report" in _causes(ends))
        (away,) = ends.client.get("/api/v1/workers").json()
        path = f"/api/v1/workers/{away['id']}/clear-halt"
        assert ends.client.post(path).status_code == 409
        _go_back(ends)
        wait_until(lambda: _halted(worker))
        status = f"/api/campaign/{campaign}/status"
        assert worker.ask("GET", status).json()["paused_by"] == "paused"
        assert worker.ask("POST", f"/api/campaign/{campaign}/resume").status_code == 409
        assert ends.progress(campaign)["sent"] == 0
        assert "clear-halt away" in _causes(ends)["worker_halted"]
        (away,) = ends.client.get("/api/v1/workers").json()
        assert away["state"] == "halted"
        assert "its database went back" in away["halted"]
        (finding,) = _found(ends)
        assert finding.ok is False
        assert "clear-halt away" in finding.cure
        ends.client.post(path).raise_for_status()
        assert not _halted(worker)
        assert "worker_lost" in _causes(ends)
    with ends.worker() as worker:
        other = ends.campaign(post.port, 2, key="other")
        ends.start(other)
        assert ends.until(other, "completed")["sent"] == 10  # the people of both lists
        ends.client.post(f"/api/v1/campaigns/{campaign}/take-home", json={"abandon": True}).raise_for_status()
        assert ends.until(campaign, "completed")["uncertain"] == 8

        def are_gone() -> bool:
            with worker.context.queue.read() as connection:
                return [one.remote_id for one in home.every(connection)] == [other]

        wait_until(are_gone)
    assert post.mailbox.messages == 10


def test_halt_is_cleared_by_a_command_that_says_what_is_to_be_decided(
    sqlite_ends: TwoEnds, post: SmtpSandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ends = sqlite_ends
    monkeypatch.setenv("PACELINE_DATA_DIR", ends.context.settings.data_dir)
    command = ["workers", "clear-halt", "away", "--database", ends.context.settings.queue_url]
    with ends.worker(sends=False) as worker:
        campaign = ends.campaign(post.port, 2)
        ends.start(campaign)
        wait_until(lambda: "worker_report" in _causes(ends))
        _go_back(ends)
        wait_until(lambda: _halted(worker))
        (finding,) = _found_at(worker)
        assert "clear-halt" in finding.cure
        assert run(command) == 0
        assert "paceline workers take-home away --abandon" in capsys.readouterr().out
        assert run(command) == 2


def test_campaign_is_given_anew_at_once_to_a_worker_that_has_begun_anew(sqlite_ends: TwoEnds) -> None:
    order = {"version": 1, "revision": 3, "campaign": {"name": "News", "content": CONTENT}, "accounts": []}
    with sqlite_ends.worker(sends=False, controller="http://127.0.0.1:9") as worker:  # nothing can be acknowledged
        for _ in range(2):
            answer = worker.ask("POST", "/api/campaign/cmp_x/initialize", json.dumps(order).encode())
            assert answer.status_code == 200, answer.text
            with worker.context.queue.write() as connection:
                home.halt(connection, "for a test")
            assert worker.ask("POST", "/api/begin-anew").status_code == 200
        assert worker.ask("GET", "/api/campaign/cmp_x/status").status_code == 404


def test_campaign_that_its_worker_has_begun_by_itself_is_not_given_anew_without_a_pause(
    sqlite_ends: TwoEnds, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, ask = sqlite_ends, Peer.ask
    given: list[float] = []

    def has_started(peer: Peer, method: str, path: str, body: Any = None) -> dict[str, Any]:
        if path.endswith("/initialize"):
            with ends.context.queue.read() as connection:
                given.append(connection.execute(sql("SELECT next_try_at FROM remote_campaigns")).scalar_one())
            raise PeerFailed("it has started", status=409)
        return ask(peer, method, path, body)

    monkeypatch.setattr(Peer, "ask", has_started)
    with ends.worker(sends=False):
        ends.campaign(25, 1)
        wait_until(lambda: len(given) > 1)
    assert given[0] == 0.0
    assert given[1] > 0.0


def _found_at(worker: RunningWorker) -> list[Finding]:
    return [one for one in examine(worker.context.settings) if one.check == "controller" and one.ok is False]


def test_doctor_looks_at_every_worker(sqlite_ends: TwoEnds) -> None:
    ends = sqlite_ends
    (finding,) = _found(ends)
    assert finding.ok is None  # it has no campaign
    assert "does not answer as it should" in finding.sentence
    with ends.worker(sends=False) as worker:
        (finding,) = _found(ends)
        assert finding.ok is True, finding
        heard = workers.Heard(
            reported_at=1.0,
            next_report_at=2.0,
            backlog=200_000,
            breaker="half_open",
            version="0.0.1",
            clock_ahead_seconds=-200.0,
        )
        with ends.context.queue.write() as connection:
            workers.note_report(connection, 1, heard)
        sentences = " ".join(one.sentence for one in _found(ends))
        for words in ("200 s behind", "runs version 0.0.1", "half_open", "200,000 events"):
            assert words in sentences
        assert {one.ok for one in _found(ends)} == {None}
        (fine,) = [one for one in examine(worker.context.settings) if one.check == "controller"]
        assert fine.ok is True
        ends.client.post("/api/v1/workers", json={"name": "other", "url": worker.url}).raise_for_status()
        wrong = [one for one in _found(ends) if one.sentence.startswith("other")]
        assert "rotate-key" in wrong[0].cure  # it has keys of its own


@contextmanager
def _server(status: int, words: dict[str, Any]) -> Iterator[str]:
    """Something that answers everything so; its URL."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(words).encode())

        do_GET = do_POST

        def log_message(self, *words: object) -> None:
            """Nothing: a test reads what doctor says."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "words", "said"),
    [
        (404, {"detail": "nothing here"}, "does not answer as it should: it answered 404: nothing here"),
        (200, {"success": True, "added": 0}, "does not know lifted suppressions, opt-outs from lists and erasures"),
    ],
)
def test_doctor_sees_what_is_no_worker_and_what_is_an_older_one(
    sqlite_ends: TwoEnds, status: int, words: dict[str, Any], said: str
) -> None:
    ends = sqlite_ends
    with _server(status, words) as url:
        ends.client.post("/api/v1/workers", json={"name": "other", "url": url}).raise_for_status()
        found = [one for one in _found(ends) if one.sentence.startswith("other")]
    assert [one.ok for one in found] == [None], found
    assert said in found[0].sentence
