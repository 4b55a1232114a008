"""The tutorial over the API is followed word for word by a shell; only its ports are others."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from surroundings.ports import free_port

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "by-api.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed (Debian and Ubuntu: apt install curl)")
def test_tutorial_ends_with_three_messages_sent(tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    script = "\n".join(blocks)
    assert ". .venv/bin/activate" in script
    script = script.replace(". .venv/bin/activate", f'export PATH="{Path(sys.executable).parent}:$PATH"')
    script = script.replace("2525", str(free_port())).replace("8525", str(free_port()))
    script = f"set -e -o pipefail -m\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False
    )
    logs = "\n".join(path.read_text() for path in tmp_path.glob("by-api/*.log"))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{logs}"
    progress, _ = json.JSONDecoder().raw_decode(done.stdout, done.stdout.index('{"key":"spring-2027","status"'))
    assert (progress["status"], progress["sent"], progress["total"]) == ("completed", 3, 3)
    assert (tmp_path / "by-api" / "link.txt").read_text().count("http://127.0.0.1:") == 1
