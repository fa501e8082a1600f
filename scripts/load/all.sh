#!/usr/bin/env bash
# All load tests and the figures of reads, on PostgreSQL and Redis; the documents get what was measured:
# docs/LOAD_TESTS.md, docs/PERFORMANCE.md. Takes three quarters of an hour, and wants the machine for itself.
# With --quick a few minutes, and no document changes.
# Without DATABASE_URL or TEST_DATABASE_URL it starts servers as scripts/test-on-servers.sh does, and stops them.
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in
'') quick=() write=(--write) ;;
--quick) quick=(--quick) write=() ;;
*)
  echo "unknown_option ($1): --quick is the only one" >&2
  exit 2
  ;;
esac
servers=scripts/servers/servers.sh
node=(node_modules/.bin/node --import ./scripts/ts-hooks.mjs)

if [ -z "${DATABASE_URL:-}${TEST_DATABASE_URL:-}" ]; then
  # On a disk each sync takes milliseconds, and every commit waits for one; a server has a faster disk than a sandbox.
  export FA_SERVERS_IN_MEMORY=${FA_SERVERS_IN_MEMORY-8g}
  if ! "$servers" status >/dev/null 2>&1; then
    trap '"$servers" down >/dev/null 2>&1 || true' EXIT
    "$servers" up
  fi
  set -a
  eval "$("$servers" env)"
  set +a
fi

make --silent build
scripts/load/k6.sh --build || true
status=0
"${node[@]}" bench/load/all.ts "${quick[@]}" || status=1
"${node[@]}" bench/http.ts "${write[@]}" || status=1
"${node[@]}" bench/profile.ts "${write[@]}" || status=1
exit "$status"
