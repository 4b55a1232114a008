"""Hosted files: kinds are told by content, nothing that runs is one, and names do no harm."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from paceline.domain.hosted_file import LONGEST_NAME, FileKind, kind_of, safe_name

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
PDF = b"%PDF-1.7\n"
IMAGE = FileKind(media_type="image/png", extensions=("png",), is_image=True)


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (PNG, "a.png", "image/png"),
        (PNG, "a.html", "image/png"),
        (b"\xff\xd8\xff\xe0", "a", "image/jpeg"),
        (b"GIF89a", "a.gif", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "a.webp", "image/webp"),
        (PDF, "menu.pdf", "application/pdf"),
        (b"PK\x03\x04...", "plan.XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("Grüße\n".encode(), "a.txt", "text/plain"),
        (b"BEGIN:VCALENDAR\r\n", "spring.ics", "text/calendar"),
    ],
)
def test_kind_is_told_by_content(data: bytes, name: str, media_type: str) -> None:
    kind = kind_of(data, name)
    assert kind.media_type == media_type
    assert kind.is_image == media_type.startswith("image/")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<html><script>alert(1)</script>", "a.png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'>", "a.svg"),
        (b"  <html>", "a.txt"),
        (b"alert(1)", "a.js"),
        (b"alert(1)", "a"),
        (b"MZ\x90\0", "a.exe"),
        (b"PK\x03\x04", "a.zip"),
        (b"PK\x03\x04", "a.jar"),
        (b"\x7fELF", "a.txt"),
        (b"a\0b", "a.txt"),
        (b"\xff\xfea", "a.csv"),
        (b"", "a.txt"),
    ],
)
def test_what_runs_or_is_not_known_is_no_kind(data: bytes, name: str) -> None:
    with pytest.raises(ValueError, match="none of PNG"):
        kind_of(data, name)


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("logo.png", "logo.png"),
        ("Logo.PNG", "Logo.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\temp\\logo.png", "logo.png"),
        ("virus.exe", "virus.exe.png"),
        ("photo\u202egnp.exe", "photo gnp.exe.png"),
        ('a"; filename="b.html\r\nX: y.png', "a_ filename=_b.html X_ y.png"),
        ("", "file.png"),
        (".png", "png.png"),
        ("Grüße 🎈.png", "Grüße 🎈.png"),
        ("%2e%2e%2f.png", "_2e_2e_2f.png"),
    ],
)
def test_name_is_made_safe(given_name: str, safe: str) -> None:
    assert safe_name(given_name, IMAGE) == safe


@given(name=st.text(max_size=300))
def test_every_name_is_short_printable_and_true(name: str) -> None:
    safe = safe_name(name, IMAGE)
    assert safe.endswith(".png")
    assert 5 <= len(safe) <= LONGEST_NAME
    assert not set(safe) & set('/\\"<>|:*?;%\r\n')
    assert not any(unicodedata.category(c)[0] == "C" for c in safe)
    assert safe_name(safe, IMAGE) == safe
