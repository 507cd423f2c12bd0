# Every target sets up what it needs, from nothing but Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
DEMO := build/demo

.PHONY: demo test test-all test-exhaustive mutants notebooks notebooks-write reports lint format data benchmark simulate readme docs clean

demo: $(VENV)/.run
	$(BIN)/harness evaluate data_synthetic/vanishing.parquet --study data_synthetic/study.yaml \
		--policy data_synthetic/policy.yaml --out $(DEMO)/vanishing

test: $(VENV)/.develop
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m "not slow and not exhaustive"

test-all: $(VENV)/.develop $(VENV)/.docs $(VENV)/.spark
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m "not exhaustive"

test-exhaustive: $(VENV)/.develop
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m exhaustive

# Changes the code that a verdict rests on, change by change, and lists the changes that no fast test notices. Slow.
mutants: $(VENV)/.mutants
	$(BIN)/mutmut run
	$(BIN)/mutmut results

# Each once, one after the other: two kernels that start at once may be given one port, and wait for ever.
notebooks: $(VENV)/.notebook
	$(BIN)/python -m pytest tests/notebooks

notebooks-write: $(VENV)/.notebook
	$(BIN)/python tests/notebooks/stored_outputs.py

reports: $(VENV)/.run
	for world in vanishing persisting equal; do \
		$(BIN)/harness evaluate data_synthetic/$$world.parquet --study data_synthetic/study.yaml \
			--policy data_synthetic/policy.yaml --out build/reports/$$world || exit 1; \
		rm -rf reports/$$world; \
		$(BIN)/harness report build/reports/$$world --out reports/$$world || exit 1; done

lint: $(VENV)/.develop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.develop
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

data: $(VENV)/.run
	$(BIN)/harness synthesise --out data_synthetic

benchmark: $(VENV)/.benchmark $(VENV)/.spark
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.counting
	$(BIN)/python -m benchmarks.clustering
	$(BIN)/python -m benchmarks.scale --times 10
	$(BIN)/python -m benchmarks.text
	$(BIN)/python -m benchmarks.people
	$(BIN)/python -m benchmarks.embeddings
	$(BIN)/python -m benchmarks.matrix
	$(BIN)/python -m benchmarks.engines
	$(BIN)/python -m benchmarks.gate

simulate: $(VENV)/.develop
	$(BIN)/python -m benchmarks.coverage --write docs/coverage.md
	$(BIN)/python -m benchmarks.claims --write docs/claims.md
	$(BIN)/python -m benchmarks.monitoring --write docs/monitoring.md

# Writes what commands print now into the README and the pages of docs/, and draws the README's picture.
readme: $(VENV)/.develop
	$(BIN)/python tests/readme_blocks.py

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -b html -d build/docs-cache docs build/docs
	@echo "Written to build/docs/index.html"

clean:
	rm -rf $(VENV) build mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.python:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.run: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) pip
	$(PIP) --editable '.[all]'
	touch $@

$(VENV)/.develop: $(VENV)/.run
	$(PIP) --group test --group lint
	touch $@

$(VENV)/.notebook: $(VENV)/.develop
	$(PIP) --group notebook
	touch $@

$(VENV)/.mutants: $(VENV)/.develop
	$(PIP) --group mutants
	touch $@

$(VENV)/.benchmark: $(VENV)/.develop
	$(PIP) --group benchmark
	touch $@

$(VENV)/.spark: $(VENV)/.run
	$(PIP) --group spark
	touch $@

$(VENV)/.docs: $(VENV)/.run
	$(PIP) --group docs
	touch $@
