SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.requirements
# Apart, because checkov needs an older boto3.
CHECKOV_VENV := .venv-checkov
CHECKOV_READY := $(CHECKOV_VENV)/.requirements
PIN = $(CURDIR)/$(BIN)/pip-compile --quiet --no-header --generate-hashes --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host
# Terraform or OpenTofu. AWS_PROVIDER=version, where given, is the provider's version in all targets.
TERRAFORM ?= terraform
export TERRAFORM
# In one process each: a second one takes longer to import everything anew than it saves.
UNITS := unit-others unit-payload
# The longest first.
CHECKS := $(UNITS) terraform-test checkov validate lint
# With the output of each target in one piece, where make can do that.
TOGETHER = $(MAKE) --no-print-directory $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
# Only the payload is measured, so only its tests run with coverage; those in tests/cost count by themselves.
UNIT := tests/payload tests/cost tests/proxy tests/permissions tests/repository tests/deep_security
VALIDATE := $(addprefix tests/terraform/test_,addresses.py snippets.py)
# Formatting needs no CLI configuration, and Terraform warns about one that is named and missing.
FMT := env -u TF_CLI_CONFIG_FILE $(TERRAFORM) fmt

##@ To try it

demo: $(READY) ## Apply the example to AWS on this machine, publish events, show what Datadog gets [EVENTS=file.json] [DESTINATIONS=json] [OPEN=1] [VERBOSE=1]
	@PYTHONPATH=lambda/src $(BIN)/python -m tools.demo $(if $(EVENTS),--events "$(EVENTS)") $(if $(DESTINATIONS),--destinations '$(DESTINATIONS)') $(if $(filter-out 0,$(OPEN)),--open) $(if $(filter-out 0,$(VERBOSE)),--verbose)

explain: $(if $(EVENTS),$(READY),no-events) ## Say what a filter does to each event of a file: EVENTS=file.json [FILTER='{"rank_greater_than": 24}']
	@PYTHONPATH=lambda/src $(BIN)/python -m tools.explain --events "$(EVENTS)" $(if $(FILTER),--filter '$(FILTER)')

no-events:
	@echo "Name a file of events: make explain EVENTS=file.json" >&2; exit 1

##@ To set it up

# Any failure of a recipe ends make with 2, but with --question, a 1 of the recipe stays a 1; `+` runs it all the same.
ifeq ($(MAKECMDGOALS),deep-security)
MAKEFLAGS += --question
endif
deep-security: ## Show, set or rotate Deep Security's SNS settings, with uv [ARGS="show --help"]
	+@uv run tools/deep_security.py $(or $(ARGS),--help)

##@ To check a change

# The end-to-end tests take longest, and mostly wait: the other checks run beside them.
test: $(READY) ## Everything that must pass before a change lands, some six minutes on two cores
	$(TOGETHER) --jobs=2 e2e $(CHECKS)

check: $(READY) ## All but the end-to-end tests, some three minutes
	$(TOGETHER) --jobs=2 $(CHECKS)

##@ To check one part of it

lint: $(READY) ## Style, format and types
	@command -v $(TERRAFORM) >/dev/null || { echo "Terraform is needed: https://developer.hashicorp.com/terraform/install" >&2; exit 1; }
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(FMT) -check -diff -recursive
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --offline --quiet .github
	@$(BIN)/pre-commit validate-config

checkov: $(READY) $(CHECKOV_READY) ## checkov over modules and examples, and what it must find
	$(BIN)/python -m pytest tests/checkov

unit: $(READY) ## Unit tests with coverage, the zip comparison among them; some of them, without coverage: ARGS="-k fold"
	$(if $(ARGS),$(BIN)/python -m pytest $(UNIT) $(ARGS),$(TOGETHER) --jobs=2 $(UNITS))

unit-payload: $(READY)
	$(BIN)/python -m pytest tests/payload --cov --cov-report=term

unit-others: $(READY)
	$(BIN)/python -m pytest $(filter-out tests/payload,$(UNIT))

validate: $(READY) ## Plans of the examples and of the documentation's snippets
	$(BIN)/python -m pytest $(VALIDATE)

