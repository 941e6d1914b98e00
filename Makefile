# Needs Python ≥ 3.11 and make, nothing else. `make check` also wants Node for the JavaScript type check.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
export HOST PORT
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: run test check bench lock messages plotly clean
.DEFAULT_GOAL := run

run: $(VENV)/run.stamp  ## serve on http://$HOST:$PORT
	@$(BIN)/python -m app

# The browser's tests by themselves: Playwright keeps an event loop in its thread.
test: $(VENV)/dev.stamp  ## every test, with a browser (found, or installed)
	@$(BIN)/python -m tests.browser
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --ignore tests/e2e
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile tests/e2e

# No cache for lint-imports: it misses a module that appears where an import already pointed.
check: $(VENV)/dev.stamp  ## style, types, direction of imports, translations, JavaScript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m app.words.messages --check
	sh tests/js/check.sh

bench: $(VENV)/dev.stamp  ## benchmarks: ratios measured side by side
	for name in engine http browser; do $(BIN)/python -m benchmarks.$$name || exit 1; done

lock: $(VENV)/dev.stamp  ## renew the locks; they name no host
	$(BIN)/uv pip compile pyproject.toml -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --group dev -c requirements.lock -o requirements-dev.lock

plotly:  ## a quarter of plotly.js instead of all of it (wants Node and npm)
	cd app/figures/bundle && npm ci --ignore-scripts --no-audit --no-fund && npm run build

messages: $(VENV)/dev.stamp  ## bring the catalogues up to date with the source
	$(BIN)/python -m app.words.messages

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/js/node_modules

# A stamp a lock: what is installed is what the lock says, and nothing is installed twice.
$(VENV)/run.stamp: requirements.lock | $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock requirements.lock | $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/run.stamp

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.13")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
