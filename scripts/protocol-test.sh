#!/usr/bin/env bash
# Other people's GraphQL clients and audits against the program that the Rust tests have built.
set -euo pipefail
cd "$(dirname "$0")/.."

CONFORMANCE_BIN=$(realpath "${CARGO_TARGET_DIR:-target}/debug/haibao")
export CONFORMANCE_BIN
cd tests/conformance
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund
exec npm test
