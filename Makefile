# Haibao's commands. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test format lint docs-check rust-test web-test faces-test browser-test protocol-test interop-test outside-test scan supply-chain schema-check generate generated-check bench deps clean-data

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: ## Build everything and serve it on http://127.0.0.1:8080 (development mode, data below data/)
	scripts/dependencies.sh run
	$(MAKE) --no-print-directory web/dist/index.html
	cargo run --release --locked -- serve

test: ## Everything that CI runs
	scripts/dependencies.sh test
	$(MAKE) --no-print-directory format web-test lint docs-check rust-test generated-check faces-test supply-chain schema-check
	@echo "make test: everything passed"

format: ## Is the Rust code formatted?
	cargo fmt --all -- --check

lint: ## Clippy on everything, no warning allowed
	cargo clippy --workspace --all-targets --locked -- -D warnings

docs-check: ## The Rust documentation builds, no warning allowed
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

rust-test: ## Rust tests on SQLite and PostgreSQL
	cargo test --workspace --locked

web-test: web/node_modules/.package-lock.json web/dist/index.html ## Types, lints and tests of the web client
	cd web && npm run typecheck && npm run lint && npm test

faces-test: web/node_modules/.package-lock.json web/dist/index.html ## The four below, side by side
	scripts/faces-test.sh

browser-test: web/node_modules/.package-lock.json web/dist/index.html ## The real program in a real browser
	cargo test --workspace --locked --no-run
	scripts/browser-test.sh

protocol-test: ## Clients of other people against our GraphQL server
	cargo test --workspace --locked --no-run
	scripts/protocol-test.sh

interop-test: ## Payment signatures before the channels' own libraries
	scripts/interop-test.sh

outside-test: ## The real program as strangers see it: mail, limits, hostile input
	cargo test --workspace --locked --no-run
	scripts/outside-test.sh

scan: ## Others' attack scanners (graphql-cop, sqlmap); on demand, see the script
	cargo test --workspace --locked --no-run
	scripts/scan.sh

supply-chain: ## Licences, banned crates and sources of everything that is linked in
	scripts/supply-chain.sh

schema-check: ## Does schema.graphql keep what clients of the last release rely on?
	scripts/schema-check.sh

generate: web/node_modules/.package-lock.json ## Write schema.graphql, the web client's types and docs/CONFIGURATION.md anew
	scripts/generate.sh

generated-check: web/node_modules/.package-lock.json ## Is what `make generate` writes up to date?
	scripts/generated-check.sh

bench: ## Run the benchmarks (benches/README.md tells what they mean)
	cargo bench --locked

deps: ## Install what a fresh Debian or Ubuntu lacks, or name it
	scripts/dependencies.sh test

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(filter-out web/dist/%,$(WEB_SOURCES)) schema.graphql
	cd web && npm run build
	@touch $@
