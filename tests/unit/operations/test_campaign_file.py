"""What a good campaign file becomes, and that the reference says what the program does."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import trustme

from paceline.content.email import EmailContent, MissingFields
from paceline.content.template.filters import DEFAULT_FILTERS, FILTERS
from paceline.domain.account import Account, Limits, OAuth, Security, SmtpLogin, Window
from paceline.domain.errors import Problem
from paceline.operations.campaign_file.campaign_fields import (
    ACCOUNT,
    CAMPAIGN,
    CONTENT,
    STORED_ACCOUNT,
    TRACKING,
    Section,
)
from paceline.operations.campaign_file.campaign_file import StoredAccount, read_campaign_file
from surroundings.campaign_files import ENVIRONMENT, GOOD, read

REFERENCE = (Path(__file__).parents[3] / "docs" / "reference" / "campaign-file.md").read_text()


def only_account(text: str) -> Account:
    (account,) = read(GOOD[: GOOD.index("[[accounts]]")] + f'[[accounts]]\nname = "relay-1"\n{text}').accounts
    assert isinstance(account, Account)
    return account


def test_absent_fields_have_their_defaults(folder: Path) -> None:
    file = read(GOOD)
    assert (file.key, file.name, file.channel) == ("spring-2027", "spring-2027", "email")
    assert file.audience == folder / "contacts.csv"
    assert (file.rate_per_minute, file.max_attempts, file.retry_delay_seconds) == (0.0, None, None)
    assert file.content == EmailContent(
        from_address="Ann Lee <ann@example.com>",
        subject="Hello {{ contact.first_name }}",
        html="<p>Hello {{ contact.first_name }}</p>\n",
        campaign_key="spring-2027",
        campaign_name="spring-2027",
    )
    login = SmtpLogin(host="mail.example.com", port=587, username="ann", password="secret")
    plain = SmtpLogin(host="127.0.0.1", port=2525, security=Security.NONE)
    assert file.accounts == (
        Account(id=0, name="relay-1", login=login),
        Account(id=0, name="relay-2", login=plain),
    )
    assert file.content_files == {"html": "spring.html"}


def test_every_field_arrives(folder: Path) -> None:
    certificate = folder / "own.pem"
    trustme.CA().cert_pem.write_to_path(certificate)
    file = read("""
