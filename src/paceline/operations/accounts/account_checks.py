"""Tests of accounts: connect and log in, send nothing; one, or many at once but not too many."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore

from paceline.domain.account import WhatsAppLogin
from paceline.domain.errors import AccountUnavailable
from paceline.operations.accounts.account_changes import chosen_accounts
from paceline.operations.accounts.account_details import account_number, require
from paceline.operations.context import Context
from paceline.operations.people.login_limits import TooManyAttempts
from paceline.operations.whatsapp.reading import ask_number
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts
from paceline.store.secrets import SecretsUnreadable

_MOST_AT_ONCE = 10
_SECONDS = 30.0
_PLACES = BoundedSemaphore(4)  # a test may wait long for others' servers: it must not take all threads that answer
_AGAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How one test ended: in words, with the server's reply where there is one."""

    id: str
    name: str
    ok: bool
    message: str
    seconds: float


async def check_one(context: Context, account_id: str) -> CheckResult:
    """Test one account. Raises NotFound, and TooManyAttempts while others are being tested."""
    number = account_number(context, account_id)
    with context.queue.read() as connection:
        name = require(context, connection, number).standing.name
    with _place():
        return await _check(context, number, name)


async def check_many(
    context: Context, *, ids: Sequence[str] | None = None, tag: str | None = None
) -> list[CheckResult]:
    """Test the accounts of these ids, or of a tag, ten at a time; one result for each.

    Raises NotFound, InputError, and TooManyAttempts while others are being tested.
    """
    with context.queue.read() as connection:
        chosen = chosen_accounts(context, connection, ids=ids, tag=tag)
    room = asyncio.Semaphore(_MOST_AT_ONCE)

    async def tested(number: int, name: str) -> CheckResult:
        async with room:
            return await _check(context, number, name)

    with _place():
        return list(await asyncio.gather(*(tested(one.standing.id, one.standing.name) for one in chosen)))


@contextmanager
def _place() -> Iterator[None]:
    if not _PLACES.acquire(blocking=False):
        raise TooManyAttempts("other accounts are being tested", retry_after_seconds=_AGAIN_SECONDS)
    try:
        yield
    finally:
        _PLACES.release()


async def _check(context: Context, number: int, name: str) -> CheckResult:
    started = time.monotonic()
    ok, message = await _try(context, number)
    return CheckResult(
        id=context.ids.encode(IdKind.ACCOUNT, number),
        name=name,
        ok=ok,
        message=message,
        seconds=round(time.monotonic() - started, 3),
    )


async def _try(context: Context, number: int) -> tuple[bool, str]:
    try:
        with context.queue.read() as connection:
            account = accounts.load(connection, context.box, number)
        if isinstance(account.login, WhatsAppLogin):
            return await ask_number(context, number)
        async with asyncio.timeout(_SECONDS):
            session = await context.channel.connect(account)
            await session.close()
    except TimeoutError:
        return False, f"{account.login.host}:{account.login.port}: no answer within {_SECONDS:g} s"
    except (AccountUnavailable, SecretsUnreadable) as error:
        return False, str(error)
    return True, f"connected and logged in at {account.login.host}:{account.login.port}"
