#!/usr/bin/env bash
# The browser tests on the program that the Rust tests have built, each on a private port and folder.
set -euo pipefail
cd "$(dirname "$0")/.."

HAIBAO_E2E_BIN=$(realpath "${CARGO_TARGET_DIR:-target}/debug/haibao")
export HAIBAO_E2E_BIN
if [ -z "${CHROME_PATH:-}" ]; then
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if CHROME_PATH=$(command -v "$name"); then break; fi
    done
    export CHROME_PATH
fi
cd web
exec npm run --silent e2e
