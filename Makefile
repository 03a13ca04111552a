# Everything a developer runs. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# One more than the cores it is meant for, as some tests wait; which stay together: tests/conftest.py.
TESTERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup demo check test quick format browser bench bench-full soak truth lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with everything in it (instant when nothing changed)

# The stamp holds what it was made from, so a checkout that only moves the files' dates costs nothing.
$(READY): requirements.txt pyproject.toml scripts/setup
	@PYTHON='$(PYTHON)' scripts/setup $(VENV)

demo: setup ## Watchkeeper with a simulated console: see it work, needs nothing else
	@$(BIN)/watchkeeper demo

check: setup ## Format, style, types and layers
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: setup browser check ## Everything: check, then every test
	@$(BIN)/python -m compileall -q src # hundreds of processes are started, see scripts/setup
	$(BIN)/pytest -n $(TESTERS)

quick: setup ## The tests to run while working: no browser, no database, nothing slow
	@$(BIN)/pytest -n $(TESTERS) -m 'not browser and not postgres and not slow' \
		--ignore tests/api --ignore tests/jobs --ignore tests/server

format: setup ## Put the code in its form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

browser: ## Find Chromium for the browser tests, or install it
	@scripts/browser

bench: setup ## Measure beside other programs, within half an hour; ONLY=latency,policies a part of it
	@$(BIN)/python -m benchmarks.run $(if $(ONLY),--only $(ONLY))

bench-full: setup ## The same with the long cases and more rounds: an hour or more
	@$(BIN)/python -m benchmarks.run --full $(if $(ONLY),--only $(ONLY))

soak: setup ## Twenty connections for ten minutes: every turn taken once, each trouble named
	@PYTHONPATH=. $(BIN)/python benchmarks/soak.py

truth: setup ## Five companies for thirty days: every item of every control against what is true
	@PYTHONPATH=. $(BIN)/python benchmarks/truth.py $(if $(SEEDS),--seeds $(SEEDS)) $(if $(DAYS),--days $(DAYS))

lock: setup ## Renew requirements.txt and benchmarks/requirements.txt
	@scripts/lock $(BIN)

clean: ## Remove what was made here; .venv stays
	rm -rf .bench .demo .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find src tests benchmarks scripts -name __pycache__ -prune -exec rm -rf {} +
