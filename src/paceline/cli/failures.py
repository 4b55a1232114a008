"""What ends a command early becomes lines on standard error and an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from enum import IntEnum
from typing import TypeGuard

from typer import Abort, TyperException

from paceline.cli.words import clean
from paceline.domain.errors import InputError, PacelineError


class ExitCode(IntEnum):
    """What a command ends with."""

    DONE = 0
    FAILED = 1  # an unexpected error, or a check that failed
    BAD_INPUT = 2  # nothing was changed
    NOT_FINISHED = 3  # ended while paused or stopped


def explain_failure(error: BaseException) -> ExitCode:
    """Say on standard error what went wrong, one line per problem, and return the exit code."""
    expected = list(_expected(error))
    if not expected:
        return _unexpected(error)
    for line in (line for one in expected for line in lines_of(one)):
        print(line, file=sys.stderr)
    return ExitCode.BAD_INPUT if all(_is_bad_input(one) for one in expected) else ExitCode.FAILED


def lines_of(error: PacelineError | TyperException) -> list[str]:
    """One line per problem, with nothing in it that could steer a terminal."""
    if isinstance(error, InputError):
        return [clean(str(problem)) for problem in error.problems]
    if isinstance(error, TyperException):
        message = error.format_message()
        if message.startswith("Usage:"):  # what a group of commands says when none of them is named
            return message.splitlines()
        return [f"{clean(' '.join(message.split()))}{_hint(error)}"]
    return [clean(str(error))]


def _expected(error: BaseException) -> Iterator[PacelineError | TyperException]:
    """The errors that were raised on purpose; none if there is any other among them."""
    found = list(_leaves(error))
    expected = [one for one in found if _is_expected(one)]
    if len(expected) == len(found):
        yield from expected


def _is_expected(error: BaseException) -> TypeGuard[PacelineError | TyperException]:
    return isinstance(error, (PacelineError, TyperException))


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
    else:
        yield error


def _is_bad_input(error: PacelineError | TyperException) -> bool:
    if isinstance(error, TyperException):
        return error.exit_code == ExitCode.BAD_INPUT
    return error.is_bad_input


def _hint(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return "" if context is None else f" (see: {context.command_path} --help)"


def _unexpected(error: BaseException) -> ExitCode:
    if isinstance(error, Abort):
        return ExitCode.FAILED
    traceback.print_exception(error)
    first = next(one for one in _leaves(error) if not _is_expected(one))
    print(f"unexpected error: {clean(f'{type(first).__name__}: {first}')}", file=sys.stderr)
    return ExitCode.FAILED
