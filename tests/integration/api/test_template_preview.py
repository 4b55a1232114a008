"""A WhatsApp template is filled in before it is stored: for a contact, for sample fields, and what is wrong is said."""

from __future__ import annotations

from typing import Any

from paceline.domain.permission import Permission
from surroundings.server import Server

TEMPLATE: dict[str, Any] = {
    "name": "promo",
    "language": "en_US",
    "where": {"field": "city", "equals": "nobody lives there"},
    "parameters": {"body": ["{{ contact.first_name | upper }}"]},
}


def test_template_that_is_not_stored_is_filled_in_for_a_contact_and_for_samples(server: Server) -> None:
    client = server.with_key()
    contact = {"phone": "+16505550100", "fields": {"first_name": "Ann"}}
    ann = client.post("/api/v1/contacts", json=contact).json()["id"]
    seen = client.post("/api/v1/whatsapp/preview", json={"template": TEMPLATE, "contact_id": ann}).json()
    assert seen["components"] == [{"type": "body", "parameters": [{"type": "text", "text": "ANN"}]}]
    assert (seen["address"], seen["template"], seen["problems"]) == ("+16505550100", "promo/en_US", [])
    sample = {"template": TEMPLATE, "fields": {"first_name": "<b>Ben</b>"}, "address": "044 668 18 00"}
    swiss = client.post("/api/v1/whatsapp/preview", json={**sample, "default_country": "CH"}).json()
    assert swiss["address"] == "+41446681800"
    assert swiss["components"][0]["parameters"][0]["text"] == "<B>BEN</B>"


def test_what_cannot_be_filled_in_is_said(server: Server) -> None:
    client = server.with_key()
    lacking = client.post("/api/v1/whatsapp/preview", json={"template": TEMPLATE, "fields": {}}).json()
    assert lacking["components"] == []
    assert "first_name" in lacking["problems"][0]["message"]
    wrong = {**TEMPLATE, "parameters": {"body": [""]}}
    refused = client.post("/api/v1/whatsapp/preview", json={"template": wrong})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "templates[1].parameters"


def test_preview_for_a_contact_needs_the_right_to_see_contacts(server: Server) -> None:
    ann = server.with_key().post("/api/v1/contacts", json={"phone": "+16505550100", "fields": {}}).json()["id"]
    only_campaigns = server.with_key({Permission.CAMPAIGNS_READ})
    wanted = {"template": TEMPLATE, "fields": {"first_name": "Ann"}}
    assert only_campaigns.post("/api/v1/whatsapp/preview", json=wanted).status_code == 200
    assert only_campaigns.post("/api/v1/whatsapp/preview", json={**wanted, "contact_id": ann}).status_code == 403
