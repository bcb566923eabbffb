PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test check schema nano bench clean

help:
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# One environment for everything; made again only when what it is made from changes.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 demo"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (once, some minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

demo: $(STAMP)  ## inspect a pair of boards that the project draws itself
	@$(BIN)/python -m sage_inspect.examples.demo

test: $(STAMP)  ## the whole test suite
	@$(BIN)/python -m pytest

check: $(STAMP)  ## ruff, types, the arrows between folders, published schemas, the docs' commands
	@rm -rf $(VENV)/types && mkdir -p $(VENV)/types && ln -s "$(CURDIR)" $(VENV)/types/sage_inspect
	@cd $(VENV)/types && ../bin/ruff check sage_inspect/
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports >/dev/null || { $(BIN)/lint-imports; exit 1; }
	@cd $(VENV)/types && ../bin/mypy --config-file ../../pyproject.toml -p sage_inspect
	@$(BIN)/python -m sage_inspect.docs.check

schema: $(STAMP)  ## write docs/schema/*.json again from the types
	@$(BIN)/python -m sage_inspect.docs.check --write

# Drawing, three training stages (290 minutes of one core; vision and reading can run side by side), then E-DPO.
# Smaller: make nano MINUTES=3 WINDOWS=2000 PAIRS=60. On a GPU: make nano DEVICE=cuda MINUTES=20.
MINUTES ?= 290
WINDOWS ?= 100000
PAIRS ?= 900
DEVICE ?= cpu
nano: $(STAMP)  ## train the embedded model again, from nothing, into build/nano/run/edpo
	$(BIN)/python -m sage_inspect.finetune.nano --out build/nano/stage1 --work build/nano/work --resume \
		--minutes $(MINUTES) --windows $(WINDOWS) --device $(DEVICE)
	$(BIN)/sage-inspect finetune synth --out build/nano/synth --pairs $(PAIRS) --seed 11 --size 320
	$(BIN)/sage-inspect finetune preferences --data build/nano/synth --out build/nano/prefs --split train --crops --seed 1
	$(BIN)/sage-inspect finetune edpo nano --out build/nano/run --set edpo.base=build/nano/stage1 --set edpo.train='["build/nano/prefs/preferences.jsonl"]'
	$(BIN)/python -m sage_inspect.finetune.nano.evaluate --model build/nano/run/edpo --card

bench: $(STAMP)  ## cost of a command, an inspection, a checkpoint
	$(BIN)/python -m sage_inspect.benchmarks.cost

clean:  ## remove the environment
	rm -rf $(VENV)
