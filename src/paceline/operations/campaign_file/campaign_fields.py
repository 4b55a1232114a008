"""The fields of a campaign file: one table per section, in the order of docs/reference/campaign-file.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from paceline.channels.smtp.oauth import PRESETS
from paceline.content.email import MissingFields
from paceline.domain.account import Security, Window
from paceline.domain.account_choice import AccountChoice
from paceline.domain.layer import LayerKind
from paceline.domain.phone import is_country
from paceline.domain.reply_rule import RuleAction, RuleScope
from paceline.domain.retry_policy import usual_retries
from paceline.operations.campaign_file.field_kinds import (
    FLAG,
    HOST,
    HTTPS_URL,
    KEY,
    LINE,
    MAILBOX,
    PATH,
    PATHS,
    SOME_LINE,
    SOME_PATH,
    TENANT,
    TEXT,
    TIME_ZONE,
    VARIABLE,
    WEB_URL,
    Kind,
    did_you_mean,
    matching,
    number,
    one_of,
    whole,
)
from paceline.operations.campaign_file.pace_kinds import (
    DATE,
    DATES,
    DAYS,
    ENHANCED_CODE,
    HOURS,
    LOCAL_TIME,
    REPLY_CODE,
    WARM_UP,
    WEIGHT,
)
from paceline.operations.campaign_file.toml_document import Document
from paceline.operations.campaign_file.toml_lines import TomlPath

_NOT_YET = "not in this version"
_LIMIT = whole(0, 1_000_000_000)
_RATE = number(0.001, 1_000_000, or_zero=True)


def _country(value: object) -> str:
    if not isinstance(value, str) or (value and not is_country(value)):
        raise ValueError
    return value


_COUNTRY = Kind(accepts='a country such as "CH", for numbers without a country code', read=_country)
_WORKER = Kind(
    accepts="the name of a remote worker, as paceline workers list shows it",
    read=matching(re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}|")),
)
_CHANNEL = one_of(("email", "whatsapp"))
_TEMPLATE_NAME = Kind(
    accepts="a template's name: a-z, 0-9 and underscores", read=matching(re.compile(r"[a-z0-9_]{1,512}"))
)
_LANGUAGE = Kind(
    accepts='a language such as "en_US" or "de"', read=matching(re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?"))
)
_PHONE_NUMBER_ID = Kind(
    accepts="the id of a phone number (digits, from WhatsApp Manager)", read=matching(re.compile(r"[0-9]{1,40}"))
)
_BUSINESS_ACCOUNT = Kind(
    accepts="the id of a WhatsApp Business Account (digits, from WhatsApp Manager)",
    read=matching(re.compile(r"[0-9]{1,40}|")),
)
_API_VERSION = Kind(accepts='a version such as "v25.0"', read=matching(re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")))


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError
    return value


_TABLE = Kind(accepts="a table", read=_table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: what it accepts, and what stands for it when it is absent."""

    kind: Kind
    default: Any = None
    required: bool = False
    replaced_by: str = ""
    """It is not missed where this other field is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table of the file. ``refused`` are fields that people may expect, each with its own answer."""

    title: str
    fields: Mapping[str, Field]
    tables: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


CAMPAIGN = Section(
    title="the top of the file",
    fields={
        "key": Field(kind=KEY, required=True),
        "name": Field(kind=LINE, default=""),
        "channel": Field(kind=_CHANNEL, default="email"),
        "fallback": Field(kind=one_of(("email", "whatsapp", "")), default=""),
        "audience": Field(kind=SOME_PATH, required=True, replaced_by="list"),
        "rate_per_minute": Field(kind=_RATE, default=0.0),
        "max_attempts": Field(kind=whole(1, 1000)),
        "retry_delay_seconds": Field(kind=number(0, 604_800)),
        "weight": Field(kind=WEIGHT, default=1.0),
        "account_choice": Field(kind=one_of(AccountChoice), default=AccountChoice.FREE),
        "worker": Field(kind=_WORKER, default=""),
        "worker_fallback": Field(kind=FLAG, default=True),
    },
    tables=("content", "tracking", "window", "limits", "reply_rules", "accounts"),
    refused={
        "list": f'stored lists are {_NOT_YET}; name a file instead: audience = "contacts.csv"',
        "templates": 'they belong to channel = "whatsapp"',
    },
)

