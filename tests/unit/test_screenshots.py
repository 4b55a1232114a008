"""Every page of the router has pictures in light and dark, and the documentation shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from surroundings.pages import PAGES, PageToSee, route_of, routes

_ROOT = Path(__file__).parents[2]
_PICTURES = _ROOT / "docs" / "screenshots"
_DOCUMENT = _ROOT / "docs" / "how-to" / "use-the-web-interface.md"
_LARGEST_BYTES = 120_000
_LARGEST_TOGETHER = 6_000_000


def test_router_is_read_as_it_is_written() -> None:
    source = """
const inside: RouteObject[] = [
  { index: true, lazy: async () => x },
  { path: "lists/:id", lazy: async () => x },
  { path: "settings", children: [
      { index: true, lazy: async () => x },
      { path: "people", lazy: async () => x },
    ],
  },
  { path: "after", lazy: async () => x },
];
const outside: RouteObject[] = [
  { path: "login", lazy: async () => x },
];
"""
    assert routes(source) == ["/", "/lists/:id", "/settings", "/settings/people", "/after", "/login"]


def test_every_route_has_a_page_to_see_and_every_page_a_route() -> None:
    assert len(routes()) > 35
    assert {route_of(page) for page in PAGES} == set(routes())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_is_in_the_documentation_in_light_and_dark(page: PageToSee) -> None:
    shown = _DOCUMENT.read_text(encoding="utf-8")
    for colours in ("light", "dark"):
        picture = _PICTURES / f"{page.name}-{colours}.webp"
        assert picture.is_file(), f"{picture.name} is missing: make screenshots"
        assert 2_000 < picture.stat().st_size < _LARGEST_BYTES
        assert f"../screenshots/{picture.name}" in shown, f"the page on the web interface does not show {picture.name}"


def test_no_picture_is_left_of_a_page_that_is_gone_and_all_are_small() -> None:
    names = {f"{page.name}-{colours}.webp" for page in PAGES for colours in ("light", "dark")}
    assert {path.name for path in _PICTURES.iterdir()} == names
    assert sum(path.stat().st_size for path in _PICTURES.iterdir()) < _LARGEST_TOGETHER
