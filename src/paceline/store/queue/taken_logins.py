"""A login belongs to one account; the indexes of the table see to it, and here their refusal becomes a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from paceline.domain.account import Account, WhatsAppLogin
from paceline.domain.errors import PacelineError


class LoginTaken(PacelineError):
    """Another account has this login, a phone number's in whatever workspace. Nothing was changed."""

    is_bad_input = True


@contextmanager
def refusing_taken(account: Account) -> Iterator[None]:
    """Around the statement that stores an account. Raises LoginTaken; the transaction is of no more use then."""
    try:
        yield
    except IntegrityError:
        what = "phone number" if isinstance(account.login, WhatsAppLogin) else "login"
        taken = f"the {what} {account.login.identity} is in use elsewhere in this installation"
        raise LoginTaken(taken) from None
