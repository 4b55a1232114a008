"""What exactly is said of each bad campaign file: every problem with its line, its field and what is accepted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from paceline.domain.errors import InputError, Problem
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from surroundings.campaign_files import ENVIRONMENT, GOOD, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The good file with ``old`` replaced by ``new``, and everything that is then said of it."""

    name: str
    old: str = ""
    new: str = ""
    problems: list[tuple[int | None, str | None, str]]


KEY_RULE = (
    "accepts 1 to 100 letters (A-Z, a-z), digits, dots, dashes and underscores, not beginning with a dot or a dash"
)
RATE_RULE = "accepts 0 or a number from 0.001 to 1000000"
LIMIT_RULE = "accepts a whole number from 0 to 1000000000"
HOST_RULE = "accepts a host name or an IP address, without a port"
FROM_RULE = "accepts an address such as Ann Lee <ann@example.com>"
CONTENT_FROM_RULE = "accepted is one address such as Ann Lee <ann@example.com>"
PATH_RULE = "accepts the path of a file"
VARIABLE_RULE = "accepts the name of an environment variable (letters, digits and underscores), not the secret itself"
RELATIVE = "a path is relative to the campaign file"
TABLE = "accepts a CSV or XLSX file"
SAME_LOGIN = "the same login as that of the account in line 12"
EACH_ONCE = "accepts each host, port and user name once, whatever the names"
NO_FROM = 'is missing, and the account "relay-1" has no from of its own'
BASE_URL = "it must be a URL such as https://news.example.com, without query, and not a template"
CAMPAIGN_FIELDS = "key, name, channel, fallback, audience, rate_per_minute, max_attempts, retry_delay_seconds, weight, account_choice, worker, worker_fallback, content, tracking, window, limits, reply_rules, accounts"

KEY = 'key = "spring-2027"'
PORT = "port = 587"
HOST = "mail.example.com"
PASSWORD = 'password_env = "PASSWORD"'
LOGIN = GOOD[GOOD.index('host = "mail') : GOOD.index('\n\n[[accounts]]\nname = "relay-2"')]
HTML = "spring.html"
FROM = 'from = "Ann Lee <ann@example.com>"'
SUBJECT = "Hello {{ contact.first_name }}"
LAST = 'security = "none"\n'


def value(name: str, old: str, new: str, line: int, field: str, message: str) -> Broken:
    return Broken(name=name, old=old, new=new, problems=[(line, field, message)])


