# Limpide. Debian or macOS, make and Python 3.11 or 3.12: nothing else is needed.
#
#   make demo      a synthetic hospital: three nights loaded, three questions answered   (~300 documents)
#   make install   the environment, from the lock file; leaves .venv/bin/limpide
#   make test      every test, lint and types
#   make ui        the Dagster UI and its daemon, on this machine only: http://127.0.0.1:3000
#   make bench     documents a second, against a plain script; paper read; writes docs/bench*.md
#   make eval      how well meaning is read, against references
#   make fuzz      readers against broken bytes
#   make storm     nights killed 200 times at random, by the real command
#   make lock      resolve the dependencies again (needs uv)
#
# HOUSE is the folder that holds landing/, warehouse/, vault/ and Dagster's history: `make ui HOUSE=demo`.

HOUSE ?= .
PORT ?= 3000
VENV ?= .venv
SHELL := /bin/bash
BIN := $(VENV)/bin
UV ?= uv

house := $(abspath $(HOUSE))
export LIMPIDE_LANDING ?= $(house)/landing
export LIMPIDE_WAREHOUSE ?= $(house)/warehouse
export LIMPIDE_VAULT ?= $(house)/vault
export DAGSTER_HOME ?= $(house)/.dagster_home

.PHONY: install install-dev demo test ui bench eval fuzz storm lock clean
.DEFAULT_GOAL := install

# --- the environment -------------------------------------------------------------------------------------------------

# The first Python that the pinned dependencies accept; PYTHON=/path/to/python3.11 overrules the search.
find_python = for candidate in $(PYTHON) python3.11 python3.12 python3 python; do \
    if command -v $$candidate >/dev/null 2>&1 \
       && $$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then \
      echo $$candidate; exit 0; fi; done

$(VENV)/bin/python:
	@python=$$($(find_python)); \
	if [ -z "$$python" ]; then \
	  echo "Limpide needs Python 3.11 or 3.12, and none was found." >&2; \
	  echo "  Debian : apt-get install python3 python3-venv      (Debian 12 has 3.11)" >&2; \
	  echo "  macOS  : brew install python@3.12" >&2; \
	  echo "  or name one: make install PYTHON=/path/to/python3.11" >&2; exit 1; fi; \
	echo "Python: $$python ($$($$python --version))"; \
	$$python -m venv $(VENV) || { echo "The venv module is missing (Debian: apt-get install python3-venv)." >&2; rm -rf $(VENV); exit 1; }

# The lock, hashes checked; a count moves while it lasts, and what goes wrong is shown.
define pip_install
	@echo "Installing from $(1) (a few minutes the first time)"
	@set -o pipefail; $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r $(1) | \
	awk -v all=$$(grep -c '==' $(1)) \
	  '/^(Collecting|Processing|Ignoring|Requirement already satisfied)/ { n++; printf "\r  %d/%d packages", n, all; fflush() } \
	   /^Installing collected/ { printf "\n  unpacking\n"; fflush() } /ERROR/ { print } END { print "" }'
endef

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(call pip_install,requirements.lock)
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(call pip_install,requirements-dev.lock)
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.installed

install: $(VENV)/.installed
	@echo "Ready: $(BIN)/limpide --help"

install-dev: $(VENV)/.installed-dev

lock:
	$(UV) pip compile pyproject.toml --extra all --no-strip-extras --python-version 3.11 --universal --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate -o requirements.lock
	$(UV) pip compile pyproject.toml --extra all --extra dev --no-strip-extras --python-version 3.11 --universal --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate -o requirements-dev.lock

# --- the product -----------------------------------------------------------------------------------------------------

demo: $(VENV)/.installed
	@$(BIN)/python -m pipelines.cli.demo demo

ui: $(VENV)/.installed
	@$(BIN)/limpide ui --port $(PORT)

# --- the proofs ------------------------------------------------------------------------------------------------------

test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	DAGSTER_HOME= $(BIN)/pytest -n 2

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.night
	$(BIN)/python -m benchmarks.read_paper

eval: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.evaluate

fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.fuzz

storm: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.storm

clean:
	rm -rf demo build .pytest_cache .mypy_cache .ruff_cache
