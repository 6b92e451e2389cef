.DEFAULT_GOAL := help
.PHONY: help demo up tryton check test prove bench conformance lock schemas histories fingerprints clean

PYTHON ?= python3
BIN := .venv/bin
TRYTON := $(or $(TIEBEAM_TRYTON),.tryton)
NODE := $(or $(TIEBEAM_NODE),.node)
PIP := -m pip install --quiet --disable-pip-version-check
INSTALL := $(BIN)/python $(PIP)
FORMATTED := activities bench canonical connectors console gateway policies runtime store telemetry \
             tests workflows world settings.py starter.py worker.py

help:       ## List the targets.
	@grep -E "^[a-z]+: .*##" $(MAKEFILE_LIST) | sed "s/:.*##/\t/"

demo: .venv/run     ## Play a won deal through everything, here; ARGS="--kill-worker" for the worst moment.
	$(BIN)/tiebeam demo $(ARGS)

up: .venv/run       ## Run the embedded stack until Ctrl-C.
	$(BIN)/tiebeam up $(ARGS)

tryton: $(TRYTON)/installed ## Run it with the real Tryton as every entity's ERP.
	$(BIN)/python -m world.tryton prepare
	$(BIN)/tiebeam up --erp tryton $(ARGS)

check: .venv/dev    ## All that needs no run: format, lint, types, imports, dependencies.
	$(BIN)/ruff format --check $(FORMATTED)
	$(BIN)/ruff check $(FORMATTED)
	$(BIN)/mypy
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/deptry .

test: .venv/dev $(TRYTON)/installed $(NODE)/installed ## Run the tests, at most 10 minutes; ARGS="-k invoice" narrows.
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder $(ARGS)

prove: .venv/dev $(TRYTON)/installed ## The long proofs: a worker killed at every boundary and point.
	$(BIN)/python -m pytest -m prove $(ARGS)

bench: .venv/dev $(TRYTON)/installed ## Measure; prints JSON with machine facts.
	$(BIN)/python -m bench $(ARGS)

lock: .venv/dev     ## Pin every dependency by hash, newest versions.
	$(call compile,run,--extra embedded pyproject.toml requirements/build.in)
	$(call compile,production,--extra postgresql pyproject.toml requirements/build.in)
	$(call compile,dev,--extra embedded --extra postgresql --group dev pyproject.toml requirements/build.in)
	$(call compile,tryton,requirements/tryton.in)

conformance: .venv/dev $(TRYTON)/installed ## Run every case with every connector, and keep the table.
	$(BIN)/python -m tests.connectors.conformance $(ARGS)

schemas: .venv/dev  ## Publish the JSON Schemas of the language and of the scenarios.
	$(BIN)/python -m canonical.schemas

histories: .venv/dev ## Record the histories that the replay test guards. Only for a new ending.
	$(BIN)/python -m tests.workflows.record_histories

fingerprints: .venv/dev ## Write down what each workflow asks of the engine. See decision 0021 first.
	$(BIN)/python -m tests.architecture.fingerprints

clean:      ## Remove what make made.
	rm -rf .venv .tiebeam .tryton .node

.venv/run: requirements/run.txt pyproject.toml
	$(call install,run)

.venv/dev: requirements/dev.txt pyproject.toml
	$(call install,dev)
	@touch .venv/run

# Tryton lives in an interpreter of its own; ours imports nothing of it.
$(TRYTON)/installed: requirements/tryton.txt world/tryton/house.py | .venv/run
	@test -x $(TRYTON)/venv/bin/python || $(PYTHON) -m venv $(TRYTON)/venv
	$(TRYTON)/venv/bin/python $(PIP) --only-binary :all: --require-hashes --requirement $<
	TIEBEAM_TRYTON_POSTGRESQL= $(BIN)/python -m world.tryton prepare
	@touch $@

# Clients in JavaScript, for the tests of the sandboxes; without npm those tests are skipped.
$(NODE)/installed: requirements/node/package.json requirements/node/package-lock.json
	@mkdir -p $(NODE)
	@cp requirements/node/package.json requirements/node/package-lock.json requirements/node/.npmrc $(NODE)
	@if command -v npm >/dev/null; then \
	  npm ci --prefix $(NODE) --ignore-scripts --no-audit --no-fund --loglevel error && touch $@; \
	else echo "There is no npm: the tests with clients in JavaScript are skipped."; fi

define install
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(INSTALL) --require-hashes --requirement requirements/$(1).txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch .venv/$(1)
endef

define compile
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --custom-compile-command "make lock" --no-emit-index-url --output-file requirements/$(1).txt \
	  $(2)
endef
