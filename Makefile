# Works from any folder: make -C PATH TARGET, or make -f PATH/Makefile TARGET.
ROOT := $(shell dirname "$$(printf '%s' '$(MAKEFILE_LIST)' | sed 's/^ *//')")
IN   := cd "$(ROOT)" && unset PYTHONDONTWRITEBYTECODE &&
BIN  := .venv/bin

.PHONY: help install quickstart test check golden schema bench soak fuzz
.DEFAULT_GOAL := help

help: ## Show this help
	@$(IN) grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  \1 \t\2/' | expand -t 14

install: ## Make .venv with dynamo-recipes in it, byte-compiled
	@$(IN) tools/venv.sh run

quickstart: install ## Run the quick start from nothing: real Dynamo, simulated engine, no GPU
	@$(IN) $(BIN)/dynamo-recipe smoke recipes/quickstart.yaml

test: ## Run the tests from nothing, three at a time
	@$(IN) tools/venv.sh dev && $(BIN)/python -m pytest -n 3 --dist worksteal -m "not service"

check: ## Lint, types, layers, generated files, tests
	@$(IN) tools/venv.sh dev
	@$(IN) $(BIN)/ruff format --check . && $(BIN)/ruff check .
	@$(IN) $(BIN)/mypy
	@$(IN) $(BIN)/lint-imports
	@$(IN) $(BIN)/python tools/make_docs.py --check
	@$(IN) $(MAKE) test

golden: ## Rewrite the golden files from what the code gives now
	@$(IN) tools/venv.sh dev && GOLDEN=write $(BIN)/python -m pytest -q tests/golden

schema: ## Rewrite what is made from the model: JSON Schema and reference pages
	@$(IN) tools/venv.sh dev && $(BIN)/python tools/make_docs.py

bench: ## Print the benchmarks: ratios measured side by side
	@$(IN) tools/venv.sh dev && $(BIN)/python -m compileall -q dynamo_recipes && $(BIN)/python -m benchmarks

soak: ## Kill real Dynamo at 50 random moments: nothing may be left; SEED=n repeats a run
	@$(IN) tools/venv.sh dev && $(BIN)/python tools/soak_kills.py

fuzz: ## Give the loader 100,000 hostile texts; SEED=n repeats a run
	@$(IN) tools/venv.sh dev && $(BIN)/python tools/soak_loader.py
