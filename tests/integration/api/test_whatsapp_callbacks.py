"""WhatsApp's webhooks over HTTP: the handshake, signatures over the very bytes, and bodies kept before they are answered."""

from __future__ import annotations

import time
from pathlib import Path

from paceline.sandbox.whatsapp_webhooks import SIGNATURE_HEADER, sign
from paceline.store.database import sql
from surroundings.server import Server, running_server

BODY = b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[]}],"name":"Andr\\u00e9"}'


def kept(server: Server) -> list[bytes]:
    with server.context.queue.read() as connection:
        return [
            bytes(body) for body in connection.execute(sql("SELECT body FROM received_webhooks ORDER BY id")).scalars()
        ]


def test_nothing_is_taken_until_secrets_and_token_are_set(server: Server) -> None:
    client = server.stranger()
    asked = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
    assert client.get("/callbacks/whatsapp", params=asked).status_code == 403
    assert (
        client.post("/callbacks/whatsapp", content=BODY, headers={SIGNATURE_HEADER: sign("", BODY)}).status_code == 403
    )
    assert kept(server) == []


def test_handshake_and_signed_bodies(database_url: str, tmp_path: Path) -> None:
    settings = {"whatsapp_app_secrets": "first, second", "whatsapp_verify_token": "our token"}
    with running_server(database_url, str(tmp_path), **settings) as server:
        client = server.stranger()
        asked = {"hub.mode": "subscribe", "hub.verify_token": "our token", "hub.challenge": "1158201444"}
        answer = client.get("/callbacks/whatsapp", params=asked)
        assert (answer.status_code, answer.text) == (200, "1158201444")
        assert answer.headers["content-type"].startswith("text/plain")
        for wrong in ({"hub.verify_token": "other"}, {"hub.mode": "unsubscribe"}, {"hub.verify_token": "ö"}):
            assert client.get("/callbacks/whatsapp", params=asked | wrong).status_code == 403
        for secret in ("first", "second"):
            headers = {SIGNATURE_HEADER: sign(secret, BODY)}
            assert client.post("/callbacks/whatsapp", content=BODY, headers=headers).status_code == 200
        assert kept(server) == [BODY, BODY]
        refused = [
            {},
            {SIGNATURE_HEADER: ""},
            {SIGNATURE_HEADER: "sha256="},
            {SIGNATURE_HEADER: sign("third", BODY)},
            {SIGNATURE_HEADER: sign("first", BODY.replace(b"\\u00e9", "é".encode()))},  # serialised anew
            {SIGNATURE_HEADER: sign("first", BODY).removeprefix("sha256=")},
        ]
        for headers in refused:
            answer = client.post("/callbacks/whatsapp", content=BODY, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:paceline:not-genuine")
        assert len(kept(server)) == 2


def test_a_body_of_3_mb_is_taken_and_one_of_5_is_not(database_url: str, tmp_path: Path) -> None:
    with running_server(database_url, str(tmp_path), whatsapp_app_secrets="first") as server:
        client = server.stranger()
        for size, status in ((3 << 20, 200), (5 << 20, 413)):
            body = b" " * size
            began = time.monotonic()
            answer = client.post("/callbacks/whatsapp", content=body, headers={SIGNATURE_HEADER: sign("first", body)})
            assert answer.status_code == status
            assert time.monotonic() - began < 10
        assert [len(body) for body in kept(server)] == [3 << 20]
