SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.requirements
# Formatting needs no CLI configuration, and Terraform warns about one that is named and missing.
FMT := env -u TF_CLI_CONFIG_FILE terraform fmt

##@ To try it

demo: $(READY) ## Apply the example to AWS on this machine, publish events, show what Datadog gets [EVENTS=file.json] [VERBOSE=1]
	@$(BIN)/python -m tools.demo $(if $(EVENTS),--events "$(EVENTS)") $(if $(filter-out 0,$(VERBOSE)),--verbose)

explain: $(READY) ## Say for each event of a file whether a filter keeps it: EVENTS=file.json [FILTER='{"rank_greater_than": 24}']
	@PYTHONPATH=lambda/src $(BIN)/python -m tools.explain --events "$(or $(EVENTS),$(error name a file of events: make explain EVENTS=file.json))" $(if $(FILTER),--filter '$(FILTER)')

##@ To check it

test: lint unit validate terraform-test e2e ## Everything that must pass before a change lands

lint: $(READY) ## Style, format and types
	@command -v terraform >/dev/null || { echo "Terraform is needed: https://developer.hashicorp.com/terraform/install" >&2; exit 1; }
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(FMT) -check -diff -recursive
	$(BIN)/mypy

unit: $(READY) ## Unit tests with coverage, the zip comparison among them
	$(BIN)/pytest tests/unit --cov --cov-report=term

validate: $(READY) ## terraform validate of the root, each module and each example, and a plan of the documentation's snippets
	$(BIN)/python -m tools.terraform validate
	$(BIN)/python -m tools.snippets

terraform-test: $(READY) ## terraform test with mocked providers
	$(BIN)/python -m tools.terraform test

e2e: $(READY) ## End-to-end tests: real Terraform and the real package on an emulator of AWS
	$(BIN)/pytest tests/end_to_end

##@ To change it

format: $(READY) ## Format Python and Terraform
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(FMT) -recursive

package: $(READY) ## Build lambda/deep-security-datadog.zip
	$(BIN)/python lambda/package.py

golden: $(READY) ## Write tests/golden anew from the renderer, to be reviewed
	PYTHONPATH=lambda/src $(BIN)/python -m tests.golden

docs: golden ## Write docs/events.md, the README's event and the tables of inputs and outputs anew
	PYTHONPATH=lambda/src $(BIN)/python -m tools.events_page
	$(BIN)/python -m tools.tables

requirements: $(READY) ## Pin requirements-dev.in anew in requirements-dev.txt
	$(BIN)/pip-compile --quiet --no-header --generate-hashes --strip-extras --allow-unsafe \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--output-file requirements-dev.txt requirements-dev.in

clean: ## Remove everything that the other targets made, the virtual environment too
	rm -rf $(VENV) build dist lambda/build lambda/dist .coverage htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find lambda tools tests -name __pycache__ -prune -exec rm -rf {} +

help: ## Show this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# A minute or two once; made anew when the pinned requirements change.
$(READY): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with make PYTHON=...")'
	@echo "Installing the pinned requirements into $(VENV) (a minute or two)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	@touch $@

.PHONY: demo explain test lint unit validate terraform-test e2e format package golden docs requirements clean help