key = "spring_2027.b"
name = " Spring news "
channel = "email"
audience = "contacts.csv"
rate_per_minute = 12.5
max_attempts = 5
retry_delay_seconds = 1
[content]
from = "ann@example.com"
reply_to = "Ben <ben@example.com>"
subject = "Hello"
html = "spring.html"
text = "spring.txt"
list_id = "Spring <news.example.com>"
missing_fields = "empty"
[tracking]
base_url = ""
unsubscribe_url = "https://example.com/bye?who={{ contact.email }}"
[[accounts]]
name = "relay-1"
channel = "email"
host = "Mail.example.com"
port = 25
security = "tls"
ca_file = "own.pem"
username = "ann"
password_env = "PASSWORD"
from = "Relay <relay@example.com>"
minute_limit = 1
hourly_limit = 2
daily_limit = 3
monthly_limit = 4
window = "rolling"
timezone = "Europe/Berlin"
rate_per_minute = 30
max_connections = 7
[[accounts]]
account = "office"
""")
    assert (file.key, file.name) == ("spring_2027.b", "Spring news")
    assert (file.rate_per_minute, file.max_attempts, file.retry_delay_seconds) == (12.5, 5, 1.0)
    assert file.content == EmailContent(
        from_address="ann@example.com",
        subject="Hello",
        html="<p>Hello {{ contact.first_name }}</p>\n",
        text="Hello {{ contact.first_name }}\n",
        reply_to="Ben <ben@example.com>",
        list_id="Spring <news.example.com>",
        unsubscribe_url="https://example.com/bye?who={{ contact.email }}",
        campaign_key="spring_2027.b",
        campaign_name="Spring news",
        missing_fields=MissingFields.EMPTY,
    )
    login = SmtpLogin(
        host="Mail.example.com",
        port=25,
        security=Security.TLS,
        username="ann",
        password="secret",
        ca_file=str(certificate),
    )
    limits = Limits(minute=1, hour=2, day=3, month=4, window=Window.ROLLING, timezone=ZoneInfo("Europe/Berlin"))
    account = Account(
        id=0,
        name="relay-1",
        login=login,
        from_address="Relay <relay@example.com>",
        limits=limits,
        rate_per_minute=30.0,
        max_connections=7,
    )
    assert file.accounts == (account, StoredAccount(name="office", line=39))
    assert file.content_files == {"html": "spring.html", "text": "spring.txt"}


def test_the_example_of_the_reference_is_right(folder: Path) -> None:
    example = REFERENCE.partition("## A whole file")[2].partition("```toml\n")[2].partition("```")[0]
    environment = {"RELAY_1_PASSWORD": "secret"}
    Path("spring.toml").write_text(example)
    assert read_campaign_file(Path("spring.toml"), environment).key == "spring-2027"


def test_paths_are_relative_to_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("spring.toml").write_text(GOOD)
    monkeypatch.chdir("folder")
    file = read_campaign_file(Path("../spring.toml"), ENVIRONMENT)
    assert file.audience.samefile(folder / "contacts.csv")
    assert file.audience.is_absolute()
    assert file.content_files == {"html": "../spring.html"}


def test_byte_order_marks_and_line_ends_of_windows_are_no_trouble(folder: Path) -> None:
    Path("spring.html").write_bytes(b"\xef\xbb\xbf<p>\r\n\xc3\xa4</p>\r")
    Path("spring.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    file = read_campaign_file(Path("spring.toml"), ENVIRONMENT)
    assert isinstance(file.content, EmailContent)
    assert file.content.html == "<p>\nä</p>\n"


def test_accounts_may_stand_in_one_array(folder: Path) -> None:
    tables = '{name = "a", host = "a.example.com", port = 25},\n{account = "office"}'
    top, _, rest = GOOD.partition("[content]")
    file = read(f"{top}accounts = [{tables}]\n[content]{rest.partition('[tracking]')[0]}")
    assert [account.name for account in file.accounts] == ["a", "office"]
    assert file.accounts[1] == StoredAccount(name="office", line=5)


@pytest.mark.parametrize(
    ("port", "line", "security"),
    [(587, "", "starttls"), (25, "", "starttls"), (465, "", "tls"), (465, 'security = "starttls"', "starttls")],
)
def test_security_is_starttls_and_tls_on_its_own_port(folder: Path, port: int, line: str, security: str) -> None:
    assert only_account(f'host = "a.example.com"\nport = {port}\n{line}').smtp.security == security


def test_content_needs_no_from_where_each_account_has_one(folder: Path) -> None:
    text = GOOD.replace('from = "Ann Lee <ann@example.com>"', 'from = ""')
    text = text.replace("port = ", 'from = "own@example.org"\nport = ')
    content = read(text).content
    assert isinstance(content, EmailContent)
    assert content.from_address == "own@example.org"


@pytest.mark.parametrize(
    ("host", "kept"),
    [("::1", "::1"), ("0:0:0:0:0:0:0:1", "::1"), ("10.0.0.1", "10.0.0.1"), ("smtp_relay", "smtp_relay"), ("3com.net", "3com.net")],
)  # fmt: skip
def test_hosts_are_names_or_addresses(folder: Path, host: str, kept: str) -> None:
    assert only_account(f'host = "{host}"\nport = 25').login.host == kept


def test_the_same_server_may_stand_there_for_each_user(folder: Path) -> None:
    text = (
        GOOD.replace("127.0.0.1", "mail.example.com")
        .replace('security = "none"', 'username = "Ann"')
        .replace("2525", "587")
    )
    assert len(read(text + 'password_env = "PASSWORD"\n').accounts) == 2


OAUTH = """\
host = "smtp.office365.com"
port = 587
username = "ann@example.com"
oauth = "microsoft"
client_id = "id"
client_secret_env = "CLIENT"
refresh_token_env = "REFRESH"
"""
MICROSOFT = OAuth(
    token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",
    client_id="id",
    client_secret="client",
    refresh_token="refresh",
    scope="https://outlook.office.com/SMTP.Send offline_access",
)
GOOGLE = replace(MICROSOFT, token_url="https://oauth2.googleapis.com/token", scope="")


@pytest.mark.parametrize(
    ("text", "oauth"),
    [
        (OAUTH, MICROSOFT),
        (OAUTH.replace('client_secret_env = "CLIENT"\n', ""), replace(MICROSOFT, client_secret="")),
        (OAUTH + 'tenant = "example.com"', replace(MICROSOFT, token_url=MICROSOFT.token_url.replace("common", "example.com"))),
        (OAUTH.replace("microsoft", "google"), GOOGLE),
        (OAUTH + 'token_url = "https://id.example.com/token"\nscope = "mail"', replace(MICROSOFT, token_url="https://id.example.com/token", scope="mail")),
    ],
    ids=["microsoft", "public client", "tenant", "google", "own server"],
)  # fmt: skip
def test_oauth_is_put_together_from_its_preset(folder: Path, text: str, oauth: OAuth) -> None:
    login = only_account(text).smtp
    assert (login.oauth, login.password) == (oauth, "")


def test_content_is_checked_against_columns_at_its_places(folder: Path) -> None:
    assert read(GOOD).check_content(["email", "first_name"]) == []
    assert read(GOOD).check_content(["email", "frist_name"]) == [
        Problem(
            file="spring.toml",
            line=6,
            field="content.subject",
            message='the audience has no column "first_name"; did you mean "frist_name"?',
        ),
        Problem(
            file="spring.html",
            line=1,
            field="content.html",
            message='the audience has no column "first_name"; did you mean "frist_name"?',
        ),
    ]


# The reference.

SECTIONS = {
    "Campaign": CAMPAIGN,
    "`[content]`": CONTENT,
    "`[tracking]`": TRACKING,
    "`[[accounts]]`": ACCOUNT,
    "A stored account": STORED_ACCOUNT,
}


def _default(section: Section, name: str) -> str | None:
    """As the reference has it; None where words must say it."""
    field = section.fields[name]
    if field.required or field.default is None or isinstance(field.default, list):
        return "required" if field.required else None
    if isinstance(field.default, bool):
        return str(field.default).lower()
    return f'"{field.default}"' if isinstance(field.default, str) else f"{field.default:g}"


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_field_is_documented_with_its_default_and_what_it_accepts(heading: str) -> None:
    section = SECTIONS[heading]
    text = re.split(rf"^##+ {re.escape(heading)}\n", REFERENCE, flags=re.MULTILINE)[1].partition("\n##")[0]
    rows = [line.replace("`", "").strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    assert [row[0] for row in rows] == list(section.fields)
    for name, default, accepts, meaning in rows:
        assert accepts == section.fields[name].kind.accepts
        assert default == (_default(section, name) or default)
        assert meaning


def test_every_filter_is_documented() -> None:
    named = REFERENCE.partition("\nFilters: ")[2].partition(". There are no others")[0]
    assert re.findall(r"`(\w+)`", named) == [*FILTERS, *DEFAULT_FILTERS]
