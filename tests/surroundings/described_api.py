"""`web/openapi.json`: the API's description as a file, from which the types of the web interface's client are made.

`make openapi` writes it; a test compares it with the running API's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from paceline.api.app import create_app
from paceline.bootstrap import open_context
from paceline.settings import read_settings

PATH = Path(__file__).parents[2] / "web" / "openapi.json"


def described() -> str:
    """The description as it is kept: indented and sorted, so that a small change of the API is a small change here."""
    with TemporaryDirectory() as folder:
        context = open_context(read_settings({}, data_dir=folder))
        try:
            found = create_app(context).openapi()
        finally:
            context.close()
    found["info"]["version"] = "0"  # a release changes nothing for the client
    for operation in (operation for path in found["paths"].values() for operation in path.values()):
        for status in [status for status in operation["responses"] if status >= "4"]:
            del operation["responses"][status]  # each of them is a problem, or a page that no client reads
    return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(described(), encoding="utf-8")
    sys.stderr.write(f"wrote {PATH}\n")
