# Everything the compendium says, rebuilt from data/raw. `make help` lists what can be asked for.
#
# The way of the data:  data/raw/paper → landmarks → sdtm → adam → notebooks → results.csv → site
#                                      → audit, ranges → guard ────────┘
# Each file is written by one step, under a temporary name first, so that nothing is ever half there.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.SUFFIXES:
.ONESHELL:
.NOTPARALLEL: # two kernels would race, and the solver takes both cores by itself
.DEFAULT_GOAL := all

PYTHON ?= python3.11
COHORT ?= reconstructed
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# ------------------------------------------------------------------------------------------------- the cohort
COHORTS := reconstructed $(sort $(notdir $(patsubst %/,%,$(wildcard data/raw/cohorts/*/))))
ifneq ($(words $(COHORT))|$(filter $(COHORTS),$(COHORT)),1|$(COHORT))
$(error there is no cohort "$(COHORT)": there are $(COHORTS). Yours goes into data/raw/cohorts/NAME, see data/raw/cohorts/template)
endif

PROCESSED := data/processed/$(COHORT)
RESULTS := results/$(COHORT)
ADAM := $(addprefix $(PROCESSED)/adam/,ADSL.csv ADLB.csv ADRS.csv ADTTE.csv .all) # ADAE.csv too, where there is AE
RECORD := $(wildcard data/raw/paper/*.csv data/raw/paper/SHA256SUMS)
MADE := data/processed/reconstructed
# What the second prover said of the published bounds: counts where the question, the record and the prover are the same.
SECOND := data/proofs/second_prover.jsonl
# Answers kept by their content belong to this checkout, whoever runs it: `make clean` forgets them.
export RECOUNT_STORE := $(CURDIR)/.build/answers
LANDMARKS := $(addprefix $(MADE)/landmarks/,cohort_0001.csv set_aside.csv origin.csv)
AUDIT := $(addprefix $(MADE)/audit/,audit.csv conflicts.csv set_aside.csv)
RANGES := $(MADE)/ranges/ranges.csv
ENSEMBLE := $(addprefix $(MADE)/ensemble/,cohort_0001.csv origin.csv)
SENSITIVITY := $(addprefix $(MADE)/sensitivity/,specifications.csv questions.csv)
PROVEN := $(MADE)/proven/ranges.csv
GUARDED := $(MADE)/.guarded
SDTM := $(addprefix $(MADE)/sdtm/,DM.csv MH.csv CM.csv EX.csv LB.csv AE.csv CE.csv RS.csv DS.csv)

ALL_NOTEBOOKS := $(sort $(wildcard notebooks/[0-9][0-9]_*.ipynb))
ifeq ($(COHORT),reconstructed)
RECORDS := $(SDTM)
NOTEBOOKS := $(ALL_NOTEBOOKS)
else
RECORDS := $(shell find data/raw/cohorts/$(COHORT)) # the folders too: a file that goes is a change
NOTEBOOKS := $(filter-out notebooks/00_% %_appraisal.ipynb,$(ALL_NOTEBOOKS)) # those two are about the paper
endif
EXECUTED := $(NOTEBOOKS:%=$(RESULTS)/%)
PARTS := $(NOTEBOOKS:notebooks/%.ipynb=$(RESULTS)/parts/%.csv)
LEDGER_NOTEBOOK := $(filter %/05_ledger.ipynb,$(EXECUTED))

# ------------------------------------------------------------------------------------------------- what depends on what
# Read from the imports of the sources and the notebooks; only goals that build something need it.
DEPENDS := .build/depends.mk
CODE := $(wildcard src/*/*.py src/*/*/*.py)
ifneq ($(filter-out help clean distclean check,$(or $(MAKECMDGOALS),all)),)
include $(DEPENDS)
endif

.PHONY: all test check bench prove second store clean distclean help build
all: build ## Rebuild everything and the pages (COHORT=name: for the cohort in data/raw/cohorts/name)
	@echo "Look at $(RESULTS)/site/index.html"

build: $(RESULTS)/site/index.html

# ------------------------------------------------------------------------------------------------- set-up
$(READY): requirements.lock pyproject.toml
	@tries="$(PYTHON)$(if $(filter file,$(origin PYTHON)), python3)"; found=
	for try in $$tries; do
	  if "$$try" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2> /dev/null; then found=$$try; break; fi
	done
	if [ -z "$$found" ]; then
	  echo "Python 3.11 is needed and is none of: $$tries. Install it, or say where it is: make PYTHON=/path/to/python3.11" >&2
	  exit 2
	fi
	if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2> /dev/null; then
	  echo "Making $(VENV) with $$found"
	  "$$found" -m venv --clear $(VENV)
	fi
	echo "Installing requirements.lock"
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(DEPENDS): $(CODE) $(ALL_NOTEBOOKS) | $(READY)
	@$(BIN)/compendium depends --out $@

# The transcription is never rewritten: a file that isn't as its sum says stops everything and is named.
.PHONY: check-record
check-record:
	@cd data/raw/paper
	[ -f SHA256SUMS ] || { echo "data/raw/paper/SHA256SUMS is missing: bring it back" >&2; exit 2; }
	sum=$$(command -v sha256sum || echo "shasum -a 256")
	$$sum --check SHA256SUMS 2> /dev/null | sed -n 's|^\(.*\): FAILED.*|data/raw/paper/\1: changed since SHA256SUMS was written: put it back, or renew its line there|p' >&2
	$$sum --check --status SHA256SUMS 2> /dev/null || exit 2

# ------------------------------------------------------------------------------------------------- the printed record
# $(call stage,FOLDER,COMMAND,EXIT,SED): the command writes into FOLDER.new, which takes FOLDER's place when all went
# well. EXIT is a further exit code that is well, SED what becomes of the lines it says; neither need be given.
comma := ,
define stage
@echo "$(1)"
rm -rf $(1).new
{ $(2) --out $(1).new || [ $$? = $(or $(3),0) ]; } | sed -e 's|$(1)\.new|$(1)|' -e '$(4)'
rm -rf $(1)
mv $(1).new $(1)
endef

$(LANDMARKS) &: $(RECORD) $(landmarks_sources) requirements.lock | $(READY) check-record
	$(call stage,$(MADE)/landmarks,$(BIN)/recount cohorts data/raw/paper -n 1 --seed 1)

# Exit 1: something printed is contradicted, which is a finding. What it says after its first empty line is the ledger.
$(AUDIT) &: $(RECORD) $(SECOND) $(audit_sources) requirements.lock | $(READY) check-record
	$(call stage,$(MADE)/audit,$(BIN)/recount audit data/raw/paper --limit 1 --second $(SECOND),1,/^$$/$(comma)$$d)

$(RANGES) &: $(RECORD) $(SECOND) $(ranges_sources) requirements.lock | $(READY) check-record
	$(call stage,$(MADE)/ranges,$(BIN)/recount range data/raw/paper --limit 2 --second $(SECOND) --questions data/raw/paper/questions.csv,0,d)

# Further cohorts that fit the record, every reading of the criteria in each, and what landmarks prove of the response.
$(ENSEMBLE) &: $(RECORD) $(landmarks_sources) requirements.lock | $(READY) check-record
	$(call stage,$(MADE)/ensemble,$(BIN)/recount cohorts data/raw/paper -n 20 --seed 2)

$(SENSITIVITY) &: $(ENSEMBLE) $(RECORD) $(sensitivity_sources) | $(READY)
	$(call stage,$(MADE)/sensitivity,$(BIN)/cytopenia sensitivity --study data/raw/paper --landmarks $(MADE)/ensemble)

$(PROVEN) &: $(SENSITIVITY) $(RECORD) $(SECOND) $(ranges_sources) requirements.lock | $(READY) check-record
	$(call stage,$(MADE)/proven,$(BIN)/recount range data/raw/paper --limit 2 --second $(SECOND) --questions $(MADE)/sensitivity/questions.csv,0,d)

# Exit 4: a published range lacks the value of a cohort, so that it is false. Nothing that shows ranges is made then.
$(GUARDED): $(AUDIT) $(RANGES) $(PROVEN) $(LANDMARKS) $(ENSEMBLE) $(RECORD) $(guard_sources) requirements.lock | $(READY) check-record
	@echo "$@"
	$(BIN)/recount guard data/raw/paper --ledger $(MADE)/audit/audit.csv --ranges $(RANGES) $(PROVEN) \
	  --cohorts $(MADE)/landmarks $(MADE)/ensemble
	touch $@

$(SDTM) &: $(LANDMARKS) $(RECORD) $(visits_sources) | $(READY)
	$(call stage,$(MADE)/sdtm,$(BIN)/cytopenia visits --study data/raw/paper --landmarks $(MADE)/landmarks --seed 1)

# ------------------------------------------------------------------------------------------------- any cohort
$(ADAM) &: $(RECORDS) $(RECORD) notebooks/parameters.yml $(derive_sources) requirements.lock | $(READY) check-record
	@echo "$(PROCESSED)/adam"
	criteria=$$($(BIN)/compendium parameter criteria --cohort $(COHORT))
	$(BIN)/cytopenia derive --cohort $(COHORT) --criteria "$$criteria" > /dev/null
	touch $(PROCESSED)/adam/.all

# One notebook, one run: it leaves its executed copy and its part of the results. What it imports is in $(DEPENDS).
$(RESULTS)/notebooks/%.ipynb $(RESULTS)/parts/%.csv: notebooks/%.ipynb notebooks/parameters.yml $(ADAM) $(run_sources) | $(READY)
	@echo "$(RESULTS)/notebooks/$*.ipynb"
	$(BIN)/compendium run $< --cohort $(COHORT)

ifeq ($(COHORT),reconstructed)
$(filter %/00_reconstruction.ipynb,$(EXECUTED)): $(RANGES) $(GUARDED)
$(filter %/06_sensitivity.ipynb,$(EXECUTED)): $(SENSITIVITY) $(PROVEN) $(GUARDED)
$(LEDGER_NOTEBOOK): $(AUDIT) $(GUARDED)
endif

# The appraisal names cells of the other notebooks.
$(filter %_appraisal.ipynb,$(EXECUTED)): $(ALL_NOTEBOOKS)

# The ledger's notebook reads what the others found.
$(LEDGER_NOTEBOOK): $(filter-out $(LEDGER_NOTEBOOK),$(EXECUTED))

$(RESULTS)/results.csv: $(EXECUTED) $(results_sources) | $(PARTS)
	@echo "$@"
	$(BIN)/compendium results --cohort $(COHORT)

$(RESULTS)/site/index.html: $(RESULTS)/results.csv $(site_sources) $(wildcard docs/*.* docs/*/*) | $(READY)
	@echo "$@"
	$(BIN)/compendium site --cohort $(COHORT)

# ------------------------------------------------------------------------------------------------- looking after it
test: all check ## Everything that CI runs: build, lint, types, tests, notebooks against their stored outputs
	$(BIN)/python -m pytest -n 2 --dist loadfile --nbval notebooks tests src

check: $(READY) ## Lint, format, types, and who may import whom
	@$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: all ## Time and memory of everything, beside what they should be, also in results/bench.csv
	@rm -rf .build/peers
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --no-deps \
	  --target .build/peers -r bench/peers.lock || echo "the peers could not be installed: measured without them" >&2
	$(BIN)/python -m compendium.bench

# From nothing: with answers of its own, which are there for a run that was stopped and are forgotten when all went well.
PROVE := .build/prove
SEEDS ?= 1-3000
prove: all ## Prove everything again from nothing, by both provers, and try the oracle at length (SEEDS=1-3000)
	@mkdir -p $(PROVE)
	echo "Every range asked again from nothing"
	RECOUNT_STORE=$(CURDIR)/$(PROVE)/answers $(BIN)/recount audit data/raw/paper --limit 1 --second $(SECOND) --out $(PROVE)/audit > /dev/null || [ $$? = 1 ]
	RECOUNT_STORE=$(CURDIR)/$(PROVE)/answers $(BIN)/recount range data/raw/paper --limit 2 --second $(SECOND) \
	  --questions data/raw/paper/questions.csv --out $(PROVE)/ranges > /dev/null
	RECOUNT_STORE=$(CURDIR)/$(PROVE)/answers $(BIN)/recount range data/raw/paper --limit 2 --second $(SECOND) \
	  --questions $(MADE)/sensitivity/questions.csv --out $(PROVE)/proven > /dev/null
	for file in audit/audit.csv ranges/ranges.csv proven/ranges.csv; do
	  cmp $(PROVE)/$$file $(MADE)/$$file || { echo "$$file isn't what is published: which of them is right?" >&2; exit 1; }
	done
	echo "Every published bound asked of the second prover from nothing"
	$(BIN)/python -m recount.second_prover data/raw/paper --audit $(MADE)/audit --ranges $(RANGES) $(PROVEN) \
	  --keep $(PROVE)/second_prover.jsonl > $(PROVE)/second_prover.csv
	$(BIN)/python -m recount.second_prover.compared $(SECOND) $(PROVE)/second_prover.jsonl
	echo "Tiny records beside everything that can be: seeds $(SEEDS)"
	RECOUNT_STORE=off $(BIN)/python -m tests.recount.soundness.compare --seeds $(SEEDS) --out $(PROVE)/oracle.jsonl
	rm -rf $(PROVE)/answers

second: all ## Ask the second prover about every published bound, and keep its answers for the build
	$(BIN)/python -m recount.second_prover data/raw/paper --audit $(MADE)/audit --ranges $(RANGES) $(PROVEN) \
	  --keep .build/second_prover.jsonl > /dev/null
	$(BIN)/python -m recount.second_prover.compared --write .build/second_prover.jsonl $(SECOND)

store: all ## Keep the executed notebooks, with their outputs, in notebooks/
	@$(BIN)/compendium store

clean: ## Remove everything that was made, but not the installed packages
	rm -rf .build results $(wildcard data/processed/*)

distclean: clean ## Remove the installed packages too
	rm -rf $(VENV) src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

help: ## Say what can be asked for
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18
