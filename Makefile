# make run and make test do all their own set-up; nothing else has to be called first.
# The first Python that the service runs on; `make PYTHON=/path/to/python run` names another.
PYTHON ?= $(shell for each in python3.11 python3.12 python3.13 python3; do \
	$$each -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$each && break; \
	done)
VENV := .venv
BIN := $(VENV)/bin
# Only this machine, as anyone who reaches an open service can read everything: `make run HOST=0.0.0.0` for all.
HOST ?= 127.0.0.1
PORT ?= 8000

.PHONY: help setup run test test-postgres check format lint types imports words openapi bench demo clean
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-13s %s\n", $$1, $$2}'

# The stamps hold what was installed from; pip runs again only when a list has changed.
$(VENV)/.runtime: requirements.txt constraints.txt
	@test -x $(BIN)/python || test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

# The command `rag`; the code stays where it is.
$(VENV)/.command: $(VENV)/.runtime setup.py
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.tools: $(VENV)/.runtime requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

setup: $(VENV)/.tools $(VENV)/.command ## make the virtual environment with all tools and prepare the embedding model
	$(BIN)/python -m app.prepare

run: $(VENV)/.command ## start the service on port 8000 (HOST, PORT)
	$(BIN)/python -m app.prepare
	exec $(BIN)/python -m uvicorn app.main:app --host $(HOST) --port $(PORT)

test: $(VENV)/.tools ## run all tests
	$(BIN)/python -m pytest

test-postgres: $(VENV)/.tools ## run the tests that need PostgreSQL; a package brings the server
	$(BIN)/python -m pytest -m postgres

format: $(VENV)/.tools ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

lint: $(VENV)/.tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.tools
	$(BIN)/mypy

imports: $(VENV)/.tools
	$(BIN)/lint-imports

words: $(VENV)/.tools
	$(BIN)/codespell
	$(BIN)/python scripts/check_words.py

openapi: $(VENV)/.runtime ## write docs/openapi.json from the routes
	$(BIN)/python scripts/write_openapi.py

check: lint types imports words test ## format, lint, types, import contract, words, tests: what CI runs

bench: $(VENV)/.tools ## measure: a table for each benchmark
	$(BIN)/python -m benchmarks

demo: $(VENV)/.runtime ## upload the samples to a running service and ask about them
	$(BIN)/python scripts/demo.py

clean: ## remove the virtual environment and caches; data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
