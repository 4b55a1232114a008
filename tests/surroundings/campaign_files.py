"""A campaign file that is right, and the files that it names: what tests start from."""

from __future__ import annotations

from pathlib import Path

from paceline.operations.campaign_file.campaign_file import CampaignFile, read_campaign_file

ENVIRONMENT = {"PASSWORD": "secret", "EMPTY": "", "TWO_LINES": "a\nb", "CLIENT": "client", "REFRESH": "refresh"}

GOOD = """\
key = "spring-2027"
audience = "contacts.csv"

[content]
from = "Ann Lee <ann@example.com>"
subject = "Hello {{ contact.first_name }}"
html = "spring.html"

[tracking]
unsubscribe_url = ""

[[accounts]]
name = "relay-1"
host = "mail.example.com"
port = 587
username = "ann"
password_env = "PASSWORD"

[[accounts]]
name = "relay-2"
host = "127.0.0.1"
port = 2525
security = "none"
"""


def write_named_files() -> None:
    """Into the working directory: what the good file names, and some things that broken ones name."""
    Path("contacts.csv").write_text("email,first_name\n")
    Path("spring.html").write_text("<p>Hello {{ contact.first_name }}</p>\n")
    Path("spring.txt").write_text("Hello {{ contact.first_name }}\n")
    Path("latin.html").write_bytes("<p>\nGrüße</p>\n".encode("latin-1"))
    Path("wide.html").write_bytes("<p>Hello</p>".encode("utf-16"))
    Path("broken.html").write_text("<p>\n{{ contact.first_name | shout }}</p>\n")
    Path("broken.txt").write_text("Hello\n\n{{ contact.first_name\n")
    Path("blank.html").write_text(" \n")
    Path("large.html").write_text("x" * 1_000_001)
    Path("folder").mkdir()


def read(text: str) -> CampaignFile:
    """Read a campaign file with this text, from the working directory."""
    path = Path("spring.toml")
    path.write_text(text)
    return read_campaign_file(path, ENVIRONMENT)
