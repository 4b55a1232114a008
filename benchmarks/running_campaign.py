"""A campaign that ``paceline send`` sends meanwhile, and how fast it goes."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from campaign import write_campaign
from paceline.operations.context import FIRST_WORKSPACE, Context
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns
from paceline.store.queue.campaigns import CampaignRow
from serving import parts

_KEY = "bench"
_Result = TypeVar("_Result")


class RunningCampaign:
    """The campaign of ``started``."""

    def __init__(self, url: str, directory: Path, process: subprocess.Popen[bytes]) -> None:
        self._url = url
        self._directory = directory
        self._process = process

    def sent(self) -> int:
        """How many messages have been sent so far. Raises RuntimeError when the campaign is over."""
        if self._process.poll() is not None:
            raise RuntimeError("the campaign was over before the measurement: give it more --messages")
        return self._look(lambda context, found: self._sent(context, found))

    def id(self) -> str:
        """Its public id."""
        return self._look(lambda context, found: context.ids.encode(IdKind.CAMPAIGN, found.id))

    def rate(self, seconds: float) -> float:
        """Messages per second from now on: the median of three thirds."""
        rates = []
        for _ in range(3):
            with self.rate_of() as measured:
                time.sleep(seconds / 3)
            rates += measured
        return statistics.median(rates)

    @contextlib.contextmanager
    def rate_of(self) -> Iterator[list[float]]:
        """Messages per second while the block runs, in the list once it is over."""
        measured: list[float] = []
        before, since = self.sent(), time.monotonic()
        yield measured
        measured.append((self.sent() - before) / (time.monotonic() - since))

    def _look(self, read: Callable[[Context, CampaignRow], _Result]) -> _Result:
        with parts(self._url, self._directory) as context:
            with context.queue.read() as connection:
                found = campaigns.find(connection, _KEY, workspace_id=FIRST_WORKSPACE)
            assert found is not None
            return read(context, found)

    @staticmethod
    def _sent(context: Context, found: CampaignRow) -> int:
        with context.queue.read() as connection:
            return campaigns.progress(connection, found.id).counts["sent"]


@contextlib.contextmanager
def started(
    url: str, directory: Path, *, messages: int, port: int, accounts: int = 10, connections: int = 5
) -> Iterator[RunningCampaign]:
    """``paceline send`` as a process of its own, once its first messages have left; it is killed in the end."""
    file = write_campaign(directory, contacts=messages, port=port, accounts=accounts, connections=connections, key=_KEY)
    command = [sys.executable, "-m", "paceline.cli.main", "send", str(file)]
    environment = {**os.environ, "PACELINE_DATA_DIR": str(directory), "PACELINE_DATABASE": url}
    with (directory / "send.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_for_messages(url, directory)
            yield RunningCampaign(url, directory, process)
        finally:
            process.kill()
            process.wait()


def _wait_for_messages(url: str, directory: Path) -> None:
    with parts(url, directory) as context:
        while True:
            with context.queue.read() as connection:
                found = campaigns.find(connection, _KEY, workspace_id=FIRST_WORKSPACE)
                if found is not None and campaigns.progress(connection, found.id).counts["sent"]:
                    return
            time.sleep(0.05)
