# Everything one does with the lab, each in one command. `make help` lists them.
# Python 3.11, 3.12 or 3.13 is found by itself; `make run PYTHON=/path/to/python` names one.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
RUN_READY := $(VENV)/.ready-to-run
TEST_READY := $(VENV)/.ready-to-test

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help run test lint types lessons-check starters bench screenshots clean

help: ## list these commands
	@grep -E '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(RUN_READY) ## start the lab on http://localhost:8501 (PORT=… for another)
	$(BIN)/streamlit run Home.py --server.port $(PORT)

test: lint types ## check style and types, then run every test (ARGS="-k word" for some, AGAIN=1 runs what failed once more)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS) $(if $(AGAIN),|| \
	  $(BIN)/python -m pytest --last-failed --last-failed-no-failures none)

lint: $(TEST_READY) ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(TEST_READY) ## check types
	$(BIN)/mypy

lessons-check: $(RUN_READY) ## check every lesson, guide and exercise, and name the line of each mistake
	$(BIN)/python -m tools.lessons_check

starters: $(TEST_READY) ## train the starter models again from the text in starters/
	$(BIN)/python -m starters.build

bench: $(TEST_READY) ## measure the lab against its bars
	$(BIN)/python -m benchmarks all

screenshots: $(TEST_READY) ## photograph every page, light and dark, in three sizes
	$(BIN)/python -m tools.screenshots $(ARGS)

clean: ## remove the environment and everything that was built
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Installs the requirements file named by $(1). Where the address of torch's CPU build cannot be
# reached (a school that mirrors PyPI alone), the package index's own torch takes its place.
define install
	@$(BIN)/python -m pip install --quiet -r $(1) || { \
	  echo "Trying once more with torch from the package index alone."; \
	  sed -E -e '/^torch @ /d' -e 's/^(torch==[^ ;]+).*/\1/' requirements.txt > $(VENV)/requirements.txt; \
	  cp requirements-dev.txt $(VENV)/requirements-dev.txt; \
	  $(BIN)/python -m pip install --quiet -r $(VENV)/$(1); }
	@touch $@
endef

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.12 python3.13 python3.11 python; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	    echo "Preparing $(VENV) with $$($$python --version)"; \
	    exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo "The lab needs Python 3.11, 3.12 or 3.13 with venv (on Debian: apt install python3-venv)."; \
	echo "If it is somewhere else: make run PYTHON=/path/to/python3"; \
	exit 1

$(RUN_READY): requirements.txt | $(BIN)/python
	@echo "Installing what the lab needs (some minutes, the first time only)"
	$(call install,requirements.txt)

$(TEST_READY): requirements-dev.txt requirements.txt | $(BIN)/python
	@echo "Installing what the tests need (some minutes, the first time only)"
	$(call install,requirements-dev.txt)
