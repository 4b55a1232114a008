"""Fixtures that all tests share: both databases, certificates, and the mail programs of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from surroundings.certificates import Certificates, make_certificates
from surroundings.postgres import Postgres, running_postgres
from surroundings.programs import postfix_program

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
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'paceline.db'}"


@pytest.fixture
def postgresql_url(postgres: Postgres) -> Iterator[str]:
    """An empty PostgreSQL database."""
    database = postgres.create()
    yield postgres.url(database)
    postgres.drop(database)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database, once of each kind: a test that takes it runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
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
