# make run    teach the default model to call tools, and prove it
# make test   the tests          make check  lint and types
# make bench  the benchmarks     make venv   only the virtual environment
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
TORCH  ?= torch==2.13.0
BIN     = $(VENV)/bin
export OMP_NUM_THREADS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: help run test check bench venv clean
.DEFAULT_GOAL := run

help:
	@sed -n 's/^# make/make/p' Makefile

run: venv
	$(BIN)/sftctl run --plugin toolcall

# each process takes about 2 GB, so there are no more than four
test: venv
	OMP_NUM_THREADS=1 $(BIN)/pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: venv
	for benchmark in benchmarks/*.py; do $(BIN)/python $$benchmark || exit 1; done

venv: $(VENV)/.installed

# torch by itself first: as a dependency of another package, pip would take its largest build
$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -c "import torch" 2>/dev/null || $(BIN)/pip install --quiet $(TORCH)
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
