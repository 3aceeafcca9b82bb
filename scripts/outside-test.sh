#!/usr/bin/env bash
# The program that the Rust tests have built, as strangers see it: through real HTTP, a mail server and
# libraries that others wrote. Names of test modules or cases may follow; without any, all run.
set -euo pipefail
cd "$(dirname "$0")/.."

HAIBAO_BIN=$(realpath "${CARGO_TARGET_DIR:-target}/debug/haibao")
export HAIBAO_BIN
python=$(scripts/python-env.sh tests/outside)
cd tests/outside
if [ $# -gt 0 ]; then exec "$python" -m unittest --verbose "$@"; fi
exec "$python" -m unittest discover --verbose
