# The commands of this project. Each forwards to the tool in docker/dev, which sets up
# whatever is missing; docker/README.md describes it.
#
#   make demo   [FRESH=1]                a running Odoo and simulated shops
#   make test   [LAYER=pure|odoo|e2e] [ARGS="-k foo"]
#   make smoke  [ORDERS=60] [KILL=1] [CALM=1]
#                                        the demo without a person, checked
#   make bench  [BENCH=orders]           benchmarks, one JSON line each
#   make lint   [FIX=1]                  ruff, pylint-odoo, OCA checks, prettier, eslint

# A version manager's python3 may be a dead name, so each candidate is run.
PYTHON ?= $(shell for p in python3 python3.12 python3.13 python3.11 python3.10 \
	/usr/bin/python3; do "$$p" -c "" >/dev/null 2>&1 && echo "$$p" && break; done)
DEV = $(or $(PYTHON),python3) docker/dev

.DEFAULT_GOAL := help
.PHONY: help setup demo test smoke bench lint shell db screenshots stop clean

help: ## show the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: ## fetch Odoo and make the Python environment
	@$(DEV) setup

demo: ## run Odoo with the addons and simulated shops (FRESH=1 starts over)
	@$(DEV) demo $(if $(FRESH),--fresh)

test: ## run all tests (LAYER=pure|odoo|e2e, ARGS="-k foo")
	@$(DEV) test $(if $(LAYER),--layer $(LAYER)) -- $(ARGS)

smoke: ## place orders in the shops, wait for them in Odoo, compare (ORDERS=60, KILL=1)
	@$(DEV) smoke $(if $(ORDERS),--orders $(ORDERS)) $(if $(KILL),--kill) \
		$(if $(FRESH),--fresh) $(if $(CALM),--calm)

bench: ## run the benchmarks (BENCH=orders)
	@$(DEV) bench $(BENCH)

lint: ## check the code (FIX=1 repairs what can be repaired)
	@$(DEV) lint $(if $(FIX),--fix)

shell: ## open Odoo's Python shell on the demo database
	@$(DEV) shell

db: ## make a development database (UPDATE=1 keeps it and updates the addons)
	@$(DEV) db $(if $(UPDATE),--update)

screenshots: ## make the pictures of the documentation again
	@$(DEV) screenshots

stop: ## stop whatever runs from this checkout
	@$(DEV) stop

clean: ## remove the databases and files of this checkout (CACHE=1: the cache too)
	@$(DEV) clean $(if $(CACHE),--cache)