terraform-test: $(READY) ## terraform test with mocked providers, and what is refused; one file: FILE=tests/terraform/alarms.tftest.hcl
	$(BIN)/python -m tests.terraform $(FILE)
	$(if $(FILE),,$(BIN)/python -m pytest tests/terraform $(VALIDATE:%=--ignore=%))

e2e: $(READY) ## End-to-end tests: real Terraform and the real package on an emulator of AWS; some, on `make stack`: ARGS="-k refused"
	$(BIN)/python -m $(if $(ARGS),pytest tests/end_to_end $(ARGS),tests.end_to_end)

stack: $(READY) ## Apply what the end-to-end tests look at, and leave it up
	@$(BIN)/python -m tests.end_to_end.stack up

stack-down: $(READY) ## Take that down
	@$(BIN)/python -m tests.end_to_end.stack down

schemas: $(READY) ## Arguments of all *.tf against the schemas of newer providers, after a download of 132 MB; writes docs/reference/provider-schemas.md
	@$(BIN)/python -m tools.schemas

##@ To measure it

bench: $(READY) ## Measure CPU, import, memory and throughput of the zip [ARGS="--quick [OTHER.zip]"]
	@$(BIN)/python -m tools.bench $(ARGS)

##@ To write what is generated

format: $(READY) ## Format Python and Terraform
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(FMT) -recursive

package: $(READY) ## Build lambda/deep-security-datadog.zip
	$(BIN)/python lambda/package.py

golden: $(READY) ## Write tests/golden anew from the renderer, to be reviewed
	PYTHONPATH=lambda/src $(BIN)/python -m tests.golden

addresses: $(READY) ## Write tests/terraform/addresses anew from plans of the examples, to be reviewed
	$(BIN)/python -m tests.terraform.test_addresses

docs: golden ## Write what is generated anew: docs/events.md, the README's event, the tables of inputs and outputs
	PYTHONPATH=lambda/src $(BIN)/python -m tools.events_page
	$(BIN)/python -m tools.tables

requirements: $(READY) ## Pin the requirements*.in anew in the .txt beside them
	$(PIN) --allow-unsafe --output-file requirements-dev.txt requirements-dev.in
	$(PIN) --allow-unsafe --output-file requirements-checkov.txt requirements-checkov.in
	cd lambda && $(PIN) --output-file requirements.txt requirements.in

clean: ## Remove everything that the other targets made, the virtual environment too
	rm -rf $(VENV) $(CHECKOV_VENV) build dist lambda/build lambda/dist .coverage htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find lambda tools tests -name __pycache__ -prune -exec rm -rf {} +

help: ## Show this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Made anew when the pinned requirements change. uv takes seconds where pip takes minutes, but does not read pip's settings,
# such as those of a mirror: where it fails, pip does it. The pins are complete, so there is nothing to resolve: a new
# release of what a package names with an extra (coverage[toml]) would count as unpinned.
define INSTALL
	@echo "Installing $(1) into $(2)"
	@$(PYTHON) -m venv --clear $(2)
	@sed -n '/^uv==/,/# via/p' requirements-dev.txt > $(2)/uv.txt
	@$(2)/bin/python -m pip install $(PIP_OPTIONS) --requirement $(2)/uv.txt
	@$(2)/bin/uv pip install --quiet --python $(2)/bin/python --no-deps --require-hashes --requirement $(1) \
		|| { echo "uv cannot; pip takes a minute or two" >&2; \
			$(2)/bin/python -m pip install $(PIP_OPTIONS) --requirement $(1); }
	@touch $@
endef
PIP_OPTIONS := --quiet --disable-pip-version-check --no-deps --require-hashes

$(READY): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with make PYTHON=...")'
	$(call INSTALL,requirements-dev.txt,$(VENV))

$(CHECKOV_READY): requirements-checkov.txt
	$(call INSTALL,requirements-checkov.txt,$(CHECKOV_VENV))

.PHONY: demo explain no-events deep-security test check bench lint checkov unit unit-payload unit-others validate terraform-test e2e stack stack-down schemas format package golden addresses docs requirements clean help
