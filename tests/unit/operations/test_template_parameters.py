"""Parameters of WhatsApp templates: every kind there and back, and what is wrong with them as sentences."""

from __future__ import annotations

import re
from typing import Any

import pytest

from paceline.channels.whatsapp.messages import template_message
from paceline.operations.campaign_file.template_parameters import components_of, parameters_of
from paceline.sandbox.whatsapp_contract import check_message

EVERY_KIND: list[dict[str, Any]] = [
    {},
    {"header": "Sale"},
    {"header": {"text": {"season": "spring"}}},
    {"header": {"image": {"link": "https://example.com/a.jpg"}}},
    {"header": {"video": {"id": "123"}}},
    {"header": {"document": {"link": "https://example.com/menu.pdf", "filename": "menu.pdf"}}},
    {"header": {"location": {"latitude": "47.4", "longitude": "8.5", "name": "Shop", "address": "Main Street 1"}}},
    {"body": ["Ann", {"currency": {"fallback": "$5", "code": "USD", "amount_1000": 5000}}, {"date_time": "1 May"}]},
    {"body": {"first_name": "Ann", "day": {"date_time": "1 May"}}},
    {"buttons": [{"type": "quick_reply", "index": 0, "payload": "STOP"}, {"type": "url", "index": 1, "suffix": "a"}]},
    {"buttons": [{"type": "copy_code", "index": 2, "code": "25OFF"}]},
    {"buttons": [{"type": "flow", "index": 0, "token": "t", "data": {"step": {"name": "x"}}}]},
    {"buttons": [{"type": "flow", "index": 0, "token": "t"}, {"type": "catalog", "index": 1}]},
    {"buttons": [{"type": "catalog", "index": 0, "thumbnail": "sku-1"}]},
    {
        "buttons": [
            {
                "type": "mpm",
                "index": 0,
                "thumbnail": "sku-1",
                "sections": [{"title": "New", "product_items": [{"product_retailer_id": "sku-1"}]}],
            }
        ]
    },
    {"offer_ends_ms": 1_800_000_000_000},
    {
        "carousel": [
            {"header": {"image": {"id": "1"}}, "body": ["a"], "buttons": [{"type": "url", "index": 0, "suffix": "b"}]},
            {"header": {"image": {"id": "2"}}, "body": ["c"], "buttons": [{"type": "url", "index": 0, "suffix": "d"}]},
        ]
    },
]


@pytest.mark.parametrize("given", EVERY_KIND, ids=str)
def test_every_kind_comes_back_and_is_a_request_of_the_contract(given: dict[str, Any]) -> None:
    components = components_of(given)
    assert parameters_of(components) == given
    message = template_message("+16505550100", "promo", "en_US", components, reference="m1")
    assert check_message(message) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"footer": "x"}, "there is no 'footer'"),
        ({"body": "text"}, "body: accepts an array"),
        ({"body": [" "]}, "a parameter is empty"),
        ({"body": [{"currency": {"fallback": "$5"}}]}, "something is missing"),
        ({"header": {"image": {}}}, "accepts one of id, link and file"),
        ({"header": {"image": {"id": 5}}}, "id accepts text, got 5"),
        ({"header": {"location": {"latitude": True}}}, "latitude accepts a number"),
        ({"buttons": [{"type": "phone"}]}, "type accepts quick_reply, url"),
        ({"buttons": [{"type": "url", "index": 10, "suffix": "a"}]}, "index accepts a whole number from 0 to 9"),
        ({"buttons": [{"type": "flow", "token": "t", "data": []}]}, "data accepts a table"),
        ({"buttons": [{"type": "url", "suffix": "a"}] * 11}, "at most 10"),
        ({"offer_ends_ms": []}, "expires_at_ms accepts a number"),
        ({"carousel": [{"carousel": []}]}, "there is no 'carousel'"),
    ],
)
def test_what_is_wrong_is_a_sentence(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        components_of(given)
