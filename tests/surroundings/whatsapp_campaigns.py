"""WhatsApp campaigns of the tests: written as a person would write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ENVIRONMENT = {"TEST_TOKEN": "secret"}
PROMO = 'name = "promo"\nlanguage = "en_US"\nparameters = { body = ["{{ contact.first_name }}"] }\n'


def write_whatsapp_campaign(
    folder: Path, url: str, *, contacts: int, key: str = "test", templates: tuple[str, ...] = (PROMO,), **account: Any
) -> Path:
    """A campaign file with its audience, for one number on a simulator."""
    lines = [f"+1650555{n:05d},Name {n},{'pro' if n % 4 == 0 else 'free'}" for n in range(contacts)]
    (folder / f"{key}.csv").write_text("\n".join(["phone,first_name,plan", *lines]) + "\n")
    fields = {"name": "number-1", "phone_number_id": "106540352242922", "token_env": "TEST_TOKEN", "api_url": url}
    tables = [f'key = "{key}"\nchannel = "whatsapp"\naudience = "{key}.csv"\n']
    tables += [f"[[templates]]\n{template}" for template in templates]
    tables.append("[[accounts]]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in {**fields, **account}.items()))
    path = folder / f"{key}.toml"
    path.write_text("\n".join(tables) + "\n")
    return path
