# Each target is one line over the `bokeru` command, which `make install` puts in .venv/bin.
#   make crawl PIPELINE=demo SET="crawl.max_pages=100 crawl.concurrency=4"
#   make test PYTHON=python3.13 VENV=.venv-3.13
PIPELINE ?= demo
SET ?=
PYTHON ?= python3
VENV ?= .venv
CUDA ?= 12
SECONDS ?= 3600

BIN := $(VENV)/bin
BOKERU := $(BIN)/bokeru
STAGE = --pipeline $(PIPELINE) $(if $(SET),--set $(SET))
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps
COVERAGE := $(BIN)/python -m coverage
# Tests wait for children and for time to pass, so two cores have work for three workers.
WORKERS := -n 3 --dist loadfile --no-loadscope-reorder
KERNELS := tests/train/arithmetic tests/featurize/test_preprocess.py
BENCHMARKS := $(filter-out before check_gpu experiments size,$(patsubst benchmarks/%.py,%,$(wildcard benchmarks/[a-z]*.py)) \
  $(patsubst benchmarks/%/__main__.py,%,$(wildcard benchmarks/*/__main__.py)))
.DEFAULT_GOAL := help

.PHONY: help install install-dev install-scale install-gpu demo crawl dataset features train evaluate web test test-long audit fuzz coverage bench bench-gpu bench-size check-gpu check-gpu-compile lint clean lock experiments screenshots

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-13s %s\n", $$1, $$2}'

$(VENV)/pip: requirements-build.txt
	@echo "installing into $(VENV) (a few minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements-build.txt
	@touch $@

$(VENV)/base: $(VENV)/pip requirements.txt pyproject.toml build_backend.py
	@$(PIP) --no-build-isolation -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/dev: $(VENV)/base requirements-dev.txt
	@$(PIP) --no-build-isolation -r requirements-dev.txt
	@touch $@

install: $(VENV)/base  ## make .venv with everything Bokeru runs on, and the bokeru command
install-dev: $(VENV)/dev  ## the same, with what tests and linters need
install-scale: $(VENV)/base  ## add Ray, MPI and the driver of a browser, for large or odd jobs
	@$(PIP) -r requirements-scale.txt
install-gpu: $(VENV)/base  ## add CuPy and the libraries of CUDA=12, or 13 (about 3.5 GB)
	@$(PIP) -r requirements-gpu-cuda$(CUDA).txt
	@$(BOKERU) doctor

demo: install  ## crawl, build, extract, train and caption on the embedded site: no network needed
	@$(BOKERU) demo $(if $(SET),--set $(SET))
crawl: install  ## fetch pages and photos of PIPELINE
	@$(BOKERU) crawl $(STAGE)
dataset: install  ## build the Parquet dataset of PIPELINE from its crawl
	@$(BOKERU) dataset $(STAGE)
features: install  ## compute and cache the photo vectors of PIPELINE
	@$(BOKERU) features $(STAGE)
train: install  ## train the captioning model of PIPELINE
	@$(BOKERU) train $(STAGE)
evaluate: install  ## measure the model that speaks for PIPELINE: pinned, or best on dev
	@$(BOKERU) evaluate $(STAGE)
web: install  ## look at data, curves and captions in the browser
	@$(BOKERU) web $(STAGE)

test: install-dev  ## lint, type-check, and run every test but the long ones
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/python -m pytest $(or $(PYTEST),$(WORKERS))
# Readers of older libraries: what Bokeru writes must open in them, too.
.venv-datasets3/done: requirements-datasets3.txt
	@test -x .venv-datasets3/bin/python || $(PYTHON) -m venv .venv-datasets3
	@.venv-datasets3/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@
# Trackers, which read what `bokeru runs` hands them; they do not install beside the pins of .venv.
.venv-trackers/done: requirements-trackers.txt
	@test -x .venv-trackers/bin/python || $(PYTHON) -m venv .venv-trackers
	@.venv-trackers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@
# What asks for vulnerabilities, which does not install beside the pins of .venv.
.venv-audit/done: requirements-audit.txt
	@test -x .venv-audit/bin/python || $(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@
audit: install .venv-audit/done  ## ask which vulnerabilities are known of what is installed; needs the network
	@$(BIN)/python -m commands.supply.audit
# Tracing the tests and all processes that they start takes half as long again, so it is not part of `test`.
test-long: install-dev .venv-datasets3/done .venv-trackers/done coverage  ## run what takes too long for every time, and hold the coverage
	@$(BIN)/python -m pytest -m long --timeout=1800 $(or $(PYTEST),$(WORKERS))
fuzz: install-dev  ## give mutated files of every kind to their readers, for SECONDS=3600
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS)
# Numba's compiled code shows no lines, so the tests of kernels run once more without the compiler.
coverage:  ## run every test, and print the lines that none of them ran
	@$(COVERAGE) erase
	@$(COVERAGE) run -m pytest $(WORKERS)
	@NUMBA_DISABLE_JIT=1 $(COVERAGE) run -m pytest -qq -m "not compiled and not long" $(KERNELS)
	@$(COVERAGE) combine --quiet && $(COVERAGE) report
# Beside .venv, whose packages it sees: with CuPy in .venv every other test would meet it, too.
.venv-gpu%/done: requirements-gpu-compile%.txt $(VENV)/dev
	@test -x .venv-gpu$*/bin/python || $(BIN)/python -m venv .venv-gpu$*
	@.venv-gpu$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@$(BIN)/python -c "import sysconfig; print('import site; site.addsitedir(' + repr(sysconfig.get_path('purelib')) + ')')" \
	  >$$(.venv-gpu$*/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/beside.pth
	@touch $@
.PRECIOUS: .venv-gpu%/done
check-gpu-compile: .venv-gpu12/done .venv-gpu13/done  ## compile every kernel of a GPU for CUDA 12 and 13; no GPU needed
	@for cuda in 12 13; do .venv-gpu$$cuda/bin/python -m pytest -m "long or not long" tests/test_gpu_*.py $(or $(PYTEST),-n 2) || exit 1; done
check-gpu:  ## on a machine with a GPU: hold it to the CPU, measure, and write gpu.json (under six minutes)
	@$(or $(wildcard $(BIN)/python),$(PYTHON)) -m benchmarks.check_gpu
bench: install-dev  ## measure every figure that the documents claim
	@for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks.$$name || exit 1; done
bench-gpu: install-dev  ## measure what needs an NVIDIA GPU
	@$(BIN)/python -m benchmarks.features_gpu && $(BIN)/python -m benchmarks.decode_gpu
bench-size: install-dev  ## run every stage, command and page at the size of the real thing, and hold their limits
	@$(BIN)/python -m benchmarks.size
lint: install-dev  ## format and lint in place
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . && $(BIN)/mypy

experiments: install  ## run the article's two experiments beside its numbers, and the grid around them (hours; resumes)
	@$(BIN)/python -m benchmarks.experiments --write
screenshots: install-dev  ## draw the README's pictures of the web app anew
	@$(BIN)/python -m web.screenshots

clean:  ## remove the demo's data and every cache; other pipelines' data stay
	@rm -rf data/demo .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv*/*' -prune -exec rm -rf {} +

LOCK := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-annotate --no-header --build-constraints requirements-build.txt
lock:  ## pin the requirements files anew from their .in files
	@test -x .venv-lock/bin/uv || $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet -r requirements-lock.in
	@$(LOCK) requirements-build.in -o requirements-build.txt
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) requirements-scale.in -o requirements-scale.txt
	@$(LOCK) requirements-dev.in -o requirements-dev.txt
	@for cuda in 12 13; do $(LOCK) requirements-gpu-cuda$$cuda.in -o requirements-gpu-cuda$$cuda.txt && \
	  $(LOCK) requirements-gpu-compile$$cuda.in -o requirements-gpu-compile$$cuda.txt || exit 1; done
	@$(LOCK) requirements-datasets3.in -o requirements-datasets3.txt
	@$(LOCK) requirements-trackers.in -o requirements-trackers.txt
	@$(LOCK) requirements-audit.in -o requirements-audit.txt
	@$(MAKE) --no-print-directory install-dev && $(BIN)/python -m commands.supply
