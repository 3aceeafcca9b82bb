#!/usr/bin/env bash
# What the build and the tests need beside Rust and Node. As root on Debian or Ubuntu it is installed;
# otherwise it is named, with the command that installs it.
#
#   scripts/dependencies.sh run     for `make run`
#   scripts/dependencies.sh test    for `make test` as well
set -euo pipefail

purpose=${1:-test}
packages=()
missing=()

lacks() { ! command -v "$1" >/dev/null 2>&1; }

# Rust and Node come from their own installers: distributions carry versions that are too old.
if lacks cargo; then missing+=("Rust (https://rustup.rs; the version in rust-toolchain.toml is fetched by itself)"); fi
if lacks node || ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    missing+=("Node.js 20.19 or newer, with npm (https://nodejs.org)")
elif lacks npm; then
    missing+=("npm (it comes with Node.js)")
fi

# ring and SQLite are compiled from C.
if lacks cc; then packages+=(build-essential); fi

if [ "$purpose" = test ]; then
    if lacks git; then packages+=(git); fi
    # The tests start their own server from these programs; a running service is not needed.
    if lacks postgres && ! ls /usr/lib/postgresql/*/bin/postgres /opt/homebrew/opt/postgresql@*/bin/postgres >/dev/null 2>&1; then
        packages+=(postgresql)
    fi
    if lacks redis-server && lacks valkey-server; then packages+=(redis-server); fi
    if [ -z "${CHROME_PATH:-}" ] && lacks chromium && lacks chromium-browser && lacks google-chrome && lacks google-chrome-stable; then
        packages+=(chromium)
    fi
    # The programs for the shell in docs/API.md.
    for tool in curl jq; do if lacks "$tool"; then packages+=("$tool"); fi; done
    # Mail servers and judges of signatures that others wrote in Python.
    if ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1; then packages+=(python3 python3-venv); fi
    # Without one, every Chinese character of the page is an empty box in the browser tests' pictures.
    if lacks fc-list || [ -z "$(fc-list :lang=zh family 2>/dev/null)" ]; then packages+=(fontconfig fonts-noto-cjk); fi
fi

if [ ${#packages[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing: ${packages[*]}"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq || echo "apt-get update failed; trying with the lists that are here" >&2
        apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
    else
        missing+=("$(IFS=' '; echo "${packages[*]}")   (Debian, Ubuntu: sudo apt-get install ${packages[*]})")
    fi
fi

if [ ${#missing[@]} -gt 0 ]; then
    echo "This machine lacks:" >&2
    printf '  - %s\n' "${missing[@]}" >&2
    exit 1
fi
