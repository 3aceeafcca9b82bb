#!/usr/bin/env bash
# Payment signatures before the eyes of the channels' own libraries: they make messages for us to judge, and judge ours.
# The libraries come from npm and PyPI; without these the test is left out, but never on a CI machine.
set -euo pipefail
cd "$(dirname "$0")/../tests/interop"

left_out() {
    if [ -n "${CI:-}" ] && [ "$CI" != false ] && [ "$CI" != 0 ]; then
        echo "interop: $1" >&2
        exit 1
    fi
    echo "interop: LEFT OUT: $1" >&2
    exit 0
}

command -v python3 >/dev/null || left_out "python3 is missing"
if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then
    npm ci --no-audit --no-fund || left_out "the libraries cannot be fetched from npm"
    touch node_modules/.package-lock.json
fi
if ! [ .venv/installed -nt requirements.txt ]; then
    { python3 -m venv .venv && .venv/bin/pip install --quiet --requirement requirements.txt; } ||
        left_out "the libraries cannot be fetched from PyPI"
    touch .venv/installed
fi

vectors=$(mktemp -d)
trap 'rm -rf "$vectors"' EXIT
node vectors.mjs make "$vectors"
.venv/bin/python vectors.py make "$vectors"
(cd ../.. && HAIBAO_TEST_INTEROP="$vectors" cargo test --quiet --workspace --locked --test it payments_interop)
[ -e "$vectors/alipay-pages.json" ] || { echo "interop: our side did not run" >&2; exit 1; }
node vectors.mjs judge "$vectors"
.venv/bin/python vectors.py judge "$vectors"