CONTENT = Section(
    title="[content]",
    fields={
        "from": Field(kind=TEXT, default=""),
        "reply_to": Field(kind=TEXT, default=""),
        "subject": Field(kind=TEXT, required=True),
        "preheader": Field(kind=TEXT, default=""),
        "mjml": Field(kind=PATH, default=""),
        "html": Field(kind=PATH, default=""),
        "text": Field(kind=PATH, default=""),
        "list_id": Field(kind=TEXT, default=""),
        "missing_fields": Field(kind=one_of(MissingFields), default=MissingFields.FAIL),
        "attachments": Field(kind=PATHS, default=[]),
    },
)

TRACKING = Section(
    title="[tracking]",
    fields={
        "base_url": Field(kind=TEXT, default=""),
        "unsubscribe_url": Field(kind=TEXT, default=""),
        "opens": Field(kind=FLAG, default=True),
        "clicks": Field(kind=FLAG, default=True),
        "text_clicks": Field(kind=FLAG, default=False),
        "bounce_address": Field(kind=TEXT, default=""),
    },
)

WINDOW = Section(
    title="[window]",
    fields={
        "days": Field(kind=DAYS, default=frozenset(range(7))),
        "hours": Field(kind=HOURS, default=((0, 1440),)),
        "holidays": Field(kind=DATES, default=frozenset()),
        "timezone": Field(kind=TIME_ZONE),
        "recipient_timezone": Field(kind=LINE, default=""),
        "not_before": Field(kind=LOCAL_TIME),
    },
)

WHATSAPP_CAMPAIGN = Section(
    title=CAMPAIGN.title,
    fields={
        **{name: kept for name, kept in CAMPAIGN.fields.items() if not name.startswith("worker")},
        "max_attempts": Field(kind=whole(1, 1000), default=usual_retries("whatsapp").max_attempts),
        "retry_delay_seconds": Field(kind=number(0, 604_800), default=usual_retries("whatsapp").retry_delay_seconds),
        "default_country": Field(kind=_COUNTRY, default=""),
    },
    tables=("templates", "window", "limits", "reply_rules", "accounts"),
    refused={
        "list": CAMPAIGN.refused["list"],
        "worker": "remote workers send e-mail only: what WhatsApp tells of its messages comes to this installation",
        "worker_fallback": 'it belongs to channel = "email"',
        "content": 'it belongs to channel = "email"; write [[templates]]',
        "tracking": 'it belongs to channel = "email"',
    },
)

TEMPLATE = Section(
    title="[[templates]]",
    fields={
        "name": Field(kind=_TEMPLATE_NAME, required=True),
        "language": Field(kind=_LANGUAGE, required=True),
        "share": Field(kind=number(0.0001, 1)),
        "where": Field(kind=_TABLE),
        "parameters": Field(kind=_TABLE),
    },
)

_WHATSAPP_ONLY = (
    "phone_number_id",
    "token_env",
    "api_url",
    "api_version",
    "messages_per_second",
    "business_account_id",
)

ACCOUNT = Section(
    title="[[accounts]]",
    fields={
        "name": Field(kind=SOME_LINE, required=True),
        "channel": Field(kind=_CHANNEL, default="email"),
        "host": Field(kind=HOST, required=True),
        "port": Field(kind=whole(1, 65535), required=True),
        "security": Field(kind=one_of(Security)),  # depends on the port
        "ca_file": Field(kind=PATH, default=""),
        "username": Field(kind=LINE, default=""),
        "password_env": Field(kind=VARIABLE, default=""),
        "oauth": Field(kind=one_of(PRESETS, or_nothing=True), default=""),
        "client_id": Field(kind=LINE, default=""),
        "client_secret_env": Field(kind=VARIABLE, default=""),
        "refresh_token_env": Field(kind=VARIABLE, default=""),
        "tenant": Field(kind=TENANT, default=""),
        "token_url": Field(kind=HTTPS_URL, default=""),
        "scope": Field(kind=LINE, default=""),
        "from": Field(kind=MAILBOX, default=""),
        "minute_limit": Field(kind=_LIMIT, default=0),
        "hourly_limit": Field(kind=_LIMIT, default=0),
        "daily_limit": Field(kind=_LIMIT, default=0),
        "monthly_limit": Field(kind=_LIMIT, default=0),
        "window": Field(kind=one_of(Window), default=Window.CALENDAR),
        "timezone": Field(kind=TIME_ZONE),
        "rate_per_minute": Field(kind=_RATE, default=0.0),
        "max_connections": Field(kind=whole(1, 1000), default=1),
        "largest_campaign": Field(kind=_LIMIT, default=0),
        "weight": Field(kind=WEIGHT, default=1.0),
        "warm_up": Field(kind=WARM_UP),
        "warm_up_since": Field(kind=DATE),
    },
    refused={
        "password": "a password does not belong into a file; put it into an environment variable "
        "and give the name of that: password_env",
        "client_secret": "a secret does not belong into a file; put it into an environment variable "
        "and give the name of that: client_secret_env",
        "refresh_token": "a secret does not belong into a file; put it into an environment variable "
        "and give the name of that: refresh_token_env",
        **dict.fromkeys(_WHATSAPP_ONLY, 'it belongs to channel = "whatsapp"'),
    },
)

