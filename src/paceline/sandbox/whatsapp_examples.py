"""Templates that the simulator's business account lists, so that there is something to choose; others are taken all the same."""

from __future__ import annotations

from paceline.sandbox.whatsapp_contract import TemplateSpec

EXAMPLES = {
    ("spring_rides", "en_US"): TemplateSpec(
        body=1,
        components=(
            {"type": "HEADER", "format": "TEXT", "text": "The Long Way Round"},
            {
                "type": "BODY",
                "text": "Hello {{1}}, the spring rides are on sale. *Come along* before the trees are green.",
            },
            {"type": "FOOTER", "text": "Reply STOP to get no more"},
        ),
    ),
    ("spring_rides_near_you", "en_US"): TemplateSpec(
        body=("city",),
        components=(
            {"type": "BODY", "text": "This spring we ride from {{city}}. Have a look at the map."},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "URL", "text": "See the map", "url": "https://example.com/map"},
                    {"type": "QUICK_REPLY", "text": "Stop promotions"},
                ],
            },
        ),
    ),
    ("order_update", "en_US"): TemplateSpec(
        body=2,
        category="UTILITY",
        components=(
            {"type": "HEADER", "format": "IMAGE"},
            {"type": "BODY", "text": "Hello {{1}}, your order {{2}} is on its way."},
            {
                "type": "BUTTONS",
                "buttons": [{"type": "URL", "text": "Follow it", "url": "https://example.com/orders/{{1}}"}],
            },
        ),
    ),
    ("autumn_rides", "en_US"): TemplateSpec(
        body=1,
        status="PAUSED",
        quality="RED",
        components=({"type": "BODY", "text": "Hello {{1}}, one more ride before the winter."},),
    ),
}
"""By name and language, as the list shows them."""
