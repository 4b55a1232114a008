"""Files of ours in the components of a WhatsApp message: found, and marked where the provider's id of each belongs.

``{"image": {"file": X}}`` stands for a file that each phone number uploads once. Which id it has there is known only when
the message leaves, so the message is made with a mark, which the channel replaces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

_MARK = "\ue001"  # for private use; nothing that the API would give out begins with it


def files_of(components: Iterable[Any]) -> list[tuple[str, str]]:
    """(kind, file) of each medium that is a file of ours, each once: ("image", "file_…")."""
    return list(dict.fromkeys(_files(list(components), "")))


def with_files(components: Sequence[dict[str, Any]], change: Callable[[str], Mapping[str, str]]) -> list[Any]:
    """The components with ``change(file)`` in the place of ``{"file": file}``; what else a medium has stays."""
    return [_changed(component, change) for component in components]


def marked(file: str) -> dict[str, str]:
    """For ``with_files``: what a message is made with."""
    return {"id": f"{_MARK}{file}"}


def with_ids(data: bytes, ids: Mapping[str, str]) -> bytes:
    """The bytes of a request, file -> the provider's id filled in. Texts cannot be taken for a mark: their quotes are escaped."""
    for file, media_id in ids.items():
        data = data.replace(f'"id":"{_MARK}{file}"'.encode(), f'"id":"{media_id}"'.encode())
    return data


def _files(value: Any, kind: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if kind in _MEDIA and isinstance(value.get("file"), str):
            yield kind, value["file"]
        for name, inner in value.items():
            yield from _files(inner, name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _files(inner, "")


def _changed(value: Any, change: Callable[[str], Mapping[str, str]], kind: str = "") -> Any:
    if isinstance(value, dict):
        own = {name: _changed(inner, change, name) for name, inner in value.items()}
        if kind in _MEDIA and isinstance(value.get("file"), str):
            del own["file"]
            return {**change(value["file"]), **own}
        return own
    if isinstance(value, list | tuple):
        return [_changed(inner, change) for inner in value]
    return value


_MEDIA = ("image", "document")
