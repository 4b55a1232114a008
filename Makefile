# Every command of the project. `make` alone lists them. They need Python 3.11 or newer, and nothing else.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
WORKERS ?= auto
SKIP ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
PYTEST = TMPDIR="$$($(temporary))" $(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=worksteal
UV_VERSION := 0.13.9

.DEFAULT_GOAL := help
.PHONY: help demo test retest check format bench lock web openapi screenshots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.ready ## send a real campaign to 1,000 contacts through 10 accounts, into a local sandbox
	@$(BIN)/paceline demo

test: $(VENV)/.ready-to-test ## run every test, on SQLite and on a real PostgreSQL
	@$(PYTEST) tests $(addprefix --ignore=,$(SKIP))

retest: $(VENV)/.ready-to-test ## run the tests that failed last, one after the other
	@$(BIN)/python -m pytest --last-failed --last-failed-no-failures=none tests

check: $(VENV)/.ready-to-test web/node_modules/.ready-to-check ## check format, lint, types, import contracts and unit tests
	@$(BIN)/python -m ruff format --check
	@$(BIN)/python -m ruff check
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-logo
	@$(NPM) run --silent check
	@$(PYTEST) tests/unit

format: $(VENV)/.ready-to-test ## put the code into its format and mend what the linter can mend
	@$(BIN)/python -m ruff check --fix-only
	@$(BIN)/python -m ruff format

bench: $(VENV)/.ready-to-test ## measure the whole path and WhatsApp beside its limit; print tables and write JSON
	@$(BIN)/python benchmarks/whole_path.py
	@$(BIN)/python benchmarks/whatsapp.py

lock: $(VENV)/.made ## choose all versions anew and write them with their hashes
	@$(PIP) install --target $(VENV)/uv --upgrade uv==$(UV_VERSION)
	@$(call compile,--group build,requirements.lock)
	@$(call compile,--group build --group dev --constraints requirements.lock,requirements-dev.lock)

web: $(VENV)/.ready ## build the web interface anew, after a change in web/
	@$(BIN)/python hatch_build.py

openapi: $(VENV)/.ready-to-test ## write web/openapi.json, from which the web interface's client is made
	@PYTHONPATH=tests $(BIN)/python -m surroundings.described_api

screenshots: $(VENV)/.ready-to-test ## take docs/screenshots anew, from a real installation in the system's Chromium
	@PYTHONPATH=tests $(BIN)/python -m surroundings.screenshots

clean: ## remove the environment and everything that was built
	@rm -rf $(VENV) web/node_modules src/paceline/static build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# For every platform and every Python from 3.11 on; nothing but names, versions and hashes.
compile = $(VENV)/uv/bin/uv pip compile pyproject.toml $(1) --output-file $(2) --quiet --upgrade \
	--universal --python-version 3.11 --only-binary :all: --generate-hashes --no-header

$(VENV)/.made:
	@python="$$($(find_python))" && echo "Making $(VENV) with $$python" && "$$python" -m venv --clear $(VENV)
	@touch $@

$(VENV)/.ready: requirements.lock pyproject.toml $(VENV)/.made
	@echo "Installing Paceline (once)"
	@$(PIP) install --require-hashes --only-binary :all: --requirement requirements.lock
	@$(PIP) install --no-index --no-deps --no-build-isolation --editable .
	@cat src/paceline/static/missing.txt 2>/dev/null || true
	@touch $@

$(VENV)/.ready-to-test: requirements-dev.lock requirements-source.lock $(VENV)/.ready
	@echo "Installing what the tests need (once)"
	@$(PIP) install --require-hashes --only-binary :all: --requirement requirements-dev.lock
	@$(PIP) install --require-hashes --no-deps --no-build-isolation --requirement requirements-source.lock
	@touch $@

# Where the tests write. They kill processes, not machines: in memory, where there is plenty of it, no commit waits for a disk.
define temporary
if [ -z "$$TMPDIR" ] && [ -w /dev/shm ] && ! grep -q ' /dev/shm .*noexec' /proc/mounts \
	&& [ "$$(df -Pk /dev/shm | awk 'END {print $$4}')" -gt 4000000 ] \
	&& awk '/^MemAvailable/ {exit $$2 < 8000000}' /proc/meminfo; \
then echo /dev/shm; else echo "$${TMPDIR:-/tmp}"; fi
endef

# npm in web/, with the Node.js that comes in a wheel.
NPM = $(BIN)/python hatch_build.py

web/node_modules/.ready-to-check: web/package-lock.json $(VENV)/.ready
	@$(NPM) ci --no-progress --loglevel=error
	@touch $@

# The first Python that is new enough and can make an environment with pip in it (Debian keeps that in a package apart).
define find_python
lacking=; \
for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14 python3.15 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	"$$python" -c 'import ensurepip, venv' 2>/dev/null && { command -v "$$python"; exit 0; }; \
	lacking="$${lacking:-$$python}"; \
done; \
if [ "$$lacking" ]; then \
	echo "$$lacking cannot make environments. Debian and Ubuntu: apt install python3-venv" >&2; \
else \
	echo "Python 3.11 or newer was not found." >&2; \
fi; \
echo "Another Python can be named: make PYTHON=/usr/local/bin/python3.12" >&2; \
exit 1
endef
