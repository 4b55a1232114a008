"""The web interface is built from the API as it is."""

from __future__ import annotations

from surroundings.described_api import PATH, described


def test_description_that_client_is_made_from_is_the_apis_own() -> None:
    assert PATH.read_text(encoding="utf-8") == described(), "run `make openapi`, and commit web/openapi.json"
