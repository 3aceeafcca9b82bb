#!/usr/bin/env bash
# Fails when `make generate` would change something. Compares with what is on the disk, not with the
# last commit, so it says the same in a work tree with changes as in a clean clone.
set -euo pipefail
cd "$(dirname "$0")/.."

fingerprint() {
    find schema.graphql docs/CONFIGURATION.md web/src/gql -type f -print0 | sort -z | xargs -0 sha256sum
}

before=$(fingerprint)
scripts/generate.sh
if ! difference=$(diff <(echo "$before") <(fingerprint)); then
    echo "Generated files were out of date. They have been written anew; commit them:" >&2
    echo "$difference" | sed -n 's/^[<>] [0-9a-f]*  /  /p' | sort -u >&2
    exit 1
fi
