#!/usr/bin/env bash
# Others' attack scanners against the program that the Rust tests have built: graphql-cop (MIT) and sqlmap (GPL). Both run
# as programs of their own, on demand; neither is part of this project or of its CI.
#
#   apt-get install sqlmap
#   git clone https://github.com/dolevf/graphql-cop && export HAIBAO_GRAPHQL_COP=$PWD/graphql-cop
#   scripts/scan.sh                                                      # SQLite behind the server
#   HAIBAO_SCAN_DATABASE=postgres://… scripts/scan.sh Injection          # an empty PostgreSQL database
set -euo pipefail
cd "$(dirname "$0")/.."

command -v sqlmap >/dev/null || { echo "scan.sh needs sqlmap on the path" >&2; exit 1; }
[ -f "${HAIBAO_GRAPHQL_COP:?the folder of graphql-cop}/graphql-cop.py" ] || { echo "no graphql-cop.py in $HAIBAO_GRAPHQL_COP" >&2; exit 1; }
HAIBAO_GRAPHQL_COP=$(realpath "$HAIBAO_GRAPHQL_COP")
HAIBAO_BIN=$(realpath "${CARGO_TARGET_DIR:-target}/debug/haibao")
export HAIBAO_GRAPHQL_COP HAIBAO_BIN
python=$(scripts/python-env.sh tests/outside/scanners)
exec "$python" tests/outside/scanners/scan.py --verbose "$@"
