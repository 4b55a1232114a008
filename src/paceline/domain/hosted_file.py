"""Files that Paceline hosts: which kinds there are, told by their content, and names that do no harm.

Nothing that a browser would run is a kind (HTML, SVG, scripts), nor anything that a mail program would start.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LARGEST_FILE = 10 << 20
"""Bytes of one file."""

LONGEST_NAME = 80
"""Characters: percent-encoded it must fit into one line of a header."""

_TEXT_HEAD = re.compile(r"[^\x00-\x08\x0b\x0e-\x1f\x7f]*")
_NOT_IN_NAME = re.compile(r"[\\/:*?\"<>|;%]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """One kind of file. Only images are shown in messages; all others are downloaded."""

    media_type: str
    extensions: tuple[str, ...]
    is_image: bool = False


_IMAGES: tuple[tuple[re.Pattern[bytes], FileKind], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), FileKind(media_type="image/png", extensions=("png",), is_image=True)),
    (re.compile(rb"\xff\xd8\xff"), FileKind(media_type="image/jpeg", extensions=("jpg", "jpeg"), is_image=True)),
    (re.compile(rb"GIF8[79]a"), FileKind(media_type="image/gif", extensions=("gif",), is_image=True)),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), FileKind(media_type="image/webp", extensions=("webp",), is_image=True)),
)
_PDF = FileKind(media_type="application/pdf", extensions=("pdf",))
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
_ZIPPED = {
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "odt": f"{_OPEN}.text",
    "ods": f"{_OPEN}.spreadsheet",
    "odp": f"{_OPEN}.presentation",
}
_TEXTS = {"txt": "text/plain", "csv": "text/csv", "ics": "text/calendar", "vcf": "text/vcard"}
ACCEPTED = "PNG, JPEG, GIF, WebP, PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP, and UTF-8 text as TXT, CSV, ICS or VCF"


def kind_of(data: bytes, name: str) -> FileKind:
    """What a file is by its content; its name only tells alike contents apart. Raises ValueError for all else."""
    for beginning, kind in _IMAGES:
        if beginning.match(data):
            return kind
    if data.startswith(b"%PDF-"):
        return _PDF
    extension = name.rpartition(".")[2].lower()
    if extension in _ZIPPED and data.startswith(b"PK\x03\x04"):
        return FileKind(media_type=_ZIPPED[extension], extensions=(extension,))
    if extension in _TEXTS and _is_text(data):
        return FileKind(media_type=_TEXTS[extension], extensions=(extension,))
    raise ValueError(f"its content is none of {ACCEPTED}")


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and not text.lstrip().startswith("<") and _TEXT_HEAD.fullmatch(text) is not None


def safe_name(name: str, kind: FileKind) -> str:
    """A name without a path, without what steers terminals, headers or readers' eyes, with an ending that is true."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in unicodedata.normalize("NFC", bare))
    clean = _NOT_IN_NAME.sub("_", " ".join(seen.split())).strip(" .")
    stem, dot, ending = clean.rpartition(".")
    if not dot or ending.lower() not in kind.extensions:
        stem, ending = clean, kind.extensions[0]
    return f"{stem[: LONGEST_NAME - len(ending) - 1].strip(' .') or 'file'}.{ending.lower()}"
