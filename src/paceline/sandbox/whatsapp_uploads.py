"""Uploads of media as the published contract wants them: multipart/form-data with messaging_product, type and file."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

_LARGEST = {"image/jpeg": 5 << 20, "image/png": 5 << 20, "application/pdf": 100 << 20, "video/mp4": 16 << 20}


def read_upload(content_type: str, body: bytes) -> dict[str, Any] | str:
    """name, media_type and data of the file; a sentence where the API would refuse it."""
    if not content_type.startswith("multipart/form-data"):
        return "The upload must be multipart/form-data"
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=policy.HTTP)
    fields: dict[str, str] = {}
    found: dict[str, Any] | None = None
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            return "A part of the upload is not readable"
        if name == "file":
            found = {"name": part.get_filename() or "", "media_type": part.get_content_type(), "data": data}
        else:
            fields[str(name)] = data.decode("utf-8", "replace")
    if fields.get("messaging_product") != "whatsapp":
        return "The parameter messaging_product is required"
    if found is None or not found["name"]:
        return "The parameter file is required"
    largest = _LARGEST.get(found["media_type"])
    if largest is None:
        return f"Files of the type {found['media_type']} are not supported"
    return found if len(found["data"]) <= largest else "The file is too large"
