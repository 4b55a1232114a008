"""The deployment files name commands, options, settings, ports and paths that the program has."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from paceline.api.app import api_routes
from paceline.cli.main import application
from paceline.settings import DEFAULT_PORT, Settings, read_settings

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
FILES = [ROOT / "Dockerfile", ROOT / "compose.yaml", ROOT / "deploy" / "nginx.conf", *UNITS]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SETTINGS = {item.metadata["variable"] for item in fields(Settings)}


def _check_command(words: list[str]) -> None:
    """That these words after ``paceline`` are a command with options that it has."""
    command: Any = typer.main.get_command(application())
    while words and not words[0].startswith("-"):
        command = command.commands[words[0]]
        words = words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_setting_of_a_file_exists(file: Path) -> None:
    assert set(re.findall(r"PACELINE_[A-Z_]+", file.read_text())) <= SETTINGS


def test_services_run_commands_that_exist() -> None:
    for service in COMPOSE["services"].values():
        if "command" in service:
            _check_command(service["command"])
    for unit in UNITS:
        (line,) = re.findall(r"^ExecStart=\S+/paceline (.*)$", unit.read_text(), re.MULTILINE)
        _check_command(line.split())
    (command,) = re.findall(r'^CMD \["(serve[^\]]*)"\]', (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    _check_command(command.split('", "'))


@pytest.mark.parametrize("service", [name for name, one in COMPOSE["services"].items() if "command" in one])
def test_environment_of_a_container_is_accepted(service: str) -> None:
    environment = {**COMPOSE["services"][service]["environment"], "PACELINE_DATA_DIR": "/data"}
    given = {name: str(value).replace("${PACELINE_BASE_URL:-}", "") for name, value in environment.items()}
    assert read_settings(given).database.startswith("postgresql://")


def test_ports_are_the_programs_own() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"EXPOSE {DEFAULT_PORT}" in dockerfile
    assert f"http://127.0.0.1:{DEFAULT_PORT}/health/live" in dockerfile
    assert COMPOSE["services"]["serve"]["ports"] == [f"127.0.0.1:{DEFAULT_PORT}:{DEFAULT_PORT}"]
    assert f"server 127.0.0.1:{DEFAULT_PORT};" in (ROOT / "deploy" / "nginx.conf").read_text()
    port = COMPOSE["services"]["sender"]["environment"]["PACELINE_METRICS_PORT"]
    assert f":{port}/metrics" in " ".join(COMPOSE["services"]["sender"]["healthcheck"]["test"])


def test_health_paths_exist() -> None:
    paths = {route.path for route in api_routes()}
    named = set(re.findall(r"(?<=\d)(/health/\w+|/metrics)", "".join(file.read_text() for file in FILES)))
    assert named <= paths


def test_image_has_a_python_that_the_program_accepts_and_installs_by_hashes() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    least = tuple(map(int, wanted.removeprefix(">=").split(".")))
    versions = re.findall(r"^FROM python:(\d+)\.(\d+)", dockerfile, re.MULTILINE)
    assert len(set(versions)) == 1
    assert tuple(map(int, versions[0])) >= least
    assert "--require-hashes" in dockerfile
    copied = {name for line in re.findall(r"^COPY (?!--)(.*) \S+$", dockerfile, re.MULTILINE) for name in line.split()}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied <= allowed
    assert all((ROOT / name).exists() for name in copied)


def test_containers_and_services_run_as_nobody_special() -> None:
    assert re.search(r"^USER paceline$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for unit in UNITS:
        text = unit.read_text()
        for line in (
            "User=paceline",
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "CapabilityBoundingSet=",
            "UMask=0077",
        ):
            assert line in text.splitlines()


def test_everybody_waits_long_enough_for_senders_to_finish() -> None:
    settings = Settings()
    patience = settings.final_dot_timeout_seconds + settings.intent_timeout_seconds + 30
    minutes = [COMPOSE["x-paceline"]["stop_grace_period"].removesuffix("m")]
    minutes += [re.findall(r"^TimeoutStopSec=(\d+)min$", unit.read_text(), re.MULTILINE)[0] for unit in UNITS]
    assert all(int(number) * 60 >= patience for number in minutes)


def test_container_for_the_database_is_not_newer_than_the_pg_dump_of_the_image() -> None:
    clients = {"bookworm": 15, "trixie": 17}
    (release,) = set(re.findall(r"^FROM python:\S+-slim-(\w+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    (server,) = re.findall(r"^postgres:(\d+)", COMPOSE["services"]["database"]["image"])
    assert (
        int(server) == clients[release]
    )  # nor older: what a newer pg_restore says, an older server does not understand


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_the_unit(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / unit.name
    copy.write_text(
        re.sub(r"^ExecStart=\S+", f"ExecStart={shutil.which('true')}", unit.read_text(), flags=re.MULTILINE)
    )
    verdict = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    about_us = [line for line in verdict.stderr.splitlines() if unit.name in line]
    assert about_us == []
