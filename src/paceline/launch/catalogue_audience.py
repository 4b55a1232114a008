"""The audience of a campaign as its row keeps it: JSON with numbers; from the start on with copies of the filters."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paceline.domain.segment import Node, parse_segment, segment_to_json
from paceline.store.catalogue.audiences import Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceChoice:
    """What a person chose: lists and at most one segment each to write to and to leave out."""

    list_ids: tuple[int, ...] = ()
    segment_id: int | None = None
    exclude_list_ids: tuple[int, ...] = ()
    exclude_segment_id: int | None = None
    default_country: str = ""
    """Of phone numbers without a country code, such as CH."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen to write to."""
        return not self.list_ids and self.segment_id is None

    def to_json(self) -> str:
        """For storing in a draft."""
        return json.dumps(self._plain())

    def frozen(self, filter_of: Callable[[int], Node]) -> str:
        """For storing in a campaign that starts: whatever becomes of a segment, its campaign goes to the end as it began."""
        plain = self._plain()
        for name, segment_id in (("filter", self.segment_id), ("exclude_filter", self.exclude_segment_id)):
            if segment_id is not None:
                plain[name] = segment_to_json(filter_of(segment_id))
        return json.dumps(plain, ensure_ascii=False)

    def _plain(self) -> dict[str, Any]:
        return {
            "lists": list(self.list_ids),
            "segment": self.segment_id,
            "exclude_lists": list(self.exclude_list_ids),
            "exclude_segment": self.exclude_segment_id,
            **({"default_country": self.default_country} if self.default_country else {}),
        }


def read_choice(stored: str) -> AudienceChoice:
    """What a draft or a campaign of lists and segments keeps."""
    plain = json.loads(stored)
    return AudienceChoice(
        list_ids=tuple(plain["lists"]),
        segment_id=plain["segment"],
        exclude_list_ids=tuple(plain["exclude_lists"]),
        exclude_segment_id=plain["exclude_segment"],
        default_country=plain.get("default_country", ""),
    )


def frozen_audience(stored: str, *, workspace_id: int, channel: str = "email") -> Audience:
    """The audience of a campaign that was started or scheduled: those who can be reached on its channel."""
    plain = json.loads(stored)

    def read(name: str) -> Node | None:
        return parse_segment(plain[name]) if plain.get(name) is not None else None

    return Audience(
        workspace_id=workspace_id,
        list_ids=tuple(plain["lists"]),
        segment=read("filter"),
        exclude_list_ids=tuple(plain["exclude_lists"]),
        exclude_segment=read("exclude_filter"),
        channel=channel,
    )
