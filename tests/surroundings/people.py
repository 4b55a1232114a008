"""People at an installation whose time a test can move: first users, members, logins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from paceline.bootstrap import open_context
from paceline.clock import SteadyClock, boot_seconds
from paceline.domain.permission import PERMISSIONS, Role
from paceline.operations.context import Context
from paceline.operations.people import first_user, invitations, logins
from paceline.operations.people.access import Principal, by_session
from paceline.operations.people.granting import OPERATOR
from paceline.operations.people.sessions import NewSession
from paceline.settings import read_settings

PASSWORD = "a quiet evening by the sea"
OTHER_PASSWORD = "three green boats at noon"


class Time:
    """A boot clock that goes ahead when it is told to."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return boot_seconds() + self.ahead

    def pass_by(self, seconds: float) -> None:
        self.ahead += seconds


@dataclass(slots=True, kw_only=True)
class Installation:
    """An installation with its time."""

    context: Context
    time: Time

    def log_in(self, email: str, password: str = PASSWORD, **more: Any) -> NewSession:
        return logins.log_in(self.context, email=email, password=password, **more)

    def who(self, session: NewSession) -> Principal:
        principal = by_session(self.context, session.token)
        assert principal is not None
        return principal

    def first_user(self, email: str = "olga@example.com") -> Principal:
        """The owner of the first workspace."""
        link = first_user.first_user_link(self.context)
        assert link is not None
        first_user.create_first_user(self.context, token_of(link), email=email, name="Olga", password=PASSWORD)
        return self.who(self.log_in(email))

    def member(self, role: Role, email: str, *, context: Context | None = None) -> Principal:
        """A new user of this role, logged in."""
        where = context or self.context
        made = invitations.invite(where, email=email, role=role, by=OPERATOR)
        invitations.accept(where, token_of(made.link), name=role.title(), password=PASSWORD)
        return self.who(self.log_in(email))


def token_of(link: str | None) -> str:
    """The token in a link."""
    assert link is not None
    return parse_qs(urlsplit(link).query)["token"][0]


def principal(role: Role) -> Principal:
    """Somebody of a role who needs no row anywhere."""
    return Principal(id="x", name=role.value, workspace_id=1, permissions=PERMISSIONS[role], role=role)


@contextmanager
def installed(database_url: str, data_dir: str, **settings: Any) -> Iterator[Installation]:
    """An installation on this database."""
    context = open_context(read_settings({}, database=database_url, data_dir=data_dir, **settings))
    time = Time()
    try:
        yield Installation(context=replace(context, clock=SteadyClock(boot=time)), time=time)
    finally:
        context.close()