_SHARED = (
    "minute_limit",
    "hourly_limit",
    "daily_limit",
    "monthly_limit",
    "window",
    "timezone",
    "rate_per_minute",
    "weight",
    "warm_up",
    "warm_up_since",
)
_TOKEN = "a token does not belong into a file; put it into an environment variable and give the name of that: token_env"

NUMBER = Section(
    title="[[accounts]]",
    fields={
        "name": ACCOUNT.fields["name"],
        "channel": Field(kind=_CHANNEL, default="whatsapp"),
        "phone_number_id": Field(kind=_PHONE_NUMBER_ID, required=True),
        "token_env": Field(kind=VARIABLE, required=True),
        "api_url": Field(kind=WEB_URL, default="https://graph.facebook.com"),
        "api_version": Field(kind=_API_VERSION, default="v25.0"),
        "messages_per_second": Field(kind=number(0.1, 10_000), default=80.0),
        "business_account_id": Field(kind=_BUSINESS_ACCOUNT, default=""),
        **{name: ACCOUNT.fields[name] for name in _SHARED},
        "max_connections": Field(kind=whole(1, 1000), default=None),  # WhatsAppLogin.usual_connections
        "largest_campaign": ACCOUNT.fields["largest_campaign"],
    },
    refused={
        "token": _TOKEN,
        "password": _TOKEN,
        **dict.fromkeys(("host", "port", "username", "password_env", "from"), 'it belongs to channel = "email"'),
    },
)

LIMITS = Section(
    title="[[limits]]",
    fields={
        "for": Field(kind=one_of(LayerKind), required=True),
        "name": Field(kind=LINE, default=""),
        **{name: ACCOUNT.fields[name] for name in _SHARED[:6]},
    },
)

REPLY_RULES = Section(
    title="[[reply_rules]]",
    fields={
        "name": Field(kind=KEY, required=True),
        "code": Field(kind=REPLY_CODE, default=""),
        "enhanced": Field(kind=ENHANCED_CODE, default=""),
        "text": Field(kind=LINE, default=""),
        "count_by": Field(kind=one_of(RuleScope), default=RuleScope.ACCOUNT),
        "after": Field(kind=whole(1, 1_000_000), default=1),
        "within_seconds": Field(kind=number(1, 86_400), default=60.0),
        "action": Field(kind=one_of(RuleAction), default=RuleAction.SUSPEND),
        "for_seconds": Field(kind=number(1, 2_592_000), default=600.0),
        "share": Field(kind=number(0.01, 0.99), default=0.5),
    },
)

STORED_ACCOUNT = Section(title="[[accounts]]", fields={"account": Field(kind=SOME_LINE, required=True)})

_SECTIONS = (CAMPAIGN, CONTENT, TRACKING, WINDOW, ACCOUNT, LIMITS, REPLY_RULES, STORED_ACCOUNT)


def read_section(document: Document, path: TomlPath, table: Mapping[str, object], section: Section) -> dict[str, Any]:
    """The values of one table by field, defaults filled in. What is wrong is added to the document's problems.

    A field that is missing or cannot be used has no value here.
    """
    for name in table:
        if name not in section.fields and name not in section.tables:
            document.refuse((*path, name), section.refused.get(name) or _unknown(name, table[name], section))
    return dict(_values(document, path, table, section))


def _values(
    document: Document, path: TomlPath, table: Mapping[str, object], section: Section
) -> Iterator[tuple[str, Any]]:
    for name, known in section.fields.items():
        if name in table:
            try:
                yield name, known.kind.parse(table[name])
            except ValueError as error:
                document.refuse((*path, name), str(error))
        elif known.required and known.replaced_by in table:
            continue
        elif known.required:
            document.refuse((*path, name), f"is missing; accepts {known.kind.accepts}")
        else:
            yield name, known.default


def _unknown(name: str, value: object, section: Section) -> str:
    """What to say of a field that is not known: where it belongs, what may be meant, or what there is."""
    for other in _SECTIONS:
        if other is not section and name in other.fields and not isinstance(value, dict | list):
            return f"there is no such field here: it belongs to {other.title}"
    names = (*section.fields, *section.tables)
    hint = did_you_mean(name, names) or f"accepts {', '.join(names)}"
    return f"there is no such field: {hint}"
