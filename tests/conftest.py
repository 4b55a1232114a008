"""Fixtures that all tests share: both databases, certificates, and the mail programs of others."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from surroundings.certificates import Certificates, make_certificates
from surroundings.postgres import Postgres, running_postgres
from surroundings.programs import postfix_program
from surroundings.tables import sqlite_with_tables

# Commands are started hundreds of times: without Python's caches each of them would compile the whole program anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A machine with other work takes its time; what must be fast is measured by benchmarks.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str, worker_id: str) -> Iterator[Postgres]:
    """The PostgreSQL server of this run, shared by its workers."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    with running_postgres(testrun_uid, shared / "postgres.lock") as server:
        yield server


@pytest.fixture
def bare_sqlite_url(tmp_path: Path) -> str:
    """A SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'paceline.db'}"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database of which nobody has made use yet; its tables are there."""
    return sqlite_with_tables(tmp_path / "paceline.db")


@pytest.fixture
def bare_postgresql_url(postgres: Postgres) -> Iterator[str]:
    """A PostgreSQL database without any table."""
    database = postgres.create()
    yield postgres.url(database)
    postgres.drop(database)


@pytest.fixture
def postgresql_url(postgres: Postgres) -> Iterator[str]:
    """A PostgreSQL database of which nobody has made use yet; its tables are there."""
    database = postgres.create_with_tables()
    yield postgres.url(database)
    postgres.drop(database)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of which nobody has made use yet, once of each kind: a test that takes it runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest) -> str:
    """The same without any table, for tests of the first start."""
    url: str = request.getfixturevalue(f"bare_{request.param}_url")
    return url


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of our own, and a certificate from it for localhost and 127.0.0.1."""
    return make_certificates(tmp_path_factory.mktemp("certificates"), "localhost", "127.0.0.1")


@pytest.fixture(scope="session")
def smtp_sink() -> str:
    """The path of Postfix's smtp-sink."""
    return postfix_program("smtp-sink")


@pytest.fixture(scope="session")
def smtp_source() -> str:
    """The path of Postfix's smtp-source."""
    return postfix_program("smtp-source")
