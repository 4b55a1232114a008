"""WhatsApp campaign files: what they hold, and every mistake with its line, its field and what is accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from paceline.content.whatsapp import WhatsAppContent, Where
from paceline.domain.account import Account, WhatsAppLogin
from paceline.domain.errors import InputError
from paceline.operations.campaign_file.campaign_file import CampaignFile, read_campaign_file

GOOD = """\
key = "spring"
channel = "whatsapp"
audience = "contacts.csv"

[[templates]]
name = "order_update"
language = "en_US"
parameters = { body = ["{{ contact.first_name }}"] }

[[accounts]]
name = "number-1"
phone_number_id = "106540352242922"
token_env = "TOKEN"
"""


def read(folder: Path, text: str) -> CampaignFile:
    (folder / "contacts.csv").write_text("phone,first_name\n")
    path = folder / "spring.toml"
    path.write_text(text)
    return read_campaign_file(path, {"TOKEN": "secret"})


def problems(folder: Path, text: str) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(InputError) as caught:
        read(folder, text)
    return [(problem.line, problem.field, problem.message) for problem in caught.value.problems]


def test_a_good_file_is_read_with_the_defaults_of_whatsapp(tmp_path: Path) -> None:
    file = read(tmp_path, GOOD)
    assert (file.channel, file.max_attempts, file.retry_delay_seconds) == ("whatsapp", 3, 5.0)
    (account,) = file.accounts
    assert isinstance(account, Account)
    assert account.login == WhatsAppLogin(phone_number_id="106540352242922", token="secret")
    assert account.max_connections == 100
    assert isinstance(file.content, WhatsAppContent)
    (template,) = file.content.templates
    assert (template.key, template.share, template.where) == ("order_update/en_US", 1.0, None)
    assert WhatsAppContent.from_json(file.content.to_json()) == file.content


ALL = """parameters = { header = { document = { link = "https://example.com/{{ contact.order }}.pdf", filename = "a.pdf" } }, \
body = { first_name = "{{ contact.first_name }}", price = { currency = { fallback = "$1", code = "USD", amount_1000 = 1000 } }, \
day = { date_time = "May 1" } }, offer_ends_ms = 1893456000000, \
buttons = [{ type = "quick_reply", payload = "STOP" }, { type = "url", index = 3, suffix = "{{ contact.order }}" }, \
{ type = "copy_code", code = "25OFF" }, { type = "flow", token = "t" }, { type = "catalog" }], \
carousel = [{ header = { image = { id = "1" } }, body = ["a"], buttons = [] }] }"""


def test_every_component_can_be_written(tmp_path: Path) -> None:
    file = read(tmp_path, GOOD.replace('parameters = { body = ["{{ contact.first_name }}"] }', ALL))
    assert isinstance(file.content, WhatsAppContent)
    kinds = [component["type"] for component in file.content.templates[0].components]
    assert kinds == ["header", "body", "limited_time_offer", "carousel", *["button"] * 5]
    assert [one["index"] for one in file.content.templates[0].components[4:]] == ["0", "3", "2", "3", "4"]


def test_shares_are_equal_unless_they_are_given_and_filters_stand_beside_them(tmp_path: Path) -> None:
    more = '[[templates]]\nname = "b"\nlanguage = "de"\n[[templates]]\nname = "c"\nlanguage = "de"\n'
    more += 'where = { field = "first_name", equals = "Ann" }\n\n[[accounts]]'
    file = read(tmp_path, GOOD.replace("[[accounts]]", more))
    assert isinstance(file.content, WhatsAppContent)
    assert [template.share for template in file.content.templates] == [0.5, 0.5, 0.0]
    assert file.content.templates[2].where == Where(field="first_name", equals="Ann")


ID = 'phone_number_id = "106540352242922"'
PARAMETERS = 'parameters = { body = ["{{ contact.first_name }}"] }'

MISTAKES = [
    (ID, 'phone_number_id = "+1650"', 12, "accounts.phone_number_id", "accepts the id of a phone number"),
    ('token_env = "TOKEN"', 'token = "EAAB"', 13, "accounts.token", "a token does not belong into a file"),
    ('"TOKEN"', '"OTHER"', 13, "accounts.token_env", "the environment variable OTHER is not set"),
    (ID, f'{ID}\napi_version = "25"', 13, "accounts.api_version", 'accepts a version such as "v25.0", got "25"'),
    (ID, f'{ID}\napi_url = "ftp://x"', 13, "accounts.api_url", "accepts a URL such as https://graph.facebook.com"),
    (ID, f"{ID}\nmessages_per_second = 0", 13, "accounts.messages_per_second", "accepts a number from 0.1 to 10000"),
    (ID, f'{ID}\nhost = "a.b"', 13, "accounts.host", 'it belongs to channel = "email"'),
    (ID, f'{ID}\nchannel = "email"', 13, "accounts.channel", 'the campaign has channel = "whatsapp"'),
    ('name = "order_update"', 'name = "Order Update"', 6, "templates.name", "accepts a template's name"),
    ('"en_US"', '"english"', 7, "templates.language", 'accepts a language such as "en_US"'),
    (PARAMETERS, f"{PARAMETERS}\nshare = 0.5", 0, "templates", "the shares add up to 0.5"),
    (PARAMETERS, "where = { field = 1 }", 8, "templates.where", "accepts two texts, such as"),
    (PARAMETERS, 'parameters = { footer = "x" }', 8, "templates.parameters", "there is no 'footer'; accepts header"),
    (PARAMETERS, 'parameters = { body = "x" }', 8, "templates.parameters", "body: accepts an array"),
    (
        PARAMETERS,
        "parameters = { header = { image = {} } }",
        8,
        "templates.parameters",
        "image: accepts one of id, link and file",
    ),
    (PARAMETERS, 'parameters = { buttons = [{ type = "x" }] }', 8, "templates.parameters", "type accepts quick_reply"),
    (PARAMETERS, 'parameters = { buttons = [{ type = "url" }] }', 8, "templates.parameters", "something is missing"),
    (PARAMETERS, 'parameters = { body = ["{{ contact. }}"] }', 5, "templates[1].parameters", ""),
    ("[[accounts]]", '[content]\nsubject = "x"\n\n[[accounts]]', 10, "content", 'channel = "email"'),
]


@pytest.mark.parametrize(("old", "new", "line", "field", "message"), MISTAKES, ids=[one[1] for one in MISTAKES])
def test_each_mistake_is_named(tmp_path: Path, old: str, new: str, line: int, field: str, message: str) -> None:
    found = problems(tmp_path, GOOD.replace(old, new))
    assert any(
        (not line or at == line) and str(name).replace("[1]", "") == field.replace("[1]", "") and message in said
        for at, name, said in found
    ), found


def test_one_number_is_one_account(tmp_path: Path) -> None:
    second = f'{GOOD}\n[[accounts]]\nname = "again"\n{ID}\ntoken_env = "TOKEN"\n'
    ((line, _, message),) = problems(tmp_path, second)
    assert (line, message) == (17, "the account in line 10 has this phone number too; accepts each number once")


def test_a_column_that_the_audience_lacks_is_named(tmp_path: Path) -> None:
    file = read(tmp_path, GOOD.replace("contact.first_name", "contact.order"))
    (problem,) = file.check_content(["phone", "first_name"])
    assert problem.line == 5
    assert problem.message == 'the audience has no column "order"; it has phone, first_name'
