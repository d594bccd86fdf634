# The two commands of this project are `make serve` and `make test`; `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := $(BIN)/python -m uv pip compile --quiet --generate-hashes --no-header --no-annotate --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help serve test bench train check format docs lock clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

serve: .venv/installed ## install what is needed and serve on port 5556, SQLite in uttt.db
	$(BIN)/uttt serve

test: check ## install what is needed, run every check and every test
	cd client && npm test --silent
	@sync # else the tests' commits wait for all that was just installed to get to the disk
	$(BIN)/python -m pytest

bench: .venv/installed-dev ## load on every database that is reachable, beside bare servers (30 minutes)
	$(BIN)/python -m bench.load.run $(BENCH)

train: .venv/installed-dev ## make the next network of the engine: play, learn, and the match for its place (train/README.md)
	$(BIN)/python -m train.build
	$(BIN)/python -m train generation --out build/generation --parent src/uttt/engine/weights.net --install $(OPTIONS)

check: .venv/installed-dev ## format, lint, types, layers, generated documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy bench
	$(BIN)/mypy train
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check
	cd client && npm run --silent check

format: .venv/installed-dev ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/installed-dev ## write the generated documents anew
	$(BIN)/python -m docs.generate

lock: .venv/installed-dev ## resolve the dependencies anew (no index address is recorded)
	$(PIP) install uv
	$(LOCK) --upgrade --extra build pyproject.toml -o requirements/serve.txt
	$(LOCK) --upgrade --extra build --extra postgresql pyproject.toml -o requirements/postgresql.txt
	$(LOCK) --upgrade --extra build --extra mariadb pyproject.toml -o requirements/mariadb.txt
	$(LOCK) --upgrade --extra build --extra dev --extra postgresql --extra mariadb pyproject.toml -o requirements/dev.txt

clean: ## forget the environment and all caches
	rm -rf .venv src/uttt/engine/compiled/*.so train/*.so .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist

.venv/bin/python:
	$(PYTHON) -m venv .venv

CLIENT := $(shell find client -type f -not -path 'client/node_modules/*' -not -path 'client/dist/*' 2>/dev/null)
CORE := $(wildcard src/uttt/engine/compiled/*.py src/uttt/engine/compiled/*.pxd)

.venv/installed: requirements/serve.txt pyproject.toml hatch_build.py $(CLIENT) $(CORE) | .venv/bin/python
	$(PIP) install --require-hashes -r requirements/serve.txt
	$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

.venv/installed-dev: requirements/dev.txt .venv/installed | .venv/bin/python
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
