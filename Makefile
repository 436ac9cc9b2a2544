# Everything sets itself up: a virtual environment in .venv, then what the target needs.
PYTHON ?= python3
VENV ?= .venv
# Frameworks that are measured beside the assistant stay out of its environment.
PEERS_VENV ?= .venv-peers
# So does optimum-onnx, which wants an older transformers.
ONNX_VENV ?= .venv-onnx
BIN := $(VENV)/bin
CORE := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
MODELS := $(VENV)/.installed-models
TRAIN := $(VENV)/.installed-train
BROWSER := $(VENV)/.installed-browser
PEERS := $(PEERS_VENV)/.installed
ONNX := $(ONNX_VENV)/.installed
DATA ?= data
RUN ?= out/encoder
# What `make encoder` writes; options of its three runs of `python -m training train`; the share of the base that the
# first is averaged with, that of the second in the third, and that of the base in the result.
ENCODER ?= assistant/data/encoder
RECIPE ?=
JUDGED ?= --steps 250 --general 0.4 --judged-steps 3000 --warmup 20 --frozen-layers 6 --max-tokens 80
WRITTEN ?= --steps 1300 --general 0.13 --written 0.5 --article 0.24 --judged-steps 600 --written-steps 2700 --article-steps 350 --warmup 20 --frozen-layers 6 --max-tokens 128
SHARE ?= 0.2
FORMER ?= 0.15
KEPT ?= 0.12
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install ask ui serve index outline test test-models test-onnx test-browser screenshots widget widget-check check format eval peers test-peers bench load encoder encoder-figures clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(CORE) ## install the assistant into .venv

$(VENV)/bin/python $(PEERS_VENV)/bin/python $(ONNX_VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one with make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(@:/bin/python=) || { rm -rf $(@:/bin/python=); \
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
	$(BIN)/python -m pip install --quiet --editable '.[dev,models,train,e5]'
	@touch $@

$(BROWSER): $(DEV) pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev,browser]'
	@touch $@

$(TRAIN): $(MODELS) pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev,models,encoder]'
	@touch $@

$(PEERS): $(PEERS_VENV)/bin/python pyproject.toml evals/peers/requirements.txt
	$(PEERS_VENV)/bin/python -m pip install --quiet --editable '.[evals]' --requirement evals/peers/requirements.txt
	@touch $@

$(ONNX): $(ONNX_VENV)/bin/python
	$(ONNX_VENV)/bin/python -m pip install --quiet torch==2.13.0
	$(ONNX_VENV)/bin/python -m pip install --quiet 'sentence-transformers[onnx]>=5.1,<6'
	@touch $@

ask: export QUESTION := $(value Q)
ask: $(CORE) ## answer a question: make ask Q="个推会收集哪些信息？"
	@printf '%s' "$$QUESTION" | $(BIN)/policy-assistant ask -; code=$$?; [ $$code -eq 3 ] || exit $$code

ui: $(CORE) ## open the web page on http://127.0.0.1:7860
	$(BIN)/policy-assistant ui

serve: $(CORE) ## answer over HTTP on http://127.0.0.1:8000
	$(BIN)/policy-assistant serve

index: $(CORE) ## build the index, if it is out of date
	$(BIN)/policy-assistant index

outline: $(CORE) ## print the clauses of the policy
	$(BIN)/policy-assistant outline

test: $(DEV) ## check the code and run the tests (no torch)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -m 'not model and not peers and not browser' --numprocesses auto --maxprocesses 4 --dist loadfile

# The browser is the system's own, chromium or chrome: the one that playwright would bring is not downloaded.
test-browser: $(BROWSER) ## run the tests of the widget and the web page in a real browser (needs chromium)
	@[ -n "$$CHROMIUM" ] || command -v chromium || command -v chromium-browser || command -v google-chrome || \
	  command -v google-chrome-stable || { \
	  echo "No browser: install chromium (apt-get install chromium) or name one with CHROMIUM=/path/to/it" >&2; exit 1; }
	$(BIN)/pytest -m browser

screenshots: $(BROWSER) ## take the README's pictures of the web page (needs chromium)
	$(BIN)/python -m tests.screenshots

