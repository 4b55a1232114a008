"""The message in a browser and the page of preferences: the links that stand in the message lead there, and show the very content."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from paceline.content.email import EmailContent, EmailRenderer
from paceline.content.letter import read_letter
from paceline.domain.tokens import CampaignTokens, Purpose
from paceline.store.queue import installation
from surroundings.server import Server
from surroundings.tracked import Tracked

HTML = (
    "<style>p { color: green }</style><p>Hello {{ contact.email }} &amp; all</p><script>alert(1)</script>"
    '<a href="https://shop.example.com/">Shop</a> <a href="{{ view_in_browser_url }}">View</a> '
    '<a href="{{ preferences_url }}">Choose</a> <a href="{{ unsubscribe_url }}">Leave</a>'
)


@pytest.fixture
def tracked(server: Server) -> Tracked:
    return campaign(server, html=HTML)


def campaign(server: Server, **content: Any) -> Tracked:
    made = Tracked.campaign(server.context, sent=2)
    values = EmailContent(
        from_address="Ann <ann@example.com>",
        subject="Hello {{ contact.email }}",
        base_url="https://t.example.com/",
        campaign_key="test",
        **content,
    )
    server.context.queue.execute("UPDATE campaigns SET content = :content", content=json.dumps(values.to_json()))
    return made


def sent(server: Server, tracked: Tracked) -> bytes:
    """The message to the first recipient, as a sender makes it."""
    with server.context.queue.read() as connection:
        secret = installation.name(connection).encode()
        content = connection.exec_driver_sql("SELECT content FROM campaigns").scalar_one()
        fields = connection.exec_driver_sql("SELECT fields FROM messages ORDER BY id").scalars().first()
    tokens = CampaignTokens(tokens=tracked.tokens, workspace_id=1, campaign_id=tracked.campaign_id)
    renderer = EmailRenderer(EmailContent.from_json(json.loads(content)), domain="e.com", secret=secret, tokens=tokens)
    number = tracked.message_ids[0]
    return renderer.render(
        address="user0@example.com",
        fields=json.loads(str(fields)),
        message_key=str(number),
        account_from="",
        at=0.0,
        message_number=number,
    ).data


def links(data: bytes) -> dict[str, str]:
    return {link.text: link.url for link in read_letter(data).links}


def here(client: httpx.Client, url: str) -> httpx.Response:
    assert url.startswith("https://t.example.com/")
    return client.get(url.removeprefix("https://t.example.com"))


def test_link_in_the_message_shows_the_very_message(server: Server, tracked: Tracked) -> None:
    data = sent(server, tracked)
    answer = here(server.stranger(), links(data)["View"])
    assert answer.status_code == 200
    html = read_letter(data).html
    assert html is not None
    assert answer.text.split() == html.split()
    assert "Hello user0@example.com &amp; all" in answer.text


def test_view_runs_nothing_and_is_not_indexed(server: Server, tracked: Tracked) -> None:
    answer = here(server.stranger(), links(sent(server, tracked))["View"])
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "script-src" not in policy
    assert "; sandbox " in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "form-action 'none'" in policy
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_each_recipient_sees_their_own_and_no_other(server: Server, tracked: Tracked) -> None:
    client = server.stranger()
    seen = [client.get(f"/v/{tracked.token(Purpose.VIEW, place)}").text for place in range(2)]
    assert [re.findall(r"user\d@example\.com", text) for text in seen] == [["user0@example.com"], ["user1@example.com"]]


def test_message_of_text_only_is_shown_as_text(server: Server) -> None:
    tracked = campaign(server, text="Hello <b>{{ contact.email }}</b>\n{{ view_in_browser_url }}\n")
    answer = server.stranger().get(f"/v/{tracked.token(Purpose.VIEW)}")
    assert "Hello &lt;b&gt;user0@example.com&lt;/b&gt;" in answer.text
    assert "sandbox" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_message_that_was_forgotten_is_not_there(server: Server, tracked: Tracked) -> None:
    path = f"/v/{tracked.token(Purpose.VIEW)}"
    assert server.stranger().get(path).status_code == 200
    server.context.queue.execute("UPDATE messages SET address = ''")
    assert server.stranger().get(path).status_code == 404


def test_preferences_are_the_choice_of_lists_and_a_way_out(server: Server, tracked: Tracked) -> None:
    client = server.stranger()
    path = links(sent(server, tracked))["Choose"].removeprefix("https://t.example.com")
    shown = client.get(path)
    assert shown.status_code == 200
    assert "What you get from us" in shown.text
    assert "user0@example.com" not in shown.text, "a stranger to whom it was forwarded does not learn the address"
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with server.context.queue.read() as connection:
        suppressed = "SELECT COUNT(*) FROM suppressions"
        assert connection.exec_driver_sql(suppressed).scalar_one() == 0
    assert "You are unsubscribed" in client.post(path, data={"action": "unsubscribe"}).text
    assert "What you get from us" in client.post(path, data={"action": "resubscribe"}).text
