"""Logging in: who gets in, who does not, what an attacker learns from it, and when a session ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event

from paceline.domain.errors import InputError
from paceline.domain.permission import Role
from paceline.operations.context import NotFound
from paceline.operations.people import first_user, invitations, logins, password_reset, passwords, sessions, workspaces
from paceline.operations.people.access import by_session
from paceline.operations.people.granting import NotAllowed
from paceline.operations.people.installation_users import reset_link
from paceline.operations.people.links import LinkEnded
from paceline.operations.people.login_limits import TooManyAttempts
from paceline.operations.people.logins import LoginRefused
from paceline.store.catalogue import members, users
from paceline.store.public_ids import IdKind
from surroundings.people import OTHER_PASSWORD, PASSWORD, Installation, principal, token_of

OLGA = "olga@example.com"


def ends(installation: Installation, token: str) -> bool:
    return by_session(installation.context, token) is None


def refusal(installation: Installation, email: str, password: str) -> str:
    with pytest.raises(LoginRefused) as refused:
        installation.log_in(email, password)
    return str(refused.value)


@pytest.mark.parametrize("email", ["nobody@example.com", "no address", "", "a\x00b@example.com", "\ud800@example.com"])
def test_unknown_address_and_wrong_password_get_the_same_answer(installation: Installation, email: str) -> None:
    installation.first_user()
    assert refusal(installation, email, PASSWORD) == refusal(installation, OLGA, "a wrong password")


@pytest.mark.parametrize("email", [OLGA, "nobody@example.com", "disabled@example.com", "without@example.com"])
def test_every_refusal_costs_one_hash_and_the_same_statements(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    """What cannot be measured on a busy machine is counted: the costly work is the same for all."""
    installation.first_user()
    installation.member(Role.VIEWER, "disabled@example.com")
    installation.context.catalogue.execute("UPDATE users SET disabled_at = 1 WHERE email LIKE 'disabled%'")
    with installation.context.catalogue.write() as connection:
        users.insert(connection, email="without@example.com", name="W", password_hash=None, now=0)
    refusal(installation, "warm@example.com", "up")  # the hash of nothing is made once
    done: list[str] = []
    verify = PasswordHasher.verify

    def verify_and_note(*given: Any) -> Any:
        done.append("verify")
        return verify(*given)

    monkeypatch.setattr(PasswordHasher, "verify", verify_and_note)

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        done.append(statement.split(" WHERE")[0])

    engine = installation.context.catalogue._engine
    event.listen(engine, "before_cursor_execute", note)
    refusal(installation, email, "a wrong password")
    event.remove(engine, "before_cursor_execute", note)
    assert done.count("verify") == 1
    words = [one.split()[0] for one in done if one != "verify"]
    assert [word for word in words if word not in ("BEGIN", "COMMIT", "ROLLBACK")] == [
        "SELECT",  # is the account blocked?
        "INSERT",  # count the attempt
        "UPDATE",
        "SELECT",  # the user
    ]


def test_disabled_user_cannot_log_in(installation: Installation) -> None:
    installation.first_user()
    installation.context.catalogue.execute("UPDATE users SET disabled_at = 1")
    assert refusal(installation, OLGA, PASSWORD) == refusal(installation, "nobody@example.com", PASSWORD)


def test_only_hashes_are_stored(installation: Installation) -> None:
    installation.first_user()
    session = installation.log_in(OLGA)
    with installation.context.catalogue.read() as connection:
        stored = str([connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in ("users", "sessions")])
    assert "$argon2id$" in stored
    assert PASSWORD not in stored
    assert session.token not in stored


def test_hash_of_other_parameters_is_renewed_at_the_login(installation: Installation) -> None:
    who = installation.first_user()
    assert who.user_id is not None
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with installation.context.catalogue.write() as connection:
        users.set_password(connection, who.user_id, weak)
    installation.log_in(OLGA)
    with installation.context.catalogue.read() as connection:
        user = users.by_id(connection, who.user_id)
    assert user is not None
    assert user.password_hash not in (None, weak)
    assert not passwords.is_outdated(user.password_hash or "")
    installation.log_in(OLGA)


def test_session_ends_when_it_is_not_used_for_two_weeks(installation: Installation) -> None:
    installation.first_user()
    token = installation.log_in(OLGA).token
    installation.time.pass_by(13 * 86_400)
    assert not ends(installation, token)
    installation.time.pass_by(13 * 86_400)
    assert not ends(installation, token)
    installation.time.pass_by(14 * 86_400 + 1)
    assert ends(installation, token)


def test_session_ends_after_ninety_days_however_much_it_is_used(installation: Installation) -> None:
    installation.first_user()
    token = installation.log_in(OLGA).token
    for _ in range(8):
        installation.time.pass_by(11 * 86_400)
        assert not ends(installation, token)
    installation.time.pass_by(3 * 86_400)
    assert ends(installation, token)


def test_password_change_ends_every_other_session(installation: Installation) -> None:
    installation.first_user()
    mine, other = installation.log_in(OLGA), installation.log_in(OLGA)
    who = installation.who(mine)
    assert who.user_id is not None
    link = reset_link(installation.context, email=OLGA)
    logins.change_password(
        installation.context, who.user_id, session_id=who.session_id, password=PASSWORD, new_password=OTHER_PASSWORD
    )
    assert ends(installation, other.token)
    assert not ends(installation, mine.token)
    with pytest.raises(LinkEnded):
        password_reset.reset_password(installation.context, token_of(link), password=PASSWORD)
    refusal(installation, OLGA, PASSWORD)
    installation.log_in(OLGA, OTHER_PASSWORD)


def test_password_change_wants_the_password_of_now(installation: Installation) -> None:
    who = installation.first_user()
    assert who.user_id is not None
    with pytest.raises(LoginRefused):
        logins.change_password(
            installation.context, who.user_id, session_id=who.session_id, password="wrong", new_password=OTHER_PASSWORD
        )
    installation.log_in(OLGA)


@pytest.mark.parametrize("password", ["", "elevenchars", "password1234", "PasswordPassword", "x" * 257])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(InputError, match="password"):
        passwords.check_password(password)


def test_reset_link_works_once_and_ends_every_session(installation: Installation) -> None:
    installation.first_user()
    token = installation.log_in(OLGA).token
    link = token_of(reset_link(installation.context, email=OLGA))
    with pytest.raises(InputError):
        password_reset.reset_password(installation.context, link, password="short")

    def attempt(_: int) -> bool:
        try:
            password_reset.reset_password(installation.context, link, password=OTHER_PASSWORD)
        except LinkEnded:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    assert ends(installation, token)
    installation.log_in(OLGA, OTHER_PASSWORD)


def test_reset_link_ends_after_an_hour_and_with_a_newer_one(installation: Installation) -> None:
    installation.first_user()
    former, latter = (token_of(reset_link(installation.context, email=OLGA)) for _ in range(2))
    with pytest.raises(LinkEnded):
        password_reset.reset_password(installation.context, former, password=OTHER_PASSWORD)
    installation.time.pass_by(3601)
    with pytest.raises(LinkEnded):
        password_reset.reset_password(installation.context, latter, password=OTHER_PASSWORD)


def test_asking_for_a_reset_tells_nothing_about_an_address(installation: Installation) -> None:
    installation.first_user()
    found = password_reset.request_link(installation.context, email="Olga@Example.com")
    assert found is not None
    assert found[1] == OLGA
    assert password_reset.request_link(installation.context, email="nobody@example.com") is None
    with installation.context.catalogue.read() as connection:
        rows = connection.exec_driver_sql("SELECT user_id FROM one_time_links WHERE purpose = 'password_reset'").all()
    assert len(rows) == 2  # one of them opens nothing
    for _ in range(4):
        password_reset.request_link(installation.context, email="nobody@example.com")
    with pytest.raises(TooManyAttempts):
        password_reset.request_link(installation.context, email="nobody@example.com")


def test_link_of_one_purpose_is_useless_for_another(installation: Installation) -> None:
    token = token_of(first_user.first_user_link(installation.context))
    with pytest.raises(LinkEnded):
        password_reset.reset_password(installation.context, token, password=PASSWORD)
    with pytest.raises(LinkEnded):
        invitations.look(installation.context, token)


def test_administrator_gets_no_reset_link_for_people_above_or_elsewhere(installation: Installation) -> None:
    owner = installation.first_user()
    editor = installation.member(Role.EDITOR, "ed@example.com")
    viewer = installation.member(Role.VIEWER, "vera@example.com")
    context = installation.context
    admin = principal(Role.ADMIN)
    assert password_reset.link_for_member(context, editor.id, by=admin)
    with pytest.raises(NotAllowed, match="only an owner"):
        password_reset.link_for_member(context, owner.id, by=admin)
    other = workspaces.create(context, name="Other", by=owner)
    number = context.ids.decode(IdKind.WORKSPACE, other.id)
    assert number is not None
    assert editor.user_id is not None
    with context.catalogue.write() as connection:
        members.add(connection, workspace_id=number, user_id=editor.user_id, role=Role.OWNER, now=0)
    with pytest.raises(NotAllowed, match="other workspaces"):
        password_reset.link_for_member(context, editor.id, by=admin)
    with pytest.raises(NotFound):
        password_reset.link_for_member(context.in_workspace(number), viewer.id, by=owner)


def test_sessions_are_listed_and_ended_by_their_own_person_only(installation: Installation) -> None:
    olga = installation.first_user()
    vera = installation.member(Role.VIEWER, "vera@example.com")
    context = installation.context
    second = installation.log_in(OLGA, client="Firefox\x1b[2J")
    assert olga.user_id is not None
    assert vera.user_id is not None
    listed = sessions.of_user(context, olga.user_id, current=olga.session_id)
    assert {one.client for one in listed} == {"", "Firefox[2J"}
    assert [one.current for one in listed].count(True) == 1
    with pytest.raises(NotFound):
        sessions.end(context, second.id, user_id=vera.user_id)
    assert not ends(installation, second.token)
    sessions.end(context, second.id, user_id=olga.user_id)
    assert ends(installation, second.token)
    assert sessions.end_all(context, olga.user_id, but=olga.session_id) == len(listed) - 2


def test_session_goes_to_another_workspace_of_its_person_only(installation: Installation) -> None:
    olga = installation.first_user()
    session = installation.log_in(OLGA)
    vera = installation.member(Role.VIEWER, "vera@example.com")
    other = workspaces.create(installation.context, name="Other", by=olga)
    who = installation.who(session)
    assert who.user_id is not None
    assert vera.user_id is not None
    sessions.switch_workspace(installation.context, who.session_id, user_id=who.user_id, workspace=other.id)
    assert installation.who(session).workspace_id != 1
    with pytest.raises(NotFound):
        sessions.switch_workspace(installation.context, vera.session_id, user_id=vera.user_id, workspace=other.id)
