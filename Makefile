# Everything a person runs by hand. `make` alone explains itself.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
REPO ?= .
ARGS ?=

export LITELLM_LOCAL_MODEL_COST_MAP := True
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export UV_SYSTEM_CERTS := true
export UV_NATIVE_TLS := true
unexport PYTHONDONTWRITEBYTECODE # each command and each flow run starts in a third of the time

help: ## Explain the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## Prepare .venv from requirements.lock; costs nothing the second time

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Ratchet needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=...") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@if command -v uv >/dev/null; then ln -sf "$$(command -v uv)" $(BIN)/uv; else $(BIN)/python -m pip install --quiet uv; fi
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(BIN)/python -m compileall -q -j 0 ratchet flows tasks blocks deployments
	@touch $@

run: setup ## One improvement cycle on REPO=. (ARGS="--trials 20 ..." for more)
	$(BIN)/ratchet run --repo $(REPO) $(ARGS)

demo: setup ## Three rollouts on simulated traffic, about two minutes
	$(BIN)/ratchet demo $(ARGS)

up: setup ## The whole system here: Prefect server, worker, schedules, automations (ARGS="--port N")
	$(BIN)/ratchet up $(ARGS)

down: setup ## Stop what `make up` has started
	$(BIN)/ratchet down $(ARGS)

test: setup ## All tests: unit, flows, integration, faults, e2e, doctests, types, style
	@tests/install_services.sh || test $$? -eq 2
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 3 --dist loadgroup $(ARGS) # on 2 cores: the tests of servers mostly wait

format: setup ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## Renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --extra postgres --group dev pyproject.toml --output-file requirements.lock

.PHONY: help setup run demo up down test format lock