BROKEN = [
    # The top.
    value("empty key", KEY, 'key = ""', 1, "key", f'{KEY_RULE}, got ""'),
    value("key for another folder", KEY, 'key = "../spring"', 1, "key", f'{KEY_RULE}, got "../spring"'),
    value("hidden key", KEY, 'key = ".spring"', 1, "key", f'{KEY_RULE}, got ".spring"'),
    value("key like an option", KEY, 'key = "-spring"', 1, "key", f'{KEY_RULE}, got "-spring"'),
    value("key with umlaut", KEY, 'key = "frühling"', 1, "key", f'{KEY_RULE}, got "frühling"'),
    value("key too long", KEY, f'key = "{"k" * 101}"', 1, "key", f'{KEY_RULE}, got "{"k" * 58}…'),
    value("key is a number", KEY, "key = 2027", 1, "key", f"{KEY_RULE}, got 2027"),
    value("no key", KEY, "", 1, "key", f"is missing; {KEY_RULE}"),
    value("misspelt field", KEY, f"{KEY}\nrate_per_minut = 5", 2, "rate_per_minut", 'there is no such field: did you mean "rate_per_minute"?'),
    value("foreign field", KEY, f"{KEY}\nzzz = 5", 2, "zzz", f"there is no such field: accepts {CAMPAIGN_FIELDS}"),
    value("unprintable field", KEY, f'{KEY}\n"rate\\u0007" = 5', 2, '"rate\\u0007"', f"there is no such field: accepts {CAMPAIGN_FIELDS}"),
    value("field of another section", KEY, f'{KEY}\nhourly_limit = 5', 2, "hourly_limit", "there is no such field here: it belongs to [[accounts]]"),
    value("misspelt section", "[tracking]", "[trackin]", 9, "trackin", 'there is no such field: did you mean "tracking"?'),
    value("unknown channel", KEY, f'{KEY}\nchannel = "fax"', 2, "channel", 'accepts "email" or "whatsapp", got "fax"'),
    value("stored list", 'audience = "contacts.csv"', 'list = "newsletter"', 2, "list", 'stored lists are not in this version; name a file instead: audience = "contacts.csv"'),
    value("second channel", KEY, f'{KEY}\nfallback = "email"', 2, "fallback", "accepts the other channel (\"whatsapp\")"),
    value("templates", LAST, f'{LAST}[[templates]]\nname = "x"\n', 24, "templates", 'they belong to channel = "whatsapp"'),
    value("no audience", 'audience = "contacts.csv"', "", 1, "audience", f"is missing; {PATH_RULE}"),
    value("missing audience", "contacts.csv", "contact.csv", 2, "audience", f"contact.csv does not exist; {TABLE}"),
    value("audience is a folder", "contacts.csv", "folder", 2, "audience", f"folder is a directory; {TABLE}"),
    value("empty audience", "contacts.csv", "", 2, "audience", f'{PATH_RULE}, got ""'),
    value("audience with NUL", "contacts.csv", "a\\u0000b", 2, "audience", f'{PATH_RULE}, got "a\\u0000b": it contains a line break or a control character'),
    value("audience with a long name", "contacts.csv", "x" * 300, 2, "audience", f"{'x' * 300} cannot be opened: {os.strerror(36)}; {TABLE}"),
    value("name of two lines", KEY, f'{KEY}\nname = "a\\nb"', 2, "name", 'accepts one line of text, up to 200 characters, got "a\\nb": it contains a line break or a control character'),
    value("long name", KEY, f'{KEY}\nname = "{"n" * 201}"', 2, "name", f'accepts one line of text, up to 200 characters, got "{"n" * 58}…: it has 201 characters'),
    value("negative rate", KEY, f"{KEY}\nrate_per_minute = -1", 2, "rate_per_minute", f"{RATE_RULE}, got -1"),
    value("rate is nan", KEY, f"{KEY}\nrate_per_minute = nan", 2, "rate_per_minute", f"{RATE_RULE}, got nan"),
    value("rate is infinite", KEY, f"{KEY}\nrate_per_minute = inf", 2, "rate_per_minute", f"{RATE_RULE}, got inf"),
    value("rate is almost nothing", KEY, f"{KEY}\nrate_per_minute = 1e-300", 2, "rate_per_minute", f"{RATE_RULE}, got 1e-300"),
    value("rate is true", KEY, f"{KEY}\nrate_per_minute = true", 2, "rate_per_minute", f"{RATE_RULE}, got true"),
    value("rate is text", KEY, f'{KEY}\nrate_per_minute = "60"', 2, "rate_per_minute", f'{RATE_RULE}, got "60"'),
    value("rate is a list", KEY, f"{KEY}\nrate_per_minute = [1]", 2, "rate_per_minute", f"{RATE_RULE}, got an array"),
    value("rate is a day", KEY, f"{KEY}\nrate_per_minute = 2027-03-01", 2, "rate_per_minute", f"{RATE_RULE}, got 2027-03-01"),
    value("no attempt", KEY, f"{KEY}\nmax_attempts = 0", 2, "max_attempts", "accepts a whole number from 1 to 1000, got 0"),
    value("half an attempt", KEY, f"{KEY}\nmax_attempts = 1.5", 2, "max_attempts", "accepts a whole number from 1 to 1000, got 1.5"),
    value("delay into the past", KEY, f"{KEY}\nretry_delay_seconds = -0.5", 2, "retry_delay_seconds", "accepts a number from 0 to 604800, got -0.5"),
    # [content] and [tracking].
    value("no content", GOOD[GOOD.index("[content]") : GOOD.index("[tracking]")], "", 1, "content", "accepts one table, [content]; is missing"),
    value("two contents", "[content]", "[[content]]", 4, "content", "accepts one table, [content]; got an array"),
    value("no from", FROM, "", 4, "content.from", f"{NO_FROM}; {FROM_RULE}"),
    value("empty from", FROM, 'from = ""', 5, "content.from", f"{NO_FROM}; {FROM_RULE}"),
    value("from without @", "<ann@example.com>", "<ann>", 5, "content.from", f"it has no @; {CONTENT_FROM_RULE}"),
    value("two from", "Ann Lee <ann@example.com>", "a@example.com, b@example.com", 5, "content.from", f"it has more than one @; give one address only; {CONTENT_FROM_RULE}"),
    value("from with a header", "Ann Lee <", "Ann\\r\\nBcc: x <", 5, "content.from", f"it contains a line break or a control character (U+000D); {CONTENT_FROM_RULE}"),
    value("from is a number", FROM, "from = 1", 5, "content.from", "accepts text, got 1"),
    value("bad reply_to", FROM, f'{FROM}\nreply_to = "ben"', 6, "content.reply_to", f"it has no @; {CONTENT_FROM_RULE}"),
    value("no subject", f'subject = "{SUBJECT}"', "", 4, "content.subject", "is missing; accepts text"),
    value("empty subject", SUBJECT, "", 6, "content.subject", "it is empty"),
    value("subject of two lines", SUBJECT, "a\\nb", 6, "content.subject", "it has more than one line"),
    value("subject never closed", SUBJECT, "Hello {{ contact.name", 6, "content.subject", 'the tag that begins with "{{" is never closed'),
    value("no body", f'html = "{HTML}"', "", 4, "content.html", "there is no content: neither html nor text is given"),
    value("missing body", HTML, "winter.html", 7, "content.html", f"winter.html does not exist; {RELATIVE}"),
    value("body is a folder", HTML, "folder", 7, "content.html", f"folder is a directory; {RELATIVE}"),
    value("blank body", HTML, "blank.html", 7, "content.html", f"blank.html is empty; {RELATIVE}"),
    value("large body", HTML, "large.html", 7, "content.html", f"large.html is larger than 1 MB; {RELATIVE}"),
    value("body in Latin-1", HTML, "latin.html", 7, "content.html", f"latin.html is not UTF-8 (byte 0xFC in line 2); save it as UTF-8; {RELATIVE}"),
    value("body in UTF-16", HTML, "wide.html", 7, "content.html", f"wide.html is UTF-16; save it as UTF-8; {RELATIVE}"),
    value("missing text", f'html = "{HTML}"', f'html = "{HTML}"\ntext = "winter.txt"', 8, "content.text", f"winter.txt does not exist; {RELATIVE}"),
    value("missing text alone", f'html = "{HTML}"', 'text = "winter.txt"', 7, "content.text", f"winter.txt does not exist; {RELATIVE}"),
    value("bad list_id", FROM, f'{FROM}\nlist_id = "no list"', 6, "content.list_id", "it is not a List-Id; write it as news.example.com or Spring news <news.example.com>"),
    value("unknown policy", FROM, f'{FROM}\nmissing_fields = "skip"', 6, "content.missing_fields", 'accepts "fail" or "empty", got "skip"'),
    Broken(name="misspelt subject", old="subject =", new="sujbect =", problems=[
        (4, "content.subject", "is missing; accepts text"),
        (6, "content.sujbect", 'there is no such field: did you mean "subject"?'),
    ]),
    value("tracking with a query", 'unsubscribe_url = ""', 'base_url = "https://t.example.com/?a=b"', 10, "tracking.base_url", BASE_URL),
    value("tracking by words", 'unsubscribe_url = ""', 'opens = "yes"', 10, "tracking.opens", 'accepts true or false, got "yes"'),
    value("bounces to a long address", 'unsubscribe_url = ""', 'bounce_address = "reports-of-bounces@example.com"', 10, "tracking.bounce_address", "the part before the @ has at most 15 letters, digits, dots and dashes, and there is no name"),
    value("unsubscribe elsewhere", 'unsubscribe_url = ""', 'unsubscribe_url = "{{ contact.url }}"', 10, "tracking.unsubscribe_url", "it must begin with https://, http:// or mailto:, written out"),
    # [[accounts]].
    value("no accounts", GOOD[GOOD.index("[[accounts]]") :], "", 1, "accounts", "there is none; write one [[accounts]] block per account"),
    value("one pair of brackets", GOOD[GOOD.index("[[accounts]]") :], '[accounts]\nname = "x"\n', 12, "accounts", "accepts one [[accounts]] block per account, with two brackets on each side"),
    Broken(name="misspelt accounts", old=GOOD[GOOD.index("[[accounts]]") :], new="[[account]]\n", problems=[
        (1, "accounts", "there is none; write one [[accounts]] block per account"),
        (12, "account", 'there is no such field: did you mean "accounts"?'),
    ]),
    value("no name", 'name = "relay-1"', "", 12, "accounts.name", "is missing; accepts one line of text, 1 to 200 characters"),
    value("blank name", '"relay-1"', '" "', 13, "accounts.name", 'accepts one line of text, 1 to 200 characters, got " "'),
    value("same name", "relay-2", "relay-1", 20, "accounts.name", 'the account in line 12 has the name "relay-1" too'),
    value("no host", f'host = "{HOST}"', "", 12, "accounts.host", f"is missing; {HOST_RULE}"),
    value("empty host", HOST, "", 14, "accounts.host", f'{HOST_RULE}, got ""'),
    value("host with a space", HOST, "mail example.com", 14, "accounts.host", f'{HOST_RULE}, got "mail example.com"'),
    value("host with a command", HOST, "mail\\r\\nQUIT", 14, "accounts.host", f'{HOST_RULE}, got "mail\\r\\nQUIT"'),
    value("host like an option", HOST, "-mail.example.com", 14, "accounts.host", f'{HOST_RULE}, got "-mail.example.com"'),
    value("host with a port", HOST, "mail.example.com:25", 14, "accounts.host", f'{HOST_RULE}, got "mail.example.com:25"'),
    value("host is a URL", HOST, "smtp://mail.example.com", 14, "accounts.host", f'{HOST_RULE}, got "smtp://mail.example.com"'),
    value("odd spelling of an address", HOST, "127.1", 14, "accounts.host", f'{HOST_RULE}, got "127.1"'),
    value("hexadecimal address", HOST, "0x7f000001", 14, "accounts.host", f'{HOST_RULE}, got "0x7f000001"'),
    value("host with a dot at its end", HOST, "mail.example.com.", 14, "accounts.host", f'{HOST_RULE}, got "mail.example.com."'),
    value("no port", PORT, "", 12, "accounts.port", "is missing; accepts a whole number from 1 to 65535"),
    value("port 0", PORT, "port = 0", 15, "accounts.port", "accepts a whole number from 1 to 65535, got 0"),
    value("port too high", PORT, "port = 65536", 15, "accounts.port", "accepts a whole number from 1 to 65535, got 65536"),
    value("port is text", PORT, 'port = "587"', 15, "accounts.port", 'accepts a whole number from 1 to 65535, got "587"'),
    value("port is true", PORT, "port = true", 15, "accounts.port", "accepts a whole number from 1 to 65535, got true"),
    value("huge port", PORT, f"port = 0x{'f' * 5000}", 15, "accounts.port", "accepts a whole number from 1 to 65535, got a huge number"),
    value("unknown security", PORT, f'{PORT}\nsecurity = "ssl"', 16, "accounts.security", 'accepts "none", "starttls" or "tls", got "ssl"'),
    value("password in the file", PASSWORD, f'{PASSWORD}\npassword = "hunter2"', 18, "accounts.password", "a password does not belong into a file; put it into an environment variable and give the name of that: password_env"),
    value("variable not set", '"PASSWORD"', '"PASSWORT"', 17, "accounts.password_env", "the environment variable PASSWORT is not set"),
    value("password in place of a variable", '"PASSWORD"', '"abcdefghijklmnop"', 17, "accounts.password_env", "the environment variable that it names is not set"),
    value("password that is no name", '"PASSWORD"', '"hunter-2!"', 17, "accounts.password_env", VARIABLE_RULE),
    value("empty variable", '"PASSWORD"', '"EMPTY"', 17, "accounts.password_env", "the environment variable EMPTY is empty"),
    value("password of two lines", '"PASSWORD"', '"TWO_LINES"', 17, "accounts.password_env", "the environment variable TWO_LINES contains a line break or another control character, or is not UTF-8"),
    value("user name with a command", '"ann"', '"ann\\nQUIT"', 16, "accounts.username", 'accepts one line of text, up to 200 characters, got "ann\\nQUIT": it contains a line break or a control character'),
    value("account from", PORT, f'{PORT}\nfrom = "ann"', 16, "accounts.from", f'{FROM_RULE}, got "ann": it has no @'),
    value("account from is a template", PORT, f'{PORT}\nfrom = "{{{{ contact.a }}}} <a@example.com>"', 16, "accounts.from", f'{FROM_RULE}, got "{{{{ contact.a }}}} <a@example.com>": it is not a template'),
    value("account from beyond ASCII", PORT, f'{PORT}\nfrom = "änn@example.com"', 16, "accounts.from", f'{FROM_RULE}, got "änn@example.com": the part before the @ must be plain ASCII'),
    value("negative limit", PORT, f"{PORT}\nhourly_limit = -1", 16, "accounts.hourly_limit", f"{LIMIT_RULE}, got -1"),
    value("half a limit", PORT, f"{PORT}\ndaily_limit = 40.0", 16, "accounts.daily_limit", f"{LIMIT_RULE}, got 40.0"),
    value("misspelt limit", PORT, f"{PORT}\nhourlylimit = 40", 16, "accounts.hourlylimit", 'there is no such field: did you mean "hourly_limit"?'),
    value("limit of WhatsApp", PORT, f"{PORT}\nmessages_per_second = 80", 16, "accounts.messages_per_second", 'it belongs to channel = "whatsapp"'),
    value("unknown window", PORT, f'{PORT}\nwindow = "sliding"', 16, "accounts.window", 'accepts "calendar" or "rolling", got "sliding"'),
    value("unknown time zone", PORT, f'{PORT}\ntimezone = "Europe/Berln"', 16, "accounts.timezone", 'accepts a time zone such as Europe/Berlin, got "Europe/Berln": did you mean "Europe/Berlin"?'),
    value("time zone is a folder", PORT, f'{PORT}\ntimezone = "Etc"', 16, "accounts.timezone", 'accepts a time zone such as Europe/Berlin, got "Etc"'),
    value("time zone elsewhere", PORT, f'{PORT}\ntimezone = "../../etc/passwd"', 16, "accounts.timezone", 'accepts a time zone such as Europe/Berlin, got "../../etc/passwd"'),
    value("no connection", PORT, f"{PORT}\nmax_connections = 0", 16, "accounts.max_connections", "accepts a whole number from 1 to 1000, got 0"),
    value("missing authority", PORT, f'{PORT}\nca_file = "own.pem"', 16, "accounts.ca_file", "own.pem does not exist; accepts a file of certificates"),
    value("no certificate", PORT, f'{PORT}\nca_file = "{HTML}"', 16, "accounts.ca_file", "spring.html holds no certificate in PEM form"),
    value("oauth in part", PASSWORD, 'oauth = "google"\nclient_id = "id"\nrefresh_token_env = "REFRESH"', 12, "accounts.client_secret_env", 'is missing; oauth = "google" needs it'),
    value("oauth without its word", PASSWORD, f'{PASSWORD}\nclient_id = "id"', 18, "accounts.client_id", 'it has no meaning without oauth = "google" or "microsoft"'),
    value("unknown provider", PASSWORD, 'oauth = "yahoo"', 17, "accounts.oauth", 'accepts "google" or "microsoft", got "yahoo"'),
    value("token in the clear", PASSWORD, 'oauth = "microsoft"\nclient_id = "id"\nrefresh_token_env = "REFRESH"\ntoken_url = "http://a.example.com"', 20, "accounts.token_url", 'accepts a URL that begins with https://, got "http://a.example.com"'),
    value("tenant of Google", PASSWORD, 'oauth = "google"\nclient_id = "id"\nclient_secret_env = "CLIENT"\nrefresh_token_env = "REFRESH"\ntenant = "a"', 21, "accounts.tenant", 'leave it out: it belongs to oauth = "microsoft" without a token_url'),
    value("password beside oauth", PASSWORD, f'{PASSWORD}\noauth = "microsoft"\nclient_id = "id"\nrefresh_token_env = "REFRESH"', 17, "accounts.password_env", "leave it out: with oauth there is no password"),
    value("stored account with a host", LAST, f'{LAST}[[accounts]]\naccount = "office"\nhost = "a.example.com"\n', 26, "accounts.host", "leave it out: account names a stored account and stands alone"),
    value("stored account of the same name", LAST, f'{LAST}[[accounts]]\naccount = "relay-1"\n', 25, "accounts.account", 'the account in line 12 has the name "relay-1" too'),
    value("stored account without name", LAST, f'{LAST}[[accounts]]\naccount = ""\n', 25, "accounts.account", 'accepts one line of text, 1 to 200 characters, got ""'),
    value("same login", LAST, f'{LAST}[[accounts]]\nname = "relay-3"\nhost = "MAIL.example.com"\nport = 587\nusername = "ann"\n{PASSWORD}\n', 24, "accounts", f'{SAME_LOGIN} (MAIL.example.com:587 as "ann"); {EACH_ONCE}'),
    value("same login without user", LOGIN, 'host = "127.0.0.1"\nport = 2525', 17, "accounts", f"{SAME_LOGIN} (127.0.0.1:2525 without a user name); {EACH_ONCE}"),
]  # fmt: skip


