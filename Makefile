# AsyncPay on a laptop. `make up` is all that is needed; `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help need-python up down logs build install install-dev check test test-python test-browser test-localstack packages openapi-types hashes sdk wheel torture drill mutants bill bench \
  bench-beside bench-lists bench-webhooks deploy teardown clean

PYTHON ?= python3
VENV := .venv/bin
# `make check` is for every save; the proofs take minutes.
FAST := -m "not e2e" --ignore=tests/proof
# Much of a test's time is waiting, for an emulator or for a backoff: so one process more than a CI machine has cores.
PYTEST := $(VENV)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

# The commands themselves say what else is missing; this one they cannot say.
up down logs build install install-dev bench bench-beside bench-lists bench-webhooks: need-python
need-python:
	@command -v $(PYTHON) >/dev/null || { echo "asyncpay: $(PYTHON) is missing. Get Python 3.11 or newer." >&2; exit 1; }

up: ## Start everything; stays in the foreground until Ctrl-C or `make down`
	@$(PYTHON) -m local up

down: ## End what `make up` started, from another terminal
	@$(PYTHON) -m local down

logs: ## Follow what the functions print
	@$(PYTHON) -m infra.ops logs

build: ## Make .build/functions and .build/layer, as the template ships them
	@$(PYTHON) -m local build

install: ## Make .venv and .venv-emulator (`make up` does so by itself)
	@$(PYTHON) -m local install

install-dev: ## The same, with the tools for check and test
	@$(PYTHON) -m local install --dev

check: install-dev ## Format, lint, types, templates, the browser code's checks, fast tests
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/cfn-lint template.yaml infra/*.yaml
	npm run --silent check --prefix checkout-site
	$(PYTHON) -m local openapi | node checkout-site/openapi-types/generate.mjs --check
	$(PYTHON) -m local openapi | $(VENV)/python -m tests.linters
	$(PYTEST) $(FAST)

test: test-python test-browser ## All tests

test-python: packages install-dev ## Those of the Python code, those against the deployed stack too
	$(PYTEST)

ONLY ?= e2e
test-localstack: packages install-dev ## The deployed stack's tests on LocalStack: at AWS_ENDPOINT_URL, or by Docker (ONLY=smoke: some)
	@found=$$($(VENV)/python -m local localstack) && eval "$$found" && unset AWS_ENDPOINT_URL && \
	  $(VENV)/pytest -q -m "e2e and $(ONLY)" tests/e2e tests/webhooks/test_end_to_end.py

test-browser: packages install-dev ## Those in a real browser: the pages, against a stack of their own
	npm test --silent --prefix checkout-site

packages: # System packages that tests need
	@.ci/packages

openapi-types: install-dev ## Make the TypeScript types of the API's resources anew, after the API has changed
	@$(PYTHON) -m local openapi | node checkout-site/openapi-types/generate.mjs

hashes: ## Add the digests of their files to all pins, after a list has changed (needs uv)
	@$(PYTHON) -m infra.ops.build.hashes

sdk: install-dev ## Make the Python SDK's models and resources anew, after the API has changed
	@$(PYTHON) -m local openapi | PYTHONPATH=sdk/python $(VENV)/python -m generator

wheel: install-dev ## Make dist/asyncpay-*.whl: SDK, command line, and the whole gateway for `asyncpay up`
	cd sdk/python && ../../$(VENV)/python -m hatchling build -t wheel -d ../../dist

torture: install-dev ## The proofs of tests/proof at a larger size (ASYNCPAY_SEED=... repeats a run)
	ASYNCPAY_TORTURE=1 $(PYTEST) tests/proof --timeout 3600

drill: install-dev ## Rehearse what operators do, on an emulator: upgrade, bad release, stopped workers, restore, teardown
	ASYNCPAY_DRILL=full $(VENV)/pytest -q -n 0 tests/e2e/test_drill.py

mutants: install-dev ## How much of the rules the fast tests would notice if it were wrong (ASYNCPAY_MUTANTS=300, ASYNCPAY_SEED=0)
	$(VENV)/python -m tests.mutants

bill: install-dev ## What a payment costs on AWS: units counted by running the code, dollars from a price table
	@PYTHONPATH=layers/gateway:functions $(VENV)/python -m tests.bill

bench: ## Latency and throughput of a stack that runs (TEST_MODE=true make up)
	@$(PYTHON) -m local bench

bench-beside: ## The same beside another release's stack, in turns (BENCH_BESIDE=../checkout; docs/performance.md)
	@$(PYTHON) -m local bench-beside

bench-lists: build ## What the lists cost at a thousand rows and at a million (BENCH_ROWS=1000000; minutes, some GB)
	@$(PYTHON) -m local bench-lists

bench-webhooks: ## What one receiver of twenty that hangs costs the others (WEBHOOK_RETRY_INTERVALS_TEST=true make up)
	@$(PYTHON) -m local bench-webhooks

deploy: need-python ## Deploy STAGE=test or live to AWS, or to AWS_ENDPOINT_URL; shows the change set first (docs/aws.md)
	@$(PYTHON) -m infra.ops deploy

teardown: need-python ## Remove STAGE=...; the tables stay
	@$(PYTHON) -m infra.ops teardown

clean: down ## Remove everything that was made here, data included
	rm -rf .build .venv .venv-emulator .venv-stripe .venv-mutants checkout-site/node_modules checkout-site/openapi-types/node_modules tests/linters/node_modules checkout-site/dist sdk/*/dist dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './node_modules/*' -prune -exec rm -rf {} +
