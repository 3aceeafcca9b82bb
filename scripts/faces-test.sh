#!/usr/bin/env bash
# All tests of the running program: the browser's beside those of clients, payment libraries and strangers. Browsers mostly
# wait, so both together take hardly longer than the first alone.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
cargo test --workspace --locked --no-run
make --no-print-directory protocol-test interop-test outside-test >"$log" 2>&1 &
others=$!
status=0
make --no-print-directory browser-test || status=$?
wait "$others" || status=$?
cat "$log"
exit "$status"
