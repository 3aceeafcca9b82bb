#!/usr/bin/env bash
# Does schema.graphql keep what clients of the last release rely on? `--accept` makes the present one the promise.
set -euo pipefail
cd "$(dirname "$0")/.."
exec "$(scripts/python-env.sh tests/schema)" tests/schema/check.py "$@"
