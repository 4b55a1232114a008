"""What a file is, told from its first bytes: a CSV, an XLSX, or something that is no table."""

from __future__ import annotations

import mmap
import re
from enum import StrEnum
from pathlib import Path

from paceline.domain.errors import InputError, Problem

ACCEPTED = "accepted: a CSV or XLSX file with column names in its first row"


class FileKind(StrEnum):
    """The formats that can hold an audience."""

    CSV = "csv"  # text with delimiters, in any encoding
    XLSX = "xlsx"  # a zip archive; whether there is a workbook inside is found out by the reader


_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")

# First bytes -> what it is. RFC 2083, 1952, 8878 and the formats' own specifications.
_SIGNATURES = {
    b"\x89PNG\r\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"RIFF": "an image, a sound or a film",
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"\x1f\x8b": "a gzip archive: unpack it first",
    b"BZh": "a bzip2 archive: unpack it first",
    b"\xfd7zXZ": "an xz archive: unpack it first",
    b"\x28\xb5\x2f\xfd": "a zstd archive: unpack it first",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"SQLite format 3": "a SQLite database",
    b"PAR1": "a Parquet file",
    b"\x7fELF": "a program",
    b"BEGIN:VCARD": "a vCard file",
}
_MARKUP = re.compile(r"\s*<[!?a-z]", re.IGNORECASE)
_JSON = re.compile(r"\s*(?:\{|\[\s*[\[{\"\d])")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_TOLERATED_CONTROLS = 0.01


def unreadable(path: Path, message: str, *, line: int | None = None, field: str | None = None) -> InputError:
    """Make the error for a file that cannot be read as a table."""
    return InputError([Problem(file=str(path), line=line, field=field, message=message)])


def recognise(path: Path, descriptor: int, head: bytes) -> FileKind:
    """Tell the kind of a file from its first bytes. Raises InputError for formats that hold no table."""
    if not head:
        raise unreadable(path, f"the file is empty; {ACCEPTED}")
    if head.startswith(_ZIP):
        return FileKind.XLSX
    if head.startswith(_OLE):
        raise unreadable(path, _describe_ole(descriptor))
    for signature, name in _SIGNATURES.items():
        if head.startswith(signature):
            raise unreadable(path, f"this is {name}; {ACCEPTED}")
    return FileKind.CSV


def refuse_other_text(path: Path, text: str) -> None:
    """Refuse decoded text that is no table: HTML, XML, JSON, nothing. Raises InputError."""
    if not text.strip('\x00\x1a \t\r\n\ufeff,;|"'):
        raise unreadable(path, f"the file is empty; {ACCEPTED}")
    if _MARKUP.match(text):
        raise unreadable(path, f"this is an HTML or XML document; {ACCEPTED}")
    if _JSON.match(text):
        raise unreadable(path, f"this is a JSON document; {ACCEPTED}")


def refuse_binary(path: Path, text: str) -> None:
    """Refuse decoded text that is binary rubbish. Raises InputError."""
    if len(_CONTROLS.findall(text)) > len(text) * _TOLERATED_CONTROLS:
        raise unreadable(path, f"this is binary data, not text; {ACCEPTED}")


def _describe_ole(descriptor: int) -> str:
    """Office keeps encrypted workbooks in the container of its old formats (MS-OFFCRYPTO section 2.3)."""
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as content:
        encrypted = content.find(_ENCRYPTED_STREAM) >= 0
    if encrypted:
        return "this workbook is protected with a password: save it without one, as .xlsx or CSV"
    return "this is an old Office document (such as .xls): save it as .xlsx or CSV"
