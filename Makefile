# `make site` builds everything and says where it is; `make test` runs every test. Both set up what they need.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS ?= present,site,data,dev
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export NO_MKDOCS_2_WARNING := 1

.PHONY: site test newer lint serve present sample bench clean setup help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

site: setup  ## build every lecture and the study site (FULL=1: full-size runs)
	@$(BIN)/jaxstudy build $(if $(FULL),--full) $(if $(shell $(BIN)/jaxstudy doctor --has chromium),--pdf)

test: setup  ## run every test (needs Chromium)
	@$(BIN)/python -m pytest $(ARGS)

# What touches JAX, kernels and the grader, without PyTorch (whose wheels for new Pythons bring CUDA along).
NEWER := $(addprefix tests/test_,$(addsuffix .py,homework_hastened homework_sandbox homework_adversary homework_foreign \
  warm execute files_read data snippets_arrays snippets_autodiff snippets_trees snippets_linen snippets_keeping installed))

newer: node_modules/.ready  ## test JAX, kernels and the grader on a newer Python with the newest JAX, installed as a wheel
	@python=$$(.ci/newer_python) && echo "Setting up .venv-newer with $$($$python --version) and the newest JAX." && \
	  $$python -m venv --clear .venv-newer && \
	  .venv-newer/bin/python -m pip install -q --progress-bar off '.[present,site,data,dev]'
	@JAXSTUDY_INSTALLED=$(CURDIR)/.venv-newer/bin/jaxstudy .venv-newer/bin/python -m pytest -p no:cacheprovider $(NEWER) $(ARGS)

lint: setup  ## ruff, mypy --strict, and the house rules for lectures
	@$(BIN)/ruff check . && $(BIN)/ruff format --check src tests benchmarks snippets && $(BIN)/mypy
	@$(BIN)/jaxstudy check

serve: setup  ## serve the study site; rebuilds and reloads on save
	@$(BIN)/jaxstudy serve

present: setup  ## give a lecture live: make present LECTURE=02
	@$(BIN)/jaxstudy present $(or $(LECTURE),01)

sample: setup  ## give the sample talk in a real browser again, and write replays/sample/ (three minutes)
	@$(BIN)/python replays/give_sample.py

bench: setup  ## measure builds and launches beside their peers
	@$(BIN)/python benchmarks/run.py $(ARGS)

clean:  ## remove what was built; the environment stays
	rm -rf build slides/*.html slides/*.pdf

setup: $(VENV)/.ready $(VENV)/.torch node_modules/.ready

# pip with a sign of life on a terminal, its whole story in a file, and its last words when it fails.
define pip_install
$(BIN)/python -m pip install --progress-bar off $(1) >> $(VENV)/setup.log 2>&1 & pip=$$!; \
trap "kill $$pip 2>/dev/null" INT TERM; \
while kill -0 $$pip 2>/dev/null; do sleep 1; \
  [ ! -t 1 ] || printf '\r\033[K  %s s, %s packages so far' "$$SECONDS" "$$(grep -c ^Collecting $(VENV)/setup.log)"; \
done; [ ! -t 1 ] || echo; \
wait $$pip || { tail -n 20 $(VENV)/setup.log; \
  echo "Setting up failed; the whole story is in $(VENV)/setup.log. Check the network and run make again."; exit 1; }
endef

$(VENV)/.ready: pyproject.toml
	@echo "Setting up $(VENV): JAX, Jupyter, RISE and the site's tools (a minute or two the first time)."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  echo "Python 3.11 or newer with venv is needed: apt install python3-venv, or make PYTHON=python3.12"; exit 1; }
	@$(call pip_install,-e '.[$(EXTRAS)]')
	@$(BIN)/python -m compileall -q src  # as pip does where it copies; some environments keep Python from doing it later
	@touch $@

# Lectures stand beside PyTorch. The CPU build by number: without one, pip takes the newest with several GB of CUDA.
$(VENV)/.torch: $(VENV)/.ready
	@$(BIN)/python -c 'import torch' 2>/dev/null || { echo "Installing PyTorch (CPU), which lectures compare with."; \
	  $(call pip_install,torch==2.13.0); }
	@touch $@

node_modules/.ready: package-lock.json $(VENV)/.ready
	@command -v npm >/dev/null || { $(call pip_install,'.[node]'); }
	@$(BIN)/jaxstudy doctor --install
	@touch $@
