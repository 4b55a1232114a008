"""Passwords and second factors of the person who asks, and the way back in for who forgot."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import BackgroundTasks

from paceline.api.asked import Address, Asked, Caller, Open
from paceline.api.routing import Access, Routes
from paceline.api.schemas.sessions import (
    EnrolmentAnswer,
    FirstCode,
    PasswordChange,
    PasswordProof,
    PasswordReset,
    PasswordResetRequest,
    RecoveryCodes,
    SecondFactor,
)
from paceline.operations.people import logins, password_reset, second_factor
from paceline.operations.people.link_letters import send_reset_link

routes = Routes(tag="passwords")


@routes.put("/password", permission=Access.PERSON, status=HTTPStatus.NO_CONTENT)
def change_password(asked: Asked, change: PasswordChange) -> None:
    """Change one's own password; every other session of the person ends."""
    logins.change_password(
        asked.context,
        _person(asked),
        session_id=asked.principal.session_id,
        password=change.password,
        new_password=change.new_password,
        network_address=asked.address,
    )
    asked.audit("user.password", asked.principal.id)


@routes.post("/password/reset-request", permission=Access.PUBLIC, status=HTTPStatus.ACCEPTED)
def request_password_reset(
    context: Open, address: Address, wanted: PasswordResetRequest, afterwards: BackgroundTasks
) -> None:
    """Ask for a mail with a reset link. The answer is the same whether anybody has this address or not."""
    found = password_reset.request_link(context, email=wanted.email, network_address=address)
    if found is not None:
        link, to = found
        afterwards.add_task(send_reset_link, context, to=to, link=link)


@routes.post("/password/reset", permission=Access.PUBLIC, status=HTTPStatus.NO_CONTENT)
def reset_password(context: Open, reset: PasswordReset) -> None:
    """Set a new password with the token of a reset link; every session of the user ends."""
    password_reset.reset_password(context, reset.token, password=reset.password)


@routes.get("/second-factor", permission=Access.PERSON)
def show_second_factor(asked: Asked) -> SecondFactor:
    """Whether a code is asked for at the login."""
    left = second_factor.recovery_codes_left(asked.context, _person(asked))
    return SecondFactor(in_force=left is not None, recovery_codes_left=left or 0)


@routes.post("/second-factor", permission=Access.PERSON, status=HTTPStatus.CREATED)
def begin_second_factor(asked: Asked, proof: PasswordProof) -> EnrolmentAnswer:
    """Begin to set up a second factor; it is asked for only after a first code has confirmed it."""
    begun = second_factor.enrol(asked.context, _person(asked), password=proof.password, network_address=asked.address)
    return EnrolmentAnswer(secret=begun.secret, uri=begun.uri)


@routes.post("/second-factor/confirm", permission=Access.PERSON)
def confirm_second_factor(asked: Asked, first: FirstCode) -> RecoveryCodes:
    """Confirm the second factor with a first code; answers with recovery codes, which are shown only now."""
    codes = second_factor.confirm(asked.context, _person(asked), first.code)
    asked.audit("user.second_factor_on", asked.principal.id)
    return RecoveryCodes(recovery_codes=codes)


@routes.post("/second-factor/recovery-codes", permission=Access.PERSON)
def renew_recovery_codes(asked: Asked, proof: PasswordProof) -> RecoveryCodes:
    """Make new recovery codes; the former ones stop working."""
    codes = second_factor.renew_recovery_codes(
        asked.context, _person(asked), password=proof.password, network_address=asked.address
    )
    asked.audit("user.recovery_codes", asked.principal.id)
    return RecoveryCodes(recovery_codes=codes)


@routes.post("/second-factor/switch-off", permission=Access.PERSON, status=HTTPStatus.NO_CONTENT)
def switch_second_factor_off(asked: Asked, proof: PasswordProof) -> None:
    """Let the password alone be enough again."""
    second_factor.switch_off(asked.context, _person(asked), password=proof.password, network_address=asked.address)
    asked.audit("user.second_factor_off", asked.principal.id)


def _person(asked: Caller) -> int:
    assert asked.principal.user_id is not None  # the guard lets only people in here
    return asked.principal.user_id
