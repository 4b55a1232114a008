"""The contacts and the newsletter that ship with the project fit each other, and nobody real is among them."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from paceline.content.email import EmailContent, EmailRenderer, check
from paceline.domain.address import address_key

DEMO = Path(str(files("paceline.sandbox") / "demo"))


@pytest.fixture
def demo(read_audience: Any) -> Any:
    return read_audience(DEMO / "contacts.csv")


def test_1_000_of_1_012_rows_are_eligible(demo: Any) -> None:
    assert len(demo.contacts) == 1000
    assert len(demo.refused) == 12
    assert sum(row.reason.startswith("duplicate") for row in demo.refused) == 7
    assert len({address_key(contact.address) for contact in demo.contacts}) == 1000


def test_every_address_is_reserved_for_examples(demo: Any) -> None:
    domains = {contact.address.rpartition("@")[2] for contact in demo.contacts}
    assert domains == {"example.com", "example.org", "example.net"}


def test_contacts_show_what_real_lists_hold(demo: Any) -> None:
    values = ["".join(fields.values()) for fields in demo.fields]
    for sample in ("ü", "Ł", "И", "太", "🎉", "\n", '"', ", D.C.", "'"):
        assert any(sample in value for value in values), sample
    assert any(fields["first_name"] == "" for fields in demo.fields)


def test_newsletter_renders_for_every_contact(demo: Any) -> None:
    content = EmailContent(
        from_address="Paceline Demo <news@example.com>",
        subject='{{ contact.first_name | default("Hello") }}, this is the demo',
        html=(DEMO / "newsletter.html").read_text(encoding="utf-8"),
        text=(DEMO / "newsletter.txt").read_text(encoding="utf-8"),
        campaign_key="demo",
    )
    assert check(content, demo.columns, "demo.toml") == []
    renderer = EmailRenderer(content, domain="example.com", secret=bytes(32))
    for contact in demo.contacts:
        rendered = renderer.render(
            address=contact.address, fields=contact.fields, message_key=str(contact.line), account_from="", at=0
        )
        message = message_from_bytes(rendered.data, policy=policy.default)
        assert isinstance(message, EmailMessage)
        greeting = f"Good morning, {contact.fields['first_name'] or 'friend'}."
        for kind in ("plain", "html"):
            body = message.get_body((kind,))
            assert body is not None
            assert greeting in body.get_content()
        assert 3_000 < len(rendered.data) < 6_000
