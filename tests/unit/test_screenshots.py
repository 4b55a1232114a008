"""Every page of the router has pictures in light and dark, and the documentation shows it."""

from __future__ import annotations

import pytest

from surroundings.pages import COLOURS, DOCUMENT, PAGES, PICTURES, PageToSee, document, route_of, routes

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
def test_page_has_its_pictures_and_they_are_small(page: PageToSee) -> None:
    for colours in COLOURS:
        picture = PICTURES / f"{page.name}-{colours}.webp"
        assert picture.is_file(), f"{picture.name} is missing: make screenshots"
        assert 2_000 < picture.stat().st_size < _LARGEST_BYTES


def test_documentation_shows_every_picture_and_no_other() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "make screenshots"
    names = {f"{page.name}-{colours}.webp" for page in PAGES for colours in COLOURS}
    assert {path.name for path in PICTURES.iterdir()} == names
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < _LARGEST_TOGETHER
