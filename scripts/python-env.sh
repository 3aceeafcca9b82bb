#!/usr/bin/env bash
# Prints the path of a Python that has what a folder's requirements.txt pins; it is made at the first
# call and again whenever the pins change.
#
#   python=$(scripts/python-env.sh tests/outside)
set -euo pipefail

requirements=$(realpath "$1/requirements.txt")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/haibao/python
env=$cache/$(sha256sum <"$requirements" | cut -c1-16)
if [ ! -e "$env/complete" ]; then
    mkdir -p "$cache"
    rm -rf "$env"
    # A failure ends the script with its reason: tests that need these packages are never left out.
    python3 -m venv "$env" >&2
    "$env/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" >&2
    touch "$env/complete"
fi
echo "$env/bin/python"
