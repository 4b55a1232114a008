"""Callbacks of providers over HTTP: only those that are configured, only what they have signed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from paceline.content.message_id import message_id
from paceline.store.queue import installation
from surroundings.server import Server, running_server
from surroundings.tracked import Tracked


def test_providers_that_are_not_configured_are_not_there(server: Server) -> None:
    for name in ("ses", "sendgrid", "other"):
        assert server.stranger().post(f"/callbacks/{name}", content=b"{}").status_code == 404


def test_signed_events_are_taken_once_and_others_refused(database_url: str, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with running_server(database_url, str(tmp_path), sendgrid_key=base64.b64encode(public).decode()) as server:
        tracked = Tracked.campaign(server.context, sent=1)
        with server.context.queue.read() as connection:
            secret = installation.name(connection).encode()
        own = message_id(str(tracked.message_ids[0]), domain="example.com", secret=secret)
        bounce = {"event": "bounce", "status": "5.1.1", "reason": "unknown", "smtp-id": own, "sg_event_id": "1"}
        body = json.dumps([bounce]).encode()
        timestamp = str(int(server.context.clock.now()))
        signature = base64.b64encode(key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))).decode()
        signed = {
            "X-Twilio-Email-Event-Webhook-Signature": signature,
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        client = server.stranger()
        assert client.post("/callbacks/sendgrid", content=body).status_code == 403
        assert client.post("/callbacks/sendgrid", content=body + b" ", headers=signed).status_code == 403
        assert tracked.counts() == {}
        for _ in range(3):
            assert client.post("/callbacks/sendgrid", content=body, headers=signed).status_code == 204
        assert tracked.counts() == {"bounced": 1, "bounced_hard": 1}
