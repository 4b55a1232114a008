"""Nobody gets a message twice and none is lost, however often the sender is killed: rules C1 to C7, on both databases.

PACELINE_CRASH_CAMPAIGN=full runs 5,000 messages and 100 kills instead of the small campaign.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from acceptance.crash.arena import environment_of_tests
from acceptance.crash.campaign import FULL, SMALL
from acceptance.crash.steps import STEPS

_IS_FULL = os.environ.get("PACELINE_CRASH_CAMPAIGN") == "full"


@pytest.mark.timeout(1800 if _IS_FULL else 180)
def test_killed_at_every_step_a_campaign_reaches_everyone_once(tmp_path: Path, bare_database_url: str) -> None:
    size = FULL if _IS_FULL else SMALL
    # In a process of its own: it forks its senders, and that needs a process with one thread.
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "acceptance.crash.campaign", "--json", "--database", bare_database_url),
            *("--folder", str(tmp_path), "--seed", "1"),
            *("--messages", str(size.messages), "--kills", str(size.kills), "--calls", str(size.calls)),
        ],
        env=environment_of_tests(),
        stdout=subprocess.PIPE,
        text=True,
    )
    result = json.loads(ended.stdout)
    assert result["broken"] == []
    assert result["exit_code"] == 0
    assert set(result["killed_at"]) == set(STEPS)
    assert sum(result["killed_at"].values()) == size.kills
    assert int(result["failed"]) > 0
