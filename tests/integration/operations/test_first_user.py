"""The first start: one link makes one owner, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from paceline.domain.errors import InputError
from paceline.domain.permission import Role
from paceline.operations.context import NotPossible
from paceline.operations.people import first_user, workspaces
from paceline.operations.people.links import LinkEnded
from surroundings.people import PASSWORD, Installation, token_of


def make(installation: Installation, token: str, email: str = "olga@example.com", **more: str) -> int:
    given = {"name": "Olga", "password": PASSWORD} | more
    return first_user.create_first_user(installation.context, token, email=email, **given)


def new_token(installation: Installation) -> str:
    return token_of(first_user.first_user_link(installation.context))


def test_link_makes_the_owner_of_the_first_workspace(installation: Installation) -> None:
    link = first_user.first_user_link(installation.context)
    assert link is not None
    assert link.startswith("http://127.0.0.1:8525/setup?token=")
    make(installation, token_of(link), workspace_name="Sea Club")
    who = installation.who(installation.log_in("OLGA@example.com"))
    assert (who.role, who.workspace_id, who.name) == (Role.OWNER, 1, "Olga")
    assert workspaces.workspace(installation.context).name == "Sea Club"


def test_there_is_no_link_once_there_is_a_user(installation: Installation) -> None:
    token = new_token(installation)
    make(installation, token)
    assert first_user.first_user_link(installation.context) is None
    with pytest.raises(LinkEnded):
        make(installation, token, "eve@example.com")


def test_a_new_start_makes_the_former_link_useless(installation: Installation) -> None:
    former, latter = new_token(installation), new_token(installation)
    with pytest.raises(LinkEnded):
        make(installation, former)
    assert make(installation, latter)


def test_link_ends_after_a_week(installation: Installation) -> None:
    token = new_token(installation)
    installation.time.pass_by(7 * 86_400 + 1)
    with pytest.raises(LinkEnded):
        make(installation, token)


def test_bad_input_does_not_use_the_link_up(installation: Installation) -> None:
    token = new_token(installation)
    for wrong in ({"password": "short"}, {"name": " "}, {"name": "a\nb"}, {"email": "no address"}):
        with pytest.raises(InputError):
            make(installation, token, **wrong)
    assert make(installation, token)


def test_of_two_at_the_same_moment_one_wins(installation: Installation) -> None:
    token = new_token(installation)

    def attempt(number: int) -> bool:
        try:
            make(installation, token, f"person{number}@example.com")
        except (LinkEnded, NotPossible):
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 1
    with installation.context.catalogue.read() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM users").scalar_one() == 1


def test_token_is_not_in_the_database(installation: Installation) -> None:
    token = new_token(installation)
    with installation.context.catalogue.read() as connection:
        assert token not in str(connection.exec_driver_sql("SELECT * FROM one_time_links").all())
