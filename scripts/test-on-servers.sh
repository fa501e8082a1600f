#!/usr/bin/env bash
# The whole suite on real PostgreSQL 17 + pgvector and Redis. They are started fresh, so that nothing of an earlier run is left.
set -euo pipefail
cd "$(dirname "$0")/.."
servers=scripts/servers/servers.sh
# On a disk each sync takes milliseconds, and every commit waits for one.
export FA_SERVERS_IN_MEMORY=${FA_SERVERS_IN_MEMORY-8g}
trap '"$servers" down >/dev/null 2>&1 || true' EXIT
"$servers" down >/dev/null 2>&1 || true
"$servers" up
set -a
eval "$("$servers" env)"
set +a
node_modules/.bin/node scripts/test.mjs "$@"
