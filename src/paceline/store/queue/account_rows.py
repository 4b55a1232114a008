"""An account and its row: the settings one by one, the login as JSON, its secrets apart and sealed."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from paceline.domain.account import Account, Limits, OAuth, Security, SmtpLogin, WhatsAppLogin, Window
from paceline.domain.warm_up import warm_up_of
from paceline.store.secrets import SecretBox

_SECRET_FIELDS = ("password", "client_secret", "refresh_token", "token")


SETTINGS = (
    "name",
    "login",
    "host",
    "from_address",
    "minute_limit",
    "hourly_limit",
    "daily_limit",
    "monthly_limit",
    "limit_window",
    "timezone",
    "rate_per_minute",
    "max_connections",
    "largest_campaign",
    "weight",
    "warm_up",
)
"""The columns that hold what a person has set, the login's secrets apart."""


def values_of(account: Account) -> dict[str, Any]:
    """Every column of ``SETTINGS``."""
    login = {key: value for key, value in asdict(account.login).items() if key not in _SECRET_FIELDS}
    if isinstance(account.login, SmtpLogin) and account.login.oauth is not None:
        login["oauth"] = {key: value for key, value in login["oauth"].items() if key not in _SECRET_FIELDS}
    return {
        "name": account.name,
        "login": json.dumps(login, sort_keys=True),
        "host": account.login.host.lower(),
        "from_address": account.from_address,
        "minute_limit": account.limits.minute,
        "hourly_limit": account.limits.hour,
        "daily_limit": account.limits.day,
        "monthly_limit": account.limits.month,
        "limit_window": account.limits.window.value,
        "timezone": account.limits.timezone.key,
        "rate_per_minute": float(account.rate_per_minute),
        "max_connections": account.max_connections,
        "largest_campaign": account.largest_campaign,
        "weight": float(account.weight),
        "warm_up": "" if account.limits.warm_up is None else str(account.limits.warm_up),
    }


def secrets_of(login: SmtpLogin | WhatsAppLogin) -> dict[str, str]:
    """What of a login is kept sealed."""
    if isinstance(login, WhatsAppLogin):
        return {"token": login.token}
    secrets = {"password": login.password}
    if login.oauth is not None:
        secrets |= {"client_secret": login.oauth.client_secret, "refresh_token": login.oauth.refresh_token}
    return secrets


def _login(row: Any, secrets: dict[str, str]) -> SmtpLogin | WhatsAppLogin:
    stored = json.loads(row.login)
    if row.channel == "whatsapp":
        return WhatsAppLogin(**stored, token=secrets.get("token", ""))
    oauth = stored.pop("oauth", None)
    if oauth is not None:
        names = {item.name for item in fields(OAuth)}
        oauth = OAuth(**oauth, **{name: value for name, value in secrets.items() if name in names})
    return SmtpLogin(**{**stored, "security": Security(stored["security"])}, password=secrets["password"], oauth=oauth)


def account_of(row: Any, box: SecretBox) -> Account:
    """The account of a whole row, its login unsealed."""
    return Account(
        id=row.id,
        name=row.name,
        login=_login(row, box.open(row.secrets, row=f"account {row.identity}")),
        from_address=row.from_address,
        limits=limits_of(row),
        rate_per_minute=row.rate_per_minute,
        max_connections=row.max_connections,
        largest_campaign=row.largest_campaign,
        weight=row.weight,
        revision=row.revision,
    )


def limits_of(row: Any) -> Limits:
    """The limits of a row."""
    return Limits(
        minute=row.minute_limit,
        hour=row.hourly_limit,
        day=row.daily_limit,
        month=row.monthly_limit,
        window=Window(row.limit_window),
        timezone=ZoneInfo(row.timezone),
        warm_up=warm_up_of(row.warm_up, since=_date(row.warm_up_since)),
    )


def since_of(account: Account) -> str | None:
    """The first day of its warm-up, where a person has named one."""
    warm_up = account.limits.warm_up
    return None if warm_up is None or warm_up.since is None else warm_up.since.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
