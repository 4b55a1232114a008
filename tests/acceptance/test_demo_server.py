"""``paceline demo --serve``: the pages on the demo's database while it is sent, until somebody ends it."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import httpx

from surroundings.people import PASSWORD, token_of
from surroundings.serving import running, wait_until


def test_demo_can_be_watched_and_used_until_it_is_ended(tmp_path: Path) -> None:
    environment = {**os.environ, "PACELINE_DATA_DIR": str(tmp_path)}
    with running("demo", "--serve", environment=environment) as demo:
        said = demo.wait_for(r"open http://\S+ in a browser")
        link = said.partition("open ")[2].partition(" in a browser")[0]
        with httpx.Client(base_url=link[: link.index("/setup")], timeout=60, trust_env=False) as client:
            owner = {"token": token_of(link), "email": "olga@example.com", "name": "Olga", "password": PASSWORD}
            assert client.post("/api/v1/setup", json=owner).status_code == 201
            demo.wait_for("the campaign has ended", within=100)
            (campaign,) = client.get("/api/v1/campaigns").json()["items"]
            assert (campaign["status"], campaign["counts"]["sent"]) == ("completed", 1_000)
            wait_until(lambda: client.get("/api/v1/lists").json()["items"][0]["confirmed"] == 1_000)
            port = re.search(r"port (\d+)$", said)
            assert port is not None
            account = {"name": "mine", "host": "127.0.0.1", "port": int(port[1]), "security": "none"}
            made = client.post("/api/v1/accounts", json=account, headers=_token(client))
            tested = client.post(f"/api/v1/accounts/{made.json()['id']}/test", headers=_token(client))
            assert tested.json()["ok"], tested.text
        assert demo.end(signal.SIGINT) == 0


def _token(client: httpx.Client) -> dict[str, str]:
    return {"X-CSRF-Token": client.get("/api/v1/session").json()["csrf_token"]}
