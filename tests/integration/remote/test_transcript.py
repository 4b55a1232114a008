"""Version 1 as it was once recorded is understood for ever: the same requests get the same answers, whatever was added since."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from surroundings.serving import wait_until
from surroundings.two_ends import RunningWorker, TwoEnds

TRANSCRIPT: list[dict[str, Any]] = json.loads((Path(__file__).parent / "transcript_v1.json").read_text())


def _filled(body: Any, names: dict[str, Any]) -> Any:
    """A recorded body with what is different in every run."""
    if isinstance(body, dict):
        return {key: _filled(value, names) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, names) for value in body]
    return names.get(body, body) if isinstance(body, str) else body


def test_recorded_version_1_is_answered_as_it_was(sqlite_ends: TwoEnds) -> None:
    ends = sqlite_ends
    with ends.worker(sends=False) as worker:
        campaign = ends.campaign(9, 2, key="relay")
        ends.start(campaign)
        wait_until(lambda: ends.progress(campaign)["sending"] == 2)
        ones = ends.client.get(f"/api/v1/campaigns/{campaign}/messages").json()["items"]
        numbers = [ends.number_of_message(one["id"]) for one in ones]
    names = {"$CAMPAIGN": campaign, "$ONE": numbers[0], "$TWO": numbers[1]}
    with ends.worker(sends=False, folder=ends.folder / "another", controller="http://127.0.0.1:9") as worker:
        ends.forget_reports()
        home = RunningWorker(url=ends.server.url, context=ends.context, keys=worker.keys)
        for entry in TRANSCRIPT:
            method, path = entry["ask"].split(" ")
            body = json.dumps(_filled(entry["body"], names)).encode() if "body" in entry else b""
            answer = {"worker": worker, "controller": home}[entry["to"]].ask(method, path, body)
            assert answer.status_code == entry["status"], (entry, answer.text)
            if "answer" in entry:
                found = answer.json()
                assert {name: found[name] for name in entry["answer"]} == entry["answer"], entry
    assert ends.progress(campaign)["sent"] == 1
