"""At a worker: an account as its controller lends it becomes one of this queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from paceline.domain.account import Account, Limits, OAuth, Security, SmtpLogin, WhatsAppLogin, Window
from paceline.domain.errors import Problem
from paceline.domain.warm_up import warm_up_of
from paceline.remote.protocol import AccountSpec


def read_account(
    spec: AccountSpec, place: int, problems: list[Problem], *, keep_authority: Callable[[str], str]
) -> Account | None:
    """The account; None with one more of ``problems`` where it cannot be used.

    ``keep_authority`` makes a file of the certificates that its server may show, and gives its path.
    """
    try:
        since = None if spec.warm_up_since is None else date.fromisoformat(spec.warm_up_since)
        return Account(
            id=0,
            name=spec.name,
            login=_login(spec.login, spec.secrets, ca_file=keep_authority(spec.ca) if spec.ca else ""),
            from_address=spec.from_address,
            limits=Limits(
                minute=spec.minute_limit,
                hour=spec.hourly_limit,
                day=spec.daily_limit,
                month=spec.monthly_limit,
                window=Window(spec.window),
                timezone=ZoneInfo(spec.timezone),
                warm_up=warm_up_of(spec.warm_up, since=since),
            ),
            rate_per_minute=spec.rate_per_minute,
            max_connections=spec.max_connections,
            weight=spec.weight,
        )
    except (TypeError, ValueError, KeyError, OSError) as error:
        problems.append(Problem(file="", field=f"accounts.{place}", message=f"cannot be used: {error}"))
        return None


def _login(login: Mapping[str, Any], secrets: Mapping[str, str], *, ca_file: str) -> SmtpLogin | WhatsAppLogin:
    """A login as it came, with the file of certificates that is here."""
    values = dict(login)
    if "phone_number_id" in values:
        return WhatsAppLogin(**values, token=secrets.get("token", ""))
    values["ca_file"] = ca_file
    oauth = values.pop("oauth", None)
    if oauth is not None:
        names = ("client_secret", "refresh_token")
        oauth = OAuth(**oauth, **{name: secrets.get(name, "") for name in names})
    security = Security(values.pop("security"))
    return SmtpLogin(**values, security=security, password=secrets.get("password", ""), oauth=oauth)
