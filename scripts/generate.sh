#!/usr/bin/env bash
# Writes everything in the repository that is made from something else in it.
set -euo pipefail
cd "$(dirname "$0")/.."

# schema.graphql from the code; through a temporary file, so that a failure leaves the old one.
schema=$(mktemp)
trap 'rm -f "$schema"' EXIT
# The tests' build: `cargo run` would build every dependency again, without the features that only tests use.
cargo test --quiet --workspace --locked --no-run
"${CARGO_TARGET_DIR:-target}/debug/haibao" schema >"$schema"
cmp -s "$schema" schema.graphql || cp "$schema" schema.graphql

# The web client's types from schema.graphql.
(cd web && npm run --silent codegen)

# docs/CONFIGURATION.md from the defaults that are embedded in the program.
{
    cat <<'PAGE'
# Configuration

<!-- Written by `make generate` from src/config/default.toml: change that file, not this one. -->

Haibao starts without any setting. What follows is the file of defaults that is built into the program, complete: every
setting, its default and what it means.

Settings come from four places; a later one wins over an earlier one:

1. the defaults below,
2. `haibao.toml` in the working directory, or the file named by `--config`,
3. environment variables: `HAIBAO_`, then the section, two underscores and the key (`HAIBAO_HTTP__ADDRESS`),
4. options of the command line.

A name that does not exist is an error, not a silent nothing. `haibao config` prints what is in effect, secrets
replaced by `"***"`. Secrets can be read from files: put `_file` after the key.

```toml
PAGE
    cat src/config/default.toml
    echo '```'
} >docs/CONFIGURATION.md
