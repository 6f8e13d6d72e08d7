# `make` prints this help. Each target does its own set-up, from locked and hashed requirements, into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long test-faults screenshots check format bench bench-api bench-backtest bench-impact \
  bench-import bench-kpi bench-pages bench-surveys lock clean

help: ## Print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.dev ## Make .venv with everything in it

demo: $(VENV)/.run ## See it at work: embedded servers, 155,848 real purchases, the panel
	$(BIN)/loyalty demo $(ARGS)

test: $(VENV)/.dev ## Run the tests (real PostgreSQL, Valkey and Chromium; about 20 minutes on two cores)
	$(BIN)/python -m pytest -m "not long" -n $(JOBS) --dist loadgroup $(ARGS)

test-long: $(VENV)/.dev ## Run every test, with the long ones
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

test-faults: $(VENV)/.dev ## Plant small wrong changes, one by one: a test must catch each
	$(BIN)/python -m tests.faults.run $(ARGS)

screenshots: $(VENV)/.dev ## Take a picture of every page in every guise: build/screenshots/index.html
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

check: $(VENV)/.dev ## Check style, types, the house's structure, templates and translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --check --lint admin/templates loyalty/account_page/templates surveys/answers/templates \
		surveys/invitations/templates \
		--per-file-ignores 'surveys/invitations/templates/invitation\.html' H021 # mail programs drop style sheets
	$(BIN)/python -m loyalty.i18n --check

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## Measure, each figure as a ratio against a limit or peer of the same run
	$(BIN)/python -m benchmarks $(ARGS)

bench-kpi: $(VENV)/.dev ## Measure the key figures over a programme made up: ARGS="--purchases 10000000"
	$(BIN)/python -m benchmarks.kpi $(ARGS)

bench-backtest: $(VENV)/.dev ## Measure back-tests of rules on the whole sample, against recording it
	$(BIN)/python -m benchmarks.backtests $(ARGS)

bench-impact: $(VENV)/.dev ## Measure the estimate of the programme's effect, against the same sums in DuckDB
	$(BIN)/python -m benchmarks.impact $(ARGS)

bench-pages: $(VENV)/.dev ## Measure how long the panel's pages take on the sample: ARGS="--members 1000000" for one made up
	$(BIN)/python -m benchmarks.pages $(ARGS)

bench-import: $(VENV)/.dev ## Measure an import, killed half-way: ARGS="--purchases 1000000"
	$(BIN)/python -m benchmarks.imports $(ARGS)

bench-api: $(VENV)/.dev ## Measure a shop's mixed load on the API, and requests a second against the bare framework
	$(BIN)/python -m benchmarks.api $(ARGS)

bench-surveys: $(VENV)/.dev ## Measure a batch of survey mails, killed in the middle: ARGS="--invitations 100000"
	$(BIN)/python -m benchmarks.surveys $(ARGS)

lock: $(VENV)/.base ## Compile the locked requirements anew
	$(BIN)/python -m pip --disable-pip-version-check --quiet install uv
	$(BIN)/uv pip compile -q --no-header --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --no-header --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --group build --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Remove .venv and the embedded servers' data
	rm -rf $(VENV) .loyalty

$(VENV)/.base:
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/.base
	$(PIP) -r requirements.lock
	$(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(PIP) -r requirements-dev.lock
	@touch $@
