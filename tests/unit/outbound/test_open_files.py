"""Room for many connections is asked of the system, and what it does not give is not counted on. Each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """\
import resource
from paceline.outbound.open_files import with_room_for
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(with_room_for(1000), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "room", "files"),
    [(256, 4096, 1000, 1200), (2000, 4096, 1000, 2000), (256, 300, 100, 300), (120, 120, 30, 120)],
)
def test_room_is_asked_for(soft: int, hard: int, room: int, files: int) -> None:
    program = PROGRAM.format(soft=soft, hard=hard)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(room), str(files)]
