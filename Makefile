# Everything a developer or CI runs. Needs Python 3.11 or later, git, make and a package registry; nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RUNS := $(VENV)/.runs
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check

.PHONY: help test lint types contracts unit lock reference format schemas screenshots demo bench rehearsal chaos clean
.DEFAULT_GOAL := help

help:  ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(READY): requirements-dev.lock pyproject.toml hatch_build.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked dependencies of development into $(VENV) …"
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(RUNS)

# What the product and its emulator need, which is a third of that.
$(RUNS): requirements-emulator.lock requirements-build.lock pyproject.toml hatch_build.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked dependencies into $(VENV) …"
	@$(PIP) --require-hashes --requirement requirements-emulator.lock --requirement requirements-build.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

test: lint types contracts unit  ## All checks: format, lint, types, import contracts, lock file, tests with coverage

lint: $(READY)  ## Format and lint, without changing anything
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .

types: $(READY)  ## mypy --strict
	@$(BIN)/mypy

contracts: $(READY)  ## Import contracts: the floors of the architecture
	@$(BIN)/lint-imports --no-cache

unit: $(READY)  ## Tests, with the coverage gate on the pure modules
	@$(BIN)/python tools/check_lock.py
	@$(BIN)/python tools/run_tests.py

format: $(READY)  ## Rewrite files in our format
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

reference: $(READY)  ## Rewrite docs/reference.md after a change of options or settings
	@$(BIN)/python tools/make_reference.py

lock: $(READY)  ## Rewrite the lock files from pyproject.toml
	@$(BIN)/python tools/check_lock.py --write

schemas: $(READY)  ## Rewrite docs/schemas from the code
	@$(BIN)/python tools/make_schemas.py --write

screenshots: $(READY)  ## Make the pictures in docs/images; needs Debian's chromium
	@$(BIN)/python -m tools.make_screenshots

demo: $(RUNS)  ## A tour of the example repository with the emulator
	@$(BIN)/python tools/demo.py

bench: $(READY)  ## Time and memory for 100, 500 and 2,000 Gateways, among 2,500 files of other programs, and with a large cluster
	@$(BIN)/python -m tests.benchmarks.run
	@$(BIN)/python -m tests.benchmarks.other_programs
	@$(BIN)/python -m tests.benchmarks.cluster

rehearsal: $(READY)  ## A pull request from branch to production, on this machine
	@$(BIN)/python tools/rehearsal.py

chaos: $(READY)  ## The safe apply under crashes, signals, faults, rivals and bad input, in full: a table (hours)
	@$(BIN)/python -m tests.chaos

clean:  ## Remove generated files
	@rm -rf $(VENV) .demo .rehearsal dist build