def problems_of(text: str | bytes) -> list[tuple[int | None, str | None, str]]:
    path = Path("spring.toml")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read_campaign_file(path, ENVIRONMENT)
    assert {problem.file for problem in caught.value.problems} == {"spring.toml"}
    return [(problem.line, problem.field, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_broken_file_is_refused_with_the_exact_reason(folder: Path, broken: Broken) -> None:
    assert GOOD.count(broken.old) >= 1
    assert problems_of(GOOD.replace(broken.old, broken.new, 1)) == broken.problems


def test_tracking_that_is_no_table_is_refused(folder: Path) -> None:
    text = GOOD.replace('[tracking]\nunsubscribe_url = ""\n', "").replace(KEY, f'{KEY}\ntracking = "no"')
    assert problems_of(text) == [(2, "tracking", 'accepts one table, [tracking]; got "no"')]


@pytest.mark.parametrize(("accounts", "got"), [("5", "5"), ('["relay-1"]', "an array")])
def test_accounts_that_are_no_tables_are_refused(folder: Path, accounts: str, got: str) -> None:
    text = GOOD[: GOOD.index("[[accounts]]")].replace(KEY, f"{KEY}\naccounts = {accounts}")
    assert problems_of(text) == [(2, "accounts", f"accepts one [[accounts]] block per account, got {got}")]


def test_from_may_not_be_empty_beside_a_stored_account(folder: Path) -> None:
    text = f'{GOOD}[[accounts]]\naccount = "office"\n'.replace(FROM, "").replace(
        "port =", 'from = "a@example.com"\nport ='
    )
    message = f'is missing, and the account "office" has no from of its own; {FROM_RULE}'
    assert problems_of(text) == [(4, "content.from", message)]


def test_everything_wrong_is_said_at_once_by_line_with_other_files_last(folder: Path) -> None:
    text = GOOD.replace(KEY, "").replace(HTML, 'broken.html"\ntext = "broken.txt').replace("2525", "0")
    Path("spring.toml").write_text(f"{text}[trackin]\n")
    with pytest.raises(InputError) as caught:
        read_campaign_file(Path("spring.toml"), {})
    assert [(problem.file, problem.line, problem.field) for problem in caught.value.problems] == [
        ("spring.toml", 1, "key"),
        ("spring.toml", 18, "accounts.password_env"),
        ("spring.toml", 23, "accounts.port"),
        ("spring.toml", 25, "trackin"),
        ("broken.html", 2, "content.html"),
        ("broken.txt", 3, "content.text"),
    ]


def test_mistakes_of_the_html_are_not_repeated_for_the_text_made_from_it(folder: Path) -> None:
    Path("spring.toml").write_text(GOOD.replace(HTML, "broken.html"))
    with pytest.raises(InputError, match=r'\Abroken\.html:2: content\.html: there is no filter "shout";.*\Z'):
        read_campaign_file(Path("spring.toml"), ENVIRONMENT)


def test_password_is_in_no_message_and_no_description(folder: Path) -> None:
    assert "secret" not in repr(read(GOOD))
    text = GOOD.replace(PASSWORD, 'password_env = "hunter2"\npassword = "hunter3"\nclient_secret_env = "hunter 4"')
    assert "hunter" not in str(problems_of(text))


# Files that are no campaign files at all.

TOML = "a campaign file in TOML"


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"", None, f"the file is empty; accepted is {TOML}"),
        (b" \n\n", None, f"the file is empty; accepted is {TOML}"),
        (b'key = "a"\nname = "Gr\xfc\xdfe"\n', 2, f"the file is not UTF-8 (byte 0xFC in line 2); save it as UTF-8; accepted is {TOML}"),
        ("key = 'a'".encode("utf-16"), None, f"the file is UTF-16; save it as UTF-8; accepted is {TOML}"),
        (b"#" * 1_000_001, None, f"the file is larger than 1 MB; accepted is {TOML}"),
        (b'key = "a"\nname = \n', 2, "this is not TOML: Invalid value at column 8"),
        (b'key = "a"\nname = [1,', 2, "this is not TOML: Invalid value at the end of the file"),
        (b"[a]\n[a]\n", 2, "this is not TOML: Cannot declare ('a',) twice at column 3"),
        (b"PK\x03\x04", 1, "this is not TOML: Expected '=' after a key in a key/value pair at column 3"),
        (b"a = " + b"[" * 100_000, None, f"it is nested too deeply; accepted is {TOML}"),
        (b"a = " + b"9" * 5_000, None, f"it holds a number of thousands of digits; accepted is {TOML}"),
        (b"a = 1\n" + b"a." * 400_000 + b"b = 1", 2, f"this key has more than 32 parts; accepted is {TOML}"),
    ],
    ids=["empty", "blank", "Latin-1", "UTF-16", "large", "no value", "open", "twice", "archive", "deep", "digits", "key"],
)  # fmt: skip
def test_file_that_is_no_toml_is_refused(folder: Path, data: bytes, line: int | None, message: str) -> None:
    assert problems_of(data) == [(line, None, message)]


@pytest.mark.parametrize(
    ("name", "reason"), [("folder", "is a directory"), ("none.toml", "does not exist"), ("pipe", "is not a file")]
)
def test_what_is_no_file_is_refused_at_once(folder: Path, name: str, reason: str) -> None:
    os.mkfifo("pipe")
    with pytest.raises(InputError) as caught:
        read_campaign_file(Path(name), {})
    assert caught.value.problems == (Problem(file=name, message=f"the file {reason}; accepted is {TOML}"),)
