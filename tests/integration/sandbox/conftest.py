"""A running sandbox on both event loops."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvloop

from integration.sandbox.raw_client import ThreadedSandbox
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.certificates import Certificates

Serve = Callable[..., SmtpSandbox]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def threaded(request: pytest.FixtureRequest) -> Iterator[ThreadedSandbox]:
    """A loop in a thread on which sandboxes run."""
    thread = ThreadedSandbox(request.param)
    yield thread
    thread.end()


@pytest.fixture
def serve(threaded: ThreadedSandbox) -> Iterator[Serve]:
    """Start a sandbox: ``serve({"stage": "dot", …}, {…}, **options)``; stopped at the end of the test."""
    started = []

    def start(*rules: dict[str, Any], **options: Any) -> SmtpSandbox:
        sandbox = threaded.start(behaviours=parse_behaviours({"rules": list(rules)}), **options)
        started.append(sandbox)
        return sandbox

    yield start
    for sandbox in started:
        threaded.run(sandbox.stop())


@pytest.fixture
def trusting(certificates: Certificates) -> ssl.SSLContext:
    """What a client needs to trust the certificates of this run."""
    return ssl.create_default_context(cafile=str(certificates.ca_file))
