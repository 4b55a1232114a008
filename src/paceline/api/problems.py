"""What goes wrong, as problem documents (RFC 9457): one table from our errors to HTTP."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from paceline.api.feed import TooManySubscribers
from paceline.domain.errors import AccountUnavailable, ContentError, InputError, PacelineError, StoreUnavailable
from paceline.operations.accounts.accounts import UnknownAccount
from paceline.operations.context import NotFound, NotPossible, UnknownCampaign
from paceline.operations.people.granting import NotAllowed
from paceline.operations.people.identity_provider import IdentityRefused, ProviderFailed
from paceline.operations.people.login_limits import SecondFactorNeeded, TooManyAttempts
from paceline.operations.people.logins import LoginRefused
from paceline.remote.lent_campaigns import OutOfTurn, UnknownHere
from paceline.remote.signing import NotGenuine
from paceline.store.queue.taken_logins import LoginTaken

_log = logging.getLogger("paceline.api")

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One thing that is wrong with the input."""

    field: str = Field(description="Where it stands, for example content.subject; empty: the request as a whole.")
    message: str


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="Names the kind of problem, for example urn:paceline:not-found.")
    title: str
    status: int
    detail: str = Field(description="A sentence that a person can act on.")
    errors: list[FieldProblem] = Field(default_factory=list, description="Every single problem of an input.")


class ApiProblem(PacelineError):
    """A problem of HTTP's own: no key, no permission, too many requests."""

    def __init__(self, status: HTTPStatus, kind: str, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.kind, self.headers = status, kind, dict(headers or {})
        super().__init__(detail)


_KINDS: dict[type[PacelineError], tuple[HTTPStatus, str]] = {
    InputError: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input"),
    ContentError: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-content"),
    NotFound: (HTTPStatus.NOT_FOUND, "not-found"),
    UnknownCampaign: (HTTPStatus.NOT_FOUND, "not-found"),
    UnknownAccount: (HTTPStatus.NOT_FOUND, "not-found"),
    NotAllowed: (HTTPStatus.FORBIDDEN, "not-allowed"),
    LoginRefused: (HTTPStatus.UNAUTHORIZED, "login-refused"),
    SecondFactorNeeded: (HTTPStatus.UNAUTHORIZED, "second-factor-needed"),
    IdentityRefused: (HTTPStatus.UNAUTHORIZED, "login-refused"),
    ProviderFailed: (HTTPStatus.BAD_GATEWAY, "identity-provider-failed"),
    TooManyAttempts: (HTTPStatus.TOO_MANY_REQUESTS, "too-many-attempts"),
    NotPossible: (HTTPStatus.CONFLICT, "not-possible"),
    LoginTaken: (HTTPStatus.CONFLICT, "not-possible"),
    AccountUnavailable: (HTTPStatus.BAD_GATEWAY, "account-unavailable"),
    UnknownHere: (HTTPStatus.NOT_FOUND, "not-found"),
    OutOfTurn: (HTTPStatus.CONFLICT, "not-possible"),
    NotGenuine: (HTTPStatus.UNAUTHORIZED, "not-genuine"),
    StoreUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "database-unavailable"),
    TooManySubscribers: (HTTPStatus.SERVICE_UNAVAILABLE, "too-many-subscribers"),
}


class _AsciiResponse(JSONResponse):
    """JSON in ASCII: what is wrong with an input may be that half of its characters cannot be encoded."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode()


def problem_response(
    status: HTTPStatus,
    kind: str,
    detail: str,
    *,
    errors: list[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem document as a response."""
    problem = Problem(
        type=f"urn:paceline:{kind}", title=status.phrase, status=status, detail=detail, errors=errors or []
    )
    return _AsciiResponse(problem.model_dump(), status, dict(headers or {}), MEDIA_TYPE)


def register(app: FastAPI) -> None:
    """Let every error of the application end as a problem document."""
    app.add_exception_handler(PacelineError, _ours)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(Exception, _unexpected)


async def _ours(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PacelineError)
    if isinstance(error, ApiProblem):
        return problem_response(error.status, error.kind, str(error), headers=error.headers)
    known = next((kind for kind in type(error).__mro__ if kind in _KINDS), None)
    if known is None:
        return await _unexpected(_request, error)
    status, kind = _KINDS[known]
    errors = None
    if isinstance(error, InputError):
        errors = [FieldProblem(field=problem.field or "", message=problem.message) for problem in error.problems]
    return problem_response(status, kind, str(error), errors=errors, headers=_headers(error))


def _headers(error: PacelineError) -> dict[str, str]:
    if isinstance(error, StoreUnavailable):
        return {"Retry-After": str(math.ceil(error.retry_after_seconds))}
    return {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, TooManyAttempts) else {}


async def _not_valid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [FieldProblem(field=_place(one), message=str(one["msg"])) for one in error.errors()]
    detail = "; ".join(f"{one.field}: {one.message}" if one.field else one.message for one in errors[:5])
    return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", detail, errors=errors)


def _place(error: Mapping[str, Any]) -> str:
    """Where it stands in the words of the request: without the body, query or path that it came in."""
    return ".".join(str(part) for part in error["loc"][1:])


async def _of_the_framework(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    return problem_response(status, status.phrase.lower().replace(" ", "-"), str(error.detail), headers=error.headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    place = getattr(request.scope.get("route"), "path", "")  # as it is declared: the path itself may hold a token
    _log.error("%s %s failed", request.method, place, exc_info=error)
    detail = "something went wrong on the server; its log has the details"
    return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected", detail)
