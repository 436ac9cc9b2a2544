# Everything sets itself up: a virtual environment in .venv, then what the target needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
MODELS := $(VENV)/.installed-models
TRAIN := $(VENV)/.installed-train
DATA ?= data
RUN ?= out/encoder
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install ask ui index outline test test-models check format eval bench encoder encoder-figures clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(CORE) ## install the assistant into .venv

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one with make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }

$(CORE): $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(DEV): $(CORE) pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

# torch by itself first: an index may hold builds for graphics cards, of several gigabytes.
$(MODELS): $(DEV) pyproject.toml
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable '.[dev,models]'
	@touch $@

$(TRAIN): $(MODELS) pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev,models,train]'
	@touch $@

ask: export QUESTION := $(value Q)
ask: $(CORE) ## answer a question: make ask Q="个推会收集哪些信息？"
	@printf '%s' "$$QUESTION" | $(BIN)/policy-assistant ask -; code=$$?; [ $$code -eq 3 ] || exit $$code

ui: $(CORE) ## open the web page on http://127.0.0.1:7860
	$(BIN)/policy-assistant ui

index: $(CORE) ## build the index, if it is out of date
	$(BIN)/policy-assistant index

outline: $(CORE) ## print the clauses of the policy
	$(BIN)/policy-assistant outline

test: $(DEV) ## check the code and run the tests (no torch)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -m 'not model'

test-models: $(MODELS) ## run the tests that need torch and sentence-transformers
	$(BIN)/pytest -m model

format: $(DEV) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

eval: $(DEV) ## measure the assistant on the question sets of evals/
	$(BIN)/python -m evals.measure

bench: $(DEV) ## measure speed and memory, as ratios to the models' own cost
	$(BIN)/python -m benchmarks

$(RUN)/base/model.safetensors: $(TRAIN)
	$(BIN)/python -m training base --data $(DATA) --out $(RUN)/base

encoder: $(RUN)/base/model.safetensors ## train and export the encoder: make encoder DATA=folder [RESUME=--resume]
	$(BIN)/python -m training train --data $(DATA) --base $(RUN)/base --out $(RUN)/run $(RESUME)
	$(BIN)/python -m training export --data $(DATA) --model $(RUN)/run/final
	$(BIN)/python -m training scope --data $(DATA)

encoder-figures: $(TRAIN) ## print the encoder's table of figures and times: make encoder-figures DATA=folder
	$(BIN)/python -m training evaluate --data $(DATA)
	$(BIN)/python -m training time --data $(DATA)

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist out