widget: widget/node_modules/.package-lock.json ## check the widget's sources and build it into the package (needs node)
	cd widget && npm run --silent build && npm run --silent check

widget-check: widget/node_modules/.package-lock.json ## check the widget's sources, and that its built file is what they make (needs node)
	cd widget && npm run --silent check

widget/node_modules/.package-lock.json: widget/package.json widget/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or later" >&2; exit 1; }
	cd widget && npm ci --ignore-scripts --no-audit --no-fund

# Two runs side by side, each with one thread: threads of tiny models spend their time waiting for each other.
test-models: $(MODELS) ## run the tests that need torch and sentence-transformers
	OMP_NUM_THREADS=1 $(BIN)/pytest -m model --numprocesses auto --maxprocesses 4 --dist loadfile

test-onnx: $(CORE) $(ONNX) ## check that sentence-transformers opens the encoder with its ONNX backend, in .venv-onnx
	$(BIN)/python tests/onnx_backend.py $(ONNX_VENV)/bin/python

format: $(DEV) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

eval: $(DEV) ## measure the assistant on the question sets of evals/, with a report of each in out/eval
	@for set in evals/questions/*.jsonl; do \
	  $(BIN)/policy-assistant eval "$$set" --report "out/eval/$$(basename "$$set" .jsonl)" && echo || exit 1; done

peers: $(PEERS) ## measure other frameworks on the same questions, in .venv-peers, and write the tables
	$(PEERS_VENV)/bin/python -W ignore -m evals.peers

test-peers: $(PEERS) ## run the tests that need these frameworks
	$(PEERS_VENV)/bin/python -m pytest tests/test_evals_peers.py -m peers

bench: $(DEV) ## measure speed and memory, as ratios to the models' own cost
	$(BIN)/python -m benchmarks

load: $(DEV) ## measure the HTTP service under load, some minutes: make load [OPTIONS="--seconds 300"]
	$(BIN)/python -m benchmarks.load $(OPTIONS)

$(RUN)/base/model.safetensors: | $(TRAIN)
	$(BIN)/python -m training base --data $(DATA) --out $(RUN)/base

encoder: $(RUN)/base/model.safetensors ## train and export the encoder: make encoder DATA=folder [RESUME=--resume]
	$(BIN)/python -m training train --data $(DATA) --base $(RUN)/base --out $(RUN)/run $(RECIPE) $(RESUME)
	$(BIN)/python -m training blend --base $(RUN)/base --model $(RUN)/run/final --out $(RUN)/ranking --share $(SHARE)
	$(BIN)/python -m training export --data $(DATA) --model $(RUN)/ranking --out $(RUN)/guide
	$(BIN)/python -m training train --data $(DATA) --base $(RUN)/ranking --guide $(RUN)/guide --out $(RUN)/judged $(JUDGED) $(RESUME)
	$(BIN)/python -m training export --data $(DATA) --model $(RUN)/judged/final --out $(RUN)/judging
	$(BIN)/python -m training train --data $(DATA) --base $(RUN)/judged/final --guide $(RUN)/judging --out $(RUN)/written $(WRITTEN) $(RESUME)
	$(BIN)/python -m training blend --base $(RUN)/judged/final --model $(RUN)/written/final --out $(RUN)/knowing --share $(FORMER)
	$(BIN)/python -m training blend --base $(RUN)/base --model $(RUN)/knowing --out $(RUN)/blended --share $(KEPT)
	$(BIN)/python -m training export --data $(DATA) --model $(RUN)/blended --out $(ENCODER)
	$(BIN)/python -m training scope --data $(DATA) --model $(ENCODER)
	$(BIN)/python -m training topics --data $(DATA) --model $(ENCODER)

encoder-figures: $(TRAIN) ## print the encoder's table of figures and times: make encoder-figures DATA=folder
	$(BIN)/python -m training evaluate --data $(DATA)
	$(BIN)/python -m training judge --data $(DATA)
	$(BIN)/python -m training time --data $(DATA)

clean: ## remove the virtual environments and caches
	rm -rf $(VENV) $(PEERS_VENV) $(ONNX_VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache build dist
