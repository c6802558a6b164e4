# Two commands are enough: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SUDO   := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT    := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get
PARTS  := libreoffice-calc libreoffice-writer python3-uno fonts-dejavu-core fonts-liberation fonts-crosextra-carlito poppler-utils xvfb xdotool

.PHONY: help demo test quick check bench install templates pins fix clean
.DEFAULT_GOAL := help

help:            ## list the targets
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 18

demo: $(VENV)/product   ## a small ready team with generated data; says what to open
	@$(BIN)/sheetsales demo demo

test: $(VENV)/tests parts   ## everything: checks, then all tests with real LibreOffice and PostgreSQL
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest -n 2 --dist loadfile -q

quick: $(VENV)/tests   ## the fast tests only
	@$(BIN)/python -m pytest -q -m "not slow and not live"

check: $(VENV)/tests   ## format, lint, types and the import rule; changes nothing
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

bench: $(VENV)/tests   ## our figures against the alternative and the limit, as ratios
	@$(BIN)/python -m tests.bench

templates: $(VENV)/tests   ## build the workbooks in workbooks/templates anew
	@$(BIN)/python -m sheetsales_workbooks.templates

pins: $(VENV)/tests   ## compile constraints.txt anew (names and versions only)
	@$(BIN)/pip-compile --quiet --all-extras --strip-extras --no-header --no-annotate --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links --allow-unsafe --upgrade -o constraints.txt pyproject.toml
	@grep -E '^[A-Za-z0-9._-]+==' constraints.txt > constraints.tmp && mv constraints.tmp constraints.txt

fix: $(VENV)/tests   ## format, and mend what can be mended safely
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

install: $(VENV)/product   ## the product into .venv

clean:           ## remove what was built here
	rm -rf $(VENV) demo build dist test-artefacts .pytest_cache .mypy_cache .ruff_cache

# A Debian Python may come without venv; then it is installed by name.
$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; $(PYTHON) is older. Set PYTHON=…"; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); $(APT) -qq update; $(APT) -qq install -y python3-venv; $(PYTHON) -m venv $(VENV); }
	@touch $@

$(VENV)/product: pyproject.toml constraints.txt | $(VENV)/python
	@echo "Installing sheetsales into $(VENV) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/tests: pyproject.toml constraints.txt | $(VENV)/python
	@echo "Installing what the tests need into $(VENV) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,excel,google,postgres,fast]'
	@touch $@ $(VENV)/product

# The real programs that the tests drive. Without a Debian package manager they are looked for, not installed.
.PHONY: parts
parts:
	@command -v apt-get >/dev/null || { echo "No apt-get here: LibreOffice Calc and fonts must be there already."; exit 0; }; \
	missing=""; for p in $(PARTS); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "Installing$$missing …"; $(APT) -qq update && $(APT) -qq install -y --no-install-recommends $$missing >/dev/null; fi
