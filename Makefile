# The words by which people and CI build this house. `make` alone explains them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
PYTEST := $(BIN)/python -m pytest
# Two cores are enough for the suite; more than four workers would only load more templates.
WORKERS := -n logical --maxprocesses 4 --dist worksteal
PIP_TOOLS := pip-tools==7.6.2
CODEGEN := ariadne-codegen==0.19.0
LOCK_PYTHON := 3.11
LOCK_FLAGS := --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-options \
	--no-emit-find-links --strip-extras --allow-unsafe --no-header --no-annotate

# An interpreter that was named is taken or refused; the default may be an old one, so others are tried.
ifeq ($(origin PYTHON),file)
PYTHONS := $(PYTHON) python3.11 python3.12 python3.13 python3.14
else
PYTHONS := $(PYTHON)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: setup run test check bench soak schema migration client lock clean help

setup: $(VENV)/run.stamp ## Install what serving needs into .venv.

run: setup ## Set up, migrate, load data/ccm into an empty database, and serve on http://127.0.0.1:8000.
	@$(BIN)/isu serve --setup

test: $(VENV)/dev.stamp ## Run the whole suite on SQLite and PostgreSQL (args="-k words" to choose).
	$(PYTEST) $(WORKERS) $(args)

check: $(VENV)/dev.stamp ## Look for faults without running: style, types, imports, drift of schema and locks.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/isu schema --check
	$(BIN)/isu rules --check
	$(BIN)/python clients/python/generate.py --check
	$(PYTEST) -q tests/house/test_lock.py

bench: $(VENV)/dev.stamp ## Run the benchmark (args="--only Q2" to choose, args=--help tells the rest).
	$(BIN)/python -m tests.bench $(args)

soak: $(VENV)/dev.stamp ## Run the long versions of tests.
	$(PYTEST) -m soak $(args)

schema: $(VENV)/run.stamp ## Write schema/schema.graphql and docs/mandate.md from the code.
	$(BIN)/isu schema --write
	$(BIN)/isu rules --write

migration: $(VENV)/run.stamp ## Generate a migration from the tables: make migration m="what changes".
	@test -n "$(m)" || { echo 'Say what changes: make migration m="what changes"' >&2; exit 2; }
	$(BIN)/isu migrate --new "$(m)"

client: .client/$(CODEGEN).stamp $(VENV)/dev.stamp ## Make the Python client anew, from its queries and schema/schema.graphql.
	$(BIN)/python clients/python/generate.py .client/bin/python

lock: .lock/$(PIP_TOOLS).stamp ## Make both lock files anew from pyproject.toml (args=--upgrade for newer versions).
	.lock/bin/pip-compile $(LOCK_FLAGS) $(args) --extra build -o requirements.txt pyproject.toml
	.lock/bin/pip-compile $(LOCK_FLAGS) $(args) --extra build --extra dev -c requirements.txt \
		-o requirements-dev.txt pyproject.toml

clean: ## Remove the environments, caches and builds; the database in var/ stays.
	rm -rf $(VENV) .lock .client dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find isu schema resolvers db mandate migrations tests clients -name __pycache__ -prune -exec rm -rf {} +

help: ## Explain these words.
	@sed -n 's/^\([a-z]*\):.* ## /\1	/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS='	' read -r word sentence; do printf '  make %-10s %s\n' "$$word" "$$sentence"; done

# A stamp is written last, so that an interrupted step is done again.

$(VENV)/made.stamp:
	$(call make_venv,$(VENV),(3, 11) <= v,3.11 or newer)
	@touch $@

$(VENV)/run.stamp: requirements.txt pyproject.toml $(VENV)/made.stamp
	@echo 'Installing what serving needs into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	@echo 'Installing what testing needs into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

# The oldest Python that we promise: its pins hold for newer ones too.
.lock/$(PIP_TOOLS).stamp:
	$(call make_venv,.lock,(3, 11) == v,$(LOCK_PYTHON))
	@.lock/bin/python -m pip --disable-pip-version-check --no-input -qq install '$(PIP_TOOLS)'
	@touch $@

# An environment of its own: the generator needs an older graphql-core than the server.
.client/$(CODEGEN).stamp:
	$(call make_venv,.client,(3, 11) <= v,3.11 or newer)
	@.client/bin/python -m pip --disable-pip-version-check --no-input -qq install '$(CODEGEN)'
	@touch $@

# Arguments: folder, condition on the version v, the same in words.
define make_venv
	@for python in $(PYTHONS); do \
		"$$python" -c 'import sys, venv, ensurepip; v = sys.version_info[:2]; sys.exit(not ($(2)))' \
			2>/dev/null || continue; \
		echo "Making $(1) with $$python ..."; \
		"$$python" -m venv --clear $(1) && exit 0; \
	done; \
	echo 'This needs Python $(3), with its venv module; tried: $(PYTHONS).' >&2; \
	echo 'Install it, or name one: make PYTHON=/path/to/python' >&2; \
	exit 1
endef
