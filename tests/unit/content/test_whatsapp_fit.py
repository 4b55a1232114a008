"""Whether a campaign's template fits the provider's: what is asked for, what is given, and the sentence about the difference."""

from __future__ import annotations

from typing import Any

import pytest

from paceline.channels.whatsapp import messages
from paceline.content.whatsapp import WhatsAppTemplate
from paceline.content.whatsapp_fit import misfits

BODY = {"type": "BODY", "text": "Hello {{1}}, order {{2}}"}
NAMED = {"type": "BODY", "text": "Hello {{first_name}}"}
URL = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY"}, {"type": "URL", "url": "https://x.example/{{1}}"}]}
TWO = messages.body([messages.text("Ann"), messages.text("7")])
IMAGE = messages.header(messages.media("image", link="https://x.example/a.png"))


def found(components: list[Any], *listed: Any) -> list[str]:
    return misfits(WhatsAppTemplate(name="promo", language="en", components=tuple(components)), listed)


@pytest.mark.parametrize(
    ("components", "listed"),
    [
        ([], [{"type": "BODY", "text": "Hello"}, {"type": "FOOTER", "text": "Bye"}]),
        ([TWO], [BODY]),
        ([messages.body([messages.text("Ann", "first_name")])], [NAMED]),
        ([TWO, IMAGE], [BODY, {"type": "HEADER", "format": "IMAGE"}]),
        ([TWO, messages.url_button(1, "a")], [BODY, URL]),
        ([TWO, messages.quick_reply(0, "STOP"), messages.url_button(1, "a")], [BODY, URL]),
        ([messages.header(messages.text("May"))], [{"type": "HEADER", "format": "TEXT", "text": "In {{1}}"}]),
    ],
)
def test_what_fits_has_no_complaint(components: list[Any], listed: list[Any]) -> None:
    assert found(components, *listed) == []


@pytest.mark.parametrize(
    ("components", "listed", "words"),
    [
        ([], [BODY], "body: the template has 2 parameters, 0 are given"),
        ([TWO], [{"type": "BODY", "text": "Hello"}], "body: the template has 0 parameters, 2 are given"),
        ([TWO], [NAMED], "body: the template names its parameters (first_name); give them by name"),
        (
            [messages.body([messages.text("Ann", "name")])],
            [NAMED],
            "body: the parameter 'first_name' of the template is missing",
        ),
        ([messages.body([messages.text("Ann", "a"), messages.text("7", "b")])], [BODY], "numbers its parameters"),
        (
            [TWO],
            [BODY, {"type": "HEADER", "format": "IMAGE"}],
            "header: the template asks for an image, and none is given",
        ),
        ([TWO, IMAGE], [BODY, {"type": "HEADER", "format": "VIDEO"}], "asks for a video, and an image is given"),
        ([TWO], [BODY, URL], "button 1 of the template has a URL whose end must be given"),
        ([TWO, messages.quick_reply(2, "x"), messages.url_button(1, "a")], [BODY, URL], "has no button 2"),
    ],
)
def test_what_does_not_fit_is_said(components: list[Any], listed: list[Any], words: str) -> None:
    assert words in "\n".join(found(components, *listed))
