"""The child process that reads a file for an import, so that reading and writing take a core each.

Standard input is one JSON object: ``path``, ``rename``, ``cursor``, ``part_end``. Standard output is messages, each a
length of four bytes and JSON: what the file is, its parts, then the end or an error. Started by parts_source.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import orjson

from paceline.audience.contact_parts import Part, is_phone_file, open_contacts, read_parts
from paceline.domain.errors import InputError, StoreUnavailable


def main() -> None:
    """Read the file and write its parts; ends quietly when nobody reads them any more."""
    asked = orjson.loads(sys.stdin.buffer.read())
    try:
        _read(asked)
    except InputError as error:
        _say({"error": [problem.message for problem in error.problems]})
    except StoreUnavailable as error:
        _say({"unavailable": str(error)})
    except BrokenPipeError:
        os._exit(0)  # leaving in the ordinary way would try to write what is left


def _read(asked: dict[str, Any]) -> None:
    with open_contacts(Path(asked["path"]), asked["rename"]) as audience:
        _say({"digest": audience.digest, "columns": audience.columns, "by_phone": is_phone_file(audience)})
        for part in read_parts(audience, cursor=asked["cursor"], part_end=asked["part_end"]):
            _say({"part": _packed(part)})
    _say({"end": True})


def _packed(part: Part) -> list[Any]:
    refused = [(row.line, row.reason, row.cells) for row in part.refused]
    return [part.end, part.duplicates, refused, part.contacts]


def _say(message: dict[str, Any]) -> None:
    written = orjson.dumps(message)
    sys.stdout.buffer.write(len(written).to_bytes(4, "big"))
    sys.stdout.buffer.write(written)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
