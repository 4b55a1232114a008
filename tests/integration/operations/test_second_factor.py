"""The second factor: codes that work once, recovery codes, and the way out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest

from paceline.domain.errors import InputError
from paceline.operations.context import NotPossible
from paceline.operations.people import second_factor
from paceline.operations.people.access import Principal
from paceline.operations.people.installation_users import reset_link
from paceline.operations.people.login_limits import SecondFactorNeeded, TooManyAttempts
from paceline.operations.people.logins import LoginRefused
from paceline.store.database import sql
from paceline.store.secrets import SecretsUnreadable
from surroundings.people import PASSWORD, Installation

OLGA = "olga@example.com"


def code(installation: Installation, secret: str, *, ahead: float = 0) -> str:
    return pyotp.TOTP(secret).at(int(installation.context.clock.now() + ahead))


def number(who: Principal) -> int:
    assert who.user_id is not None
    return who.user_id


def in_force(installation: Installation) -> tuple[int, str, list[str]]:
    """A user with a second factor, its secret, and the recovery codes; the code of now is still good."""
    user_id = number(installation.first_user())
    secret = second_factor.enrol(installation.context, user_id, password=PASSWORD).secret
    codes = second_factor.confirm(installation.context, user_id, code(installation, secret))
    installation.time.pass_by(30)
    return user_id, secret, codes


def test_uri_is_what_authenticator_apps_read(installation: Installation) -> None:
    user_id = number(installation.first_user())
    begun = second_factor.enrol(installation.context, user_id, password=PASSWORD)
    parsed = pyotp.parse_uri(begun.uri)
    assert (parsed.secret, parsed.name, parsed.issuer) == (begun.secret, OLGA, "Paceline")


def test_no_code_is_asked_for_before_a_first_one_was_given(installation: Installation) -> None:
    user_id = number(installation.first_user())
    second_factor.enrol(installation.context, user_id, password=PASSWORD)
    installation.log_in(OLGA)
    with pytest.raises(InputError, match="not the code"):
        second_factor.confirm(installation.context, user_id, "000000")
    installation.log_in(OLGA)


def test_login_needs_the_code(installation: Installation) -> None:
    _, secret, _ = in_force(installation)
    with pytest.raises(SecondFactorNeeded):
        installation.log_in(OLGA)
    with pytest.raises(LoginRefused):
        installation.log_in(OLGA, code="123 45a")
    with pytest.raises(LoginRefused, match="address or the password"):
        installation.log_in(OLGA, "a wrong password", code=code(installation, secret))
    installation.log_in(OLGA, code=f" {code(installation, secret)[:3]} {code(installation, secret)[3:]} ")


def test_code_works_once_also_at_the_same_moment(installation: Installation) -> None:
    _, secret, _ = in_force(installation)
    now = code(installation, secret)

    def attempt(_: int) -> bool:
        try:
            installation.log_in(OLGA, code=now)
        except (LoginRefused, TooManyAttempts):
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    assert not attempt(0)


def test_code_of_the_first_confirmation_does_not_log_in(installation: Installation) -> None:
    user_id = number(installation.first_user())
    secret = second_factor.enrol(installation.context, user_id, password=PASSWORD).secret
    first = code(installation, secret)
    second_factor.confirm(installation.context, user_id, first)
    with pytest.raises(LoginRefused):
        installation.log_in(OLGA, code=first)


@pytest.mark.parametrize(("ahead", "accepted"), [(-30, True), (30, True), (-90, False), (90, False)])
def test_clocks_may_be_half_a_minute_apart(installation: Installation, ahead: float, accepted: bool) -> None:
    _, secret, _ = in_force(installation)
    installation.time.pass_by(60)
    shown = code(installation, secret, ahead=ahead)
    if accepted:
        installation.log_in(OLGA, code=shown)
    else:
        with pytest.raises(LoginRefused):
            installation.log_in(OLGA, code=shown)


def test_recovery_codes_work_once_each(installation: Installation) -> None:
    user_id, _, codes = in_force(installation)
    assert len(set(codes)) == 10
    installation.log_in(OLGA, code=codes[0].upper())
    with pytest.raises(LoginRefused):
        installation.log_in(OLGA, code=codes[0])
    assert second_factor.recovery_codes_left(installation.context, user_id) == 9
    renewed = second_factor.renew_recovery_codes(installation.context, user_id, password=PASSWORD)
    with pytest.raises(LoginRefused):
        installation.log_in(OLGA, code=codes[1])
    installation.log_in(OLGA, code=renewed[1])


def test_neither_secret_nor_recovery_codes_are_in_the_database(installation: Installation) -> None:
    _, secret, codes = in_force(installation)
    with installation.context.catalogue.read() as connection:
        tables = ("users", "recovery_codes")
        stored = str([connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables])
    assert secret not in stored
    assert not any(one in stored or one.replace("-", "") in stored for one in codes)


def test_sealed_secret_of_one_user_is_useless_for_another(installation: Installation) -> None:
    in_force(installation)
    context = installation.context
    context.catalogue.execute(
        "INSERT INTO users (email, email_key, name, password_hash, totp, totp_confirmed_at, created_at) "
        "SELECT 'eve@example.com', 'eve@example.com', 'Eve', password_hash, totp, 1, 0 FROM users"
    )
    with pytest.raises(SecretsUnreadable):
        installation.log_in("eve@example.com", code="123456")


def test_wrong_codes_are_slowed_down(installation: Installation) -> None:
    in_force(installation)
    for _ in range(5):
        with pytest.raises(LoginRefused):
            installation.log_in(OLGA, code="000000")
    with pytest.raises(TooManyAttempts):
        installation.log_in(OLGA, code="000000")


def test_switching_off_wants_the_password(installation: Installation) -> None:
    user_id, _, _ = in_force(installation)
    with pytest.raises(LoginRefused):
        second_factor.switch_off(installation.context, user_id, password="a wrong password")
    with pytest.raises(NotPossible, match="in force already"):
        second_factor.enrol(installation.context, user_id, password=PASSWORD)
    second_factor.switch_off(installation.context, user_id, password=PASSWORD)
    installation.log_in(OLGA)
    with installation.context.catalogue.read() as connection:
        assert connection.execute(sql("SELECT COUNT(*) FROM recovery_codes")).scalar_one() == 0


def test_reset_link_leaves_the_second_factor_unless_the_operator_says_so(installation: Installation) -> None:
    in_force(installation)
    reset_link(installation.context, email=OLGA)
    with pytest.raises(SecondFactorNeeded):
        installation.log_in(OLGA)
    reset_link(installation.context, email=OLGA, without_second_factor=True)
    installation.log_in(OLGA)
